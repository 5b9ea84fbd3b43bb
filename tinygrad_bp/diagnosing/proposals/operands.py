"""Factors and operands: dropped, replaced by another value, by a transposed or an updated one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np

from ... import ops
from ...ops.shaping import matrix_transpose
from ...programs.labelled import ACCUMULATE
from ...programs.program import Kind
from ..edits import OWN, RESULT, Call, Edit, Expr, Number, Ref, Slot, add_to, call, times
from ..facts import additive, elementwise, moves, product
from ..machine import fits
from ..pools import POSITIVE, Block, Source, reshape_op, transpose_op
from ..structure import is_uniform
from .bench import Bench
from .masks import is_mask, other_masks
from .naming import Instead, name_edit

#: Adam divides its first step by |gradient| + this.
_EPSILON = 1e-8


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits of operands."""
    structure = bench.structure
    for k, step in enumerate(structure.steps):
        edge = structure.lines.edges.get(k)
        if step.kind is not Kind.BACKWARD or step.op is ACCUMULATE or edge is None:
            continue
        for j in range(len(step.operands)):
            slot = Slot(k, j)
            e = bench.probe.at(slot)
            if e is not None:
                yield from _replace_operand(bench, slot, edge, e)
    yield from results(bench)


def results(bench: Bench) -> Iterator[Edit]:
    """Yield the edits of what comes out of a step."""
    for k, edge in bench.structure.lines.edges.items():
        if bench.structure.steps[k].kind is Kind.BACKWARD:
            yield from _result(bench, k, edge)


def _replace_operand(bench: Bench, slot: Slot, edge: tuple[int, int], e: Any) -> Iterator[Edit]:
    structure, shape = bench.structure, e.shape[1:]
    step = structure.steps[slot.place]
    own = step.operands[slot.operand]
    now = bench.now(slot)
    values = [structure.values[o] for o in step.operands]
    multiplied = product(step, values) and elementwise(step.op)
    sources: list[Source] = []
    blocks: list[Block] = []
    if is_uniform(now) and np.size(structure.values[slot.place]) > 1 and not is_mask(now):
        fixed = structure.steps[own].kind is Kind.CONSTANT or structure.flows[own]
        if multiplied and not fixed:
            yield from _leave_out(bench, slot, edge, e)
        return
    if multiplied:
        sources.append(Source(Number(1.0), np.ones(shape), "one", -1))
        sources.append(Source(times(OWN, OWN), np.broadcast_to(now, shape) ** 2, "own²", own))
        if is_mask(now):
            sources += [
                m for m in other_masks(structure, own, edge) if fits(np.shape(m.number), shape)
            ]
            sources += _masks_of_gradients(bench, slot, shape)
            blocks.append(bench.pools.masks(shape))
    if structure.flows[own]:
        if not multiplied and not additive(step, values):
            sources.append(Source(Number(np.ones(shape)), np.ones(shape), "one", -1))
        blocks.append(bench.cotangents(shape))
    elif not additive(step, values) or np.shape(now) != ():
        blocks.append(bench.pools.plain(shape))
    if not structure.flows[own]:
        near = structure.near.get(edge[0], frozenset())
        near |= structure.near.get(structure.steps[edge[0]].operands[edge[1]], frozenset())
        blocks.append(bench.pools.near(near, shape))
    for source, constant in bench.fit(e, now, shape, sources, *blocks):
        if source.place >= slot.place and structure.flows[source.place]:
            continue
        if only_scaled(bench, constant * source.number, now, shape):
            continue
        yield name_edit(structure, Instead(slot, edge, own, source, constant))
    yield from _use_updated(bench, slot, edge, e, own)


def _leave_out(bench: Bench, slot: Slot, edge: tuple[int, int], e: Any) -> Iterator[Edit]:
    """Yield that a factor which is one number is left out, or another number of the program."""
    own = bench.structure.steps[slot.place].operands[slot.operand]
    structure, shape = bench.structure, e.shape[1:]
    others = [s for s in bench.pools.plain(()).sources if s.place != own]
    around = structure.near.get(own, frozenset()) | structure.behind(own)
    forms = bench.pools.forms(own) + [f for k in around for f in bench.pools.forms(k)]
    numbers = [f for f in (*others, *forms) if np.ndim(f.number) == 0]
    sources = [Source(Number(1.0), np.ones(shape), "one", -1), *numbers]
    for source, constant in bench.fit(e, bench.now(slot), shape, sources):
        if constant == 1.0 and bench.evidence >= 3:
            yield name_edit(bench.structure, Instead(slot, edge, own, source, constant))


