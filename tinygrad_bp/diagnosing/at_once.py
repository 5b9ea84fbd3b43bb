"""Many edits at once: each step runs on one array that has a row for each edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..programs.program import Instruction
from .edits import RESULT, Expr, Ref, Slot, evaluate, leaves
from .machine import Machine

#: With how many rows it is found out how a step takes all of them.
_TRIED = 2


class _Operand(NamedTuple):
    """What a step is run on."""

    number: Any
    has_rows: bool


class ManyRuns:
    """Runs a program with many edits.

    A step takes the rows as one more axis in front, where that gives the same as one row after
    the other; else it is run on each of them.

    Parameters
    ----------
    machine : Machine
        The program with its numbers.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ranks: dict[tuple[int, tuple[bool, ...]], int | None] = {}

    def run(self, edits: Sequence[Mapping[Slot, Expr]], target: int) -> Any:
        """Compute what edits make of one step: (len(edits), *shape).

        Raises
        ------
        ValueError
            If they give a step another shape.
        """
        machine = self._machine
        found: dict[int, Any] = {}
        changes: dict[Slot, list[tuple[int, Expr]]] = defaultdict(list)
        for n, edit in enumerate(edits):
            for slot, expr in edit.items():
                changes[slot].append((n, expr))
        changed = {slot.place for slot in (*changes, *machine.changes)}
        waiting = 0
        for slot in changes:
            waiting |= machine.below[slot.place]
        waiting &= self._find_needed(changes, target)
        while waiting:
            low = waiting & -waiting
            waiting ^= low
            k = low.bit_length() - 1
            value, step = machine.values[k], machine.steps[k]
            operands = [
                _Operand(found[o], True) if o in found else _Operand(machine.values[o], False)
                for o in step.operands
            ]
            if k in changed:
                for j, own in enumerate(operands):
                    operands[j] = self._change(Slot(k, j), own, changes, found, len(edits))
            result = _Operand(self._forward(k, operands, len(edits)), True)
            if k in changed:
                result = self._change(Slot(k, RESULT), result, changes, found, len(edits))
            shape = (len(edits), *np.shape(value))
            found[k] = result.number
            if result.number.shape != shape:
                found[k] = np.broadcast_to(_fill_axes(result.number, len(shape)), shape)
        if target not in found:
            raise ValueError("no edit reaches this step")
        return found[target]

    def _find_needed(self, changes: Mapping[Slot, list[tuple[int, Expr]]], target: int) -> int:
        """Return which steps a step is computed of, with the edits, as bits."""
        above = self._machine.above
        needed, refers = above[target], set[int]()
        for each in changes.values():
            for _, expr in each:
                refers.update(leaf.place for leaf in leaves(expr) if isinstance(leaf, Ref))
        for place in refers:
            needed |= above[place]
        return needed

    def _change(
        self,
        slot: Slot,
        own: _Operand,
        changes: Mapping[Slot, list[tuple[int, Expr]]],
        found: Mapping[int, Any],
        count: int,
    ) -> _Operand:
        """Put in what stands in a slot, first in all rows, then in those of single edits."""
        before = self._machine.changes.get(slot)
        if before is None and slot not in changes:
            return own
        each = list(own.number) if own.has_rows else [own.number] * count
        if before is not None:
            each = [evaluate(before, self._values(found, n), x) for n, x in enumerate(each)]
        for n, expr in changes.get(slot, ()):
            each[n] = evaluate(expr, self._values(found, n), each[n])
        return _Operand(_stack(each), True)

    def _values(self, found: Mapping[int, Any], n: int) -> Callable[[int], Any]:
        values = self._machine.values
        return lambda place: found[place][n] if place in found else values[place]

    def _forward(self, k: int, operands: list[_Operand], count: int) -> Any:
        step = self._machine.steps[k]
        if not any(has_rows for _, has_rows in operands):
            number = np.asarray(self._machine.values[k])
            return np.broadcast_to(number, (count, *number.shape))
        key = k, tuple(has_rows for _, has_rows in operands)
        if key not in self._ranks:
            self._ranks[key] = _rank(step, operands, min(count, _TRIED))
        rank = self._ranks[key]
        if rank is None:
            return _one_by_one(step, operands, count)
        return _together(step, operands, count, rank)


def _rank(step: Instruction, operands: list[_Operand], count: int) -> int | None:
    """Find out up to how many axes operands are to be filled; None: each row needs its own run."""
    few = [_Operand(a[:_TRIED] if has_rows else a, has_rows) for a, has_rows in operands]
    single = _one_by_one(step, few, count)
    most = max(np.ndim(a) - has_rows for a, has_rows in operands)
    for rank in dict.fromkeys((0, int(most), int(single.ndim) - 1)):
        try:
            made = _together(step, few, count, rank)
        except Exception:  # the op takes no further axis
            continue
        if made.shape == single.shape and np.allclose(made, single, rtol=1e-9, equal_nan=True):
            return rank
    return None


def _one_by_one(step: Instruction, operands: list[_Operand], count: int) -> Any:
    assert step.op is not None
    forward, metadata = step.op.forward, step.metadata
    each = ([a[n] if has_rows else a for a, has_rows in operands] for n in range(count))
    return _stack(forward(*some, **metadata) for some in each)


def _together(step: Instruction, operands: list[_Operand], count: int, rank: int) -> Any:
    assert step.op is not None
    filled = [_fill_axes(a, 1 + rank) if has_rows else a for a, has_rows in operands]
    metadata = _with_rows(step.metadata, count) if step.metadata else step.metadata
    return np.asarray(step.op.forward(*filled, **metadata))


def _stack(arrays: Iterable[Any]) -> Any:
    each = [*map(np.asarray, arrays)]
    if len({a.shape for a in each}) > 1:
        each = [*np.broadcast_arrays(*each)]
    return np.stack(each)


def _fill_axes(array: Any, ndim: int) -> Any:
    """Put axes of length 1 behind the rows, up to a number of axes."""
    missing = ndim - array.ndim
    return array.reshape(len(array), *[1] * missing, *array.shape[1:]) if missing > 0 else array


def _with_rows(metadata: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Say where things are when there is one more axis in front."""
    changed = dict(metadata)
    axis = metadata.get("axis")
    if isinstance(axis, int):
        changed["axis"] = axis + (axis >= 0)
    elif isinstance(axis, tuple):
        changed["axis"] = tuple(a + (a >= 0) for a in axis)
    if metadata.get("axes") is not None:
        changed["axes"] = (0, *(a + 1 for a in metadata["axes"]))
    if "shape" in metadata:
        changed["shape"] = (count, *metadata["shape"])
    if "index" in metadata:
        index = metadata["index"]
        changed["index"] = (slice(None), *(index if isinstance(index, tuple) else (index,)))
    return changed
