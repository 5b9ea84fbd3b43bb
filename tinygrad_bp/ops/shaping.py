"""Shapes and places: reshape, transpose, broadcast_to, joining, indexing, where, clip."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from ..kernel.value import Value

__all__ = [
    "astype",
    "broadcast_to",
    "clip",
    "concatenate",
    "expand_dims",
    "getitem",
    "matrix_transpose",
    "reshape",
    "stack",
    "transpose",
    "where",
]

# --- shapes ----------------------------------------------------------------------------------

_reshape = Op(
    "reshape",
    lambda a, shape: a.reshape(shape),
    lambda g, y, a, shape: g.reshape(a.shape),
)
_transpose = Op(
    "transpose",
    lambda a, axes: a.transpose(axes),
    lambda g, y, a, axes: g.transpose(None if axes is None else np.argsort(axes)),
)
_astype = Op(
    "astype",
    lambda a, dtype: a.astype(dtype),
    lambda g, y, a, dtype: g.astype(a.dtype),
)


def _filled(a: Any, shape: tuple[int, ...]) -> Any:
    """Repeat by broadcasting, into memory of its own (NumPy's view is read-only and slower)."""
    full = np.empty(shape, a.dtype)
    full[...] = a
    return full[()]


# The cotangent is added up by the loop, as after any broadcasting.
broadcast_to = Op("broadcast_to", _filled, lambda g, y, a, shape: g)


@implements(np.broadcast_to)
def _broadcast_to(a: Any, shape: int | tuple[int, ...]) -> Any:
    return broadcast_to(a, shape=(shape,) if isinstance(shape, int) else tuple(shape))


@implements(np.reshape)
def reshape(a: Any, shape: int | tuple[int, ...], **refused: Any) -> Any:
    """Give the elements another shape, as `numpy.reshape`."""
    refuse_keywords("reshape", refused)
    return _reshape(a, shape=shape)


@implements(np.transpose)
def transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    """Permute the axes, as `numpy.transpose`; by default reverse them."""
    return _transpose(a, axes=None if axes is None else tuple(k % np.ndim(a) for k in axes))


@implements(np.matrix_transpose)
def matrix_transpose(a: Any) -> Any:
    """Swap the last two axes, as `numpy.matrix_transpose`."""
    *stack, rows, columns = range(np.ndim(a))
    return _transpose(a, axes=(*stack, columns, rows))


@implements(np.expand_dims)
def expand_dims(a: Any, axis: int | tuple[int, ...]) -> Any:
    """Insert axes of length 1, as `numpy.expand_dims`."""
    return _reshape(a, shape=np.expand_dims(np.empty(np.shape(a), bool), axis).shape)


@implements(np.astype)
def astype(a: Any, dtype: npt.DTypeLike) -> Any:
    """Convert to float32 or float64; the gradient is converted back."""
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise TypeError(f"astype: expected float32 or float64, got {np.dtype(dtype)}")
    return _astype(a, dtype=np.dtype(dtype))


# --- places ----------------------------------------------------------------------------------


def _scatter_add(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Add each element of `g` to the place that `index` took it from."""
    full = np.zeros(shape, g.dtype)
    np.add.at(full, index, g)
    return full


# Indexing and scattering are each other's transpose, repeated indices and all.
_getitem: Op = Op(
    "getitem",
    lambda a, index: a[index],
    lambda g, y, a, index: _scatter(g, index=index, shape=a.shape),
)
_scatter: Op = Op("scatter_add", _scatter_add, lambda g, y, a, index, shape: g[index])


@implements(operator.getitem)
def getitem(a: Any, index: Any) -> Any:
    """Take elements: integers, slices, None, ..., integer arrays and boolean masks, as NumPy."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, Value) for part in parts):
        raise TypeError("getitem: an index must be integers or booleans, got a Value; use .data")
    return _getitem(a, index=index)


def _nth_part(g: Any, y: Any, *parts: Any, position: int, axis: int) -> Any:
    """Cut out of `g` what the operand at a position had filled."""
    before = np.sum([part.shape[axis] for part in parts[:position]], dtype=int)
    place = slice(before, before + parts[position].shape[axis])
    return g[(slice(None),) * (axis % g.ndim) + (place,)]


_concatenate = Op(
    "concatenate",
    lambda *parts, axis: np.concatenate(parts, axis=axis),
    variadic=_nth_part,
)


@implements(np.concatenate)
def concatenate(arrays: Sequence[Any], axis: int | None = 0, **refused: Any) -> Any:
    """Join along an axis, as `numpy.concatenate`; flattened where the axis is None."""
    refuse_keywords("concatenate", refused)
    if axis is None:
        return _concatenate(*(_reshape(a, shape=-1) for a in arrays), axis=0)
    return _concatenate(*arrays, axis=axis)


@implements(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0, **refused: Any) -> Any:
    """Join along a new axis, as `numpy.stack`."""
    refuse_keywords("stack", refused)
    if len({np.shape(a) for a in arrays}) > 1:
        raise ValueError(
            f"stack: expected operands of one shape, got {[np.shape(a) for a in arrays]}"
        )
    return _concatenate(*(expand_dims(a, axis) for a in arrays), axis=axis)


# --- choices ---------------------------------------------------------------------------------

where: Op = implements(np.where)(
    Op(
        "where",
        np.where,
        None,
        lambda g, y, condition, a, b: where(condition, g, 0),
        lambda g, y, condition, a, b: where(condition, 0, g),
        doc="`a` where the condition is true, `b` elsewhere, as `numpy.where`.",
    )
)


@implements(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, **refused: Any) -> Any:
    """Limit to an interval, as `numpy.clip`; at a limit the gradient belongs to `a`."""
    low, high = refused.pop("min", a_min), refused.pop("max", a_max)
    refuse_keywords("clip", refused)
    if low is not None:
        a = where(a < low, low, a)
    return a if high is None else where(a > high, high, a)
