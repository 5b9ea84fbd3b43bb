"""The gradient that the user hands over, read and laid out as the parameters are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel.value import Value
from .automatic import AutomaticGradient
from .pairing import MISSING, Paired, Unread, names_behind, pair
from .problem import Problem, numbers

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class InnerGradient:
    """The gradient by an inner Value, as the user has it and as the engine has it."""

    name: str
    manual: Array
    automatic: Array


@dataclass(frozen=True)
class Manual:
    """A manual gradient.

    Attributes
    ----------
    vector : numpy.ndarray
        Over the entries of the parameters; NaN where none could be read.
    steps : list of InnerGradient
        The gradients by inner Values.
    arrays : mapping of str to array
        What could be read, by the name of the parameter or of the inner Value.
    unread : mapping of str to Unread
        For the others, why there is no gradient.
    notes : list of str
        How it was read, where that was not plain.
    again : callable or None
        Gives `arrays` at other parameters, if the user has a function.
    """

    vector: Array
    steps: list[InnerGradient]
    arrays: Mapping[str, Array]
    unread: Mapping[str, Unread]
    notes: list[str] = field(default_factory=list)
    again: Callable[[Any], Mapping[str, Array]] | None = None

    @property
    def is_zero(self) -> bool:
        """Whether all that was read is zero, as where nothing is computed yet."""
        return bool(self.arrays) and not any(np.any(array) for array in self.arrays.values())


def read_manual(problem: Problem, automatic: AutomaticGradient, given: Any) -> Manual:
    """Read a manual gradient, or a function that gives one.

    What cannot be read, or has another shape, is said of its parameter and hinders no other.
    """
    function = callable(given) and not isinstance(given, Value)
    reading = _Reading(problem, automatic)

    def again(params: Any) -> Mapping[str, Array]:
        return _Reading(problem, automatic).read(pair(problem.tree, given(params)))

    first = given(problem.structure(problem.x.copy())) if function else given
    arrays = reading.read(pair(problem.tree, first))
    blocks = [
        _block(arrays.get(name), shape)
        for name, shape in zip(problem.names, problem.shapes, strict=True)
    ]
    return Manual(
        np.concatenate(blocks),
        list(_steps(automatic, {n: a for n, a in arrays.items() if n not in problem.names})),
        arrays,
        reading.unread,
        reading.notes,
        again if function else None,
    )


class _Reading:
    """Makes arrays of what was given, and notes what could not be read."""

    def __init__(self, problem: Problem, automatic: AutomaticGradient) -> None:
        self._shapes = dict(zip(problem.names, problem.shapes, strict=True))
        self._automatic = automatic
        self.unread: dict[str, Unread] = {}
        self.notes: list[str] = []

    def read(self, paired: Paired) -> dict[str, Array]:
        """Return the arrays that could be read, by name."""
        arrays: dict[str, Array] = {}
        self.notes += paired.notes
        for name, leaf in paired.leaves.items():
            read = self._array(name, leaf, self._shapes[name])
            if isinstance(read, Unread):
                self.unread[name] = read
            else:
                arrays[name] = read
        return arrays | dict(self._inner(paired.extra))

    def _array(self, name: str, leaf: Any, shape: tuple[int, ...]) -> Array | Unread:
        if leaf is None:
            return Unread(MISSING.verdict, "its gradient is None")
        if isinstance(leaf, Unread):
            return leaf
        try:
            # a copy: a function may add to the same arrays when it is called again
            array = numbers(leaf).copy()
        except TypeError as error:
            return Unread("not read", f"expected real numbers, got {error}")
        larger = name in self._shapes and array.shape in self._automatic.broadcast_to(name)
        if array.shape == shape or larger:
            return array
        if _same_but_for_ones(array.shape, shape):
            self.notes.append(f"the gradient of {name} was read as {shape}; it is {array.shape}")
            return array.reshape(shape)
        return Unread("wrong", f"expected a gradient of shape {shape}, got {array.shape}")

    def _inner(self, extra: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
        """Yield the gradients by inner Values, and note what is the gradient of nothing."""
        nodes = self._automatic.inner if extra else {}
        for key, leaf in extra.items():
            name = next((n for n in (key, *names_behind(key)) if n in nodes), None)
            if name is None:
                self.notes.append(f"{key} was not compared: it belongs to no parameter")
                continue
            read = self._array(name, leaf, nodes[name].shape)
            if isinstance(read, Unread):
                self.unread[name] = read
            else:
                yield name, read


def _same_but_for_ones(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Say whether two shapes are one array, with and without axes of length 1."""
    lengths = [[n for n in shape if n != 1] for shape in (one, other)]
    return lengths[0] == lengths[1] and len(one) != len(other)


def _block(array: Array | None, shape: tuple[int, ...]) -> Array:
    """Lay one gradient out; NaN where there is none, or one entry for each sample."""
    if array is None or array.shape != shape:
        return np.full(int(np.prod(shape)), np.nan, np.float32)
    return array.ravel()


def _steps(automatic: AutomaticGradient, arrays: Mapping[str, Array]) -> Iterator[InnerGradient]:
    nodes = {name: automatic.inner[name] for name in arrays} if arrays else {}
    cotangents = automatic.cotangents(dict.fromkeys(nodes.values())) if nodes else {}
    for name, node in nodes.items():
        yield InnerGradient(name, arrays[name], np.asarray(cotangents[node]))
