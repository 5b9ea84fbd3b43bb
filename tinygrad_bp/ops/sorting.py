"""Sorting, and taking elements at places that depend on the data.

Among equals the earlier comes first, so that the gradient has a place to go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from ..kernel.value import Value
from .rearranging import move_places
from .shaping import accumulate_at, ravel


def _forward_add_along(g: Any, places: Any, axis: int, size: int) -> Any:
    """Add each element of `g` to its place along an axis."""
    shape = list(g.shape)
    shape[axis] = size
    index = list(np.indices(g.shape, sparse=True))
    index[axis] = places
    return accumulate_at(np.zeros(shape, g.dtype), tuple(index), g)


# The places are an operand: while a graph is traced to be written out, they are a node of it.
# Each op is the other's transpose.
_along: Op = Op(
    "along",
    np.take_along_axis,
    lambda g, y, a, places, axis: _add_along(g, places, axis=axis, size=a.shape[axis]),
    None,
    word="taken",
)
_add_along: Op = Op(
    "add_along",
    _forward_add_along,
    lambda g, y, a, places, axis, size: _along(g, places, axis=axis),
    None,
    word="added",
)
_at_plain_places = move_places(np.take_along_axis, "arr indices axis")


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Take elements along an axis, as `numpy.take_along_axis`."""
    if not isinstance(indices, Value) or indices.dtype.kind not in "iu":
        return _at_plain_places(arr, indices, axis)
    if axis is None:
        arr, axis = ravel(arr), 0
    return _along(arr, indices, axis=axis)


@implements(np.sort)
def sort(
    a: Any, axis: int | None = -1, kind: Any = None, order: None = None, *, stable: Any = None
) -> Any:
    """Sort along an axis, or all elements for None, as `numpy.sort`; always stable."""
    refuse_keywords("sort", {"order": order})
    if axis is None:
        a, axis = ravel(a), 0
    return take_along_axis(a, np.argsort(a, axis, stable=True), axis)


@implements(np.partition)
def partition(
    a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: None = None
) -> Any:
    """Put the element that sorting would put at a place there, as `numpy.partition`."""
    refuse_keywords("partition", {"order": order})
    if axis is None:
        a, axis = ravel(a), 0
    return take_along_axis(a, np.argpartition(a, kth, axis), axis)
