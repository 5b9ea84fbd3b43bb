"""Layers as textbooks have them: a derived backward program whose layers are written in one line.

Who derives a softmax or a normalisation by hand does not follow its steps: everything between two
cotangents becomes one formula, and a mistake is an edit of that. Which layer a region is, its
Jacobian says, whatever the lines are that compute it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.losses import _softmax
from ..ops.reductions import _sum
from ..programs.labelled import ACCUMULATE, Labelled
from ..programs.program import Instruction, Kind
from .edits import OWN, Call, Expr, Number, Own, Ref, call, evaluate, leaves, times
from .facts import elementwise
from .machine import fits
from .structure import LAYER, Region, Structure, is_uniform

#: What a learner writes for the gradient of what goes in: y comes out, g is its gradient.
FORMULAS = {
    "softmax": "y * (g - sum(g * y))",
    "log-softmax": "g - exp(y) * sum(g)",
    "normalisation": "(g - mean(g) - y * mean(g * y)) / deviation",
    "normalisation by the root mean square": "(g - y * mean(g * y)) / root mean square",
    "normalisation to length 1": "(g - y * sum(g * y)) / length",
}
#: A composition of fewer steps is no layer.
_LEAST = 3
#: What is no layer in so many passes of a loop is none in the others.
_PASSES = 3
_CLOSE = 1e-9


class Layer(NamedTuple):
    """A region whose Jacobian is that of a known layer.

    Attributes
    ----------
    terms : tuple of Expr
        What it hands on, as a sum, in terms of the steps of the program and the first value beside.
    beside : tuple of Expr
        Values that are used with it, and others that are taken for these.
    """

    name: str
    region: Region
    terms: tuple[Expr, ...]
    beside: tuple[Expr, ...] = ()


def find_layers(structure: Structure) -> list[list[Layer]]:
    """Find the layers of a program, the largest first, no step in two of them.

    Returns
    -------
    list of list of Layer
        All of them by their usual formulas; then, if some have another one, by that.
    """
    found: list[list[Layer]] = []
    taken: set[int] = set()
    others_like_it: Counter[tuple[Hashable, ...]] = Counter()
    for region in sorted(structure.regions, key=lambda r: (-len(r.inside), r.low)):
        inside = {*region.inside}
        if (
            len(inside) < _LEAST
            or not taken.isdisjoint(inside)
            or _is_handed_over(structure, region)
        ):
            continue
        lines = tuple(map(structure.line, region.inside))
        layers = list(_find_known(structure, region)) if others_like_it[lines] < _PASSES else []
        if layers:
            found.append(layers)
            taken |= inside
        else:
            others_like_it[lines] += 1
    usual, others = [layers[0] for layers in found], [layers[-1] for layers in found]
    return [each for each in (usual, others) if each and (each is usual or others != usual)]


def _is_handed_over(structure: Structure, region: Region) -> bool:
    """Whether a cotangent between the two ends was handed over, so that it was computed."""
    handed = {*structure.lines.handed}
    return any(structure.steps[k].name in handed for k in region.inside if k != region.high)


def _find_known(structure: Structure, region: Region) -> Iterator[Layer]:
    """Yield the layers that a region is, by one formula or another."""
    y = np.asarray(structure.values[region.high])
    if y.ndim == 0 or y.dtype.kind != "f" or not np.isfinite(y).all() or is_uniform(y):
        return
    g = np.random.default_rng(5).uniform(0.5, 1.5, y.shape)
    pulled = structure.pull(region, Number(g))
    if pulled is None:
        return
    d = np.asarray(evaluate(pulled, structure.values.__getitem__))
    if d.shape != y.shape or not np.isfinite(d).all():
        return
    start = Ref(structure.arriving(region.high))
    for axes in _axes(y.shape):
        for layer in _forms(structure, region, axes, start, d, g):
            own = [_number(structure, value, start, g) for value in layer.beside[:1]]
            made = sum(_number(structure, term, start, g, *own) for term in layer.terms)
            if np.allclose(made, d, rtol=_CLOSE, atol=_CLOSE * np.abs(d).max()):
                yield layer
                delta = _through_output(structure, region) if layer.name == "softmax" else None
                if delta is not None:
                    last = _less(Ref(region.high), delta)
                    yield layer._replace(terms=(layer.terms[0], last))


def _axes(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the axes along which a layer may work, the last one first."""
    long = [k for k, length in enumerate(shape) if length > 1]
    for count in range(1, len(long) + 1):
        yield from reversed(list(combinations(long, count)))


