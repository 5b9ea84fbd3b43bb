"""Gradients compared: hand-derived, automatic, numeric.

From the bottom up: `problem` (a function of nested parameters as one of a vector), `quotients`
and `numeric` (the complex step and difference quotients, with their errors), `signatures` (which
way relu, max and their kin went), `automatic` (the engine's gradient, and its round-off), `kinks`
(a closer look at single entries), `sampling` (the numeric side of many entries), `judging` (which
entries are wrong), `compare`, `comparison` and `report` (how it is read). For backward passes of
kernels: `precision` (how exact their numbers are), `pulling` (what is differentiated, and pulled
back), `probing` (what may be wrong beside the numbers), `kernels` and `frameworks`.
"""

from .compare import compare
from .comparison import Comparison
from .kernels import compare_vjp
from .numeric import numeric_gradient
from .report import Entry, Row

__all__ = ["Comparison", "Entry", "Row", "compare", "compare_vjp", "numeric_gradient"]
