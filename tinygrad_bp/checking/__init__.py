"""Gradients compared: hand-derived, automatic, numeric.

From the bottom up: `problem` (a function of nested parameters as one of a vector), `numeric`
(complex step and differences, with their errors), `automatic` (the engine's gradient, and its
round-off), `compare` (the verdict), `comparison` and `report` (how it is read).
"""

from .compare import compare
from .comparison import Comparison, Entry, Row
from .numeric import numeric_gradient

__all__ = ["Comparison", "Entry", "Row", "compare", "numeric_gradient"]