def _forms(
    structure: Structure, region: Region, axes: tuple[int, ...], g: Expr, d: Any, weights: Any
) -> Iterator[Layer]:
    """Yield the layers that a region may be.

    Softmax, its logarithm, and normalisation: to mean 0 and variance 1 (Ioffe and Szegedy, *Batch
    Normalization*, 2015, section 3), to root mean square 1, and to length 1.
    """
    y = np.asarray(structure.values[region.high])
    high = Ref(region.high)

    def total(expr: Expr) -> Expr:
        return Call(_sum, (expr,), {"axis": axes if len(axes) > 1 else axes[0], "keepdims": True})

    others: list[Expr] = [  # along other axes, and without the mask
        Call(_softmax, (Ref(region.low),), {"axis": axis})
        for axis in range(y.ndim)
        if y.shape[axis] > 1 and ((axis,) != axes or (y == 0).any())
    ]
    if _adds_up(y, axes):
        everything = Call(_softmax, (Ref(region.low),), {"axis": axes[0]})
        seen = Number((y > 0) * 1.0)
        alone = call(ops.div, everything, total(times(everything, seen)))
        masked = [times(alone, Number(mask)) for mask in _other_masks(y > 0)]
        formula = times(high, g), _less(high, total(times(high, g)))
        yield Layer("softmax", region, formula, (high, *others, *masked))
    if _adds_up(np.exp(y), axes):
        known = _value_of(structure, range(region.high + 1), np.exp(y))
        p = call(ops.exp, high) if known is None else known
        yield Layer("log-softmax", region, (g, _less(OWN, total(g))), (p, *others))
    count = int(np.prod([y.shape[a] for a in axes]))
    mean = Number(1 / count)
    centre, along = times(total(g), mean), times(total(times(g, high)), mean)
    for name, parts in (
        ("normalisation", (g, _less(centre), _less(high, along))),
        ("normalisation by the root mean square", (g, _less(high, along))),
        ("normalisation to length 1", (g, _less(high, total(times(g, high))))),
    ):
        u = sum(np.asarray(_number(structure, part, g, weights)) for part in parts)
        with np.errstate(all="ignore"):
            scale = np.sum(d * u, axes, keepdims=True) / np.sum(u * u, axes, keepdims=True)
        if np.allclose(scale * u, d, rtol=_CLOSE, atol=_CLOSE * np.abs(d).max()):
            inverse = _inverse_deviation(structure, region, scale)
            if inverse is None:
                continue
            terms = tuple(_times(part) for part in parts)
            yield Layer(name, region, terms, (inverse,))
            places = [region.low, *region.inside]
            centred = _value_of(structure, places, y / scale)
            if centred is not None and "length" not in name:
                along = times(total(times(g, centred)), mean)
                last = _less(centred, along, OWN, OWN, OWN)
                yield Layer(name, region, (*terms[:-1], last), (inverse,))


def _other_masks(seen: Any) -> Iterator[Any]:
    """Yield masks instead of one that lets the lower left through: none, other diagonals."""
    if seen.ndim < 2 or seen.all():
        return
    yield np.ones(seen.shape)
    *_, rows, columns = seen.shape
    lower = {c: np.tri(rows, columns, c, dtype=bool) for c in range(-rows, columns)}
    if any((seen == mask).all() for mask in lower.values()):
        for mask in lower.values():
            if not (seen == mask).all():
                yield np.broadcast_to(mask, seen.shape) * 1.0


