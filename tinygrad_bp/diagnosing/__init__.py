"""Why a hand-derived gradient is wrong: which lines of the backward pass were written otherwise.

From the bottom up: `edits` (what was done, as data), `facts` (what is asked of ops), `machine`
(the backward program with edits, and its sensitivities), `structure`, `pools`, `constants`,
`evidence`, `probe` (one dot product a candidate), `proposals` (what people do wrong), `search`;
`textbook` and `recomputed`, two other programs for the same gradients that are searched as well;
`unknown`, numbers that no program has; `roles`, the parts of known cells;
`script`, `reconstruction`, `explain` (the words), `diagnose`.
"""

from .diagnosis import Diagnosis

__all__ = ["Diagnosis"]
