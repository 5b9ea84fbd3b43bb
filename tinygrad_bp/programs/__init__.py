"""A function as a program: what it computes, forward and backward, as plain data.

From the bottom up: `witnesses` (masks become nodes), `rows` (whose ops are the engine's),
`program` (steps as plain data), `simplify`, `steadiness` (are the steps the same for all data?),
`trace` (from a function to a program).
"""

from .program import Instruction, Kind, Program
from .trace import Traced, trace
from .witnesses import TracingError

__all__ = ["Instruction", "Kind", "Program", "Traced", "TracingError", "trace"]
