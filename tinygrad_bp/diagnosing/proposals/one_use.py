"""One use of a line that is used several times: a term without a factor, or with the wrong line.

Who writes terms out has each factor in each of them, and can forget it in one; and a term that
belongs to one cotangent can be added to another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...programs.labelled import ACCUMULATE, PASS
from ...programs.program import Kind
from ..edits import OWN, RESULT, ZERO, Call, Edit, Expr, Ref, Slot, evaluate, plus
from ..facts import elementwise, moves, product
from ..pools import Source
from ..structure import Structure, is_uniform
from .bench import Bench

#: How many steps a factor may be away.
_FAR = 16


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield edits of one use of a line."""
    yield from _without_a_factor(bench)
    yield from _add_elsewhere(bench)


def _without_a_factor(bench: Bench) -> Iterator[Edit]:
    structure = bench.structure
    values = bench.probe.machine.values
    used = Counter(o for step in structure.steps for o in step.operands)
    for k, step in enumerate(structure.steps):
        for j, own in enumerate(step.operands):
            if step.kind is not Kind.BACKWARD or not structure.flows[own]:
                continue
            e = bench.probe.at(Slot(k, j))
            if e is None or not bench.reaches(k):
                continue
            found = _factors(structure, own, used)
            sources = [
                Source(expr, evaluate(expr, values.__getitem__), "one", factor)
                for factor, expr in found
            ]
            sources = [s for s in sources if np.shape(s.number) == np.shape(values[own])]
            edge = structure.lines.edges.get(k)
            node = edge[0] if edge is not None else step.of or 0
            for source, constant in bench.fit(e, values[own], e.shape[1:], sources):
                if constant == 1.0:
                    what = "in one term of the derivative of {node} the factor {own} is left out"
                    refers, also = {"own": source.place}, ("upstream-dropped",)
                    changes = {Slot(k, j): source.expr}
                    yield Edit("factor-missing", changes, node, what, refers, 1.7, also=also)


def _factors(structure: Structure, place: int, used: Counter[int]) -> list[tuple[int, Expr]]:
    """List the factors of a cotangent, and it without each; those that all its uses lack are not.

    An edit of the line itself is that of all its uses.
    """
    steps, chain, found, shared = structure.steps, list[int](), list[tuple[int, Expr]](), False
    for _ in range(_FAR):
        step = steps[place]
        flowing = [o for o in step.operands if structure.flows[o]]
        alone = step.op in (ACCUMULATE, PASS)
        if len(flowing) != 1 or not (alone or moves(step.op) or elementwise(step.op)):
            break
        shared = shared or used[place] > 1
        numbers = [structure.values[o] for o in step.operands]
        if shared and not alone and product(step, numbers):
            (factor,) = (o for o in step.operands if o != flowing[0])
            if not is_uniform(structure.values[factor]):
                found.append((factor, _rebuilt(structure, chain, Ref(flowing[0]))))
        chain.append(place)
        (place,) = flowing
    return found


def _rebuilt(structure: Structure, chain: list[int], expr: Expr) -> Expr:
    """Take something else through steps, the last one first."""
    for k in reversed(chain):
        step = structure.steps[k]
        if step.op is not None and step.op not in (ACCUMULATE, PASS):
            parts = (expr if structure.flows[o] else Ref(o) for o in step.operands)
            expr = Call(step.op, tuple(parts), step.metadata)
    return expr


def _add_elsewhere(bench: Bench) -> Iterator[Edit]:
    """Yield that a contribution is added to another cotangent than its own."""
    structure, values = bench.structure, bench.probe.machine.values
    found: dict[Any, list[tuple[Slot, Any]]] = defaultdict(list)
    for slot in _taking_cotangents(structure):
        e = bench.probe.at(slot)
        if e is not None and e.ndim > 1:
            found[e.shape[1:]].append((slot, e.reshape(len(e), -1)))
    reading = {shape: np.stack([e for _, e in some]) for shape, some in found.items()}
    for k in structure.cotangents.values():
        terms = structure.steps[k].operands
        for j, term in enumerate(terms if len(terms) > 1 else ()):
            own = bench.probe.at(Slot(k, j))
            if own is None or own.shape[1:] not in reading:
                continue
            shape = own.shape[1:]
            number = np.ravel(np.broadcast_to(values[term], shape))
            moved = (reading[shape] - own.reshape(len(own), -1)) @ number
            for at in np.flatnonzero(bench.probe.is_error(moved)):
                yield from _move_to(structure, Slot(k, j), found[shape][at][0])


def _move_to(structure: Structure, own: Slot, there: Slot) -> Iterator[Edit]:
    """Yield that a contribution is added to another cotangent, unless it is made of that."""
    step, target = structure.steps[own.place], structure.steps[there.place]
    expr = structure.before(step.operands[own.operand], there.place)
    if there.place == own.place or expr is None:
        return
    other = target.of
    if other is None:
        other = structure.lines.edges[there.place][0]
    what = "the contribution of {by} to the gradient of {node} is added to that of {other} instead"
    refers = {"by": step.metadata["labels"][own.operand][0], "other": other}
    changes: dict[Slot, Expr] = {own: ZERO, there: plus(OWN, expr)}
    yield Edit("order", changes, step.of or 0, what, refers, 3.0, also=("term-added",))


def _taking_cotangents(structure: Structure) -> Iterator[Slot]:
    """Yield all cotangents, and each use of one."""
    for k, step in enumerate(structure.steps):
        if step.op is ACCUMULATE:
            yield Slot(k, RESULT)
        elif step.op is not PASS and k in structure.lines.edges:
            for j, own in enumerate(step.operands):
                if structure.flows[own]:
                    yield Slot(k, j)
