"""Writing a program out: its forward and backward pass as source, and as formulas.

From the bottom up: `expressions`, `literals`, `names`, `numpy_text` (the table of texts), `lines`,
`source`; `latex`; `derivation`.
"""

from .derivation import Derivation, derive

__all__ = ["Derivation", "derive"]
