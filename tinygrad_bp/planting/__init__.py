"""Mistakes planted in a right backward pass: which of them a check does not see, and exercises.

From the bottom up: `leaves` (what is given from outside), `points` (other inputs, and whether a
mistake shows at them), `likely` (the mistakes that people make), `plants` (each of them once). On
these stand `reasons` (why one does not show) and `blind_spots`; and `texts`, `task` (an exercise),
`workshop` (makes them), `exercise`, `sheet` (of answers).
"""

from .blind_spots import BlindSpot, BlindSpots, blind_spots
from .exercise import exercise, exercises
from .sheet import answer_sheet
from .task import Exercise

__all__ = [
    "BlindSpot",
    "BlindSpots",
    "Exercise",
    "answer_sheet",
    "blind_spots",
    "exercise",
    "exercises",
]
