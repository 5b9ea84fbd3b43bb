"""Edits of a sum: over other axes, over all of them, or one element instead of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...ops.shaping import indexing
from ...programs.program import Kind
from ..edits import RESULT, Call, Edit, Expr, Ref, Slot, call
from ..facts import reduces
from ..pools import Source, reshape_op
from ..structure import Structure
from .bench import Bench, scale_by


def sums_of_other_axes(bench: Bench) -> Iterator[Edit]:
    """Yield for each sum that it is taken along another axis, or is one element of it."""
    for k in bench.structure.lines.edges:
        step = bench.structure.steps[k]
        if step.kind is Kind.BACKWARD and reduces(step.op):
            yield from other_sums(bench, k)


def other_sums(bench: Bench, k: int) -> Iterator[Edit]:
    """Yield a sum over another axis, over all axes, or one element of it."""
    structure = bench.structure
    step = structure.steps[k]
    slot = Slot(k, RESULT)
    e = bench.probe.at(slot)
    if e is None:
        return
    (operand,) = step.operands
    data = np.asarray(bench.probe.machine.values[operand])
    shape = np.shape(bench.probe.machine.values[k])
    edge = structure.lines.edges[k]
    assert step.op is not None
    sources = []
    axis = step.metadata.get("axis")
    for other in (*range(data.ndim), None):
        for keep in (True, False):
            if other == axis and keep == step.metadata.get("keepdims"):
                continue
            made = np.add.reduce(data, axis=other, keepdims=keep)
            expr = Call(step.op, (Ref(operand),), {"axis": other, "keepdims": keep})
            try:
                full = np.broadcast_to(made, shape)
            except ValueError:
                if np.size(made) != int(np.prod(shape)):
                    continue
                from ..pools import reshape_op

                full = np.reshape(made, shape)
                expr = Call(reshape_op(), (expr,), {"shape": shape})
            if not np.array_equal(full, bench.now(slot)):
                sources.append(Source(expr, full, "axis", operand))
    for position, length in enumerate(data.shape):
        if data.size // length == int(np.prod(shape)):
            for which in (0, length - 1):
                taken = np.take(data, which, axis=position).reshape(shape)
                index = (*[slice(None)] * position, which)
                sources.append(Source(_take(operand, index, shape), taken, "one", operand))
    leaf = structure.leaf(edge)
    count = data.size // max(1, int(np.prod(shape)))
    for source, constant in bench.fit(e, bench.now(slot), shape, sources):
        if constant not in (1.0, 1.0 / count):
            continue
        one = source.kind == "one"
        mistake = (
            ("bias-not-summed" if one else "bias-summed-over-units")
            if leaf is not None
            else ("not-reduced" if one else "axis")
        )
        yield Edit(
            mistake,
            {slot: scale_by(constant, source.expr)},
            edge[0] if leaf is None else leaf,
            "the gradient of {node} is that of one sample instead of the sum over all of them"
            if one
            else "the gradient of {node} is added up along the wrong axis",
            {},
            1.4,
            also=("not-reduced", "index-overwritten", "term-missing") if one else ("axis",),
        )


def wider_sums(bench: Bench) -> Iterator[Edit]:
    """Yield other axes for the sums inside a formula, of one sum or of all, in every pass.

    The result has another shape, so that no product tests these: they have to be run.
    """
    structure = bench.structure
    steps, edges = structure.steps, structure.lines.edges
    sums = [k for k in edges if reduces(steps[k].op) and structure.flows[k]]
    by_edge: dict[Any, list[int]] = defaultdict(list)
    for k in sums:
        by_edge[edges[k]].append(k)
    together = [places for places in structure.groups if places[0] in sums]
    families = [[k for one in some for k in one] for some in _same_formula(structure, together)]
    every = [*([k] for k in sums), *by_edge.values(), *together, *families]
    ranks = {k: len(steps[steps[k].operands[0]].shape) for places in every for k in places}
    for places in dict.fromkeys(tuple(k for k in p if ranks[k] == ranks[p[0]]) for p in every):
        (operand,) = steps[places[0]].operands
        shape = steps[operand].shape
        for axis in _subsets(len(shape)):
            if steps[places[0]].shape == np.sum(np.empty(shape), axis, keepdims=True).shape:
                continue
            for scale in dict.fromkeys([1.0, _ratio(structure, places[0], axis)]):
                yield Edit(
                    "axis",
                    {
                        Slot(k, RESULT): scale_by(scale, _sum_along(structure, k, axis))
                        for k in places
                    },
                    edges[places[0]][0],
                    "a sum in the derivative of {node} is taken along the wrong axis",
                    cost=1.6 + 0.05 * len(axis),
                    group=len(places) > 1,
                )


def _subsets(ndim: int) -> Iterator[tuple[int, ...]]:
    """Yield the axes along which one may sum, one at a time before several."""
    for count in range(1, min(ndim, 4) + 1):
        yield from combinations(range(ndim), count)


def _sum_along(structure: Structure, k: int, axis: tuple[int, ...]) -> Expr:
    step = structure.steps[k]
    assert step.op is not None
    return Call(step.op, (Ref(step.operands[0]),), {"axis": axis, "keepdims": True})


def _ratio(structure: Structure, k: int, axis: tuple[int, ...]) -> float:
    """Return what a mean along another axis is to be multiplied with, if the sum is of a mean."""
    step = structure.steps[k]
    shape = structure.steps[step.operands[0]].shape
    now = int(np.prod(shape)) / max(1, int(np.prod(step.shape)))
    return float(now / np.prod([shape[a] for a in axis]))


def _same_formula(structure: Structure, groups: list[list[int]]) -> Iterator[list[list[int]]]:
    """Yield groups of steps that belong to the same formulas."""
    found: dict[Any, list[list[int]]] = defaultdict(list)
    for places in groups:
        found[tuple(structure.lines.edges[k] for k in places)].append(places)
    yield from (some for some in found.values() if len(some) > 1)


def _take(place: int, index: tuple[Any, ...], shape: tuple[int, ...]) -> Expr:
    return call(reshape_op(), call(indexing, Ref(place), index=index), shape=shape)
