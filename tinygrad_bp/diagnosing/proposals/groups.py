"""The same edit in every pass of a loop, or in every call of one function, as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Iterator, Sequence
from functools import partial
from itertools import combinations, islice
from typing import Any

import numpy as np

from ...programs.labelled import ACCUMULATE
from ..edits import OWN, RESULT, ZERO, Edit, Expr, Number, Ref, Slot, evaluate, times
from ..facts import additive, elementwise, moves, product
from ..machine import fits
from ..pools import FORMS, Source, swap_last_axes
from ..structure import is_uniform
from .bench import Bench
from .masks import is_mask, other_masks
from .naming import Instead, name_edit
from .operands import arrange, rearrange
from .passes import Candidate, Group, put_in_slots, relatives, repeat
from .slopes import group_regions
from .terms import term

#: In which order compounding edits are run, by the kinds of what is put in.
PLAIN = frozenset(
    [
        "inverted",
        "other extreme",
        "first",
        "last",
        "value",
        "one",
        "own",
        "own²",
        "T",
        "copied",
        "ones",
        "twice",
        "v (1 - v)",
        "1 - v²",
    ]
)
VALUES = frozenset(["", "argument", "1 - v", "v", "v²"])
FURTHER = frozenset(FORMS) - PLAIN - VALUES
#: Of how many values, the nearest ones, the forms are looked at.
_NEAREST = 8
#: Of how many terms subsets are looked at.
_TERMS = 4
#: In how many places one factor is replaced everywhere.
_EVERYWHERE = 12
#: What a term or a factor may be multiplied with.
_MULTIPLES = (-1.0, 2.0, 0.5)
#: How many of a value's forms are tried in every pass.
_FORMS = ("1 - v", "v (1 - v)", "1 - v²", "v²", "1 / v", "v > 0", "1 + v²")


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield edits of lines that are passed several times, where one product tests them."""
    for group, candidates in all_groups(bench):
        if not compounds(bench, [slot.place for slot in group]):
            yield from _test(bench, group, list(candidates()))


def compounding(bench: Bench) -> Callable[[Container[str]], Iterator[Edit]]:
    """Return what yields, by kinds, edits of which one pass changes what the next one reads.

    These have to be run.
    """
    reached = bench.probe.reaching
    found: list[Candidate] = []
    for group, candidates in all_groups(bench):
        places = [slot.place for slot in group]
        if compounds(bench, places) and all(any(b >> k & 1 for k in places) for b in reached):
            found += candidates()

    def of(kinds: Container[str]) -> Iterator[Edit]:
        for candidate in found:
            if candidate.sources[0].kind in kinds:
                yield candidate.describe(candidate.sources, 1.0)

    return of


def compounds(bench: Bench, places: Sequence[int]) -> bool:
    """Whether one of several steps is computed from another."""
    below = bench.probe.machine.below
    members = sum(1 << k for k in {*places})
    return any(below[k] & members & ~(1 << k) for k in places)


def _test(bench: Bench, group: list[Slot], candidates: list[Candidate]) -> Iterator[Edit]:
    found = {k: e for k, slot in enumerate(group) if (e := bench.probe.at(slot)) is not None}
    if not found:
        return
    kept = list(found)
    shapes = {k: e.shape[1:] for k, e in found.items()}
    flat = np.concatenate([e.reshape(len(e), -1) for e in found.values()], axis=1)
    before = np.concatenate([np.broadcast_to(bench.now(group[k]), shapes[k]).ravel() for k in kept])
    rows, good = [], []
    for candidate in candidates:
        if candidate.row is not None:
            if len(kept) == len(group) and candidate.row.shape == before.shape:
                rows.append(candidate.row)
                good.append(candidate)
            continue
        try:
            row = np.concatenate([_flat(candidate.sources[k].number, shapes[k]) for k in kept])
        except ValueError:
            continue
        if np.isfinite(row).all() and np.any(row):
            rows.append(row)
            good.append(candidate)
    for j, change in bench.probe.fits(flat, None, before[None]):
        del j
        factor = 1.0 + change
        constant = 0.0 if abs(factor) < max(1e-8, bench.tolerance) else bench.constant(factor)
        if constant is not None:
            yield _own(bench, group, constant)
    for j, factor in bench.probe.fits(flat, before, np.array(rows)) if rows else ():
        constant = bench.constant(factor)
        if constant is not None:
            yield good[j].describe(good[j].sources, constant)


