"""What a recorded program is given from outside, and how it is drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..diagnosing.edits import Call, Expr, Slot
from ..diagnosing.facts import additive, elementwise, product, switches
from ..diagnosing.structure import is_uniform, softmax_axis
from ..programs.labelled import Labelled
from ..programs.program import Kind

Changes = Mapping[Slot, Expr]

#: The ways in which numbers are drawn: of any sign where the function allows it, or of the same
#: kind; and further draws of the first way.
BOLD, ALIKE, *AGAIN = range(5)


@dataclass(frozen=True)
class Input:
    """Numbers that come from outside: a parameter, data, a mask, an index.

    Attributes
    ----------
    name : str
        What it is called; ``"the array in x @ w"`` where nobody named it.
    array : array
        Its numbers.
    places : tuple of int
        The steps that have them; none for an index, which stands in what ops are told.
    is_parameter : bool
        Whether it is one of the parameters.
    """

    name: str
    array: Any
    places: tuple[int, ...] = ()
    is_parameter: bool = False

    def redraw(self, rng: np.random.Generator, way: int, scale: float) -> Any:
        """Draw other numbers. Symmetric data, such as distances, stay symmetric."""
        new = redraw(self.array, rng, way, scale)
        if not self.is_parameter and is_symmetric(self.array) and not is_uniform(self.array):
            return (new + new.T) / 2
        return new


def is_symmetric(a: Any) -> bool:
    """Whether an array is a symmetric matrix."""
    square = a.ndim == 2 and a.shape[0] == a.shape[1] > 1
    return square and np.array_equal(a, a.T)


def leaves_of(lines: Labelled, text: Callable[[int], str]) -> list[Input]:
    """List what a program is given: parameters, arrays of data, arrays of places.

    Single numbers that the program is written with, as the 2 of ``x ** 2``, are part of it, and
    so are places that only count. But nobody writes ``x * 1``: such a 1 is something that happens
    to be 1. `text` says what a step is called.
    """
    users = {o: k for k, step in reversed([*enumerate(lines.steps)]) for o in step.operands}
    found: dict[Hashable, Input] = {}
    for k, step in enumerate(lines.steps):
        if step.kind is Kind.INPUT:
            found[k] = Input(step.name or "", lines.values[k], (k,), True)
        elif step.kind is Kind.CONSTANT and not step.shape:
            user = users.get(k)
            if user is not None and _happens_to_be_1(lines, user, k):
                beside = next((o for o in lines.steps[user].operands if o != k), user)
                found[k] = Input(f"the 1 beside {text(beside)}", np.asarray(step.data), (k,))
        elif step.kind is Kind.CONSTANT:
            key = (step.name, step.shape, np.asarray(step.data).tobytes())
            name = step.name or f"the array in {text(users[k]) if k in users else 'the loss'}"
            before = found.get(key, Input(name, np.asarray(step.data)))
            found[key] = replace(before, places=(*before.places, k))
        for index in indices_in(step.metadata):
            name = f"the index in {text(k).removeprefix('(').removesuffix(')')}"
            found.setdefault(("index", index.shape, index.tobytes()), Input(name, index))
    return list(found.values())


def _happens_to_be_1(lines: Labelled, user: int, place: int) -> bool:
    """Whether a constant is a factor, a divisor or an exponent of 1."""
    step, number = lines.steps[user], lines.values[place]
    if step.kind is not Kind.FORWARD or np.asarray(number).dtype.kind != "f" or number != 1:
        return False
    numbers = [lines.values[o] for o in step.operands]
    if not elementwise(step.op) or switches(step) or additive(step, numbers):
        return False
    return product(step, numbers) or (len(numbers) == 2 and step.operands[1] == place)


def indices_in(metadata: Any) -> Iterator[Any]:
    """Yield the arrays of whole numbers in what an op is told."""
    if isinstance(metadata, np.ndarray):
        counts = np.array_equal(metadata.ravel(), np.arange(metadata.size))
        if metadata.dtype.kind in "iu" and metadata.size > 1 and not counts:
            yield metadata
    elif isinstance(metadata, tuple | list):
        for each in metadata:
            yield from indices_in(each)
    elif isinstance(metadata, Mapping):
        for each in metadata.values():
            yield from indices_in(each)


def replace_index(metadata: Any, old: Any, new: Any) -> Any:
    """Replace an array of whole numbers in what an op is told."""
    if isinstance(metadata, np.ndarray):
        same = metadata.dtype == old.dtype and np.array_equal(metadata, old)
        return new if same else metadata
    if isinstance(metadata, tuple | list):
        items = [replace_index(each, old, new) for each in metadata]
        return type(metadata)(items) if type(metadata) in (tuple, list) else metadata
    if isinstance(metadata, Mapping):
        return {key: replace_index(each, old, new) for key, each in metadata.items()}
    return metadata


def redraw(array: Any, rng: np.random.Generator, way: int = ALIKE, scale: float = 1.0) -> Any:
    """Draw other numbers: masks, places, probabilities stay such, and signs if it is ALIKE."""
    array = np.asarray(array)
    if array.dtype.kind == "b":
        return _mix(rng, array.shape)
    if array.dtype.kind in "iu":
        return rng.choice(np.unique(array), array.shape).astype(array.dtype)
    axis = softmax_axis(array)
    if np.isin(array, (0.0, 1.0)).all() and 0.0 < array.mean() < 1.0:
        return rng.permutation(array) if axis is not None else _shuffle(rng, array)
    noise = 0.5 * scale * rng.standard_normal(array.shape)
    if axis is not None:
        moved = array * np.exp(noise)
        return moved / moved.sum(axis=axis, keepdims=True)
    size = np.sqrt(np.mean(np.square(array))) or 1.0
    if way != ALIKE:
        return 2.0 * noise * size
    if np.any(array) and ((array >= 0).all() or (array <= 0).all()):
        return array * np.exp(noise)
    return array + noise * size


def _mix(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Draw yes and no, both of them where there is room."""
    size = int(np.prod(shape))
    return rng.permutation(np.arange(size) % 2 == 0).reshape(shape)


def _shuffle(rng: np.random.Generator, array: Any) -> Any:
    return rng.permutation(array.ravel()).reshape(array.shape)


def retell(changes: Changes, indices: Sequence[tuple[Any, Any]]) -> Changes:
    """Replace arrays of places in what the ops of changes are told."""
    return {slot: _retell(expr, indices) for slot, expr in changes.items()} if indices else changes


def _retell(expr: Expr, indices: Sequence[tuple[Any, Any]]) -> Expr:
    if not isinstance(expr, Call):
        return expr
    metadata = expr.metadata
    for old, new in indices:
        metadata = replace_index(metadata, old, new)
    return Call(expr.op, tuple(_retell(each, indices) for each in expr.operands), metadata)
