"""Everything between two cotangents, written as one line: a factor, none, or the wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...ops.losses import _softmax
from ...ops.reductions import _sum
from ..edits import (
    OWN,
    RESULT,
    ZERO,
    Call,
    Edit,
    Expr,
    Number,
    Ref,
    Slot,
    call,
    evaluate,
    times,
)
from ..facts import moves
from ..machine import fits
from ..pools import POSITIVE, Block, Source
from ..structure import Region, Structure, is_uniform, softmax_axis
from .bench import Bench, scale_by
from .naming import ALSO
from .operands import only_scaled
from .other_arguments import slopes_elsewhere

#: Longer compositions are looked at only where they are elementwise functions.
_SHORT = 8
#: Fewer numbers are no evidence for one of many arguments.
_LITTLE = 3
_OTHER = "something else stands for {own}"


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits of regions."""
    for region in bench.structure.regions:
        yield from _region(bench, region)
        if bench.structure.arriving(region.high) != bench.structure.cotangents[region.high]:
            yield from _already_below(bench, region)
    yield from _softmaxes(bench)


def _region(bench: Bench, region: Region) -> Iterator[Edit]:
    structure, machine = bench.structure, bench.probe.machine
    k = structure.cotangents[region.low]
    e = bench.probe.at(Slot(k, RESULT))
    if e is None or any(Slot(k, j) in machine.changes for j in region.terms):
        return
    shape = e.shape[1:]
    before = sum(np.asarray(machine.values[structure.steps[k].operands[j]]) for j in region.terms)
    block = block_of(bench, region)
    g = machine.values[structure.arriving(region.high)]
    for source, constant in bench.fit(e, before, shape, block):
        if source.kind in ("argument", "exchanged") and bench.evidence < _LITTLE:
            continue
        number = source.number if source.whole else source.number * np.asarray(g)
        if only_scaled(bench, constant * number, before, shape):
            continue
        yield edit_of(bench, region, k, source, constant)


def _already_below(bench: Bench, region: Region) -> Iterator[Edit]:
    """Yield that the gradient which was handed over is that of what goes in."""
    slot = Slot(bench.structure.cotangents[region.high], RESULT)
    e = bench.probe.at(slot)
    expr = bench.structure.pull(region, OWN)
    if e is None or expr is None or len(region.inside) > _SHORT:
        return
    now = np.asarray(bench.now(slot))
    values = bench.probe.machine.values
    number = np.asarray(evaluate(expr, lambda k: values[k], now))
    source = Source(expr, number, "twice", region.low)
    for _, constant in bench.fit(e, now, e.shape[1:], [source]):
        if constant == 1.0:
            what = "what is taken as the gradient of {node} is already that of {low}"
            refers = {"low": region.low}
            yield Edit("cross-entropy-twice", {slot: expr}, region.high, what, refers, 1.2)


class Behaviour(NamedTuple):
    """What a region does: whether it is elementwise, and what may stand for its derivative.

    Attributes
    ----------
    slope : array or None
        The derivative of an elementwise function.
    ones : Expr or None
        What it makes of ones, in terms of forward steps.
    factors : Block
        What the cotangent may have been multiplied with.
    """

    slope: Any
    ones: Expr | None
    factors: Block


def function_of(bench: Bench, region: Region) -> Behaviour:
    """Find out what a region does."""
    known = bench.pools.regions
    key = (region.low, region.high)
    if key not in known:
        known[key] = _function(bench, region)
    found: Behaviour = known[key]
    return found


def _function(bench: Bench, region: Region) -> Behaviour:
    structure = bench.structure
    shape = structure.steps[region.high].shape
    ones = structure.pull(region, Number(np.ones(shape)))
    slope = None if ones is None else _number(bench, ones)
    if ones is None or slope is None or slope.shape != shape or not np.isfinite(slope).all():
        return Behaviour(None, None, Block.of([_ONE], shape))
    if not _is_diagonal(bench, region, slope):
        near = frozenset(
            {region.high} if softmax_axis(structure.values[region.high]) is not None else ()
        )
        forms = [s for s in bench.pools.near(near, shape).sources if s.kind == "v (1 - v)"]
        return Behaviour(None, ones, Block.of([_ONE, *forms], shape))
    masked = _only_masks(bench, region, slope)
    told = slope.ndim == 0 and bench.evidence >= 3  # one number alone is always uniform
    if is_uniform(slope) and not masked and not told:
        return Behaviour(slope, ones, Block.of([], shape))
    sources = [_ONE, Source(call(ops.pow, ones, Number(2.0)), slope**2, "twice", -1)]
    sources += slopes_elsewhere(structure, region, ones)
    if masked:
        sources += _masks(bench, region, ones, slope, shape)
    for place in _find_nearby(bench, region, shape):
        number = np.asarray(structure.values[place])
        if number.dtype.kind == "f" and np.isfinite(number).all():
            sources.append(Source(Ref(place), number, "v", place, 0.3))
            sources += bench.pools.forms(place)
    return Behaviour(slope, ones, Block.of(sources, shape))


