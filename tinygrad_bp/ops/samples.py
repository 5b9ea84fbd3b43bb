"""Functions given by samples: convolve, correlate, interp."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernel.dispatch import implements
from ..kernel.op import Op
from ..kernel.value import Value
from .products import as_operands

# y[k] is the sum of a[i] v[k - i], so the cotangent of a[i] is the sum of g[k] v[k - i].
_convolve = Op(
    "convolve",
    np.convolve,
    lambda g, y, a, v: np.convolve(g, v[::-1], "valid"),
    lambda g, y, a, v: np.convolve(g, a[::-1], "valid"),
)


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: str | int = "full") -> Any:
    """Convolve two sequences, as `numpy.convolve`: the modes are parts of the full result."""
    return _part_of_full("convolve", a, v, mode, shift=0)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: str | int = "valid") -> Any:
    """Correlate two sequences, as `numpy.correlate`: convolve with the second one reversed."""
    a, v = as_operands(a, v)
    shift = int(a.size < v.size and a.size % 2 == 0)  # NumPy swaps the two, and rounds up
    return _part_of_full("correlate", a, (v[::-1] if v.ndim else v).conj(), mode, shift=shift)


def _part_of_full(name: str, a: Any, v: Any, mode: str | int, shift: int) -> Any:
    a, v = (np.reshape(x, -1) if np.ndim(x) == 0 else x for x in as_operands(a, v))
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise ValueError(
            f"{name}: expected two sequences that are not empty, got shapes {a.shape} and {v.shape}"
        )
    shorter, longer = sorted((a.size, v.size))
    full = _convolve(a, v)
    if mode in ("full", 2):
        return full
    if mode in ("same", 1):
        start = (shorter - 1 + shift) // 2
        return full[start : start + longer]
    if mode in ("valid", 0):
        return full[shorter - 1 : longer]
    raise ValueError(f"{name}: expected the mode 'full', 'same' or 'valid', got {mode!r}")


@implements(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Interpolate linearly between points, as `numpy.interp`; differentiable in x, xp and fp.

    Parameters
    ----------
    x : array_like or Value
        Where to interpolate; any shape.
    xp, fp : array_like or Value
        The places (N,), increasing, and the values (N,).
    left, right : number or Value, optional
        The value before the first and after the last place; by default that of the place.
    period : float, optional
        The period of x and xp.

    Returns
    -------
    array or Value
        Of the shape of `x`. float32 stays float32, where `numpy.interp` gives float64.

    Raises
    ------
    TypeError
        If the period is a Value.
    ValueError
        If xp and fp are not sequences of one length, or are empty.

    Notes
    -----
    At a place itself the derivative is the slope to the right of it, at the last one the slope to
    the left. Outside it is 0.
    """
    x, xp, fp = as_operands(x, xp, fp)
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ValueError(
            "interp: expected xp and fp of one shape (N,), N at least 1, got "
            f"{xp.shape} and {fp.shape}"
        )
    if period is not None:
        if isinstance(period, Value):
            raise TypeError("interp: the period must be a number, got a Value; use .item()")
        x, xp, fp = _periodic(x, xp, fp, abs(period))
        left = right = None
    if xp.size == 1:
        inside = fp[0]
    else:
        k = np.searchsorted(xp[1:-1], x, side="right")
        slope = (fp[1:] - fp[:-1]) / (xp[1:] - xp[:-1])
        inside = _elements(fp, k) + _elements(slope, k) * (x - _elements(xp, k))
    before = fp[0] if left is None else left
    after = fp[-1] if right is None else right
    return np.where(x < xp[0], before, np.where(x > xp[-1], after, inside))


def _elements(line: Any, k: Any) -> Any:
    """Return line[k], where k may depend on what is traced."""
    return np.reshape(np.take_along_axis(line, np.reshape(k, -1), 0), np.shape(k))


def _periodic(x: Any, xp: Any, fp: Any, period: float) -> tuple[Any, Any, Any]:
    """Bring x and xp into one period, and go on to both sides by one point."""
    if not (period > 0 and math.isfinite(period)):
        raise ValueError(f"interp: expected a finite period other than 0, got {period}")
    x, xp = x % period, xp % period
    order = np.argsort(xp)
    xp, fp = _elements(xp, order), _elements(fp, order)
    return (
        x,
        np.concatenate([xp[-1:] - period, xp, xp[:1] + period]),
        np.concatenate([fp[-1:], fp, fp[:1]]),
    )
