"""Which part of a gradient, or of what it is multiplied with, goes where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...ops.shaping import indexing
from ...programs.labelled import ACCUMULATE, PASS
from ...programs.program import Kind
from ..edits import OWN, RESULT, Call, Edit, Number, Ref, Slot, call, times
from ..facts import elementwise, scatters, targets
from ..pools import Source
from .bench import Bench
from .placed import place_otherwise


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield edits of which part of an array goes where."""
    structure = bench.structure
    for k, step in enumerate(structure.steps):
        if step.kind is not Kind.BACKWARD or step.op is PASS:
            continue
        if step.op is ACCUMULATE:
            yield from _place_elsewhere(bench, Slot(k, RESULT))
            continue
        if k not in structure.lines.edges:
            continue
        for j, own in enumerate(step.operands):
            if not structure.flows[own] or not elementwise(step.op):
                yield from _place_elsewhere(bench, Slot(k, j))
        if scatters(step) and structure.flows[k]:
            yield from _elsewhere(bench, k)


def _place_elsewhere(bench: Bench, slot: Slot) -> Iterator[Edit]:
    """Yield that the elements stand at other places, or that only some of them count."""
    e = bench.probe.at(slot)
    if e is None or e.ndim < 2 or not bench.reaches(slot.place):
        return
    now, shape = bench.now(slot), e.shape[1:]
    ways = list(place_otherwise(now))
    sources = [
        Source(way.expr, np.broadcast_to(way.number, shape), "placed", at)
        for at, way in enumerate(ways)
        if not np.array_equal(way.number, now)
    ]
    node, leaf, it = _whose(bench, slot)
    for source, constant in bench.fit(e, now, shape, sources):
        if constant == 1.0:
            way = ways[source.place]
            summed = leaf and way.mistake == "not-reduced"
            also = ("not-reduced", *way.also) if summed else ("bias-not-summed", *way.also)
            yield Edit(
                "bias-not-summed" if summed else way.mistake,
                {slot: way.expr},
                node,
                way.what.format(it=it),
                {"own": bench.structure.operands(slot.place)[max(slot.operand, 0)]},
                1.0 + way.cost,
                also=also,
            )


def _whose(bench: Bench, slot: Slot) -> tuple[int, bool, str]:
    """Return of which node a slot is, whether that is a parameter, and what stands in it."""
    structure = bench.structure
    step = structure.steps[slot.place]
    gradient = "the gradient of {node}"
    if step.of is not None:
        return step.of, structure.steps[step.of].kind is Kind.INPUT, gradient
    edge = structure.lines.edges[slot.place]
    leaf = structure.leaf(edge)
    if structure.flows[step.operands[slot.operand]]:
        return edge[0] if leaf is None else leaf, leaf is not None, gradient
    return edge[0], False, "{own} in the derivative of {node}"


def _elsewhere(bench: Bench, k: int) -> Iterator[Edit]:
    """Yield that an element goes to another place than where it was taken, or as a mean."""
    structure = bench.structure
    step, slot = structure.steps[k], Slot(k, RESULT)
    e = bench.probe.at(slot)
    if e is None or step.op is None or not bench.reaches(k):
        return
    (operand,) = step.operands
    given = bench.probe.machine.values[operand]
    sources = list(_in_other_places(bench, k, given))
    count = np.bincount(targets(step, given).ravel() + 1, minlength=1 + int(np.prod(step.shape)))
    share = 1 / np.maximum(count[1:], 1).reshape(step.shape)
    sources.append(Source(times(OWN, Number(share)), bench.now(slot) * share, "mean", k))
    child, position = structure.lines.edges[k]
    node = structure.steps[child].operands[position]
    for source, constant in bench.fit(e, bench.now(slot), np.shape(bench.now(slot)), sources):
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


def _in_other_places(bench: Bench, k: int, given: Any) -> Iterator[Source]:
    """Yield what is made of a cotangent with another index, or with none."""
    step = bench.structure.steps[k]
    own = Ref(step.operands[0])
    assert step.op is not None
    for kind, index in other_indices(bench.structure.indices, step.metadata.get("index")):
        metadata = {**step.metadata, "index": index}
        try:
            number = step.op.forward(given, **metadata)
        except (IndexError, ValueError):
            continue
        yield Source(Call(step.op, (own,), metadata), number, kind, k)
    rows, *rest = np.shape(given) or (0,)
    if step.shape and rest == [*step.shape[1:]] and rows >= step.shape[0]:
        kind, index = "the first ones as they are", slice(step.shape[0])
        yield Source(call(indexing, own, index=index), given[index], kind, k)


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
