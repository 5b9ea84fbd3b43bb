"""``numpy.fft``: the transforms along one axis have a rule, those along several are composed.

A transform is linear and its matrix symmetric, so its cotangent is transformed in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from .axes import as_operand, part

#: By what norm the opposite transform has the same factor; None is "backward".
_OPPOSITE: Any = {None: "forward", "forward": None, "ortho": "ortho"}


def _twice(g: Any, n: int, axis: int) -> Any:
    """Double what stands for two: all that is kept of n frequencies but the first and a middle."""
    shape = [-1 if k == axis else 1 for k in range(g.ndim)]
    count = np.where(np.arange(n // 2 + 1) * 2 % n == 0, 1.0, 2.0)
    return g * count.reshape(shape).astype(g.real.dtype)


_fft = Op(
    "fft",
    np.fft.fft,
    lambda g, y, a, axis, norm: np.fft.fft(g, axis=axis, norm=norm),
    text="np.fft.fft({0}, axis={axis}{norm:, norm=})",
    word="spectrum",
)
_ifft = Op(
    "ifft",
    np.fft.ifft,
    lambda g, y, a, axis, norm: np.fft.ifft(g, axis=axis, norm=norm),
    text="np.fft.ifft({0}, axis={axis}{norm:, norm=})",
    word="signal",
)
_rfft = Op(
    "rfft",
    np.fft.rfft,
    lambda g, y, a, axis, norm: np.fft.fft(g, n=a.shape[axis], axis=axis, norm=norm).real,
    text="np.fft.rfft({0}, axis={axis}{norm:, norm=})",
    word="spectrum",
)
_irfft = Op(
    "irfft",
    np.fft.irfft,
    lambda g, y, a, n, axis, norm: _twice(
        np.fft.rfft(g.real, axis=axis, norm=_OPPOSITE[norm]).conj(), n, axis
    ),
    text="np.fft.irfft({0}, {n}, axis={axis}{norm:, norm=})",
    word="signal",
)


def _fit_length(a: Any, n: int, axis: int) -> Any:
    """Cut off, or fill up with zeros, to a length along an axis."""
    missing = n - a.shape[axis]
    if missing <= 0:
        return part(a, slice(n), axis) if missing else a
    return np.pad(a, [(0, missing if k == axis else 0) for k in range(a.ndim)])


Transform = Callable[..., Any]


def _along_one(function: Transform, compute: Transform) -> Transform:
    """Register a transform along one axis, which is told its number and the name of the norm."""
    name = function.__name__

    def transform(
        a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
    ) -> Any:
        refuse_keywords(name, {"out": out})
        a = as_operand(a)
        axis = normalize_axis_index(axis, a.ndim)
        norm = None if norm == "backward" else norm
        if norm not in _OPPOSITE:
            raise ValueError(f"{name}: expected 'backward', 'ortho' or 'forward', got {norm!r}")
        if (n is not None and n < 1) or not a.shape[axis]:
            raise ValueError(f"{name}: expected at least one number, got {a.shape} and n={n}")
        length = a.shape[axis]
        return compute(a, n or (2 * (length - 1) if function in _HALF else length), axis, norm)

    return implements(function)(transform)


#: Transforms of half of a spectrum, of which the other half is the conjugate.
_HALF = (np.fft.irfft, np.fft.hfft)

fft = _along_one(
    np.fft.fft, lambda a, n, axis, norm: _fft(_fit_length(a, n, axis), axis=axis, norm=norm)
)
ifft = _along_one(
    np.fft.ifft, lambda a, n, axis, norm: _ifft(_fit_length(a, n, axis), axis=axis, norm=norm)
)
rfft = _along_one(
    np.fft.rfft, lambda a, n, axis, norm: _rfft(_fit_length(a, n, axis), axis=axis, norm=norm)
)
irfft = _along_one(
    np.fft.irfft,
    lambda a, n, axis, norm: _irfft(_fit_length(a, n // 2 + 1, axis), n=n, axis=axis, norm=norm),
)
_along_one(
    np.fft.hfft, lambda a, n, axis, norm: irfft(a.conj(), n, axis=axis, norm=_OPPOSITE[norm])
)
_along_one(
    np.fft.ihfft, lambda a, n, axis, norm: rfft(a, n, axis=axis, norm=_OPPOSITE[norm]).conj()
)


# --- along several axes ----------------------------------------------------------------------


def _along(
    function: Transform,
    each: Transform,
    last: Transform | None = None,
    last_first: bool = True,
    default: Sequence[int] | None = None,
) -> None:
    """Register a transform along several axes, one after the other; the last may have its own."""
    name = function.__name__

    def transform(
        a: Any,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = default,
        norm: str | None = None,
        out: Any = None,
    ) -> Any:
        refuse_keywords(name, {"out": out})
        a = as_operand(a)
        if axes is None:
            axes = range(a.ndim) if s is None else range(-len(s), 0)
        lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
        if len(lengths) != len(axes):
            raise ValueError(
                f"{function.__name__}: expected a length for each axis, got {s}, {axes}"
            )
        steps = [(each, n, axis) for n, axis in zip(lengths, axes)]
        if last is not None:
            steps[-1] = (last, *steps[-1][1:])
        for step, n, axis in reversed(steps) if last_first else steps:
            a = step(a, n, axis, norm)
        return a

    implements(function)(transform)


_along(np.fft.fftn, fft)
_along(np.fft.ifftn, ifft)
_along(np.fft.fft2, fft, default=(-2, -1))
_along(np.fft.ifft2, ifft, default=(-2, -1))
_along(np.fft.rfftn, fft, rfft)
_along(np.fft.rfft2, fft, rfft, default=(-2, -1))
_along(np.fft.irfftn, ifft, irfft, last_first=False)
_along(np.fft.irfft2, ifft, irfft, last_first=False, default=(-2, -1))


def _shifting(function: Callable[..., Any], sign: int) -> None:
    """Register a roll by half of each axis."""

    def shift(x: Any, axes: int | Sequence[int] | None = None) -> Any:
        x = as_operand(x)
        along = range(x.ndim) if axes is None else [axes] if isinstance(axes, int) else [*axes]
        by = tuple(x.shape[k] // 2 if sign > 0 else -(x.shape[k] // 2) for k in along)
        return np.roll(x, by, tuple(along))

    implements(function)(shift)


_shifting(np.fft.fftshift, 1)
_shifting(np.fft.ifftshift, -1)
