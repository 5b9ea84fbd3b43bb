"""NumPy's namespace for programs that are differentiated: ``import tinygrad_bp.numpy as np``.

It is NumPy, but for what makes arrays: these take Values, as elements, in assignment and in
`dot`. So programs that fill buffers run as they are.

Examples
--------
>>> import tinygrad_bp as bp
>>> import tinygrad_bp.numpy as np
>>> def loss(w):
...     out = np.zeros(3)
...     for k in range(3):
...         out[k] = w[k] ** 2
...     return np.sum(out)
>>> bp.grad(loss)(np.array([1.0, 2.0, 3.0]))
array([2., 4., 6.])
"""

from importlib import import_module
from typing import Any

import numpy as _numpy

from .makers import find_replacements as _find
from .serving import serve

__all__ = [*_numpy.__all__, "serve"]

globals().update(_find())


def __getattr__(name: str) -> Any:
    if name in ("random", "math"):
        return import_module(f".{name}", __name__)
    if name == "polynomial":
        return import_module(".scipy", __name__).Served("numpy.polynomial", _numpy.polynomial)
    return getattr(_numpy, name)


def __dir__() -> list[str]:
    return sorted({*dir(_numpy), *globals()})