def _flat(number: Any, shape: tuple[int, ...]) -> Any:
    if np.shape(number) == shape:
        return np.reshape(number, -1)
    return np.broadcast_to(number, shape).ravel()


def _own(bench: Bench, group: list[Slot], constant: float) -> Edit:
    structure = bench.structure
    slot = group[0]
    step = structure.steps[slot.place]
    amount = "is {factor} times the right one" if constant else "is left out"
    if step.op is ACCUMULATE:
        node = step.of if step.of is not None else 0
        if slot.operand == RESULT:
            mistake = "constant-factor" if constant else "term-missing"
            what = f"the gradient of {{node}} {amount}"
            edit = Edit(mistake, {}, node, what, {"factor": constant}, 1.8, constant)
        else:
            edge = step.metadata["labels"][slot.operand]
            edit = term(structure, slot, node, edge, constant)
    else:
        edge = structure.lines.edges[slot.place]
        mistake = {0.0: "term-missing", 2.0: "term-twice", -1.0: "sign"}.get(
            constant, "constant-factor"
        )
        what = f"a term of the derivative of {{node}} {amount}"
        edit = Edit(mistake, {}, edge[0], what, {"factor": constant}, 2.0, constant)
    expr: Expr = ZERO if constant == 0.0 else times(Number(constant), OWN)
    return repeat(edit, dict.fromkeys(group, expr))


# --- what is grouped ----------------------------------------------------------------------------


def all_groups(bench: Bench) -> Iterator[Group]:
    """Yield what is done in several passes: operands, contributions, regions."""
    structure = bench.structure
    for places in structure.groups:
        step = structure.steps[places[0]]
        if step.op is ACCUMULATE:
            yield from _sums(bench, places)
            continue
        if moves(step.op) and structure.flows[places[0]]:
            yield [Slot(k, RESULT) for k in places], partial(_rearrange, bench, places)
        for j in range(len(step.operands)):
            group = [Slot(k, j) for k in places]
            for some in _parts(group):
                yield some, partial(_operands, bench, some)
    yield from _factors(bench)
    yield from group_regions(bench)


def _factors(bench: Bench) -> Iterator[Group]:
    """Yield the uses of one factor in several terms of a formula, in every pass."""
    structure = bench.structure
    steps, edges = structure.steps, structure.lines.edges
    uses: dict[Hashable, list[list[Slot]]] = defaultdict(list)
    everywhere: dict[int, list[Slot]] = defaultdict(list)
    for places in [*([k] for k in edges), *structure.groups]:
        for j, own in enumerate(steps[places[0]].operands):
            numbers = [structure.values[o] for o in steps[places[0]].operands]
            if (
                structure.flows[own]
                or not elementwise(steps[places[0]].op)
                or additive(steps[places[0]], numbers)
                or is_uniform(structure.values[own])
            ):
                continue
            owns = tuple(structure.same[steps[k].operands[j]] for k in places)
            uses[owns, tuple(edges.get(k) for k in places)].append([Slot(k, j) for k in places])
            if len(places) == 1:
                everywhere[structure.same[own]].append(Slot(places[0], j))
    for group in everywhere.values():
        if 1 < len(group) <= _EVERYWHERE and len({edges[s.place] for s in group}) > 1:
            yield sorted(group), partial(_other_factors, bench, sorted(group))
    for found in uses.values():
        for count in range(2, min(len(found), _TERMS) + 1):
            for some in combinations(found, count):
                group = sorted(slot for slots in some for slot in slots)
                yield group, partial(_other_factors, bench, group)


