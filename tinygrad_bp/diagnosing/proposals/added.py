"""What is added to a cotangent or multiplied in: a value, a decay, its own mean or sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...ops.reductions import _sum
from ..edits import OWN, ZERO, Call, Edit, Expr, Ref, Slot, add_to, times
from ..pools import Block, Source
from .bench import Bench


def add_factor(bench: Bench, slot: Slot, node: int, e: Any) -> Iterator[Edit]:
    """Yield a cotangent that is multiplied with one more value."""
    structure, shape = bench.structure, e.shape[1:]
    now = np.broadcast_to(bench.now(slot), shape).ravel()
    near = structure.near.get(node, frozenset())
    for block in (
        bench.pools.plain(shape),
        bench.pools.near(near, shape),
        bench.pools.marks(shape),
    ):
        added = Block(block.sources, block.matrix * now)
        for source, constant in bench.fit(e, bench.now(slot), shape, added):
            if constant == 1.0:
                what = "the gradient of {node} is multiplied with {other}"
                if source.place < 0:
                    what = f"the gradient of {{node}} counts {source.kind} alone"
                elif source.kind not in ("", "T"):
                    what += f" in the form {source.kind}"
                yield Edit(
                    "factor-added",
                    {slot: times(OWN, source.expr)},
                    node,
                    what,
                    {"other": source.place},
                    2.2 + source.cost,
                    also=("activation-derivative-twice", "factor-twice"),
                )


def subtract_mean(bench: Bench, slot: Slot, node: int, e: Any) -> Iterator[Edit]:
    """Yield a cotangent from which its mean is subtracted, as a normalisation would."""
    shape = e.shape[1:]
    now = np.broadcast_to(bench.now(slot), shape)
    for axis in range(len(shape)):
        if shape[axis] == 1:
            continue
        mean = np.broadcast_to(now.mean(axis=axis, keepdims=True), shape)
        for _, constant in bench.probe.fits(e.reshape(len(e), -1), None, mean.reshape(1, -1)):
            if abs(constant + 1.0) < 1e-6:
                total = Call(_sum, (OWN,), {"axis": axis, "keepdims": True})
                expr = add_to(OWN, -1.0 / shape[axis], total)
                what = "from the gradient of {node} its mean is subtracted"
                yield Edit("term-added", {slot: expr}, node, what, {}, 1.9)


def decay(bench: Bench, slot: Slot, node: int, e: Any, shape: tuple[int, ...]) -> Iterator[Edit]:
    """Yield a multiple of the parameter itself, as the decay of a weight would be."""
    data = np.asarray(bench.structure.values[node])
    flat = e.reshape(len(e), -1)
    for _, factor in bench.probe.fits(flat, None, data.reshape(1, -1)):
        if bench.evidence < 3 or bench.own(e, bench.now(slot), shape) is not None:
            return
        factor = bench.round_factor(factor)
        yield Edit(
            "weight-decay-missing-or-extra",
            _without(bench, slot, -factor * data) or {slot: add_to(OWN, factor, Ref(node))},
            node,
            "the gradient of {node} is too {size} by {coefficient} · {node}",
            {"coefficient": abs(factor), "size": "small" if factor < 0 else "large"},
            0.95,
        )


def _without(bench: Bench, total: Slot, number: Any) -> dict[Slot, Expr]:
    """Leave out the contribution that is a number; nothing where there is none."""
    for j in range(len(bench.structure.steps[total.place].operands)):
        slot = Slot(total.place, j)
        if np.allclose(bench.now(slot), number, rtol=1e-9, atol=0):
            return {slot: ZERO}
    return {}


def over_units(
    bench: Bench, slot: Slot, node: int, e: Any, shape: tuple[int, ...]
) -> Iterator[Edit]:
    """Yield the gradient of a parameter, added up over its own elements."""
    now = np.asarray(bench.now(slot))
    sources = []
    for axis in (None, *range(len(shape))) if shape else ():
        total = np.add.reduce(now, axis=axis, keepdims=True)
        expr = Call(_sum, (OWN,), {"axis": axis, "keepdims": True})
        sources.append(Source(expr, np.broadcast_to(total, shape), "axis", node))
    for source, constant in bench.fit(e, now, shape, sources):
        if constant == 1.0:
            yield Edit(
                "bias-summed-over-units",
                {slot: source.expr},
                node,
                "the gradient of {node} is added up over its units",
                {},
                1.3,
                also=("axis",),
            )
