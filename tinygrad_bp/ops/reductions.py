"""Reductions over axes: sum, prod, mean, max, min, logsumexp. `statistics` has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernel.arraylike import Axis
from ..kernel.dispatch import data_of, implements, refuse_keywords
from ..kernel.op import Op
from ..kernel.typed import of_values
from .axes import MISSING, DType, as_dtype, backwards, shift_along, to_one_axis
from .branches import winners
from .shaping import broadcast_to
from .shaping import where as choose


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
    before = shift_along(np.cumprod(line, axis=-1), 1, -1, 1)
    after = shift_along(backwards(np.cumprod(backwards(line, -1), axis=-1), -1), -1, -1, 1)
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


def _choose_elements(a: Any, where: Any, neutral: float) -> Any:
    """Put what changes nothing in the places that are not to be reduced."""
    return a if where is None or where is True else choose(where, a, neutral)


def _is_given(option: Any) -> bool:
    """Say whether an option was given: None and NumPy's own word for it are none."""
    return option is not None and option is not MISSING


@implements(np.sum)
@of_values
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
    if out is initial is where is None:
        return _sum(a if dtype is None else as_dtype(a, dtype), axis=axis, keepdims=keepdims)
    refuse_keywords("sum", {"out": out})
    total = _sum(_choose_elements(as_dtype(a, dtype), where, 0.0), axis=axis, keepdims=keepdims)
    return total + initial if _is_given(initial) else total


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
    refuse_keywords("prod", {"out": out})
    product = _prod(_choose_elements(as_dtype(a, dtype), where, 1.0), axis=axis, keepdims=keepdims)
    return product * initial if _is_given(initial) else product


def number_reduced(a: Any, reduced: Any) -> int:
    """Count the elements behind each element of a reduction of `a`."""
    return np.size(a) // (np.size(reduced) or 1)


def count_chosen(a: Any, axis: Axis, keepdims: bool, where: Any) -> Any:
    """Count the elements that are reduced along axes, where a mask is true."""
    mask = np.broadcast_to(data_of(where), np.shape(a))
    return np.sum(mask, axis=axis, keepdims=keepdims, dtype=float)


@implements(np.mean)
@of_values
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
    a = a if dtype is None else as_dtype(a, dtype)
    if out is where is None:
        total = _sum(a, axis=axis, keepdims=keepdims)
        return total / number_reduced(a, total)
    refuse_keywords("mean", {"out": out})
    total = sum(a, axis=axis, keepdims=keepdims, where=where)
    if not _is_given(where):
        return total / number_reduced(a, total)
    return total / count_chosen(a, axis, keepdims, where).astype(total.dtype)


def _extreme(op: Op, ufunc: np.ufunc, a: Any, worst: float, **options: Any) -> Any:
    """Take an extremum along axes, among the chosen elements and an initial one."""
    refuse_keywords(op.name, {"out": options.pop("out")})
    initial, where = options.pop("initial"), options.pop("where")
    if _is_given(where) and where is not True and not _is_given(initial):
        raise ValueError(f"{op.name}: where= needs initial=, the result where nothing is chosen")
    extreme = op(_choose_elements(a, where, worst), **options)
    return ufunc(extreme, initial) if _is_given(initial) else extreme


@implements(np.max, np.amax)
@of_values
def max(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Take the maximum along axes, as `numpy.max`; equal maxima share the gradient equally."""
    if out is initial is where is None:
        return _max(a, axis=axis, keepdims=keepdims)
    given = {"axis": axis, "out": out, "keepdims": keepdims, "initial": initial, "where": where}
    return _extreme(_max, np.maximum, a, -np.inf, **given)


@implements(np.min, np.amin)
@of_values
def min(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Take the minimum along axes, as `numpy.min`; equal minima share the gradient equally."""
    if out is initial is where is None:
        return _min(a, axis=axis, keepdims=keepdims)
    given = {"axis": axis, "out": out, "keepdims": keepdims, "initial": initial, "where": where}
    return _extreme(_min, np.minimum, a, np.inf, **given)


@of_values
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