def only_scaled(bench: Bench, number: Any, now: Any, shape: tuple[int, ...]) -> bool:
    """Whether something is what stands there already, but for a constant: that is told as such."""
    one, other = (np.broadcast_to(a, shape).ravel() for a in (number, now))
    at = int(np.argmax(np.abs(other)))
    with np.errstate(all="ignore"):
        ratio = float(one[at] / other[at])
        alike = bool(np.allclose(one, ratio * other, rtol=1e-9, atol=0))
    return alike and bench.constant(ratio) is not None


def _masks_of_gradients(bench: Bench, slot: Slot, shape: tuple[int, ...]) -> Iterator[Source]:
    for source in bench.cotangents(shape).sources:
        if source.kind == "" and source.place < slot.place:
            number = np.greater(source.number, 0) * 1.0
            yield Source(
                call(POSITIVE, source.expr, Number(0.0)), number, "v > 0", source.place, 0.3
            )


def _use_updated(
    bench: Bench, slot: Slot, edge: tuple[int, int], e: Any, own: int
) -> Iterator[Edit]:
    """Yield the parameter after its step, which it had before it was needed."""
    structure = bench.structure
    leaf = structure.source(own)
    handed = structure.lines.handed.get(structure.steps[leaf].name or "")
    if structure.steps[leaf].kind is not Kind.INPUT or handed is None or bench.evidence < 3:
        return
    gradient: Expr = Ref(handed)
    size = call(ops.add, call(ops.absolute, gradient), Number(_EPSILON))
    for kind, step in (("", gradient), (" by Adam's first step", call(ops.div, gradient, size))):
        change = arrange(bench, own, leaf, step)
        number = _number(bench, change)
        flat = e.reshape(len(e), -1)
        row = np.broadcast_to(number, e.shape[1:]).reshape(1, -1)
        for _, factor in bench.probe.fits(flat, None, row):
            if factor > 0:
                continue
            rate = bench.round_factor(-factor)
            yield Edit(
                "update-before-propagate",
                {slot: add_to(OWN, -rate, change)},
                leaf,
                f"{{node}} is updated{kind}, with learning rate {{learning_rate}}, before the "
                "error is propagated through it",
                {"learning_rate": rate},
                1.0,
                learning_rate=rate,
            )


def arrange(bench: Bench, own: int, leaf: int, expr: Expr) -> Expr:
    """Take something else through the steps that arrange a parameter anew."""
    steps, chain = bench.structure.steps, []
    while own != leaf:
        chain.append(steps[own])
        own = steps[own].operands[0]
    for step in reversed(chain):
        if step.op is not None:
            expr = Call(step.op, (expr,), step.metadata)
    return expr


def _number(bench: Bench, expr: Expr) -> Any:
    from ..edits import evaluate

    return np.asarray(evaluate(expr, lambda k: bench.probe.machine.values[k]))


def _result(bench: Bench, k: int, edge: tuple[int, int]) -> Iterator[Edit]:
    """Yield what is made of the operands of a step instead of its result."""
    structure = bench.structure
    step = structure.steps[k]
    slot = Slot(k, RESULT)
    e = bench.probe.at(slot)
    if e is None or (moves(step.op) and not structure.flows[k]):
        return
    shape = e.shape[1:]
    values = [bench.probe.machine.values[o] for o in step.operands]
    sources: list[Source] = []
    blocks: list[Block] = []
    if elementwise(step.op) and not product(step, values):
        for o, v in zip(step.operands, values, strict=True):
            if np.shape(v) and fits(np.shape(v), shape):
                sources.append(Source(Ref(o), np.asarray(v) * 1.0, "operand", o))
    if (
        len(values) == 2
        and elementwise(step.op)
        and not product(step, values)
        and not additive(step, values)
    ):
        sources += _quotients(bench, step.operands, shape)
        sources += _exponents(step, values, shape)
    if k in structure.multiplied and not structure.flows[k] and np.shape(values[0]) != ():
        sources.append(Source(Number(1.0), np.ones(shape), "one", -1))
        if len(values) == 1:
            blocks.append(bench.pools.plain(shape))
    if _squareish(shape):
        sources.append(_flip(k, bench.probe.machine.values[k]))
    if moves(step.op) and np.shape(values[0]) != shape and np.size(values[0]) == np.prod(shape):
        sources += rearrange(step.operands[0], values[0], shape)
    sources = [s for s in sources if s.kind == "one" or not (shape and is_uniform(s.number))]
    for source, constant in bench.fit(e, bench.now(slot), shape, sources, *blocks):
        if only_scaled(bench, constant * source.number, bench.now(slot), shape):
            continue
        yield name_edit(structure, Instead(slot, edge, k, source, constant))


