"""Parts of a gradient: of one sample only, at other places, or with a mean where places repeat."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...kernel import Op
from ...ops.shaping import indexing
from ...programs.labelled import ACCUMULATE, PASS
from ...programs.program import Kind
from ..edits import OWN, RESULT, Call, Edit, Number, Ref, Slot, call, times
from ..facts import elementwise, scatters
from ..pools import Source
from .bench import Bench

_ALSO = ("bias-not-summed", "index-overwritten", "term-missing", "fan-out-overwritten")


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield edits of which part of a gradient goes where."""
    structure = bench.structure
    for k, step in enumerate(structure.steps):
        if step.kind is not Kind.BACKWARD or not structure.flows[k]:
            continue
        if step.op is ACCUMULATE:
            yield from _one_of_many(bench, Slot(k, RESULT))
        elif step.op is not PASS and not elementwise(step.op):
            for j, own in enumerate(step.operands):
                if structure.flows[own]:
                    yield from _one_of_many(bench, Slot(k, j))
        if scatters(step.op) and len(step.operands) == 1 and k in structure.lines.edges:
            yield from _elsewhere(bench, k)


def _one_of_many(bench: Bench, slot: Slot) -> Iterator[Edit]:
    """Yield that of all samples, steps or units only the first or the last one counts."""
    e = bench.probe.at(slot)
    if e is None or e.ndim < 2:
        return
    now, shape = bench.now(slot), e.shape[1:]
    sources = []
    for axis, length in enumerate(shape):
        for which in (0, length - 1) if length > 1 else ():
            mask = np.zeros(shape)
            mask[(*[slice(None)] * axis, which)] = 1.0
            expr = times(OWN, Number(mask))
            sources.append(Source(expr, now * mask, "first" if which == 0 else "last", axis))
    node, leaf = _whose(bench, slot)
    yield from _turned_round(bench, slot, node, e)
    for source, constant in bench.fitting(e, now, shape, sources):
        if constant == 1.0:
            of = f"only the {source.kind} part along axis {source.place} of the gradient of"
            what = f"{of} {{node}} is used"
            mistake = "bias-not-summed" if leaf else "not-reduced"
            also = ("not-reduced", *_ALSO) if leaf else _ALSO
            yield Edit(mistake, {slot: source.expr}, node, what, {}, 1.7, also=also)


def _turned_round(bench: Bench, slot: Slot, node: int, e: Any) -> Iterator[Edit]:
    """Yield that the elements stand in the opposite order, along one axis or two."""
    shape = e.shape[1:]
    now = np.broadcast_to(bench.now(slot), shape)
    sources = []
    long = [axis for axis, length in enumerate(shape) if length > 1]
    for axes in (*((a,) for a in long), *combinations(long, 2)):
        back = slice(None, None, -1)
        index = tuple(back if axis in axes else slice(None) for axis in range(len(shape)))
        sources.append(Source(call(indexing, OWN, index=index), now[index], "turned", axes[0]))
    for source, constant in bench.fitting(e, now, shape, sources):
        if constant == 1.0:
            what = "the elements of the gradient of {node} stand in the opposite order"
            also = ("index-shifted", "swapped")
            yield Edit("order", {slot: source.expr}, node, what, {}, 1.6, also=also)


def _whose(bench: Bench, slot: Slot) -> tuple[int, bool]:
    """Return whose gradient a slot has, and whether that is a parameter's."""
    structure = bench.structure
    step = structure.steps[slot.place]
    if step.of is not None:
        return step.of, structure.steps[step.of].kind is Kind.INPUT
    edge = structure.lines.edges[slot.place]
    leaf = structure.leaf(edge)
    return (edge[0], False) if leaf is None else (leaf, True)


def _elsewhere(bench: Bench, k: int) -> Iterator[Edit]:
    """Yield that an element goes to another place than where it was taken, or as a mean."""
    structure = bench.structure
    step, slot = structure.steps[k], Slot(k, RESULT)
    e = bench.probe.at(slot)
    if e is None or step.op is None:
        return
    given = bench.probe.machine.values[step.operands[0]]
    sources = []
    for kind, index in other_indices(structure.indices, step.metadata["index"]):
        metadata = {**step.metadata, "index": index}
        try:
            number = step.op.forward(given, **metadata)
        except (IndexError, ValueError):
            continue
        expr = Call(step.op, (Ref(step.operands[0]),), metadata)
        sources.append(Source(expr, number, kind, k))
    averaged = Op("scatter_mean", _scatter_mean, None)
    metadata = {**step.metadata, "add": step.op}
    number = _scatter_mean(given, **metadata)
    sources.append(Source(Call(averaged, (Ref(step.operands[0]),), metadata), number, "mean", k))
    child, operand = structure.lines.edges[k]
    node = structure.steps[child].operands[operand]
    for source, constant in bench.fitting(e, bench.now(slot), np.shape(bench.now(slot)), sources):
        if constant != 1.0:
            continue
        mean = source.kind == "mean"
        what = (
            "of the gradients of {node} at one place the mean is taken, not the sum"
            if mean
            else f"the gradient of {{node}} goes to other places: {source.kind}"
        )
        mistake = "index-overwritten" if mean else "index-shifted"
        also = ("constant-factor",) if mean else ("factor-replaced", "target-missing")
        yield Edit(mistake, {slot: source.expr}, node, what, {}, 1.6, also=also)


def _scatter_mean(given: Any, index: Any, shape: tuple[int, ...], add: Op) -> Any:
    count = add.forward(np.ones(np.shape(given)), index=index, shape=shape)
    return add.forward(given, index=index, shape=shape) / np.maximum(count, 1.0)


def other_indices(known: list[Any], index: Any) -> Iterator[tuple[str, Any]]:
    """Yield other indices: the neighbour's, the first of all, those of another array."""
    parts = index if isinstance(index, tuple) else (index,)
    for j, part in enumerate(parts):
        array = np.asarray(part) if isinstance(part, np.ndarray | list) else None
        if array is None or array.dtype.kind not in "iu":
            continue
        others = [
            ("the next one's", np.roll(array, 1, axis=0)),
            ("the one's before", np.roll(array, -1, axis=0)),
            ("the first column", np.zeros_like(array)),
            *(("those of another index", a) for a in known if a.shape == array.shape),
        ]
        for kind, other in others:
            if not np.array_equal(other, array):
                changed = (*parts[:j], other, *parts[j + 1 :])
                yield kind, changed if isinstance(index, tuple) else other
