"""Which ops are rows of the engine's own table, whose names say what they compute.

A user's own op may have any name, that of an op of the table too, and is never taken for it.
"""

from __future__ import annotations

import sys
from functools import cache, lru_cache

from ..kernel import Op
from ..transforms import running
from .witnesses import OPS


@lru_cache(maxsize=4096)
def row_of(op: Op) -> str:
    """Return the name of an op of the engine, and "" for a user's own."""
    module = getattr(op.forward, "__module__", None) or ""
    own = module.startswith(_OPS) or op is running._alias or id(op) in _in_table()
    return op.name if own or OPS.get(op.forward) is op else ""


_OPS = f"{__package__.rpartition('.')[0]}.ops"


def _in_table() -> set[int]:
    return _ops_of(tuple(name for name in sys.modules if name.startswith(_OPS)))


@cache
def _ops_of(modules: tuple[str, ...]) -> set[int]:
    """Find the ops of modules, some of which are imported only when they are first used."""
    return {
        id(o) for name in modules for o in vars(sys.modules[name]).values() if isinstance(o, Op)
    }
