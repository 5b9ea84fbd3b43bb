"""Places that are written several times: assigned to, where contributions should be added up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...kernel import Op
from ...programs.labelled import ACCUMULATE
from ...programs.program import Kind
from ..edits import RESULT, Call, Edit, Expr, Ref, Slot
from ..facts import scatters
from ..pools import Source
from .bench import Bench

#: Of more contributions to one cotangent no order is tried.
_MOST = 400


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield assignments in the place of sums: within one step, and of one step after another."""
    for k, step in enumerate(bench.structure.steps):
        if step.kind is not Kind.BACKWARD:
            continue
        if step.op is ACCUMULATE and 1 < len(step.operands) <= _MOST:
            yield from _fitting(bench, k, list(_one_after_another(bench, k)))
        elif scatters(step.op) and k in bench.structure.lines.edges:
            yield from _fitting(bench, k, list(_assigned(bench, k)))


def _fitting(bench: Bench, k: int, sources: list[Source]) -> Iterator[Edit]:
    slot = Slot(k, RESULT)
    now, e = bench.now(slot), bench.probe.at(slot)
    sources = [s for s in sources if not np.array_equal(s.number, now)]
    if e is None or not sources:
        return
    of = bench.structure.steps[k].of
    child, operand = bench.structure.lines.edges.get(k, (0, 0))
    node = bench.structure.steps[child].operands[operand] if of is None else of
    what = "the gradient of {node} is overwritten where it should be added to"
    for source, constant in bench.fitting(e, now, np.shape(now), sources):
        if constant == 1.0:
            yield Edit("index-overwritten", {slot: source.expr}, node, what, cost=1.1)


def _assigned(bench: Bench, k: int) -> Iterator[Source]:
    """Yield an array in which of several numbers for one place the last or the first stands."""
    step, values = bench.structure.steps[k], bench.probe.machine.values
    given, *places = (values[o] for o in step.operands)
    if places:
        return
    op = Op("assign", _assign, None)
    for first in (False, True):
        metadata = {**step.metadata, "first": first}
        try:
            number = _assign(given, **metadata)
        except (IndexError, ValueError):  # not an array of places
            continue
        yield Source(Call(op, (Ref(step.operands[0]),), metadata), number, "assigned", k)


def _assign(given: Any, index: Any, shape: tuple[int, ...], first: bool) -> Any:
    made = np.zeros(shape)
    if first:  # the places in the opposite order
        parts = list(index) if isinstance(index, tuple) else [index]
        arrays = [p for p in parts if isinstance(p, np.ndarray)]
        if len(arrays) != len(parts):
            raise ValueError("slices have no order")
        size = max(a.size for a in arrays)
        index = tuple(np.broadcast_to(a, arrays[0].shape).ravel()[::-1] for a in arrays)
        given = np.asarray(given).reshape(size, *np.shape(given)[arrays[0].ndim :])[::-1]
    made[index] = given
    return made


def _one_after_another(bench: Bench, k: int) -> Iterator[Source]:
    """Yield what is left where each contribution overwrites those before it, in either order."""
    terms = bench.structure.steps[k].operands
    masks = [_written(bench, term) for term in terms]
    if sum(mask is not None for mask in masks) < 2:
        return
    shape = np.shape(bench.probe.machine.values[k])
    covered = tuple(np.ones(shape, bool) if mask is None else mask for mask in masks)
    for way in (1, -1):
        operands = terms[::way]
        op = Op("keep_last", _keep_last, *[None] * len(terms))
        numbers = [bench.probe.machine.values[t] for t in operands]
        for where in (covered[::way], ()):
            number = _keep_last(*numbers, masks=where)
            expr: Expr = Call(op, tuple(map(Ref, operands)), {"masks": where})
            yield Source(expr, number, "overwritten", k)


def _keep_last(*terms: Any, masks: Sequence[Any]) -> Any:
    """Keep of several terms the last one that writes: its places, or where it is not 0."""
    kept = np.zeros_like(terms[0])
    for k, term in enumerate(terms):
        kept = np.where(masks[k] if masks else term != 0, term, kept)
    return kept


def _written(bench: Bench, term: int) -> Any:
    """Return which places a contribution writes; None where it is not put into places."""
    step = bench.structure.steps[bench.structure.source(term)]
    if not scatters(step.op) or len(step.operands) > 1:
        return None
    assert step.op is not None
    ones = np.ones(np.shape(bench.probe.machine.values[step.operands[0]]))
    written = step.op.forward(ones, **step.metadata) != 0
    return written if written.shape == np.shape(bench.probe.machine.values[term]) else None
