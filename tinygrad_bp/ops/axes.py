"""What ops along axes have in common: parts, order, the axes to reduce. On arrays and Values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

from ..kernel.arraylike import Axis
from ..kernel.data import refuse_class
from ..kernel.dispatch import data_of
from ..kernel.value import Value

DType = npt.DTypeLike | None

#: What NumPy's signatures say where an argument was not given.
MISSING: Any = np._NoValue


def as_operand(a: Any, what: str = "an operand") -> Any:
    """Make an array of what is neither that nor a Value; `what` is its name in an error."""
    if isinstance(a, Value):
        return a
    refuse_class(type(a), what)
    return np.asarray(a)


def as_dtype(a: Any, dtype: DType) -> Any:
    """Convert `a` where a dtype is given."""
    return a if dtype is None else a.astype(np.dtype(dtype))


def part(a: Any, places: Any, axis: int) -> Any:
    """Take places along an axis."""
    return a[(slice(None),) * (axis % a.ndim) + (places,)]


def backwards(a: Any, axis: int) -> Any:
    """Reverse the order along an axis."""
    return part(a, slice(None, None, -1), axis)


def shift_along(a: Any, by: int, axis: int, fill: float) -> Any:
    """Move the elements along an axis, to the start where `by` is negative, and fill the gap."""
    length = a.shape[axis]
    gap = min(abs(by), length)
    filling = np.full_like(part(data_of(a), slice(gap), axis), fill)
    if by < 0:
        return np.concatenate([part(a, slice(gap, None), axis), filling], axis=axis)
    return np.concatenate([filling, part(a, slice(length - gap), axis)], axis=axis)


def to_one_axis(a: Any, axis: Axis) -> tuple[Any, tuple[int, ...], list[int]]:
    """Join the axes to be reduced to one, the last.

    Returns it, its shape before they were joined, and the order of the axes of `a` in that.
    """
    axes = normalize_axis_tuple(range(a.ndim) if axis is None else axis, a.ndim)
    order = [k for k in range(a.ndim) if k not in axes] + list(axes)
    moved = np.transpose(a, order)
    rest = a.ndim - len(axes)
    return moved.reshape((*moved.shape[:rest], math.prod(moved.shape[rest:]))), moved.shape, order
