"""Everything between two cotangents, written as one line: a factor, none, or the wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import ops
from ...ops.reductions import _sum
from ..edits import OWN, RESULT, ZERO, Call, Edit, Expr, Number, Ref, Slot, call, evaluate, put, times
from ..pools import Source
from ..structure import Region, softmax_axis
from .bench import Bench, scaled


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits of regions."""
    for region in bench.structure.regions:
        yield from _region(bench, region)
    yield from _softmaxes(bench)


def _region(bench: Bench, region: Region) -> Iterator[Edit]:
    structure, machine = bench.structure, bench.probe.machine
    k = structure.cotangents[region.low]
    e = bench.probe.at(Slot(k, RESULT))
    if e is None or any(Slot(k, j) in machine.changes for j in region.terms):
        return
    shape = e.shape[1:]
    upstream = structure.cotangents[region.high]
    g = np.asarray(machine.values[upstream])
    before = sum(np.asarray(machine.values[structure.steps[k].operands[j]]) for j in region.terms)
    sources = list(sources_of(bench, region, g, shape))
    for source, constant in bench.fitting(e, before, shape, sources):
        yield edit_of(bench, region, k, source, constant)


def sources_of(bench: Bench, region: Region, g: Any, shape: tuple[int, ...]) -> Iterator[Source]:
    structure = bench.structure
    start = structure.cotangents[region.high]
    upstream = Ref(start)
    yield Source(upstream, g, "copied", start)
    ones = structure.pull(region, Number(np.ones(shape)))
    twice = structure.pull(region, Ref(start))
    slope = None
    if ones is not None and twice is not None and len(region.inside) <= 8:
        slope = _number(bench, ones)
        if np.shape(slope) == shape and np.isfinite(slope).all():
            yield Source(ones, slope, "ones", start)
            again = structure.pull(region, twice)
            if again is not None:
                yield Source(again, _number(bench, again), "twice", start)
            for old, new in ((region.low, region.high), (region.high, region.low)):
                other = put(twice, {Ref(old): Ref(new)})
                number = _number(bench, other)
                if other != twice and np.shape(number) == shape and np.isfinite(number).all():
                    yield Source(other, number, "argument", new, 0.1)
            both = put(twice, {Ref(region.low): Ref(region.high), Ref(region.high): Ref(region.low)})
            if both != twice:
                number = _number(bench, both)
                if np.shape(number) == shape and np.isfinite(number).all():
                    yield Source(both, number, "argument", region.high, 0.2)
    for place in _looked_at(bench, region, shape):
        number = np.asarray(bench.probe.machine.values[place])
        if number.dtype.kind != "f" or not np.isfinite(number).all():
            continue
        yield Source(times(upstream, Ref(place)), g * number, "v", place, 0.3)
        with np.errstate(all="ignore"):
            for form in bench.pools.forms(place):
                yield Source(times(upstream, form.expr), g * form.number, form.kind, place, form.cost / 2)
    if slope is not None and len(np.unique(np.round(slope, 12))) <= 2:
        yield from _masks(bench, region, upstream, g, slope, shape)


def _masks(
    bench: Bench, region: Region, upstream: Expr, g: Any, slope: Any, shape: tuple[int, ...]
) -> Iterator[Source]:
    low, high = float(np.min(slope)), float(np.max(slope))
    if low == high:  # nothing is masked here; a relu would be all or nothing
        low, high = min(low, 0.0), max(high, 1.0)
    ones = bench.structure.pull(region, Number(np.ones(shape)))
    assert ones is not None
    yield Source(
        times(upstream, call(ops.sub, Number(low + high), ones)), g * (low + high - slope), "inverted", -1
    )
    pool = bench.pools.plain(shape)
    pool = [*pool, *bench.pools.cotangents(shape, bench.structure.cotangents[region.low])]
    with np.errstate(all="ignore"):
        for source in pool:
            if source.place == region.low or source.kind:
                continue
            for form in bench.pools.forms(source.place):
                if form.kind == "v > 0":
                    expr: Expr = form.expr
                    number = form.number
                    if (low, high) != (0.0, 1.0):
                        expr = call(ops.add, Number(low), times(Number(high - low), expr))
                        number = low + (high - low) * number
                    yield Source(times(upstream, expr), g * number, "mask", source.place, 0.2)
                    if source.place == bench.structure.cotangents[region.high]:
                        pulled = bench.structure.pull(region, times(upstream, expr))
                        if pulled is not None:
                            yield Source(pulled, g * number * slope, "mask", source.place, 0.2)


def _looked_at(bench: Bench, region: Region, shape: tuple[int, ...]) -> list[int]:
    steps = bench.structure.steps
    places = {region.low, region.high, *region.inside[:6]}
    for k in region.inside[:6]:
        places |= {o for o in steps[k].operands}
    places |= set(steps[region.low].operands)
    found = [p for p in places if _fits(np.shape(bench.structure.values[p]), shape)]
    return sorted(found, reverse=True)


