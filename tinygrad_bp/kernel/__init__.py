"""The engine: nodes, ops, topological order, backward loop. It imports nothing of the rest.

From the bottom up: `data` (what counts as numbers), `context` (what is recorded), `order`
(parents before children), `backward` (the loop), `dispatch` (NumPy's functions on Values),
`arraylike` (how a node behaves as an array), `value` (the node), `views` (nodes that share
memory), `op` (the row).
"""

from .backward import StaleGraphError
from .context import no_grad, scope
from .op import Op
from .value import Value, named, topological_order

__all__ = ["Op", "StaleGraphError", "Value", "named", "no_grad", "scope", "topological_order"]
