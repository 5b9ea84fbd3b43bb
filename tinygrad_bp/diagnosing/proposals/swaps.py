"""Two values of one shape that have changed places, in one line or in every pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...kernel.backward import sum_to_shape
from ...programs.labelled import ACCUMULATE, PASS
from ..edits import RESULT, Call, Edit, Expr, Ref, Slot, evaluate, plus
from ..facts import scatters
from .bench import Bench

#: Of more places of one shape not all pairs are looked at.
_MOST = 80


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield exchanges of the operands of two steps of one kind."""
    for units in _classes(bench):
        if len(units) <= _MOST:
            yield from _exchange(bench, units)
    yield from _swap_packed(bench)
    yield from _everywhere(bench)
    yield from _gradients(bench)


def compounding(bench: Bench) -> Iterator[Edit]:
    """Yield exchanges in every pass where one pass changes what the next one reads: untested.

    Of the operands in the derivatives of one step, and of the places of what is put together.
    """
    edges, steps = bench.structure.lines.edges, bench.structure.steps
    for units in _classes(bench):
        for one, other in combinations(units, 2) if len(units) <= _MOST else ():
            children = [[edges[slot.place][0] for slot in unit] for unit in (one, other)]
            if len(one) > 1 and children[0] == children[1]:
                edit = _edit(bench, one, other)
                yield from [] if edit is None else [edit]
    for one, other in _pairs_to_pack(bench):
        (low, _), (also, _) = edges[one[0].place], edges[other[0].place]
        if len(one) > 1 and steps[low].operands == steps[also].operands:
            yield _in_each_others(bench, one, other)


def _classes(bench: Bench) -> Iterator[list[list[Slot]]]:
    """Yield the operands that might stand in one another's places, those of a group as one."""
    classes: dict[Hashable, list[list[Slot]]] = defaultdict(list)
    steps, values = bench.structure.steps, bench.structure.values
    for places in [*([k] for k in bench.structure.lines.edges), *bench.structure.groups]:
        first = steps[places[0]]
        if first.op is ACCUMULATE or first.op is PASS:
            continue
        for j, own in enumerate(first.operands):
            if steps[own].op is None and steps[own].shape == () and not steps[own].name:
                continue
            key = (first.op, j, len(places), np.shape(values[own]), bench.structure.flows[own])
            classes[key].append([Slot(k, j) for k in places])
    return (units for units in classes.values() if len(units) > 1)


def _everywhere(bench: Bench) -> Iterator[Edit]:
    """Yield two values that have changed places wherever they are used."""
    steps, values = bench.structure.steps, bench.structure.values
    uses: dict[Any, dict[int, list[Slot]]] = defaultdict(lambda: defaultdict(list))
    for k in bench.structure.lines.edges:
        for j, own in enumerate(steps[k].operands):
            named = steps[own].op is not None or steps[own].shape != ()
            if not bench.structure.flows[own] and named and bench.probe.at(Slot(k, j)) is not None:
                uses[np.shape(values[own])][bench.structure.same[own]].append(Slot(k, j))
    for shape, owns in uses.items():
        if not shape or not 1 < len(owns) <= _MOST:
            continue
        moved = {
            own: sum(_project(bench, slot, shape) for slot in slots) for own, slots in owns.items()
        }
        for a, b in combinations(owns, 2):
            difference = (np.asarray(values[b], float) - values[a]).ravel()
            if not bench.probe.is_error((moved[a] - moved[b]) @ difference):
                continue
            changes: dict[Slot, Expr] = {s: Ref(b) for s in owns[a] if b < s.place}
            changes |= {s: Ref(a) for s in owns[b] if a < s.place}
            refers = {"first": _forward(bench, a), "second": _forward(bench, b)}
            what = "{first} and {second} are exchanged"
            node = bench.structure.lines.edges[owns[a][0].place][0]
            also = ("factor-replaced", "wrong-matrix")
            yield Edit("swapped", changes, node, what, refers, 1.6, also=also, group=True)


def _gradients(bench: Bench) -> Iterator[Edit]:
    """Yield two gradients that have changed places, neither of which is made of the other."""
    structure, machine = bench.structure, bench.probe.machine
    found: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for node, k in structure.cotangents.items():
        if np.ndim(machine.values[k]) and bench.probe.at(Slot(k, RESULT)) is not None:
            found[np.shape(machine.values[k])].append((node, k))
    for pairs in found.values():
        slots = [Slot(k, RESULT) for _, k in pairs if len(pairs) <= _MOST]
        e = [_flat([bench.probe.at(slot)], len(bench.probe.error)) for slot in slots]
        for a, b in _good_exchanges(bench, e, [np.ravel(bench.now(slot)) for slot in slots]):
            (node, one), (also, other) = pairs[a], pairs[b]
            if not machine.below[one] >> other & 1 and not machine.below[other] >> one & 1:
                what = "the gradients of {node} and {also} are exchanged"
                totals = [plus(*map(Ref, structure.operands(k))) for k in (one, other)]
                changes = {Slot(one, RESULT): totals[1], Slot(other, RESULT): totals[0]}
                names = ("order", "factor-replaced")
                yield Edit("swapped", changes, node, what, {"also": also}, 1.7, also=names)


