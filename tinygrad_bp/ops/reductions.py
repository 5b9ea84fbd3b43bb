"""Reductions over axes: sum, prod, mean, max, min, logsumexp. `statistics` has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernel.arraylike import Axis
from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from .axes import DType, as_dtype, backwards, shifted, to_one_axis
from .branches import winners
from .shaping import broadcast_to


def _spread(reduced: Any, a: Any, axis: Axis, keepdims: bool) -> Any:
    """Put reduced axes back with length 1, so that the rest meets `a` by broadcasting."""
    if axis is None or keepdims or not a.ndim:
        return reduced
    axes = np.atleast_1d(axis) % a.ndim
    return reduced.reshape([1 if k in axes else n for k, n in enumerate(a.shape)])


def _share(g: Any, winners: Any, axis: Axis) -> Any:
    """Divide a cotangent equally among the winners along an axis."""
    return g * winners / winners.sum(axis=axis, keepdims=True).astype(g.dtype)


def _extremum(name: str, ufunc: np.ufunc, function: Callable[..., Any]) -> Op:
    return Op(
        name,
        lambda a, axis, keepdims: ufunc.reduce(a, axis=axis, keepdims=keepdims),
        lambda g, y, a, axis, keepdims: _share(
            _spread(g, a, axis, keepdims), a == _spread(y, a, axis, keepdims), axis
        ),
        numpy=function,
        reduces=ufunc,
        branch=winners,
    )


_sum = Op(
    "sum",
    lambda a, axis, keepdims: np.add.reduce(a, axis=axis, keepdims=keepdims),
    lambda g, y, a, axis, keepdims: broadcast_to(_spread(g, a, axis, keepdims), shape=a.shape),
    numpy=np.sum,
    math=("sum", 0),
    word="total",
    reduces=np.add,
)
_max = _extremum("max", np.maximum, np.max)
_min = _extremum("min", np.minimum, np.min)


def _product_of_others(a: Any, axis: Axis) -> Any:
    """Multiply, for each element, all others along the axes: those before it and those after."""
    line, shape, order = to_one_axis(a, axis if a.ndim else None)
    before = shifted(np.cumprod(line, axis=-1), 1, -1, 1)
    after = shifted(backwards(np.cumprod(backwards(line, -1), axis=-1), -1), -1, -1, 1)
    return np.transpose((before * after).reshape(shape), np.argsort(order))


# y / a in the textbook, but that fails at 0.
_prod = Op(
    "prod",
    lambda a, axis, keepdims: np.multiply.reduce(a, axis=axis, keepdims=keepdims),
    lambda g, y, a, axis, keepdims: _spread(g, a, axis, keepdims) * _product_of_others(a, axis),
    numpy=np.prod,
    reduces=np.multiply,
)


def shift_for_exp(a: Any, axis: Axis) -> Any:
    """Return the maximum along an axis, which keeps exp(a - shift) from overflowing."""
    shift = np.max(a.real, axis=axis, keepdims=True)
    return np.where(np.isfinite(shift), shift, shift.dtype.type(0))


def forward_logsumexp(a: Any, axis: Axis, keepdims: bool) -> Any:
    """Compute log(sum(exp(a))) of arrays."""
    shift = shift_for_exp(a, axis)
    total = np.log(np.exp(a - shift).sum(axis=axis, keepdims=True)) + shift
    return total if keepdims else total.squeeze(axis)[()]


_logsumexp = Op(
    "logsumexp",
    forward_logsumexp,
    lambda g, y, a, axis, keepdims: (
        _spread(g, a, axis, keepdims) * np.exp(a - _spread(y, a, axis, keepdims))
    ),
    word="total",
)


@implements(np.sum)
def sum(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Add up along axes, as `numpy.sum`."""
    if not (out is initial is where is None):
        refuse_keywords("sum", {"out": out, "initial": initial, "where": where})
    return _sum(a if dtype is None else as_dtype(a, dtype), axis=axis, keepdims=keepdims)


@implements(np.prod)
def prod(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Multiply along axes, as `numpy.prod`."""
    refuse_keywords("prod", {"out": out, "initial": initial, "where": where})
    return _prod(as_dtype(a, dtype), axis=axis, keepdims=keepdims)


def number_reduced(a: Any, reduced: Any) -> int:
    """Count the elements behind each element of a reduction of `a`."""
    return np.size(a) // (np.size(reduced) or 1)


@implements(np.mean)
def mean(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Any:
    """Average along axes, as `numpy.mean`."""
    if not (out is where is None):
        refuse_keywords("mean", {"out": out, "where": where})
    total = _sum(a if dtype is None else as_dtype(a, dtype), axis=axis, keepdims=keepdims)
    return total / number_reduced(a, total)


@implements(np.max, np.amax)
def max(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Take the maximum along axes, as `numpy.max`; equal maxima share the gradient equally."""
    if not (out is initial is where is None):
        refuse_keywords("max", {"out": out, "initial": initial, "where": where})
    return _max(a, axis=axis, keepdims=keepdims)


@implements(np.min, np.amin)
def min(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Take the minimum along axes, as `numpy.min`; equal minima share the gradient equally."""
    if not (out is initial is where is None):
        refuse_keywords("min", {"out": out, "initial": initial, "where": where})
    return _min(a, axis=axis, keepdims=keepdims)


def logsumexp(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Compute log(sum(exp(a))) along axes, without overflow.

    Parameters
    ----------
    a : array_like or Value
        Any shape.
    axis : int or tuple of int, optional
        The axes to reduce; all by default.
    keepdims : bool, optional
        Whether reduced axes are kept with length 1.

    Returns
    -------
    array or Value
        Of the reduced shape.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> round(float(bp.logsumexp([1e4, 1e4])) - 1e4, 6)
    0.693147
    """
    return _logsumexp(a, axis=axis, keepdims=keepdims)
