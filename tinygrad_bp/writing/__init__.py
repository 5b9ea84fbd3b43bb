"""Writing a program out: its forward and backward pass as source, and as formulas.

From the bottom up: `expressions`, `literals`, `names`, `helpers`, `numpy_text` (rows as Python),
`lines`, `source`; `notation` (rows as layouts of formulas), `latex_text`, `latex`; `derivation`.
"""

from .derivation import Derivation, derive

__all__ = ["Derivation", "derive"]
