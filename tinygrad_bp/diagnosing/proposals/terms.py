"""Contributions: dropped, doubled, negated, multiplied, overwritten; and whole cotangents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...programs.labelled import ACCUMULATE
from ...programs.program import Kind
from ..edits import OWN, RESULT, ZERO, Edit, Expr, Number, Slot, add_to, plus, times
from ..facts import additive, moves, negates, reduces
from ..structure import LAYER, Structure
from .added import add_factor, decay, over_units, subtract_mean
from .bench import Bench
from .sums import other_sums

#: In how many steps statistics are computed: a sum, its mean, and what is made of that.
_STEPS = 8
#: Of how many contributions subsets are looked at.
_FEW = 5


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits of sums and of what is summed."""
    steps = bench.structure.steps
    for node, k in sorted(bench.structure.cotangents.items(), reverse=True):
        yield from _whole(bench, node, k)
        if len(steps[k].operands) > 1:
            yield from _terms(bench, node, k)
            yield from _keep_one(bench, node, k)
    for k, step in enumerate(steps):
        if step.kind is Kind.BACKWARD and step.op is not ACCUMULATE:
            operands = [bench.structure.values[o] for o in step.operands]
            if additive(step, operands):
                yield from _inside(bench, k)
            if reduces(step.op) and k in bench.structure.lines.edges:
                yield from other_sums(bench, k)
                slot = Slot(k, 0)
                e, (child, _) = bench.probe.at(slot), bench.structure.lines.edges[k]
                if e is not None and bench.structure.flows[k]:
                    yield from add_factor(bench, slot, child, e)


def _whole(bench: Bench, node: int, k: int) -> Iterator[Edit]:
    """Yield a cotangent times a constant, or with something added to it."""
    slot, shape = Slot(k, RESULT), np.shape(bench.structure.values[k])
    e = bench.probe.at(slot)
    if e is None:
        return
    now = bench.now(slot)
    factor = bench.own(e, now, shape)
    if factor is not None:
        yield _factor(bench, slot, node, factor)
        labels = bench.structure.steps[k].metadata["labels"]
        if factor == -1.0 and len(labels) == 1 and is_negated(bench.structure, labels[0]):
            yield term(bench.structure, Slot(k, 0), node, labels[0], factor)
    step = bench.structure.steps[node]
    if step.kind is Kind.INPUT:
        yield from decay(bench, slot, node, e, shape)
        yield from over_units(bench, slot, node, e, shape)
    yield from add_factor(bench, slot, node, e)
    yield from subtract_mean(bench, slot, node, e)
    for source, constant in bench.fit(e, None, shape, bench.cotangents(shape)):
        if source.place >= k:
            continue
        changes = {slot: add_to(OWN, constant, source.expr)}
        of = bench.structure.steps[source.place].of
        yield Edit(
            "term-added",
            changes,
            node,
            "the gradient of {other} is added to that of {node}",
            {"other": node if of is None else of},
            4.0,
        )


def _factor(bench: Bench, slot: Slot, node: int, factor: float) -> Edit:
    structure = bench.structure
    if factor == 0.0 and structure.steps[node].kind is Kind.INPUT:
        what = "the gradient of {node} is 0: it is not computed yet"
        also = ("term-missing", *_nothing(bench, slot, masked=False))
        return Edit("all-zero", {slot: ZERO}, node, what, cost=1.0, also=also)
    if factor == 0.0:
        masked = any(child in structure.switching for child, _ in structure.uses.get(node, []))
        return Edit(
            "relu-mask-inverted" if masked else "term-missing",
            {slot: ZERO},
            structure.uses[node][0][0] if masked else node,
            "the mask of {node} lets nothing through"
            if masked
            else "the gradient of {node} is set to 0",
            {},
            1.0 if masked else 2.0,
            also=_nothing(bench, slot, masked),
        )
    if _is_mean(bench, slot.place, factor):
        return Edit(
            "bias-mean",
            {slot: times(Number(factor), OWN)},
            node,
            "the gradient of {node} is a mean where it should be a sum",
            {"factor": factor},
            1.2,
            factor,
            also=("constant-factor",),
        )
    cost = 1.5 if factor in (-1.0, 2.0, 0.5) else 2.0
    return Edit(
        "constant-factor",
        {slot: times(Number(factor), OWN)},
        node,
        "the gradient of {node} is {factor} times the right one",
        {"factor": factor},
        cost,
        factor,
    )


def _nothing(bench: Bench, slot: Slot, masked: bool) -> tuple[str, ...]:
    """Name what else makes a gradient 0: its sum, if that is 0."""
    now = np.asarray(bench.now(slot))
    cancels = now.ndim > 0 and abs(now.sum()) < 1e-12 * np.abs(now).max()
    return (("term-missing",) if masked else ()) + (("bias-summed-over-units",) if cancels else ())


