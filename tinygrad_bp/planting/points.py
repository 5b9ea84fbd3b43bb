"""Other inputs of a recorded program, and whether a mistake shows at them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..diagnosing.edits import Call, Expr, Slot
from ..diagnosing.facts import additive, elementwise, product, switches
from ..diagnosing.machine import Machine
from ..diagnosing.structure import Structure, is_uniform, softmax_axis
from ..programs.labelled import Labelled
from ..programs.program import Instruction, Kind, compute

Changes = Mapping[Slot, Expr]

#: Of the largest number in the backward pass; smaller differences are round-off.
_ROUND_OFF = 1e-13
#: How far numbers are moved, one after the other until the gradients are finite.
_SCALES = (1.0, 0.3, 0.1, 0.02)
#: The ways in which numbers are drawn: of any sign where the function allows it; of the same kind.
BOLD, ALIKE = 0, 1


# --- what can be drawn anew --------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
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


def leaves_of(lines: Labelled, text: Callable[[int], str]) -> list[Leaf]:
    """List what a program is given: parameters, arrays of data, arrays of places.

    Single numbers that the program is written with, as the 2 of ``x ** 2``, are part of it, and
    so are places that only count. But nobody writes ``x * 1``: such a 1 is something that happens
    to be 1. `text` says what a step is called.
    """
    users = {o: k for k, step in reversed([*enumerate(lines.steps)]) for o in step.operands}
    found: dict[Hashable, Leaf] = {}
    for k, step in enumerate(lines.steps):
        if step.kind is Kind.INPUT:
            found[k] = Leaf(step.name or "", lines.values[k], (k,), True)
        elif step.kind is Kind.CONSTANT and not step.shape:
            user = users.get(k)
            if user is not None and _happens_to_be_1(lines, user, k):
                beside = next((o for o in lines.steps[user].operands if o != k), user)
                found[k] = Leaf(f"the 1 beside {text(beside)}", np.asarray(step.data), (k,))
        elif step.kind is Kind.CONSTANT:
            key = (step.name, step.shape, np.asarray(step.data).tobytes())
            name = step.name or f"the array in {text(users[k]) if k in users else 'the loss'}"
            before = found.get(key, Leaf(name, np.asarray(step.data)))
            found[key] = replace(before, places=(*before.places, k))
        for index in _indices(step.metadata):
            name = f"the index in {text(k).removeprefix('(').removesuffix(')')}"
            found.setdefault(("index", index.shape, index.tobytes()), Leaf(name, index))
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


def _indices(metadata: Any) -> Iterator[Any]:
    """Yield the arrays of whole numbers in what an op is told."""
    if isinstance(metadata, np.ndarray):
        counts = np.array_equal(metadata.ravel(), np.arange(metadata.size))
        if metadata.dtype.kind in "iu" and metadata.size > 1 and not counts:
            yield metadata
    elif isinstance(metadata, tuple | list):
        for each in metadata:
            yield from _indices(each)
    elif isinstance(metadata, Mapping):
        for each in metadata.values():
            yield from _indices(each)


def _replace_index(metadata: Any, old: Any, new: Any) -> Any:
    """Replace an array of whole numbers in what an op is told."""
    if isinstance(metadata, np.ndarray):
        same = metadata.dtype == old.dtype and np.array_equal(metadata, old)
        return new if same else metadata
    if isinstance(metadata, tuple | list):
        items = [_replace_index(each, old, new) for each in metadata]
        return type(metadata)(items) if type(metadata) in (tuple, list) else metadata
    if isinstance(metadata, Mapping):
        return {key: _replace_index(each, old, new) for key, each in metadata.items()}
    return metadata


def redraw(array: Any, rng: np.random.Generator, way: int = ALIKE, scale: float = 1.0) -> Any:
    """Draw other numbers: masks, places, probabilities stay such, and signs unless it is BOLD."""
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
    if way == BOLD:
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


# --- points --------------------------------------------------------------------------------------


class Evaluation:
    """A program with its numbers at some inputs.

    Parameters
    ----------
    lines : Labelled
        With these numbers.
    tolerance : float
        The largest relative difference that a gradient check does not see.
    drawn : mapping of int to array, optional
        The leaves that have other numbers than where the program was recorded.
    indices : sequence of pairs of array, optional
        Arrays of places, as they were recorded and as they are here.
    """

    def __init__(
        self,
        lines: Labelled,
        tolerance: float,
        drawn: Mapping[int, Any] | None = None,
        indices: Sequence[tuple[Any, Any]] = (),
    ) -> None:
        self.lines, self.machine, self._tolerance = lines, Machine(lines, lines.values), tolerance
        self.drawn: Mapping[int, Any] = drawn or {}
        self.indices = indices
        self.right = [np.asarray(lines.values[k]) for k in lines.program.gradients]

    @property
    def is_finite(self) -> bool:
        """Whether all gradients are finite numbers."""
        return all(np.isfinite(gradient).all() for gradient in self.right)

    @cached_property
    def _round_off(self) -> float:
        sizes = [np.max(np.abs(self.lines.values[k]), initial=0.0) for k in self._cotangents]
        return _ROUND_OFF * max(filter(np.isfinite, map(float, sizes)), default=0.0)

    @cached_property
    def _cotangents(self) -> list[int]:
        flows = Structure(self.lines).flows
        return [k for k, step in enumerate(self.lines.steps) if flows[k] and step.op is not None]

    def is_zero(self, place: int) -> bool:
        """Whether the result of a step is 0 but for round-off."""
        return bool(np.all(np.abs(self.lines.values[place]) <= 100 * self._round_off))

    def gradients(self, changes: Changes) -> list[Any] | None:
        """Return the gradients with changes; None where they cannot be computed so."""
        try:
            with np.errstate(all="ignore"):
                new = self.machine.run(retell(changes, self.indices))
        except (ValueError, TypeError, IndexError, FloatingPointError):
            return None
        values = self.lines.values
        return [np.asarray(new.get(k, values[k])) for k in self.lines.program.gradients]

    def shows(self, changes: Changes) -> bool:
        """Whether a gradient check at this point sees changes."""
        found = self.gradients(changes)
        return found is None or any(map(self.differ, found, self.right))

    def differ(self, one: Any, other: Any) -> bool:
        """Whether two arrays are not the same but for what a check allows."""
        if np.shape(one) != np.shape(other):
            return True
        with np.errstate(all="ignore"):
            larger = np.maximum(np.abs(one), np.abs(other))
            close = np.abs(one - other) <= self._tolerance * larger + self._round_off
        return not bool(np.all(close))  # NaN is close to nothing


class Points:
    """The points where some leaves have been drawn anew, and the others are as they were.

    Parameters
    ----------
    lines : Labelled
        The program where it was recorded.
    text : callable
        Says what a step is called.
    tolerance : float
        As for `Evaluation`.
    """

    def __init__(self, lines: Labelled, text: Callable[[int], str], tolerance: float) -> None:
        self.lines, self._tolerance = lines, tolerance
        self.leaves = leaves_of(lines, text)
        self.here = Evaluation(lines, tolerance)
        self._known: dict[tuple[frozenset[int], int], Evaluation] = {}

    def at(self, drawn: Collection[int], way: int) -> Evaluation:
        """Return the point where some leaves, by number, are drawn anew, in one of the ways.

        Where the gradients are not finite there, the numbers are drawn nearer and nearer.
        """
        key = (frozenset(drawn), way)
        if key not in self._known:
            tries = [(way, scale) for scale in _SCALES] + [(ALIKE, scale) for scale in _SCALES]
            for how, scale in tries:
                rngs = {k: np.random.default_rng((k, how)) for k in sorted(drawn)}
                new = {k: self.leaves[k].redraw(rng, how, scale) for k, rng in rngs.items()}
                self._known[key] = self.with_numbers(new)
                if self._known[key].is_finite:
                    break
        return self._known[key]

    def generic(self, way: int = BOLD) -> Evaluation:
        """Return a point where all leaves are drawn anew."""
        return self.at(range(len(self.leaves)), way)

    def with_numbers(
        self, new: Mapping[int, Any], cotangents: Mapping[int, Any] | None = None
    ) -> Evaluation:
        """Return the point where leaves have other numbers, and maybe cotangents on the way too."""
        steps = list(self.lines.steps)
        for number, array in new.items():
            leaf = self.leaves[number]
            for k in leaf.places:
                steps[k] = replace(steps[k], data=array)
            if not leaf.places:
                steps = [_tell(step, leaf.array, array) for step in steps]
        program = replace(self.lines.program, instructions=tuple(steps))
        values = _evaluate(steps, self.lines, cotangents or {})
        lines = replace(self.lines, program=program, values=values)
        leaves = self.leaves
        indices = [(leaves[k].array, array) for k, array in new.items() if not leaves[k].places]
        return Evaluation(lines, self._tolerance, new, indices)


def retell(changes: Changes, indices: Sequence[tuple[Any, Any]]) -> Changes:
    """Replace arrays of places in what the ops of changes are told."""
    return {slot: _retell(expr, indices) for slot, expr in changes.items()} if indices else changes


def _retell(expr: Expr, indices: Sequence[tuple[Any, Any]]) -> Expr:
    if not isinstance(expr, Call):
        return expr
    metadata = expr.metadata
    for old, new in indices:
        metadata = _replace_index(metadata, old, new)
    return Call(expr.op, tuple(_retell(each, indices) for each in expr.operands), metadata)


def _tell(step: Instruction, old: Any, new: Any) -> Instruction:
    if not any(True for _ in _indices(step.metadata)):
        return step
    return replace(step, metadata=_replace_index(step.metadata, old, new))


def _evaluate(steps: list[Instruction], lines: Labelled, given: Mapping[int, Any]) -> list[Any]:
    """Compute all steps; what is given for some stands in the place of their results."""
    values: list[Any] = []
    with np.errstate(all="ignore"):
        for k, step in enumerate(steps):
            if k in given:
                values.append(given[k])
            elif step.op is None:
                is_leaf = step.kind in (Kind.INPUT, Kind.CONSTANT)
                values.append(step.data if is_leaf else lines.values[k])
            else:
                operands = [values[o] for o in step.operands]
                values.append(compute(step.op, operands, step.metadata))
    return values
