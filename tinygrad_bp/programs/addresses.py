"""Where the numbers of a value are, and what only moves them.

An op that moves elements is known by what it does to the numbers of their places. Where these
are again a start and a step along each axis, as for every transpose, slice or broadcast, nothing
has to be computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .program import Instruction

#: The place of an element that is not taken from anywhere: 0, or that is dropped.
NOWHERE = -1


class Address(NamedTuple):
    """Elements of a value in memory: a start, and a step along each axis, in elements."""

    root: int
    offset: int
    strides: tuple[int, ...]


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the steps in memory of an array whose elements stand one after another.

    Examples
    --------
    >>> row_major((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))


def is_whole(place: Address, shape: Sequence[int], size: int) -> bool:
    """Return whether a place holds all elements of its root, in their order."""
    steps = zip(place.strides, row_major(shape), shape, strict=True)
    return (
        place.offset == 0
        and math.prod(shape) == size
        and all(one == other or n == 1 for one, other, n in steps)
    )


def move_places(step: Instruction, place: Address, shape: tuple[int, ...]) -> Any:
    """Return the places of the elements of an op that moves those of an operand.

    Parameters
    ----------
    step : Instruction
        Of an op that moves elements.
    place : Address
        Where its operand is.
    shape : tuple of int
        The shape of its operand.

    Returns
    -------
    array of int
        Of the shape of the output; `NOWHERE` for zeros.
    """
    assert step.op is not None
    numbers = 1 + place.offset + _span(place.strides, shape)
    return np.asarray(step.op.forward(numbers, **step.metadata)) - 1  # moving fills in zeros


def _span(strides: Sequence[int], shape: Sequence[int]) -> Any:
    """Add up the steps along all axes."""
    total = np.zeros(tuple(shape), np.int64)
    for axis, (stride, n) in enumerate(zip(strides, shape, strict=True)):
        total += (stride * np.arange(n)).reshape(
            [-1 if k == axis else 1 for k in range(len(shape))]
        )
    return total


def find_steps(places: Any) -> tuple[int, tuple[int, ...]] | None:
    """Find a start and a step along each axis that give all of the places.

    Examples
    --------
    >>> find_steps(np.array([[5, 3], [9, 7]]))
    (5, (4, -2))
    >>> find_steps(np.array([0, 1, 3])) is None
    True
    """
    if places.size == 0:
        return 0, (0,) * places.ndim
    start = int(places[(0,) * places.ndim])
    strides = tuple(
        int(places[tuple(int(k == axis) for k in range(places.ndim))]) - start if n > 1 else 0
        for axis, n in enumerate(places.shape)
    )
    same = np.array_equal(places, start + _span(strides, places.shape))
    return (start, strides) if same and places.min() != NOWHERE else None


def find_destinations(step: Instruction, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """Return for each operand where an op that fills an array puts its elements.

    The derivative rules know it: they take a cotangent from there.

    Parameters
    ----------
    step : Instruction
        Of an op that fills an array.
    shapes : sequence of tuple of int
        Those of its operands.

    Returns
    -------
    list of array of int
        Places in the output, each array of the shape of its operand; `NOWHERE` if it is dropped.
    """
    assert step.op is not None
    numbers = 1 + np.arange(math.prod(step.shape)).reshape(step.shape)
    operands = [np.empty(shape) for shape in shapes]
    rules: list[Any] = [step.op.rule(k) for k in range(len(shapes))]
    return [np.asarray(rule(numbers, None, *operands, **step.metadata)) - 1 for rule in rules]
