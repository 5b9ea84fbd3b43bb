"""A function as a program: what it computes, forward and backward, as plain data.

From the bottom up: `witnesses` (masks become nodes), `program` (steps as plain data),
`steadiness` (are the steps the same for all data?), `between` (nodes as a program), `composition`
(what an op is made of), `simplify`, `expanding` (ops taken apart), `trace` (from a function to a
program).
"""

from .program import Instruction, Kind, Program
from .trace import Traced, trace
from .witnesses import TracingError

__all__ = ["Instruction", "Kind", "Program", "Traced", "TracingError", "trace"]