def _project(bench: Bench, slot: Slot, shape: tuple[int, ...]) -> Any:
    """Return how the projections move with a value of some shape: (n, size)."""
    e = bench.probe.at(slot)
    return np.stack([np.asarray(sum_to_shape(x, shape)).ravel() for x in e])


def _swap_packed(bench: Bench) -> Iterator[Edit]:
    """Yield that two gradients are put in one another's places of an array."""
    for one, other in _pairs_to_pack(bench):
        edit, moved = _in_each_others(bench, one, other), np.zeros_like(bench.probe.error)
        for slot, expr in edit.changes.items():
            e = bench.probe.at(slot)
            if e is None:
                break
            new = evaluate(expr, bench.probe.machine.values.__getitem__)
            moved = moved + (e * (new - bench.now(slot))).reshape(len(e), -1).sum(axis=1)
        else:
            if bench.probe.is_error(moved):
                yield edit


def _pairs_to_pack(bench: Bench) -> Iterator[tuple[list[Slot], list[Slot]]]:
    steps = bench.structure.steps
    classes: dict[Hashable, list[list[Slot]]] = defaultdict(list)
    for places in [*([k] for k in bench.structure.lines.edges), *bench.structure.groups]:
        first = steps[places[0]]
        if scatters(first):
            key = len(places), first.op, first.shape, steps[first.operands[0]].shape
            classes[key].append([Slot(k, RESULT) for k in places])
    for units in classes.values():
        yield from combinations(units, 2) if len(units) <= _MOST else ()


def _in_each_others(bench: Bench, one: list[Slot], other: list[Slot]) -> Edit:
    steps, edges = bench.structure.steps, bench.structure.lines.edges
    changes: dict[Slot, Expr] = {}
    for a, b in zip(one, other, strict=True):
        for here, there in ((a, b), (b, a)):
            step = steps[here.place]
            assert step.op is not None
            metadata = steps[there.place].metadata
            changes[here] = Call(step.op, (Ref(step.operands[0]),), metadata)
    node, also = edges[one[0].place][0], edges[other[0].place][0]
    what = "the gradients that come from {node} and {also} are put in one another's places"
    refers = {"also": also}
    names = ("order", "index-shifted", "factor-replaced")
    return Edit("swapped", changes, node, what, refers, 1.5, also=names, group=len(one) > 1)


def _exchange(bench: Bench, units: list[list[Slot]]) -> Iterator[Edit]:
    """Compute what each unit makes of the operands of each other, and compare sums of these."""
    moved = [(unit, [bench.probe.at(slot) for slot in unit]) for unit in units]
    found = [(unit, es) for unit, es in moved if all(e is not None for e in es)]
    if len(found) < 2:
        return
    owns = [[_number(bench, s, e.shape[1:]) for s, e in zip(u, es)] for u, es in found]
    sizes = {tuple(e.shape for e in es) for _, es in found}
    for shapes in sizes:
        kept = [k for k, (_, es) in enumerate(found) if tuple(e.shape for e in es) == shapes]
        e = [_flat(found[k][1], 3) for k in kept]
        u = [_flat([o[None] for o in owns[k]], 1)[0] for k in kept]
        for a, b in _good_exchanges(bench, e, u):
            edit = _edit(bench, found[kept[a]][0], found[kept[b]][0])
            if edit is not None:
                yield edit


def _good_exchanges(bench: Bench, e: list[Any], u: list[Any]) -> Iterator[tuple[int, int]]:
    """Yield which of some numbers stand in one another's places, by what each would make there."""
    if len(e) < 2:
        return
    made = np.einsum("ins,js->nij", np.stack(e), np.stack(u))
    own = np.einsum("nii->ni", made)
    off = made + made.transpose(0, 2, 1) - own[:, :, None] - own[:, None, :]
    error = bench.probe.error
    slack = (1e-7 + bench.probe.slack) * np.abs(error).max() + 1e-12 * np.abs(own).max()
    good = (np.abs(off - error[:, None, None]) <= slack).all(axis=0)
    for a, b in combinations(range(len(e)), 2):
        if good[a, b]:
            yield a, b


def _flat(arrays: list[Any], rows: int) -> Any:
    return np.concatenate([np.asarray(a).reshape(rows, -1) for a in arrays], axis=1)


def _number(bench: Bench, slot: Slot, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(np.asarray(bench.now(slot), float), shape)


def _edit(bench: Bench, one: list[Slot], other: list[Slot]) -> Edit | None:
    steps, lines = bench.structure.steps, bench.structure.lines
    changes: dict[Slot, Expr] = {}
    for a, b in zip(one, other, strict=True):
        own_a, own_b = (steps[s.place].operands[s.operand] for s in (a, b))
        if own_a == own_b or own_b >= a.place or own_a >= b.place:
            return None
        changes |= {a: Ref(own_b), b: Ref(own_a)}
    first, second = (steps[s[0].place].operands[s[0].operand] for s in (one, other))
    node = lines.edges[one[0].place][0]
    what = "{first} and {second} are exchanged in the derivatives of {node} and {also}"
    refers = {
        "first": _forward(bench, first),
        "second": _forward(bench, second),
        "also": lines.edges[other[0].place][0],
    }
    also = ("factor-replaced", "wrong-matrix")
    return Edit("swapped", changes, node, what, refers, 1.5, also=also, group=len(one) > 1)


def _forward(bench: Bench, place: int) -> int:
    of = bench.structure.steps[place].of
    return bench.structure.source(place) if of is None else of
