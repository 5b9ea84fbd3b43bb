"""Programs as compiled loops, by Numba.

From the bottom up: `scalars` (what is computed element by element, as text), `places` (ops that
only move elements), `expanding` (ops taken apart), `fusion` (which steps share a loop), `memory`
(where each value is), `loops` and `functions` (the text), `backend`.
"""

from .machine_code import build, build_loop

__all__ = ["build", "build_loop"]