def _through_output(structure: Structure, region: Region) -> Expr | None:
    """Write the sum in the derivative of attention's softmax as kernels do, by what comes out.

    With o = p @ v the sum over the keys of p times its gradient is that of o times its gradient
    over the features (Dao et al., *FlashAttention*, 2022, appendix B.2).
    """
    uses = structure.uses[region.high]
    steps, values = structure.steps, structure.values
    if len(uses) != 1 or elementwise(steps[uses[0][0]].op):
        return None
    output = uses[0][0]
    start, gradient = (structure.arriving(k) for k in (region.high, output))
    one, other = (
        np.sum(np.asarray(values[a]) * values[b], axis=-1, keepdims=True)
        for a, b in ((region.high, start), (output, gradient))
    )
    if one.shape != other.shape or not np.allclose(one, other, rtol=_CLOSE):
        return None
    product = times(Ref(output), Ref(gradient))
    return Call(_sum, (product,), {"axis": -1, "keepdims": True})


def _adds_up(y: Any, axes: tuple[int, ...]) -> bool:
    """Whether numbers are probabilities along axes."""
    with np.errstate(all="ignore"):
        return bool((y >= 0).all() and (np.abs(y.sum(axis=axes) - 1.0) < 1e-12).all())


def _less(*factors: Expr) -> Expr:
    return call(ops.neg, times(*factors))


def _times(part: Expr) -> Expr:
    """Multiply what a minus stands in front of with the value beside the layer."""
    if isinstance(part, Call) and part.op is ops.neg:
        return _less(part.operands[0], OWN)
    return times(part, OWN)


def _inverse_deviation(structure: Structure, region: Region, scale: Any) -> Expr | None:
    """Return the inverse of the deviation, of what the program has: it, its inverse, its square."""
    places = [o for k in region.inside for o in (k, *structure.steps[k].operands)]
    inverse = _value_of(structure, places, scale)
    if inverse is not None:
        return inverse
    deviation = _value_of(structure, places, 1 / scale)
    if deviation is None:
        variance = _value_of(structure, places, scale**-2)
        deviation = None if variance is None else call(ops.sqrt, variance)
    return None if deviation is None else call(ops.div, Number(1.0), deviation)


def _value_of(structure: Structure, places: Any, number: Any) -> Expr | None:
    """Return the forward step that has these numbers."""
    for k in places:
        value = np.asarray(structure.values[k])
        given = structure.steps[k].kind in (Kind.FORWARD, Kind.INPUT)
        fitting = given and fits(value.shape, number.shape)
        if fitting and np.allclose(value, number, rtol=_CLOSE, atol=0):
            return Ref(k)
    return None


def _number(structure: Structure, expr: Expr, g: Expr, weights: Any, own: Any = None) -> Any:
    """Compute an expression with other numbers for the cotangent that arrives."""
    values = structure.values
    return evaluate(expr, lambda k: weights if Ref(k) == g else values[k], own)


# --- the program with these layers ---------------------------------------------------------------


def rewrite_layers(lines: Labelled, layers: Sequence[Layer]) -> Labelled:
    """Return the program in which each layer hands on its cotangent in one line."""
    return _Rewriting(lines, layers).rewrite()