def _is_mean(bench: Bench, k: int, factor: float) -> bool:
    """Whether a gradient is added up over that many elements that the factor divides by them."""
    structure = bench.structure
    step = structure.steps[k]
    if step.of is None or structure.steps[step.of].kind is not Kind.INPUT or factor == 1.0:
        return False
    size = max(1, int(np.prod(step.shape)))
    for term in step.operands:
        while moves(structure.steps[term].op):
            (term,) = structure.steps[term].operands
        if reduces(structure.steps[term].op):
            count = np.size(structure.values[structure.steps[term].operands[0]]) // size
            if abs(factor * count - 1.0) < 1e-9:
                return True
    return False


def _terms(bench: Bench, node: int, k: int) -> Iterator[Edit]:
    """Yield one contribution: dropped, doubled, with another sign or factor."""
    structure = bench.structure
    step = structure.steps[k]
    labels = step.metadata["labels"]
    for j, (child, operand) in enumerate(labels):
        slot = Slot(k, j)
        e = bench.probe.at(slot)
        if e is None:
            continue
        factor = bench.own(e, bench.now(slot), e.shape[1:])
        if factor is not None:
            yield term(structure, slot, node, (child, operand), factor)
        yield from subtract_mean(bench, slot, node, e)
    if 3 <= len(labels) <= _FEW:
        yield from _several(bench, node, k)


def _several(bench: Bench, node: int, k: int) -> Iterator[Edit]:
    """Yield several contributions that are multiplied with the same constant."""
    slots = [Slot(k, j) for j in range(len(bench.structure.steps[k].operands))]
    e = bench.probe.at(Slot(k, RESULT))
    if e is None:
        return
    shape = e.shape[1:]
    numbers = [np.broadcast_to(bench.now(slot), shape) for slot in slots]
    for count in range(2, len(slots)):
        for some in combinations(range(len(slots)), count):
            row = np.sum([numbers[j] for j in some], axis=0).reshape(1, -1)
            for _, change in bench.probe.fits(e.reshape(len(e), -1), None, row):
                factor = bench.constant(1.0 + change)
                if factor is None or len(some) == 1:
                    continue
                yield Edit(
                    "constant-factor",
                    {slots[j]: times(Number(factor), OWN) for j in some},
                    node,
                    f"{count} of the contributions to the gradient of {{node}} are {{factor}} "
                    "times the right ones",
                    {"factor": factor},
                    2.0,
                    factor,
                    also=("factor-missing",),
                )


def term(structure: Structure, slot: Slot, node: int, edge: tuple[int, int], factor: float) -> Edit:
    """Describe a contribution that is multiplied with a constant."""
    refers: dict[str, Any] = {"by": edge[0]}
    if structure.steps[edge[0]].op is LAYER:
        return _term_of_layer(slot, node, edge[0], factor)
    if factor == 0.0:
        constant = through_statistics(structure, edge)
        return Edit(
            "treated-as-constant" if constant else "fan-out-overwritten",
            {slot: ZERO},
            node,
            "{by} is treated as a constant: {node} acts through it as well"
            if constant
            else "the contribution of {by} to the gradient of {node} is missing",
            refers,
            1.0,
        )
    if factor == 2.0:
        return Edit(
            "fan-out-counted-twice",
            {slot: plus(OWN, OWN)},
            node,
            "the contribution of {by} to the gradient of {node} is added twice",
            refers,
            1.0,
        )
    sign = factor == -1.0 and is_negated(structure, edge)
    return Edit(
        "second-operand-sign" if sign else "constant-factor",
        {slot: times(Number(factor), OWN)},
        edge[0] if sign else node,
        "the sign of the contribution of {by} to the gradient of {to} is wrong"
        if sign
        else "the contribution of {by} to the gradient of {node} is {factor} times the right one",
        {**refers, "to": node, "factor": factor},
        1.4 if sign else 1.5 if factor == -1.0 else 2.5,
        factor,
    )


def _term_of_layer(slot: Slot, node: int, layer: int, factor: float) -> Edit:
    """Describe a term of the formula of a layer that is multiplied with a constant."""
    mistake, what, also = {
        0.0: ("term-missing", "is missing", ("treated-as-constant", "fan-out-overwritten")),
        2.0: ("term-twice", "is counted twice", ("fan-out-counted-twice", "constant-factor")),
        -1.0: ("second-operand-sign", "has the wrong sign", ("sign", "constant-factor")),
    }.get(factor, ("constant-factor", "is {factor} times the right one", ("factor-missing",)))
    return Edit(
        mistake,
        {slot: times(Number(factor), OWN) if factor else ZERO},
        layer,
        f"a term of the gradient that {{by}} hands on to {{low}} {what}",
        {"by": layer, "low": node, "factor": factor},
        1.0 if factor in (0.0, 2.0, -1.0) else 1.6,
        factor if mistake == "constant-factor" else None,
        also=also,
    )


