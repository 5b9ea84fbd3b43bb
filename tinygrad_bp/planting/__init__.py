"""Mistakes planted in a right backward pass: which of them a check does not see, and exercises.

From the bottom up: `points` (other inputs, and whether a mistake shows at them), `likely` (the
mistakes that people make), `plants` (each of them once), `reasons` (why one does not show),
`blind_spots`, `exercise`, `sheet` (of answers).
"""

from .blind_spots import BlindSpot, BlindSpots, blind_spots
from .exercise import Exercise, exercise, exercises
from .sheet import answer_sheet

__all__ = [
    "BlindSpot",
    "BlindSpots",
    "Exercise",
    "answer_sheet",
    "blind_spots",
    "exercise",
    "exercises",
]
