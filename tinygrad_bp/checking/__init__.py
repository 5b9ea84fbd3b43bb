"""Gradients compared: hand-derived, automatic, numeric.

From the bottom up: `problem` (a function of nested parameters as one of a vector), `quotients`
and `numeric` (the complex step and difference quotients, with their errors), `branches` (which
way relu, max and their kin went), `automatic` (the engine's gradient, and its round-off), `kinks`
(a closer look at single entries), `compare` (the verdict), `comparison` and `report` (how it is
read).
"""

from .compare import compare
from .comparison import Comparison
from .numeric import numeric_gradient
from .report import Entry, Row

__all__ = ["Comparison", "Entry", "Row", "compare", "numeric_gradient"]
