"""Indexing by places that depend on data, as in ``a[np.argmax(b)]``.

In a graph places are plain numbers. While a function is traced to be written out they are nodes,
so here they are operands, and what is known of the index is metadata.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

from ..kernel.op import Op
from ..kernel.value import Value
from .places import Index, parts_of


class IndexPart(Enum):
    """What stands in an index for the next operand."""

    OPERAND = "operand"

    def __str__(self) -> str:
        return "place"


def fill_in(index: tuple[Any, ...], operands: Sequence[Any]) -> tuple[Any, ...]:
    """Put operands into an index, where it has gaps for them."""
    rest = iter(operands)
    return tuple(next(rest) if part is IndexPart.OPERAND else part for part in index)


def _forward_add_at(g: Any, *places: Any, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Add each element of `g` to the place that it was taken from."""
    total = np.zeros(shape, g.dtype)
    np.add.at(total, fill_in(index, places), g)
    return total[()]


# Each is the other's transpose. Places have no derivative, and are asked for none.
at: Op = Op(
    "at",
    lambda a, *places, index: a[fill_in(index, places)],
    variadic=lambda g, y, a, *places, position, index: add_at(
        g, *places, index=index, shape=a.shape
    ),
    shares=True,
    math=("row", 0, "[…]"),
    word="part",
)
add_at: Op = Op(
    "add_at",
    _forward_add_at,
    variadic=lambda g, y, total, *places, position, index, shape: at(g, *places, index=index),
    word="scattered",
)


def take_at(a: Any, index: Index) -> Any:
    """Take the elements at an index of which parts are Values.

    Raises
    ------
    TypeError
        If they are no integers.
    """
    parts = parts_of(index)
    places = [part for part in parts if isinstance(part, Value)]
    for place in places:
        if place.dtype == np.bool_:
            raise TypeError(
                "getitem: a mask that depends on the arguments takes as many elements as it has, "
                "and a program has fixed shapes; use np.where(mask, a, 0) and its sum"
            )
        if place.dtype.kind not in "iu":
            raise TypeError(
                f"getitem: an index must be integers or booleans, got a Value of {place.dtype}"
            )
    gaps = tuple(IndexPart.OPERAND if isinstance(part, Value) else part for part in parts)
    return at(a, *places, index=gaps)
