"""Sequences of numbers, polynomials, covariances, and functions applied piece by piece.

All of it is composed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..kernel.dispatch import data_of, implements, refuse_keywords
from ..kernel.value import Value
from ..kernel.views import READ_ONLY
from .axes import as_dtype, as_operand
from .joining import as_array
from .rearranging import move_places
from .shaping import getitem, where

# --- sequences -------------------------------------------------------------------------------


@implements(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    **options: Any,
) -> Any:
    """Go from one number to another in equal steps, as `numpy.linspace`."""
    refuse_keywords("linspace", {"device": options.get("device")})
    start, stop = as_operand(start), as_operand(stop)
    steps = num - 1 if endpoint else num
    ndim = max(start.ndim, stop.ndim)
    share = np.reshape(np.arange(num) / max(steps, 1), (num,) + (1,) * ndim)
    numbers = start * (1 - share) + stop * share
    numbers = np.moveaxis(as_dtype(numbers, dtype), 0, axis)
    return (numbers, (stop - start) / steps) if retstep else numbers


@implements(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Go from one power to another, as `numpy.logspace`."""
    return as_dtype(base ** linspace(start, stop, num, endpoint, axis=axis), dtype)


@implements(np.geomspace)
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Go from one positive number to another by equal factors, as `numpy.geomspace`."""
    start, stop = as_operand(start), as_operand(stop)
    if np.any(data_of(start) <= 0) or np.any(data_of(stop) <= 0):
        raise ValueError("geomspace: expected positive numbers where one is a Value")
    numbers = np.exp(linspace(np.log(start), np.log(stop), num, endpoint, axis=axis))
    return as_dtype(numbers, dtype)


# --- polynomials -----------------------------------------------------------------------------


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Compute a polynomial by Horner's rule, as `numpy.polyval`: the highest power comes first."""
    p, x = as_operand(p), as_operand(x)
    total = x * 0.0
    for k in range(p.shape[0]):
        total = total * x + p[k]
    return total


def _ascending(x: Any, c: Any, tensor: bool = True) -> Any:
    """Compute a polynomial, as `numpy.polynomial.polynomial.polyval`: lowest power first."""
    x, c = as_operand(x), as_operand(c)
    if tensor:
        c = np.reshape(c, c.shape + (1,) * x.ndim)
    total = x * 0.0
    for k in reversed(range(c.shape[0])):
        total = total * x + c[k]
    return total


implements(np.polynomial.polynomial.polyval)(_ascending)


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: Any = "fb") -> Any:
    """Refuse to cut off what is 0 now, as `numpy.trim_zeros` does: its derivative may not be."""
    kept = np.trim_zeros(data_of(filt), trim)
    if np.shape(kept) != np.shape(data_of(filt)):
        raise TypeError(
            "trim_zeros: would cut off elements of a Value that happen to be 0, and their "
            "gradient; take the part by an index"
        )
    return filt


@implements(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Make the matrix of powers, as `numpy.vander`."""
    x = as_operand(x)
    powers = range(x.shape[0] if N is None else N)
    columns = [x**k if k else x * 0.0 + 1.0 for k in (powers if increasing else reversed(powers))]
    return np.stack(columns, axis=-1)


@implements(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, **refused: Any) -> Any:
    """Fit a polynomial by least squares, as `numpy.polyfit`; the coefficients alone."""
    refuse_keywords("polyfit", {key: item or None for key, item in refused.items()})
    matrix = vander(as_operand(x) * 1.0, deg + 1)
    scale = np.sqrt(np.sum(matrix * matrix, axis=0))
    fitted = np.linalg.lstsq(matrix / scale, as_operand(y) * 1.0, rcond=rcond)[0]
    return (fitted.T / scale).T


# --- covariances -----------------------------------------------------------------------------


@implements(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Estimate the covariance matrix, as `numpy.cov`: rows are variables."""
    refuse_keywords("cov", {"fweights": fweights, "aweights": aweights})
    rows = _variables(m, rowvar)
    if y is not None:
        rows = np.concatenate([rows, _variables(y, rowvar)])
    rows = as_dtype(rows, dtype)
    centred = rows - np.mean(rows, axis=1, keepdims=True)
    freedom = rows.shape[1] - ((0 if bias else 1) if ddof is None else ddof)
    return np.squeeze(centred @ centred.T.conj() / freedom)


def _variables(m: Any, rowvar: bool) -> Any:
    m = as_operand(m)
    if m.ndim < 2:
        return np.reshape(m, (1, -1))
    return m if rowvar or m.shape[0] == 1 else m.T


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Estimate the correlation coefficients, as `numpy.corrcoef`."""
    covariance = cov(x, y, rowvar, dtype=dtype)
    if covariance.ndim == 0:
        return covariance / covariance
    deviation = np.sqrt(np.diagonal(covariance))
    return covariance / deviation[:, None] / deviation[None, :]


# --- functions applied piece by piece --------------------------------------------------------


@implements(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """Apply a function to each line along an axis, as `numpy.apply_along_axis`."""
    arr = as_operand(arr)
    lines = np.moveaxis(arr, axis, -1)
    places = lines.shape[:-1]
    results = [as_array(func1d(lines[k], *args, **kwargs)) for k in np.ndindex(*places)]
    whole = np.reshape(np.stack(results), (*places, *results[0].shape))
    start = axis % arr.ndim
    own = range(len(places), whole.ndim)
    return np.moveaxis(whole, [*own], [start + k for k in range(len(own))])


@implements(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """Apply a function over one axis after the other, as `numpy.apply_over_axes`."""
    a = as_operand(a)
    for axis in np.ravel(axes).tolist():
        result = func(a, axis)
        a = result if result.ndim == a.ndim else np.expand_dims(result, axis)
    return a


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
    """Compute a function that is defined in pieces, as `numpy.piecewise`."""
    x = as_operand(x)
    listed = isinstance(condlist, list | tuple)
    ndim = np.ndim(data_of(condlist[0])) + 1 if listed else np.ndim(data_of(condlist))
    conditions = [*condlist] if ndim > x.ndim else [condlist]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"piecewise: expected {len(conditions)} functions or one more, got {len(funclist)}"
        )
    if len(funclist) > len(conditions):
        conditions.append(np.logical_not(reduce(np.logical_or, conditions)))
    result: Any = where(False, x, 0.0)
    for condition, piece in zip(conditions, funclist):
        taken = np.ravel(data_of(condition))
        if not np.any(taken) and not isinstance(condition, Value):  # else data may change
            continue
        element = piece(_inside(x, condition, taken), *args, **kwargs) if callable(piece) else piece
        result = where(condition, element, result)
    return result


def _inside(x: Any, condition: Any, taken: Any) -> Any:
    """Put an element of a piece where it does not hold: NaN there would spoil gradients."""
    if not np.any(taken):
        return x
    return where(condition, x, getitem(data_of(np.ravel(x)), int(np.argmax(taken))))


# --- windows ---------------------------------------------------------------------------------

_windows = np.lib.stride_tricks.sliding_window_view
implements(_windows)(move_places(_windows, "x window_shape axis", READ_ONLY))