_ONE = Source(Number(1.0), 1.0, "copied", -1)


def block_of(bench: Bench, region: Region) -> Block:
    """Return what may stand for the cotangent that a region hands on."""
    structure, values = bench.structure, bench.probe.machine.values
    start = structure.arriving(region.high)
    upstream = Ref(start)
    g = np.asarray(values[start])
    function = function_of(bench, region)
    rows = [function.factors.matrix * g.ravel()]
    extra: list[Source] = []
    shape = g.shape
    if function.ones is not None and len(region.inside) <= _SHORT:
        extra.append(
            Source(function.ones, _number(bench, function.ones), "ones", start, whole=True)
        )
    if function.slope is None and len(region.inside) <= _SHORT:
        once = structure.pull(region, upstream)
        again = None if once is None else structure.pull(region, once)
        if again is not None:
            extra.append(Source(again, _number(bench, again), "twice", start, whole=True))
    elif function.slope is not None and _only_masks(bench, region, function.slope):
        extra += _masks_of_gradient(function, upstream, g, start)
    extra = [s for s in extra if np.shape(s.number) == shape and np.isfinite(s.number).all()]
    rows.append(Block.of(extra, shape).matrix)
    return Block([*function.factors.sources, *extra], np.concatenate(rows))


def _only_masks(bench: Bench, region: Region, slope: Any) -> bool:
    """Whether the derivative of a region has a mask in it, and nothing else that changes."""
    masking = not bench.structure.masking.isdisjoint(region.inside)
    return masking and len(np.unique(np.round(slope, 12))) <= 2


def hand_on(bench: Bench, region: Region, source: Source, constant: float) -> Expr:
    """Write what a region hands on."""
    upstream = Ref(bench.structure.arriving(region.high))
    expr = source.expr if source.whole else times(upstream, source.expr)
    return scale_by(constant, expr)


def _levels(slope: Any) -> tuple[float, float]:
    low, high = float(np.min(slope)), float(np.max(slope))
    # nothing is masked here: a relu would be all or nothing
    return (low, high) if low < high else (min(low, 0.0), max(high, 1.0))


def _between(mask: Source, slope: Any) -> Source:
    """Make a mask take the two values of a slope."""
    low, high = _levels(slope)
    if (low, high) == (0.0, 1.0):
        return replace(mask, kind="mask", cost=0.2)
    expr = call(ops.add, Number(low), times(Number(high - low), mask.expr))
    return replace(mask, expr=expr, number=low + (high - low) * mask.number, kind="mask", cost=0.2)


def _masks(
    bench: Bench, region: Region, ones: Expr, slope: Any, shape: tuple[int, ...]
) -> Iterator[Source]:
    total = sum(_levels(slope))
    yield Source(call(ops.sub, Number(total), ones), total - slope, "inverted", -1)
    for source in bench.pools.masks(shape).sources:
        if source.place != region.low and source.kind == "v > 0":
            yield _between(source, slope)


def _masks_of_gradient(function: Behaviour, upstream: Expr, g: Any, start: int) -> Iterator[Source]:
    positive = Source(call(POSITIVE, upstream, Number(0.0)), np.greater(g, 0) * 1.0, "v > 0", start)
    mask = _between(positive, function.slope)
    assert function.ones is not None
    yield replace(mask, expr=times(upstream, mask.expr), number=g * mask.number, whole=True)
    both = times(upstream, mask.expr, function.ones)
    yield replace(mask, expr=both, number=g * mask.number * function.slope, whole=True)


def _find_nearby(bench: Bench, region: Region, shape: tuple[int, ...]) -> list[int]:
    steps = bench.structure.steps
    places = {region.low, region.high}
    if shape:
        places |= {*region.inside[:6], *steps[region.low].operands}
        places |= {o for k in region.inside[:6] for o in steps[k].operands}
    values = bench.structure.values
    found = [p for p in places if np.ndim(values[p]) >= min(1, len(shape))]
    found = [p for p in found if fits(np.shape(values[p]), shape)]
    return sorted(found, reverse=True)


def _number(bench: Bench, expr: Expr) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(evaluate(expr, lambda k: bench.probe.machine.values[k]))