def _quotients(bench: Bench, operands: Any, shape: tuple[int, ...]) -> Iterator[Source]:
    """Of a / b: times b, or divided by something else."""
    a, b = operands
    values = bench.probe.machine.values
    with np.errstate(all="ignore"):
        product_ = np.asarray(values[a] * values[b])
        if product_.shape == shape:
            yield Source(times(Ref(a), Ref(b)), product_, "product", b)
        for source in bench.pools.plain(shape).sources:
            if source.kind == "":
                yield _quotient(values, a, source, shape)
                yield Source(
                    times(Ref(a), source.expr),
                    values[a] * source.number,
                    "other",
                    source.place,
                    0.5,
                )
        for place in (b, *bench.structure.steps[b].operands):
            for form in bench.pools.forms(place):
                if form.kind in ("v²", "v³", "sqrt v", "1 / sqrt v") and fits(
                    np.shape(form.number), shape
                ):
                    yield Source(
                        call(ops.div, Ref(a), form.expr),
                        values[a] / form.number,
                        "exponent",
                        place,
                        0.3,
                    )


def _quotient(values: Any, a: int, source: Source, shape: tuple[int, ...]) -> Source:
    number = np.broadcast_to(values[a] / source.number, shape)
    return Source(
        call(ops.div, Ref(a), source.expr),
        np.where(np.isfinite(number), number, 0),
        "other",
        source.place,
        0.25,
    )


def _exponents(step: Any, values: list[Any], shape: tuple[int, ...]) -> Iterator[Source]:
    """Another exponent."""
    from ..facts import affine

    a, b = step.operands
    if np.shape(values[1]) != () or affine(step, 0, values):
        return
    for change in (1.0, -1.0, 2.0, -2.0, 0.5, -0.5):
        if values[1] + change == 0:
            continue
        with np.errstate(all="ignore"):
            number = np.asarray(values[0]) ** (values[1] + change)
        if np.isfinite(number).all():
            expr = call(ops.pow, Ref(a), call(ops.add, Ref(b), Number(change)))
            yield Source(expr, np.broadcast_to(number, shape), "exponent", a, 0.2)


def _squareish(shape: tuple[int, ...]) -> bool:
    return len(shape) >= 2 and shape[-1] == shape[-2] > 1


def _flip(k: int, number: Any) -> Source:
    ndim = np.ndim(number)
    axes = (*range(ndim - 2), ndim - 1, ndim - 2)
    return Source(Call(transpose_op(), (OWN,), {"axes": axes}), matrix_transpose(number), "T", k)


def rearrange(place: int, number: Any, shape: tuple[int, ...]) -> Iterator[Source]:
    """Reshaped where it should be transposed, and the other way round."""
    array = np.asarray(number)
    yield Source(
        Call(reshape_op(), (Ref(place),), {"shape": shape}), array.reshape(shape), "reshaped", place
    )
    if array.ndim <= 4:
        for axes in permutations(range(array.ndim)):
            if axes != tuple(range(array.ndim)):
                moved = array.transpose(axes)
                expr = Call(transpose_op(), (Ref(place),), {"axes": axes})
                if moved.shape != shape:
                    expr = Call(reshape_op(), (expr,), {"shape": shape})
                yield Source(expr, moved.reshape(shape), "order", place)
