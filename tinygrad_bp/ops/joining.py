"""Joining arrays and splitting them: concatenate, stack, append, block, split and their kin.

One op joins, and indexing splits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from ..kernel.typed import of_values
from ..kernel.value import Value
from .axes import as_operand
from .shaping import getitem, ravel, reshape, shape_of


def _nth_part(g: Any, y: Any, *parts: Any, position: int, axis: int) -> Any:
    """Cut out of `g` what the operand at a position had filled."""
    before = sum(part.shape[axis] for part in parts[:position])
    return g[_along(axis % g.ndim, before, before + parts[position].shape[axis])]


def _along(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    """Return the index of an interval of an axis."""
    return (*[slice(None)] * axis, slice(start, stop))


_concatenate = Op(
    "concatenate",
    lambda *parts, axis: np.concatenate(parts, axis=axis),
    variadic=_nth_part,
    text="np.concatenate([{*}]{axis:, axis=})",
    word="joined",
    fills=True,
)

# --- joining ---------------------------------------------------------------------------------


@implements(np.concatenate)
@of_values
def concatenate(arrays: Sequence[Any], axis: int | None = 0, **refused: Any) -> Any:
    """Join along an axis, as `numpy.concatenate`; flattened where the axis is None."""
    if refused.get("casting") == "same_kind":  # the default
        del refused["casting"]
    refuse_keywords("concatenate", refused)
    if axis is None:
        return _concatenate(*map(ravel, arrays), axis=0)
    return _concatenate(*arrays, axis=axis)


@implements(np.stack)
@of_values
def stack(arrays: Sequence[Any], axis: int = 0, **refused: Any) -> Any:
    """Join along a new axis, as `numpy.stack`."""
    refuse_keywords("stack", refused)
    shapes = [shape_of(a) for a in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(f"stack: expected operands of one shape, got {shapes}")
    shape = np.expand_dims(np.broadcast_to(False, shapes[0]), axis).shape
    return _concatenate(*(reshape(a, shape) for a in arrays), axis=axis)


def _with_axes(a: Any, at_least: int) -> Any:
    """Put axes of length 1 in front until there are enough."""
    shape = shape_of(a)
    return a if len(shape) >= at_least else reshape(a, (1,) * (at_least - len(shape)) + shape)


@implements(np.vstack)
def _vstack(tup: Sequence[Any], **refused: Any) -> Any:
    return concatenate([_with_axes(a, 2) for a in tup], 0, **refused)


@implements(np.hstack)
def _hstack(tup: Sequence[Any], **refused: Any) -> Any:
    rows = [_with_axes(a, 1) for a in tup]
    return concatenate(rows, int(len(shape_of(rows[0])) > 1), **refused)


@implements(np.dstack)
def _dstack(tup: Sequence[Any]) -> Any:
    at_least_3d = [np.atleast_3d(np.broadcast_to(False, shape_of(a))).shape for a in tup]
    return concatenate([reshape(a, shape) for a, shape in zip(tup, at_least_3d)], 2)


@implements(np.column_stack)
def _column_stack(tup: Sequence[Any]) -> Any:
    return concatenate([a if len(shape_of(a)) > 1 else reshape(a, (-1, 1)) for a in tup], 1)


@implements(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate([arr, values], axis)


@implements(np.block)
def _block(arrays: Any) -> Any:
    depth = _depth(arrays)
    leaves = max(len(shape_of(a)) for a in _leaves(arrays))

    def joined(part: Any, axis: int) -> Any:
        if not isinstance(part, list):
            return _with_axes(part, max(depth, leaves))
        return concatenate([joined(each, axis + 1) for each in part], axis)

    return joined(arrays, -depth)


def _depth(part: Any) -> int:
    return 1 + _depth(part[0]) if isinstance(part, list) and part else 0


def _leaves(part: Any) -> list[Any]:
    return [leaf for each in part for leaf in _leaves(each)] if isinstance(part, list) else [part]


def as_array(nested: Any, what: str = "an operand") -> Any:
    """Make one array of nested lists, with Values in them too; `what` is its name in an error."""
    if isinstance(nested, list | tuple) and has_values_inside(nested):
        return stack([as_array(each) for each in nested])
    return as_operand(nested, what)


def has_values_inside(nested: Any) -> bool:
    """Say whether there is a Value in nested lists and tuples."""
    if isinstance(nested, list | tuple):
        return any(map(has_values_inside, nested))
    return isinstance(nested, Value)


# --- splitting -------------------------------------------------------------------------------


def _by_intervals(function: Callable[..., Any]) -> None:
    """Register a function that splits: each part is an interval of places, along each axis."""

    def split(ary: Any, indices_or_sections: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(indices_or_sections, Value):
            raise TypeError(f"{function.__name__}: sections must be integers, got a Value")
        shape = shape_of(ary)
        places = np.arange(math.prod(shape)).reshape(shape)
        parts = function(places, indices_or_sections, *args, **kwargs)
        return [getitem(ary, _interval(part, shape)) for part in parts]

    implements(function)(split)


def _interval(places: Any, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the slices that a block of an array's places, numbered from 0, lies in."""
    first = np.unravel_index(places.flat[0], shape) if places.size else (0,) * len(shape)
    return tuple(slice(int(k), int(k) + n) for k, n in zip(first, places.shape))


for _function in (np.split, np.array_split, np.vsplit, np.hsplit, np.dsplit):
    _by_intervals(_function)


@implements(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    return tuple(np.moveaxis(x, axis, 0))
