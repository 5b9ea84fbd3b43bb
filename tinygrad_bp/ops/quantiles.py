"""Order statistics and what ignores NaN: quantile, percentile, nansum, nanmean and their kin.

All of it is composed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernel.arraylike import Axis
from ..kernel.dispatch import data_of, implements, plainly, refuse_keywords
from ..kernel.value import Value
from .axes import MISSING, DType, as_dtype, as_operand, to_one_axis
from .shaping import getitem, where

#: From the place of a quantile among sorted elements, a fraction, to that between two of them.
_METHODS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda fraction: fraction,
    "lower": lambda fraction: 0.0 * fraction,
    "higher": lambda fraction: 1.0 * (fraction > 0),
    "midpoint": lambda fraction: 0.5 * (fraction > 0),
}


@implements(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    **refused: Any,
) -> Any:
    """Take quantiles along axes, as `numpy.quantile`.

    Of equal elements those that a stable sort puts there have the gradient.

    Parameters
    ----------
    a : array_like or Value
        Any shape.
    q : array_like
        Numbers from 0 to 1, of any shape; plain ones.
    axis : int or tuple of int, optional
        The axes to reduce; all by default.
    method : {"linear", "lower", "higher", "midpoint"}, optional
        What is taken between two elements.
    keepdims : bool, optional
        Whether reduced axes are kept with length 1.

    Returns
    -------
    array or Value
        The shape of `q`, then the reduced one.

    Raises
    ------
    TypeError, ValueError
        If `q` is a Value or not from 0 to 1, or for any other method.
    """
    refuse_keywords("quantile", {"out": out, **refused})
    if isinstance(q, Value) or method not in _METHODS:
        raise TypeError(
            f"quantile: expected plain numbers q and a method of {', '.join(_METHODS)}, got "
            f"{'a Value' if isinstance(q, Value) else repr(method)}"
        )
    q = np.asarray(q, float)
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("quantile: expected numbers q from 0 to 1 (percentiles: to 100)")
    line, shape, order = to_one_axis(as_operand(a), axis)
    result = _between(line, q, _METHODS[method])
    if keepdims:
        kept = [*shape[: line.ndim - 1], *[1] * (len(shape) - line.ndim + 1)]
        result = np.reshape(result, (*q.shape, *(kept[k] for k in np.argsort(order))))
    return result


def _between(line: Any, q: Any, weight: Callable[[Any], Any]) -> Any:
    """Compute quantiles along the last axis; those come first."""
    count = line.shape[-1]
    ranks = np.argsort(line, axis=-1, stable=True)
    ordered = np.moveaxis(np.take_along_axis(line, ranks, axis=-1), -1, 0)
    place = q * (count - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, count - 1)
    share = weight(place - low).astype(line.dtype)
    share = np.reshape(share, q.shape + (1,) * (line.ndim - 1))
    below, above = getitem(ordered, low), getitem(ordered, high)
    result = below + where(share > 0, above - below, 0) * share
    return where(np.isnan(getitem(ordered, -1)), np.nan, result)  # NaN comes last


@implements(np.percentile)
def percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    """Take percentiles along axes, as `numpy.percentile`: `quantile` of a hundredth."""
    return quantile(a, q if isinstance(q, Value) else np.asarray(q, float) / 100, *args, **kwargs)


# --- what ignores NaN ------------------------------------------------------------------------


def _without(a: Any, dtype: DType, otherwise: float) -> tuple[Any, Any]:
    """Put a number in the place of NaN; say where there was none."""
    a = as_dtype(as_operand(a), dtype)
    there = plainly(np.logical_not, plainly(np.isnan, a))
    return where(there, _recompute_where(there, a), otherwise), there


def _recompute_where(there: Any, a: Any) -> Any:
    """Compute again what is NaN in some places, from operands that give none there.

    Nothing is taken of those places, but 0 times a derivative that is NaN would be NaN.
    """
    taken = np.asarray(data_of(there))
    if not isinstance(a, Value) or a.op is None or not a.op.elementwise or taken.all():
        return a
    if not taken.any():
        return a.detach()
    first = tuple(map(int, np.unravel_index(np.argmax(taken), taken.shape)))

    def chosen(operand: Value) -> Any:
        if not operand.shape and not operand.requires_grad:
            return operand
        whole = np.broadcast_to(operand, taken.shape) if operand.shape != taken.shape else operand
        again = _recompute_where(there, whole)
        return again if again is not whole else where(there, whole, getitem(whole, first))

    return a.op(*map(chosen, a.parents), **a.metadata)


def _ignore_nan(
    function: Callable[..., Any], reduction: Callable[..., Any], neutral: float
) -> None:
    """Register a reduction to which NaN adds nothing."""

    def reduce(
        a: Any,
        axis: Axis = None,
        dtype: DType = None,
        out: Any = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        options = {key: item for key, item in options.items() if item is not MISSING}
        refuse_keywords(function.__name__, {"out": out})
        return reduction(
            _without(a, dtype, neutral)[0], axis=axis, keepdims=bool(keepdims is True), **options
        )

    implements(function)(reduce)


_ignore_nan(np.nansum, np.sum, 0.0)
_ignore_nan(np.nanprod, np.prod, 1.0)


def _extreme(function: Callable[..., Any], reduction: Callable[..., Any], worst: float) -> None:
    """Register an extremum of what is not NaN; NaN where there is nothing else."""

    def extreme(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
        refuse_keywords(function.__name__, {"out": out})
        filled, there = _without(a, None, worst)
        keep = keepdims is True
        result = reduction(filled, axis=axis, keepdims=keep)
        return where(np.any(there, axis=axis, keepdims=keep), result, np.nan)

    implements(function)(extreme)


_extreme(np.nanmax, np.max, -np.inf)
_extreme(np.nanmin, np.min, np.inf)


@implements(np.nanmean)
def nanmean(
    a: Any, axis: Axis = None, dtype: DType = None, out: Any = None, keepdims: bool = False
) -> Any:
    """Average what is not NaN, as `numpy.nanmean`."""
    refuse_keywords("nanmean", {"out": out})
    filled, there = _without(a, dtype, 0.0)
    keep = keepdims is True
    return np.sum(filled, axis=axis, keepdims=keep) / np.sum(there * 1.0, axis=axis, keepdims=keep)


@implements(np.nanvar)
def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """Take the variance of what is not NaN, as `numpy.nanvar`."""
    refuse_keywords("nanvar", {"out": out})
    filled, there = _without(a, dtype, 0.0)
    count = np.sum(there * 1.0, axis=axis, keepdims=True)
    centre = np.sum(filled, axis=axis, keepdims=True) / count
    keep = keepdims is True
    squares = np.sum(where(there, filled - centre, 0.0) ** 2, axis=axis, keepdims=keep)
    return squares / (np.sum(there * 1.0, axis=axis, keepdims=keep) - ddof)


@implements(np.nanstd)
def nanstd(*args: Any, **kwargs: Any) -> Any:
    """Take the standard deviation of what is not NaN, as `numpy.nanstd`."""
    return np.sqrt(nanvar(*args, **kwargs))
