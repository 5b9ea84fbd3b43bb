"""Statistics over axes: var, std, ptp, median, average.

All of it is composed, but for the root in std, whose derivative at 0 is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..kernel.arraylike import Axis
from ..kernel.dispatch import data_of, implements, refuse_keywords
from ..kernel.value import Value
from .axes import MISSING, DType, as_dtype, as_operand, to_one_axis
from .complexes import size_of
from .elementary import root, square
from .reductions import count_chosen, max, mean, min, number_reduced, sum

_mean = mean  # var has an argument of that name


@implements(np.var)
def var(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = MISSING,
    correction: Any = MISSING,
) -> Any:
    """Average the squared distances from the mean along axes, as `numpy.var`."""
    refuse_keywords("var", {"out": out})
    where = None if where is True else where
    if correction is not MISSING:
        if ddof:
            raise ValueError("var: expected ddof or correction, which are the same, got both")
        ddof = correction
    a = as_dtype(a, dtype)
    centre = _mean(a, axis=axis, keepdims=True, where=where) if mean is MISSING else mean
    total = sum(square(size_of(a - centre)), axis=axis, keepdims=keepdims, where=where)
    if where is not None:
        return total / np.maximum(count_chosen(a, axis, keepdims, where) - ddof, 0)
    freedom = number_reduced(a, total) - ddof
    return total / (freedom if freedom > 0 else 0)


@implements(np.std)
def std(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = MISSING,
    correction: Any = MISSING,
) -> Any:
    """Take the root of the variance along axes, as `numpy.std`; its derivative at 0 is 0."""
    refuse_keywords("std", {"out": out})
    about = {"where": where, "mean": mean, "correction": correction}
    return root(var(a, axis, dtype, None, ddof, keepdims, **about))


@implements(np.ptp)
def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """Take the maximum minus the minimum along axes, as `numpy.ptp`."""
    refuse_keywords("ptp", {"out": out})
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


@implements(np.median)
def median(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    """Take the middle of the sorted elements along axes, or the mean of both, as `numpy.median`.

    Of equal elements those have the gradient that a stable sort puts in the middle.
    """
    refuse_keywords("median", {"out": out})
    line, shape, order = to_one_axis(a, axis)
    result = _middle(line)
    if not keepdims:
        return result
    kept = [*shape[: line.ndim - 1], *[1] * (len(shape) - line.ndim + 1)]
    return np.reshape(result, [kept[k] for k in np.argsort(order)])


def _middle(line: Any) -> Any:
    """Compute the median along the last axis."""
    count = line.shape[-1]
    order = np.argsort(line, axis=-1, stable=True)
    middle = order[..., [(count - 1) // 2, count // 2] if count else []]
    if count:  # NaN comes last, and makes the median NaN
        last = order[..., -1:]
        middle = np.where(np.isnan(np.take_along_axis(line, last, axis=-1)), last, middle)
    return mean(np.take_along_axis(line, middle, axis=-1), axis=-1)


@implements(np.average)
def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Average with weights along axes, as `numpy.average`."""
    a = as_operand(a)
    if weights is None:
        result = mean(a, axis, keepdims=keepdims)
        total: Any = np.full(result.shape, number_reduced(a, result), result.dtype)[()]
    else:
        weights = _along(as_operand(weights), a, axis)
        total = sum(weights, axis, keepdims=keepdims)
        if np.any(data_of(total) == 0):
            raise ZeroDivisionError("average: the weights add up to 0, so that there is no average")
        result = sum(a * weights, axis, keepdims=keepdims) / total
        if not isinstance(total, Value):
            total = total.astype(result.dtype)
        total = np.broadcast_to(total, result.shape)
    return (result, total) if returned else result


def _along(weights: Any, a: Any, axis: Axis) -> Any:
    """Give weights of the reduced axes alone the shape to meet `a`."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise TypeError(
            f"average: expected weights of shape {a.shape}, or an axis; got shape {weights.shape}"
        )
    axes = normalize_axis_tuple(axis, a.ndim)
    if weights.shape != tuple(a.shape[k] for k in axes):
        raise ValueError(
            f"average: expected weights of shape {a.shape} or "
            f"{tuple(a.shape[k] for k in axes)}, got {weights.shape}"
        )
    shape = [n if k in axes else 1 for k, n in enumerate(a.shape)]
    return np.reshape(np.transpose(weights, np.argsort(axes)), shape)
