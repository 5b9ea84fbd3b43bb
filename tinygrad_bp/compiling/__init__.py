"""What was written out, made fast: programs as functions, for several backends.

From the bottom up: `rewriting` (what is the same with fewer steps); `numpy_backend`,
`numba_backend` and `jax_backend`, each from a program to a function of arrays; `backends` (which
there are); `arguments` and `calls` (leaves and trees); `cache`; `specialize` (from a call to a
program, and what is refused); `compile`.
"""

from .cache import CacheInfo
from .compile import Compiled, compile

__all__ = ["CacheInfo", "Compiled", "compile"]
