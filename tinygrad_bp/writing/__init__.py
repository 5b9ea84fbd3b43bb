"""Writing a graph out: its forward and backward pass as source, and as formulas.

From the bottom up: `witnesses` (masks become nodes), `rows` (whose ops are the engine's),
`program` (steps as plain data), `simplify`, `steadiness` (are the steps the same for all
data?), `tracing` (from a function to a program);
`expressions`, `literals`, `names`, `numpy_text` (the table of texts), `lines`, `source`; `latex`;
`derivation`.
"""

from .derivation import Derivation, derive
from .program import Instruction, Kind, Program
from .witnesses import TracingError

__all__ = ["Derivation", "Instruction", "Kind", "Program", "TracingError", "derive"]
