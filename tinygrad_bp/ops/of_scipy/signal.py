"""``scipy.signal``: convolve and correlate in any number of dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import signal

from ...kernel.dispatch import implements
from ...kernel.op import Op
from ..axes import as_operand


def _valid(full: Any, inner: tuple[int, ...], size: tuple[int, ...]) -> Any:
    """Cut out of a full convolution what the smaller array lies wholly inside for."""
    return full[tuple(slice(k - 1, k - 1 + n) for k, n in zip(inner, size))]


# y[k] is the sum of a[i] v[k - i], so the cotangent of a[i] is the sum of g[k] v[k - i].
_convolve: Op = Op(
    "convolved",
    lambda a, v: signal.convolve(a, v, "full", "direct"),
    lambda g, y, a, v: _valid(_convolve(g, np.flip(v)), v.shape, a.shape),
    lambda g, y, a, v: _valid(_convolve(g, np.flip(a)), a.shape, v.shape),
    text='scipy.signal.convolve({0}, {1}, method="direct")',
    word="convolved",
)


def _part(a: Any, v: Any, mode: str, name: str, later: int) -> Any:
    """Take the part of the full convolution that a mode stands for.

    The middle of an even number of places is the one before or, one later, the one after.
    """
    if a.ndim != v.ndim or not a.size or not v.size:
        raise ValueError(
            f"{name}: expected two arrays of as many axes that are not empty, got shapes "
            f"{a.shape} and {v.shape}"
        )
    full = _convolve(a, v)
    if mode == "full":
        return full
    if mode == "same":
        starts = [(n - m + later) // 2 for n, m in zip(full.shape, a.shape)]
        return full[tuple(slice(s, s + n) for s, n in zip(starts, a.shape))]
    if mode == "valid":
        inner = tuple(min(n, m) for n, m in zip(a.shape, v.shape))
        size = tuple(abs(n - m) + 1 for n, m in zip(a.shape, v.shape))
        return _valid(full, inner, size)
    raise ValueError(f"{name}: expected the mode 'full', 'same' or 'valid', got {mode!r}")


def _register(theirs: Callable[..., Any], turned: bool, later: int = 0) -> None:
    """Register a function by whether it turns the second array around."""
    name = theirs.__name__

    def call(in1: Any, in2: Any, mode: str = "full", *method: Any, **options: Any) -> Any:
        if options.get("boundary", "fill") != "fill" or options.get("fillvalue", 0) != 0:
            raise TypeError(
                f"{name}: on Values the boundary must be filled with 0; pad with np.pad before"
            )
        a, v = as_operand(in1), as_operand(in2)
        return _part(a, np.flip(v) if turned else v, mode, name, later)

    implements(theirs)(call)


for _function in (signal.convolve, signal.convolve2d, signal.fftconvolve, signal.oaconvolve):
    _register(_function, turned=False)
_register(signal.correlate, turned=True)
_register(signal.correlate2d, turned=True, later=1)
