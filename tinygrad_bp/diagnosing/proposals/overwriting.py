"""Places that are written several times: assigned to, where contributions should be added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...kernel import Op
from ...ops.rearranging import _gather, number_places
from ...ops.shaping import _where
from ...programs.labelled import ACCUMULATE
from ...programs.program import Instruction, Kind
from ...programs.witnesses import op_of
from ..edits import RESULT, ZERO, Call, Edit, Expr, Number, Ref, Slot, call, evaluate
from ..facts import scatters, targets
from ..pools import Source
from .bench import Bench

#: Of more contributions to one cotangent no order is tried.
_MOST = 400
_OTHER = op_of(np.not_equal, 2)


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield assignments in the place of sums: within one step, and of one step after another."""
    for k, step in enumerate(bench.structure.steps):
        if step.kind is not Kind.BACKWARD:
            continue
        if step.op is ACCUMULATE and 1 < len(step.operands) <= _MOST:
            yield from _fitting(bench, k, list(_one_after_another(bench, k)))
        elif scatters(step) and k in bench.structure.lines.edges:
            yield from _fitting(bench, k, list(_overwrite_repeats(bench, k)))


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
    for source, constant in bench.fit(e, now, np.shape(now), sources):
        if constant == 1.0:
            yield Edit("index-overwritten", {slot: source.expr}, node, what, cost=1.1)


def _overwrite_repeats(bench: Bench, k: int) -> Iterator[Source]:
    """Yield an array in which of several numbers for one place the last or the first stands."""
    step = bench.structure.steps[k]
    given = bench.probe.machine.values[step.operands[0]]
    for way in (1, -1):
        metadata = {**step.metadata, "step": step, "way": way}
        expr = Call(_assign, (Ref(step.operands[0]),), metadata)
        yield Source(expr, _write_once(given, **metadata), "assigned", k)


def _write_once(given: Any, *, step: Instruction, way: int, **places: Any) -> Any:
    """Do what a step does, but let of several numbers for one place only the last one stay."""
    targeted = targets(replace(step, metadata=places), given)
    writers = np.zeros(1 + int(np.prod(step.shape)), int)  # what is dropped goes to the end
    writers[np.ravel(targeted)[::way]] = number_places(np.shape(targeted)).ravel()[::way]
    return _gather(given, places=writers[:-1].reshape(step.shape))


_assign = Op("assign", _write_once, None)


def _one_after_another(bench: Bench, k: int) -> Iterator[Source]:
    """Yield what is left where each contribution overwrites those before it, in either order."""
    terms = bench.structure.steps[k].operands
    masks = [_find_written(bench, term) for term in terms]
    if sum(mask is not None for mask in masks) < 2:
        return
    values = bench.probe.machine.values
    for way in (1, -1):
        for covered in (True, False):  # its places, or where it is not 0
            kept: Expr = ZERO
            for term, mask in [*zip(terms, masks, strict=True)][::way]:
                places = Number(True if mask is None else mask)
                written = places if covered else call(_OTHER, Ref(term), ZERO)
                kept = call(_where, written, Ref(term), kept)
            yield Source(kept, evaluate(kept, lambda k: values[k]), "overwritten", k)


def _find_written(bench: Bench, term: int) -> Any:
    """Return which places a contribution writes; None where it is not put into places."""
    step = bench.structure.steps[bench.structure.source(term)]
    if not scatters(step):
        return None
    assert step.op is not None
    ones = np.ones(np.shape(bench.probe.machine.values[step.operands[0]]))
    written = step.op.forward(ones, **step.metadata) != 0
    return written if written.shape == np.shape(bench.probe.machine.values[term]) else None