def _other_factors(bench: Bench, group: list[Slot]) -> Iterator[Candidate]:
    """Yield what may stand for one factor in all its places."""
    structure, values = bench.structure, bench.probe.machine.values
    steps, edges = structure.steps, structure.lines.edges
    owns = [structure.same[steps[s.place].operands[s.operand]] for s in group]
    shape = np.shape(values[owns[0]])
    sources = [Source(Number(1.0), np.ones(()), "one", -1)]
    if len(set(owns)) == 1:
        sources += bench.pools.plain(shape).sources
        near = structure.near.get(edges[group[0].place][0], frozenset())
        sources += bench.pools.near(near | structure.behind(owns[0]), shape).sources
    for source in sources:
        yield Candidate([source] * len(group), partial(_describe, bench, group))
    squares = [Source(times(OWN, OWN), np.asarray(values[o]) ** 2, "own²", o) for o in owns]
    yield Candidate(squares, partial(_describe, bench, group))


def _describe(bench: Bench, group: list[Slot], sources: list[Source], constant: float) -> Edit:
    structure = bench.structure
    slot = group[0]
    own = (
        slot.place if slot.operand == RESULT else structure.steps[slot.place].operands[slot.operand]
    )
    edge = structure.lines.edges[group[0].place]
    changes = put_in_slots(group, sources, constant)
    return repeat(name_edit(structure, Instead(group[0], edge, own, sources[0], constant)), changes)


def _rearrange(bench: Bench, places: list[int]) -> Iterator[Candidate]:
    """Yield other orders of the elements of what is reshaped or transposed."""
    steps, values = bench.structure.steps, bench.probe.machine.values
    owns = [steps[k].operands[0] for k in places]
    pairs = [(np.shape(values[o]), steps[k].shape) for o, k in zip(owns, places, strict=True)]
    if all(own != new and np.prod(own) == np.prod(new) for own, new in pairs):
        orders = (rearrange(o, values[o], steps[k].shape) for k, o in zip(places, owns))
        for sources in zip(*orders):
            yield Candidate(
                [*sources], partial(_describe, bench, [Slot(k, RESULT) for k in places])
            )


def _parts(group: list[Slot]) -> Iterator[list[Slot]]:
    """All passes, all but the first, all but the last."""
    yield group
    if len(group) > 2:
        yield group[1:]
        yield group[:-1]


def _sums(bench: Bench, places: list[int]) -> Iterator[Group]:
    """Yield a contribution in every pass, by the line that it comes from."""
    whole = [Slot(k, RESULT) for k in places]
    for group in (whole, *bench.structure.contributions(places)):
        if len(group) < 2:
            continue
        for some in _parts(group):
            yield some, partial(_contributions, bench, some)


def _contributions(bench: Bench, group: list[Slot]) -> Iterator[Candidate]:
    """Yield a contribution or a cotangent times a number, or times one more value beside it."""
    yield from _multiples(bench, group)
    structure = bench.structure
    nodes = [structure.steps[slot.place].of or 0 for slot in group]
    shapes = [np.shape(bench.now(slot)) for slot in group]
    for places in islice(structure.around(nodes), _NEAREST):
        kinds = ("", *_FORMS) if all(np.shape(structure.values[p]) for p in places) else ("",)
        for kind in kinds:
            with np.errstate(all="ignore"):
                values = [bench.pools.form(kind, p) for p in places]
            if any(
                is_uniform(v.number) or not fits(np.shape(v.number), shape)
                for v, shape in zip(values, shapes, strict=True)
            ):
                continue
            sources = [
                Source(times(OWN, v.expr), v.number * bench.now(slot), kind, v.place)
                for v, slot in zip(values, group, strict=True)
            ]
            yield Candidate(sources, partial(_add_factor, bench, group))


def _add_factor(bench: Bench, group: list[Slot], sources: list[Source], constant: float) -> Edit:
    first = sources[0]
    what = "the gradient of {node} is multiplied with {other}"
    refers = {"other": first.place} | ({"form": first.kind} if first.kind else {})
    node = bench.structure.steps[group[0].place].of or 0
    also = ("activation-derivative-twice", "factor-twice", "order")
    edit = Edit("factor-added", {}, node, what, refers, 2.2 + first.cost, also=also)
    changes = put_in_slots(group, sources, constant)
    return repeat(edit, changes)