def _fits(small: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    if not small or len(small) > len(shape):
        return False
    return all(a in (1, b) for a, b in zip(reversed(small), reversed(shape), strict=False))


def _number(bench: Bench, expr: Expr) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(evaluate(expr, lambda k: bench.probe.machine.values[k]))


def edit_of(bench: Bench, region: Region, k: int, source: Source, constant: float) -> Edit:
    first, *others = region.terms
    changes: dict[Slot, Expr] = {Slot(k, j): ZERO for j in others}
    changes[Slot(k, first)] = scaled(constant, source.expr)
    mistake, what, cost = _named(bench, region, source)
    if constant != 1.0:
        cost += 1.0 if constant in (-1.0, 2.0, 0.5) else 1.5
    refers = {"low": region.low, "other": source.place}
    if source.place >= 0 and bench.structure.flows[source.place]:
        of = bench.structure.steps[source.place].of
        refers["other"] = region.high if of is None else of
    cost += 1.0 + source.cost + 0.02 * len(region.inside)
    return Edit(mistake, changes, region.high, what, refers, cost)


def _named(bench: Bench, region: Region, source: Source) -> tuple[str, str, float]:
    structure = bench.structure
    softmax = softmax_axis(structure.values[region.high]) is not None
    elementwise = _diagonal(bench, region)
    if source.kind == "copied":
        if softmax and not elementwise:
            return "softmax-copied", "the gradient of {node} is handed on to {low} as it is", 0.3
        if _switches(bench, region):
            return "relu-mask-missing", "the mask of {node} is left out", 0.1
        if elementwise:
            return "missing-activation-derivative", "the derivative of {node} is left out", 0.2
        return "factor-missing", "the gradient of {node} is handed on to {low} as it is", 0.4
    if source.kind == "ones":
        return "upstream-dropped", "the step of {node} leaves out the gradient that arrives", 0.3
    if source.kind == "twice":
        if softmax or _into_logarithm(bench, region):
            what = "what is taken as the gradient of {node} is already that of {low}"
            return "cross-entropy-twice", what, 0.2
        if elementwise:
            return "activation-derivative-twice", "the derivative of {node} is multiplied in twice", 0.1
        return "factor-twice", "the step of {node} is made twice", 0.6
    if source.kind == "inverted":
        return "relu-mask-inverted", "the mask of {node} lets through what it should stop", 0.0
    if source.kind == "mask":
        what = "the mask of {node} is made of {other}"
        if source.place >= 0 and structure.flows[source.place]:
            what = "the mask of {node} is made of the gradient"
        return "relu-mask-wrong-source", what, 0.0
    if softmax and not elementwise and source.kind == "v (1 - v)" and source.place == region.high:
        return "softmax-diagonal-only", "of the Jacobian of {node} only the diagonal is used", 0.0
    if elementwise:
        what = "the derivative of {node} is computed from the wrong numbers"
        return "activation-derivative-wrong-argument", what, 0.4
    return "factor-replaced", "another factor stands for the derivative of {node}", 0.7


def _diagonal(bench: Bench, region: Region) -> bool:
    """Whether a region is an elementwise function."""
    key = ("diagonal", region.low, region.high)
    known = bench.structure.__dict__.setdefault("_diagonals", {})
    if key not in known:
        known[key] = _is_diagonal(bench, region)
    return bool(known[key])


def _is_diagonal(bench: Bench, region: Region) -> bool:
    structure = bench.structure
    shape = structure.steps[region.high].shape
    weights = np.random.default_rng(3).uniform(0.5, 1.5, shape)
    ones = structure.pull(region, Number(np.ones(shape)))
    other = structure.pull(region, Number(weights))
    if ones is None or other is None:
        return False
    return bool(np.allclose(_number(bench, other), weights * _number(bench, ones), rtol=1e-9))


def _switches(bench: Bench, region: Region) -> bool:
    ones = bench.structure.pull(region, Number(np.ones(bench.structure.steps[region.high].shape)))
    if ones is None:
        return False
    slope = _number(bench, ones)
    return _diagonal(bench, region) and slope.size > 1 and bool(np.isin(slope, (0.0, 1.0)).all())


def _into_logarithm(bench: Bench, region: Region) -> bool:
    """Whether a logarithm is taken of the end of a region, or of 1 minus it."""
    structure = bench.structure
    around = [c for c, _ in structure.uses[region.high]]
    around += [c for k in around for c, _ in structure.uses[k]]
    return any(structure.steps[c].op in (ops.log,) for c in around)


def _softmaxes(bench: Bench) -> Iterator[Edit]:
    """The Jacobian of a softmax, once too often."""
    structure = bench.structure
    for low, k in structure.cotangents.items():
        slot = Slot(k, RESULT)
        shape = structure.steps[k].shape
        e = bench.probe.at(slot) if len(shape) else None
        if e is None:
            continue
        g = np.asarray(bench.now(slot))
        sources = []
        for source in bench.pools.plain(shape):
            axis = softmax_axis(source.number) if source.kind == "" else None
            if axis is not None and np.shape(source.number) == shape:
                sources.append(_jacobian(source, axis, g))
        for axis in range(len(shape)):
            p = np.asarray(ops.softmax(np.asarray(structure.values[low]), axis=axis))
            from ...ops.losses import _softmax

            made = Source(Call(_softmax, (Ref(low),), {"axis": axis}), p, "", low, 0.2)
            sources.append(_jacobian(made, axis, g))
        for source, constant in bench.fitting(e, g, shape, sources):
            if constant == 1.0:
                yield Edit(
                    "cross-entropy-twice",
                    {slot: source.expr},
                    low,
                    "the gradient of {node} goes through the Jacobian of the softmax once more",
                    {},
                    1.5 + source.cost,
                )


def _jacobian(p: Source, axis: int, g: Any) -> Source:
    total = Call(_sum, (times(OWN, p.expr),), {"axis": axis, "keepdims": True})
    expr = times(p.expr, call(ops.sub, OWN, total))
    number = p.number * (g - np.sum(g * p.number, axis=axis, keepdims=True))
    return Source(expr, number, "jacobian", p.place, p.cost)