def through_statistics(structure: Structure, edge: tuple[int, int]) -> bool:
    """Whether an edge leads to a sum over elements that is then used element by element."""
    child, reduced = edge[0], False
    for _ in range(_STEPS):
        reduced = reduced or reduces(structure.steps[child].op)
        size = np.size(structure.values[child])
        users = [use for use, _ in structure.uses.get(child, [])]
        if reduced and any(np.size(structure.values[use]) > size for use in users):
            return True
        if len(users) != 1:
            return False
        (child,) = users
    return False


def is_negated(structure: Structure, edge: tuple[int, int]) -> bool:
    """Whether the derivative along an edge has a minus in front."""
    return any(
        negates(structure.steps[k].op)
        for k, found in structure.lines.edges.items()
        if found == edge
    )


def _keep_one(bench: Bench, node: int, k: int) -> Iterator[Edit]:
    """Yield what keeps one of several contributions, as if the others were overwritten."""
    structure = bench.structure
    step = structure.steps[k]
    count = len(step.operands)
    e = bench.probe.at(Slot(k, RESULT))
    if e is None or count < 3:
        return
    shape = e.shape[1:]
    terms = [bench.now(Slot(k, j)) for j in range(count)]
    total = bench.now(Slot(k, RESULT))
    sets: list[tuple[int, ...]] = [(j,) for j in range(count)]
    sets += [tuple(range(j)) for j in range(2, count)] + [
        tuple(range(j, count)) for j in range(1, count - 1)
    ]
    sets += [tuple(x for x in range(count) if x != j) for j in range(count)]
    sets += [tuple(range(j, count, n)) for n in range(2, count // 2 + 1) for j in range(n)]
    sets = list(dict.fromkeys(s for s in sets if len(s) < count))
    pool = np.stack([np.broadcast_to(sum(terms[j] for j in s), shape).ravel() for s in sets])
    flat = e.reshape(len(e), -1)
    for found, factor in bench.probe.fits(flat, np.broadcast_to(total, shape).ravel(), pool):
        constant = bench.constant(factor)
        if constant != 1.0 and constant != 1.0 / count:
            continue
        changes: dict[Slot, Expr] = {Slot(k, j): ZERO for j in range(count) if j not in sets[found]}
        labels = step.metadata["labels"]
        kept = len(sets[found])
        lost = {structure.line(labels[j][0]) for j in range(count) if j not in sets[found]}
        by = next(labels[j][0] for j in range(count) if j not in sets[found])
        whole = len(lost) == 1 and lost.isdisjoint(
            structure.line(labels[j][0]) for j in sets[found]
        )
        yield Edit(
            "fan-out-overwritten",
            changes,
            node,
            "the contributions of {by} to the gradient of {node} are missing"
            if whole
            else f"of {count} contributions to the gradient of {{node}} "
            + (
                f"only the {_ordinal(sets[found][0], count)} is kept"
                if kept == 1
                else f"only {kept} are kept"
            ),
            {"by": by},
            1.2,
        )


def _ordinal(k: int, count: int) -> str:
    """Say which pass a contribution is of, in the order of the backward pass."""
    return "first" if k == 0 else "last" if k == count - 1 else f"number {k + 1}"


def _inside(bench: Bench, k: int) -> Iterator[Edit]:
    """Yield a term of a sum in a derivative rule."""
    structure = bench.structure
    step = structure.steps[k]
    edge = structure.lines.edges.get(k)
    if edge is None:
        return
    for j in range(len(step.operands)):
        slot = Slot(k, j)
        e = bench.probe.at(slot)
        if e is None:
            continue
        factor = bench.own(e, bench.now(slot), e.shape[1:])
        if factor is None:
            continue
        mistake = {0.0: "term-missing", 2.0: "term-twice", -1.0: "sign"}.get(
            factor, "constant-factor"
        )
        what = {
            0.0: "a term of the derivative of {node} is missing",
            2.0: "a term of the derivative of {node} is counted twice",
            -1.0: "a term of the derivative of {node} has the wrong sign",
        }.get(factor, "a term of the derivative of {node} is {factor} times the right one")
        yield Edit(
            mistake,
            {slot: times(Number(factor), OWN) if factor else ZERO},
            edge[0],
            what,
            {"factor": factor},
            1.6 if factor in (0.0, 2.0, -1.0) else 2.6,
            factor if mistake == "constant-factor" else None,
        )
