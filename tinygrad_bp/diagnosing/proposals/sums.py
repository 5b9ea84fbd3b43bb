"""Edits of a sum: over other axes, over all of them, or one element instead of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...ops.shaping import indexing
from ..edits import RESULT, Call, Edit, Expr, Ref, Slot, call
from ..pools import Source, reshape_op
from .bench import Bench, scaled


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
                sources.append(Source(_taken(operand, index, shape), taken, "one", operand))
    leaf = structure.leaf(edge)
    count = data.size // max(1, int(np.prod(shape)))
    for source, constant in bench.fitting(e, bench.now(slot), shape, sources):
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
            {slot: scaled(constant, source.expr)},
            edge[0] if leaf is None else leaf,
            "the gradient of {node} is that of one sample instead of the sum over all of them"
            if one
            else "the gradient of {node} is added up along the wrong axis",
            {},
            1.4,
            also=("not-reduced", "index-overwritten", "term-missing") if one else ("axis",),
        )


def _taken(place: int, index: tuple[Any, ...], shape: tuple[int, ...]) -> Expr:
    return call(reshape_op(), call(indexing, Ref(place), index=index), shape=shape)
