"""Several paths of a loop at once: nothing flows from pass to pass, or two paths are left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import combinations

from ...programs.labelled import ACCUMULATE
from ...programs.origins import Origin
from ..edits import OWN, ZERO, Edit, Number, Slot, times
from .bench import Bench

#: Of more paths no pairs are looked at.
_MOST = 30
#: Of more contributions to a variable not all subsets are looked at.
_LINES = 8
#: Of more variables that a loop carries on not all subsets are looked at.
_VARIABLES = 6


def two_paths(bench: Bench) -> Iterator[Edit]:
    """Yield that two paths are left out, or have the wrong sign."""
    paths = _paths(bench)
    for constant, cost in ((0.0, 1.8), (-1.0, 2.2)):
        for pair in combinations(paths, 2) if len(paths) <= _MOST else ():
            yield _drop(bench, [slot for slots in pair for slot in slots], constant, cost)


def _paths(bench: Bench) -> list[list[Slot]]:
    """List the contributions to cotangents, those of one line in all passes as one."""
    structure = bench.structure
    found: dict[Hashable, list[Slot]] = defaultdict(list)
    for node, k in structure.cotangents.items():
        labels = structure.steps[k].metadata["labels"]
        for j, (child, operand) in enumerate(labels if len(labels) > 1 else ()):
            found[structure.line(node), structure.line(child), operand].append(Slot(k, j))
    return [*found.values()]


def _drop(bench: Bench, slots: list[Slot], constant: float, cost: float) -> Edit:
    structure = bench.structure
    first = structure.steps[slots[0].place]
    expr = times(Number(constant), OWN) if constant else ZERO
    node = first.of or 0
    by = first.metadata["labels"][slots[0].operand][0]
    also = "and another one" if len({s.operand for s in slots}) < 3 else "and others"
    what = f"is missing, {also}" if not constant else f"has the wrong sign, {also}"
    return Edit(
        "fan-out-overwritten" if not constant else "sign",
        dict.fromkeys(slots, expr),
        node,
        f"the contribution of {{by}} to the gradient of {{node}} {what}",
        {"by": by},
        cost,
        group=True,
        also=("term-missing", "treated-as-constant") if not constant else ("second-operand-sign",),
    )


def keep_paths(bench: Bench) -> Iterator[Edit]:
    """Yield that of all contributions to one variable, or to a whole state, some are left."""
    structure = bench.structure
    for places in structure.groups:
        if structure.steps[places[0]].op is not ACCUMULATE:
            continue
        paths = structure.contributions(places)
        for count in range(2, len(paths)) if len(paths) <= _LINES else ():
            for some in combinations(paths, count):
                yield _drop(bench, [slot for slots in some for slot in slots], 0.0, 2.0)


def cut_off(bench: Bench) -> Iterator[Edit]:
    """Yield that nothing goes back from a pass of a loop to the one before, or not far."""
    structure = bench.structure
    between: dict[Hashable, list[tuple[int, Slot]]] = defaultdict(list)
    for node, k in structure.cotangents.items():
        key = structure.steps[node].key
        if not isinstance(key, Origin) or key not in structure.by_turn:
            continue
        turn, count = structure.steps[node].turn, len(structure.by_turn[key])
        for j, (child, _) in enumerate(structure.steps[k].metadata["labels"]):
            other = structure.steps[child]
            if other.turn == turn - 1 and len(structure.by_turn.get(other.key, ())) == count:
                between[key].append((turn, Slot(k, j)))
    lines = [*between.values()]
    sets = [[one] for one in lines]
    if 1 < len(lines) <= _VARIABLES:  # one of them may be the loss that is summed up
        sets += [lines, *([x for x in lines if x is not one] for one in lines)]
    for some in sets:
        slots = [pair for pairs in some for pair in pairs]
        for least in sorted({turn for turn, _ in slots}):
            yield _without(bench, [slot for turn, slot in slots if turn >= least], least)


def _without(bench: Bench, slots: Iterable[Slot], least: int) -> Edit:
    slots = sorted(slots)
    node = bench.structure.steps[slots[0].place].of or 0
    passes = "the pass before" if least <= 1 else f"more than {least - 1} passes before"
    return Edit(
        "treated-as-constant",
        dict.fromkeys(slots, ZERO),
        node,
        f"the gradient does not go back to {{node}} of {passes}",
        {},
        1.3 + 0.05 * least,
        group=True,
        also=("fan-out-overwritten", "term-missing"),
    )