def edit_of(bench: Bench, region: Region, k: int, source: Source, constant: float) -> Edit:
    """Describe what stands for the contributions of a region."""
    first, *others = region.terms
    changes: dict[Slot, Expr] = {Slot(k, j): ZERO for j in others}
    changes[Slot(k, first)] = hand_on(bench, region, source, constant)
    met = _met(bench.structure, region)
    of_factor = None if met is None else _of_factor(bench, region, source, constant)
    mistake, what, cost = of_factor or _name_region(bench, region, source)
    if constant != 1.0:
        cost += 1.0 if constant in (-1.0, 2.0, 0.5) else 1.5
    refers: dict[str, Any] = {"low": region.low, "other": source.place, "factor": constant}
    if met is not None:
        refers["own"] = met
    if source.place >= 0 and bench.structure.flows[source.place]:
        of = bench.structure.steps[source.place].of
        refers["other"] = region.high if of is None else of
    cost += 1.0 + source.cost + 0.02 * len(region.inside)
    return Edit(mistake, changes, region.high, what, refers, cost, also=ALSO.get(mistake, ()))


def _met(structure: Structure, region: Region) -> int | None:
    """Return what a value is multiplied with or divided by, where a region does nothing else."""
    steps = structure.steps
    computing = [k for k in region.inside if not moves(steps[k].op)]
    if len(computing) != 1:
        return None
    (last,) = computing
    fixed = [k for k in steps[last].operands if k not in region.inside and k != region.low]
    met = [k for k in fixed if k not in structure.cotangents and steps[k].op is None]
    return met[0] if met and not is_uniform(structure.values[met[0]]) else None


def _of_factor(
    bench: Bench, region: Region, source: Source, constant: float
) -> tuple[str, str, float] | None:
    """Name what was done to a factor that is given."""
    slope = function_of(bench, region).slope
    switches = _switches(slope)
    if slope is None or source.kind in ("ones", "twice"):
        return None
    if source.kind == "copied" and constant == 1.0:
        mistake = "mask-missing" if switches else "factor-missing"
        return mistake, "{own} is left out of the derivative of {node}", 0.1
    if source.kind == "copied":
        return "factor-replaced", "{factor} stands for {own} in the derivative of {node}", 0.2
    if switches:
        what = "the mask {own} is inverted" if source.kind == "inverted" else _OTHER
        return "mask-replaced", f"{what} in the derivative of {{node}}", 0.2
    return "factor-replaced", f"{_OTHER} in the derivative of {{node}}", 0.5


def _name_region(bench: Bench, region: Region, source: Source) -> tuple[str, str, float]:
    structure = bench.structure
    softmax = softmax_axis(structure.values[region.high]) is not None
    slope = function_of(bench, region).slope
    elementwise = slope is not None
    if source.kind == "copied":
        if softmax and not elementwise:
            return "softmax-copied", "the gradient of {node} is handed on to {low} as it is", 0.3
        if _switches(slope):
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
            return (
                "activation-derivative-twice",
                "the derivative of {node} is multiplied in twice",
                0.1,
            )
        return "factor-twice", "the step of {node} is made twice", 0.6
    if source.kind == "exchanged":
        return "swapped", "in the derivative of {node} its operands are exchanged", 0.2
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


def _is_diagonal(bench: Bench, region: Region, slope: Any) -> bool:
    """Whether a region is an elementwise function."""
    weights = np.random.default_rng(3).uniform(0.5, 1.5, np.shape(slope))
    other = bench.structure.pull(region, Number(weights))
    return other is not None and bool(
        np.allclose(_number(bench, other), weights * slope, rtol=1e-9)
    )


def _switches(slope: Any) -> bool:
    if slope is None or slope.size < 2 or not np.any(slope):
        return False
    return bool(np.isin(slope, (0.0, 1.0)).all())


def _into_logarithm(bench: Bench, region: Region) -> bool:
    """Whether a logarithm is taken of the end of a region, or of 1 minus it."""
    structure = bench.structure
    around = [c for c, _ in structure.uses.get(region.high, ())]
    around += [c for k in around for c, _ in structure.uses.get(k, ())]
    return any(structure.steps[c].op in (ops.log,) for c in around)


def _softmaxes(bench: Bench) -> Iterator[Edit]:
    """Yield the Jacobian of a softmax, once too often."""
    structure = bench.structure
    for low, k in structure.cotangents.items():
        slot = Slot(k, RESULT)
        shape = structure.steps[k].shape
        e = bench.probe.at(slot) if len(shape) else None
        if e is None:
            continue
        g = np.asarray(bench.now(slot))
        sources = []
        for source, axis in bench.pools.probabilities(shape):
            sources.append(_jacobian(source, axis, g))
        for axis in range(len(shape)):
            p = np.asarray(ops.softmax(np.asarray(structure.values[low]), axis=axis))
            made = Source(Call(_softmax, (Ref(low),), {"axis": axis}), p, "", low, 0.2)
            sources.append(_jacobian(made, axis, g))
        for source, constant in bench.fit(e, g, shape, sources):
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
