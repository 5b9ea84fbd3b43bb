"""What was written out, made fast: programs as functions, for several backends.

From the bottom up: `memory` (whose memory a result is, and for how long), `numpy_code`,
`numpy_forms` (the table of how each op is computed) and `numpy_backend`; `jax_backend` and
`jax_function` (for use inside of JAX); `backends` (which there
are); `arguments` and `calls` (leaves and trees); `cache`; `recording` (from a call to a program,
and what is refused); `api`.
"""

from .api import Compiled, compile
from .cache import CacheInfo

__all__ = ["CacheInfo", "Compiled", "compile"]