class _Rewriting:
    """Steps with new ones in between, and where the old ones have gone."""

    def __init__(self, lines: Labelled, layers: Sequence[Layer]) -> None:
        self._lines = lines
        self._ending = {layer.region.high: layer for layer in layers}
        self._arriving: dict[int, list[Layer]] = defaultdict(list)
        for layer in layers:
            self._arriving[lines.cotangents[layer.region.low]].append(layer)
        self._steps: list[Instruction] = []
        self._values: list[Any] = []
        self._edges: dict[int, tuple[int, int]] = {}
        self._positions: dict[int, int] = {}
        self._moved: dict[int, int] = {}
        self._layers: dict[int, int] = {}

    def rewrite(self) -> Labelled:
        """Return the program."""
        lines, needed = self._lines, self._find_needed()
        for k, step in enumerate(lines.steps):
            if step.kind is not Kind.BACKWARD or k in needed:
                self._copy(k, step)
            if k in self._ending:
                self._put_layer(self._ending[k])
        return replace(
            lines,
            program=lines.program.renumber(self._steps, self._moved),
            values=self._values,
            positions=self._positions,
            edges=self._edges,
            handed={name: self._moved[k] for name, k in lines.handed.items()},
        )

    def _find_needed(self) -> set[int]:
        """Return the steps that are computed still."""
        steps = self._lines.steps
        needed = {*self._lines.program.gradients}
        for k in reversed(range(len(steps))):
            if k not in needed:
                continue
            gone = {j for layer in self._arriving.get(k, ()) for j in layer.region.terms}
            needed |= {o for j, o in enumerate(steps[k].operands) if j not in gone}
            for layer in self._arriving.get(k, ()):
                found = (leaf for term in layer.terms for leaf in leaves(term))
                needed |= {leaf.place for leaf in found if isinstance(leaf, Ref)}
        return needed

    def _copy(self, k: int, step: Instruction) -> None:
        metadata, operands = (
            step.metadata,
            [self._moved[o] for o in step.operands if o in self._moved],
        )
        if step.op is ACCUMULATE:
            labels, operands = self._contributions(k, step)
            metadata = {"labels": labels}
        of = None if step.of is None else self._moved[step.of]
        new = replace(step, operands=tuple(operands), metadata=metadata, of=of)
        self._moved[k] = self._append(new, self._lines.values[k])
        if k in self._lines.edges:
            child, operand = self._lines.edges[k]
            self._edges[self._moved[k]] = self._moved[child], operand
        if k in self._lines.positions:
            self._positions[self._moved[k]] = self._lines.positions[k]

    def _contributions(self, k: int, step: Instruction) -> tuple[Any, list[int]]:
        """Write down what is added up to a cotangent: of a layer, its formula."""
        layers = self._arriving.get(k, [])
        gone = {j for layer in layers for j in layer.region.terms}
        kept = [j for j in range(len(step.operands)) if j not in gone]
        labels = [step.metadata["labels"][j] for j in kept]
        labels = [(self._moved[child], operand) for child, operand in labels]
        operands = [self._moved[step.operands[j]] for j in kept]
        for layer in layers:
            start, high = len(self._steps), layer.region.high
            edge = self._layers[high], 0
            operands += [self._write(term, high) for term in layer.terms]
            labels += [edge] * len(layer.terms)
            key = self._lines.steps[high].key
            for new in range(start, len(self._steps)):
                at = new - start
                self._edges[new] = edge
                self._steps[new] = replace(self._steps[new], key=(key, "layer", at))
        return tuple(labels), operands

    def _write(self, expr: Expr, like: int, kind: Kind = Kind.BACKWARD) -> int:
        if isinstance(expr, Ref):
            return self._moved[expr.place]
        if isinstance(expr, Own):
            return self._steps[self._layers[like]].operands[2]
        turn, scope = self._lines.steps[like].turn, self._lines.steps[like].scope
        if isinstance(expr, Number):
            number = np.asarray(expr.number, np.float64)[()]
            step = Instruction(Kind.CONSTANT, data=number, shape=np.shape(number), scope=scope)
            return self._append(step, number)
        assert isinstance(expr, Call)
        operands = tuple(self._write(e, like, kind) for e in expr.operands)
        value = expr.op.forward(*(self._values[o] for o in operands), **expr.metadata)
        step = Instruction(kind, expr.op, operands, expr.metadata, np.shape(value), value.dtype)
        return self._append(replace(step, scope=scope, turn=turn), value)

    def _put_layer(self, layer: Layer) -> None:
        """Write down the layer as one step beside its last one."""
        region = layer.region
        high = self._lines.steps[region.high]
        beside = [self._write(value, region.high, Kind.FORWARD) for value in layer.beside]
        operands = (self._moved[region.low], self._moved[region.high], *beside)
        value = self._values[operands[1]]
        step = replace(high, op=LAYER, operands=operands, metadata={"name": layer.name})
        place = self._append(step, value)
        self._layers[region.high] = place
        self._positions[place] = self._lines.positions[region.high]

    def _append(self, step: Instruction, value: Any) -> int:
        self._steps.append(step)
        self._values.append(value)
        return len(self._steps) - 1
