"""Other inputs of a recorded program, and whether a mistake shows at them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ..diagnosing.machine import Machine
from ..diagnosing.structure import Structure
from ..programs.labelled import Labelled, record_lines
from ..programs.program import Instruction, Kind, compute
from ..trees import rebuild
from .leaves import ALIKE, BOLD, Changes, indices_in, leaves_of, replace_index, retell

#: Of the largest number in the backward pass; smaller differences are round-off.
_ROUND_OFF = 1e-13
#: How far numbers are moved, one after the other until the gradients are finite.
_SCALES = (1.0, 0.3, 0.1, 0.02)


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
        """Whether the loss and all gradients are finite numbers."""
        loss = self.lines.values[self.lines.root]
        return all(np.isfinite(numbers).all() for numbers in (loss, *self.right))

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
        self._confirmed: dict[Evaluation, Evaluation] = {}
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

    def confirm(self, point: Evaluation) -> Evaluation:
        """Evaluate the function itself where parameters were drawn: it may compute others there.

        That is, numbers that it takes out of the graph, such as frozen masks. A point stays as it
        is where data were drawn too, which the function has from outside, and where the function
        takes other steps.
        """
        key = tuple(point.drawn)
        if not all(self.leaves[k].is_parameter for k in key) or not key:
            return point
        if point not in self._confirmed:
            self._confirmed[point] = self._record(point)
        return self._confirmed[point]

    def _record(self, point: Evaluation) -> Evaluation:
        lines = self.lines
        arrays = iter([point.lines.values[k] for k in lines.program.inputs])
        try:
            with np.errstate(all="ignore"):
                found = record_lines(lines.fun, rebuild(lines.params, arrays), {})
        except Exception:  # the user's code may not work everywhere
            return point
        form = [(step.op, step.shape) for step in lines.steps]
        if found is None or [(step.op, step.shape) for step in found.steps] != form:
            return point
        return Evaluation(found, self._tolerance, point.drawn)

    def with_numbers(
        self, new: Mapping[int, Any], held: Mapping[int, Any] | None = None
    ) -> Evaluation:
        """Return the point where leaves have other numbers, and maybe steps on the way too."""
        steps = list(self.lines.steps)
        for number, array in new.items():
            leaf = self.leaves[number]
            for k in leaf.places:
                steps[k] = replace(steps[k], data=array)
            if not leaf.places:
                steps = [_tell(step, leaf.array, array) for step in steps]
        program = replace(self.lines.program, instructions=tuple(steps))
        values = _evaluate(steps, self.lines, held or {})
        lines = replace(self.lines, program=program, values=values)
        leaves = self.leaves
        indices = [(leaves[k].array, array) for k, array in new.items() if not leaves[k].places]
        return Evaluation(lines, self._tolerance, new, indices)


def _tell(step: Instruction, old: Any, new: Any) -> Instruction:
    if not any(True for _ in indices_in(step.metadata)):
        return step
    return replace(step, metadata=replace_index(step.metadata, old, new))


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
