"""Running sums and products along an axis: cumsum, cumprod, cumulative_sum, cumulative_prod."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from .axes import DType, as_dtype, backwards, shift_along


def _solve_recurrence(g: Any, a: Any, axis: int) -> Any:
    """Solve s[i] = g[i] + a[i + 1] * s[i + 1] along an axis, doubling the reach in each step."""
    factor = shift_along(a, -1, axis, 0)
    reach = 1
    while reach < a.shape[axis]:
        g = g + factor * shift_along(g, -reach, axis, 0)
        factor = factor * shift_along(factor, -reach, axis, 0)
        reach *= 2
    return g


_cumsum = Op(
    "cumsum",
    lambda a, axis: np.add.accumulate(a, axis=axis),
    lambda g, y, a, axis: backwards(np.cumsum(backwards(g, axis), axis=axis), axis),
    numpy=np.cumsum,
)

# a[i] is a factor of y[i], y[i + 1], ...: y[i - 1] (the product of those before it) times
# g[i] + a[i + 1] * (g[i + 1] + a[i + 2] * ...). No division, so zeros do no harm.
_cumprod = Op(
    "cumprod",
    lambda a, axis: np.multiply.accumulate(a, axis=axis),
    lambda g, y, a, axis: shift_along(y, 1, axis, 1) * _solve_recurrence(g, a, axis),
    numpy=np.cumprod,
)


def _accumulate(op: Op, a: Any, axis: SupportsIndex | None, dtype: Any, out: Any) -> Any:
    refuse_keywords(op.name, {"out": out})
    a = as_dtype(a, dtype)
    if axis is None or not np.ndim(a):
        a = np.reshape(a, -1)
    return op(a, axis=0 if axis is None else axis)


@implements(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: DType = None, out: Any = None) -> Any:
    """Add up step by step, as `numpy.cumsum`; flattened where the axis is None."""
    return _accumulate(_cumsum, a, axis, dtype, out)


@implements(np.cumprod)
def cumprod(a: Any, axis: int | None = None, dtype: DType = None, out: Any = None) -> Any:
    """Multiply step by step, as `numpy.cumprod`; flattened where the axis is None."""
    return _accumulate(_cumprod, a, axis, dtype, out)


def _cumulative(
    op: Op, a: Any, axis: int | None, dtype: Any, out: Any, include_initial: bool, initial: float
) -> Any:
    if axis is None and np.ndim(a) != 1:
        raise ValueError(f"{op.name}: expected an axis, because the shape is {np.shape(a)}")
    y = _accumulate(op, a, axis, dtype, out)
    if not include_initial:
        return y
    first = list(y.shape)
    first[axis or 0] = 1
    return np.concatenate([np.full(first, initial, y.dtype), y], axis=axis or 0)


@implements(np.cumulative_sum)
def cumulative_sum(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: DType = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """Add up step by step, as `numpy.cumulative_sum`, with 0 at the start if wanted."""
    return _cumulative(_cumsum, x, axis, dtype, out, include_initial, 0)


@implements(np.cumulative_prod)
def cumulative_prod(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: DType = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """Multiply step by step, as `numpy.cumulative_prod`, with 1 at the start if wanted."""
    return _cumulative(_cumprod, x, axis, dtype, out, include_initial, 1)