def _multiples(bench: Bench, group: list[Slot]) -> Iterator[Candidate]:
    return (_multiple(bench, group, c) for c in (0.0, *_MULTIPLES))


def _multiple(bench: Bench, group: list[Slot], constant: float) -> Candidate:
    sources = [Source(OWN, constant * np.asarray(bench.now(s)), "own", -1) for s in group]
    return Candidate(sources, lambda _, __: _own(bench, group, constant))


def _operands(bench: Bench, group: list[Slot]) -> Iterator[Candidate]:
    structure, values = bench.structure, bench.probe.machine.values
    steps = structure.steps
    first = steps[group[0].place]
    shape = np.shape(values[group[0].place])
    j = group[0].operand
    numbers = [values[o] for o in first.operands]
    multiplied = product(first, numbers) and elementwise(first.op)
    owns = [steps[s.place].operands[j] for s in group]
    flows = structure.flows[owns[0]]

    def candidate(sources: list[Source]) -> Candidate:
        return Candidate(sources, partial(_describe, bench, group))

    if multiplied:
        yield candidate([Source(Number(1.0), np.ones(()), "one", -1)] * len(group))
        yield candidate(
            [Source(times(OWN, OWN), np.asarray(values[o]) ** 2, "own²", o) for o in owns]
        )
        yield from (_multiple(bench, group, c) for c in _MULTIPLES)
        edges = structure.lines.edges
        if all(is_mask(values[o]) for o in owns):
            each = [list(other_masks(structure, o, edges[s.place])) for o, s in zip(owns, group)]
            for masks in zip(*each):
                yield candidate(list(masks))
    if additive(first, numbers):
        yield from _multiples(bench, group)
    if additive(first, numbers) and flows:
        return
    moved = not flows and any(structure.source(o) != o for o in owns)
    shapes = [np.shape(values[o]) for o in owns]
    seen: set[tuple[int, ...]] = {tuple(owns)}
    for k, places in enumerate(relatives(structure, group)):
        if tuple(places) in seen:
            continue
        seen.add(tuple(places))
        if flows:
            places = [structure.cotangents.get(p, -1) for p in places]
            if any(p < 0 or p >= s.place for p, s in zip(places, group, strict=True)):
                continue
        arrays = [np.asarray(values[p]) for p in places]
        if arrays[0].dtype.kind != "f":
            continue
        if moved:
            sources = [_arrange_as(bench, *each) for each in zip(owns, places, arrays)]
            if all(source is not None for source in sources):
                yield candidate([source for source in sources if source is not None])
        if all(a.shape == s for a, s in zip(arrays, shapes, strict=True)):
            given = values if flows else None
            yield candidate([_value(bench, p, given) for p in places])
        if not flows and multiplied and k < _NEAREST and arrays[0].ndim <= len(shape):
            for kind in _FORMS:
                with np.errstate(all="ignore"):
                    forms = [bench.pools.form(kind, p) for p in places]
                yield candidate(forms)
    square = all(np.ndim(values[o]) == 2 and len(set(np.shape(values[o]))) == 1 for o in owns)
    if square and not elementwise(first.op):
        yield candidate(
            [Source(swap_last_axes(o, 2), np.asarray(values[o]).T, "T", o) for o in owns]
        )


def _value(bench: Bench, place: int, given: Sequence[Any] | None) -> Source:
    """Put a value in the place of another: one of the forward pass, or of those given."""
    if given is None:
        return bench.pools.form("", place)
    return Source(Ref(place), np.asarray(given[place]), "", place)


def _arrange_as(bench: Bench, own: int, place: int, number: Any) -> Source | None:
    """Put a value in the place of another, transposed and reshaped as that one is."""
    values = bench.probe.machine.values
    behind = bench.structure.source(own)
    if behind == own or bench.structure.flows[own] or np.shape(values[behind]) != number.shape:
        return None
    expr = arrange(bench, own, behind, Ref(place))
    return Source(expr, evaluate(expr, lambda k: values[k]), "", place)
