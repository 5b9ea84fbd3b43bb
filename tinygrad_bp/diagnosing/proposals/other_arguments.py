"""The derivative of a function at another argument, or with its operands exchanged."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

import numpy as np

from ...programs.program import Kind
from ..edits import Call, Expr, Number, Ref, evaluate, put
from ..pools import Source
from ..structure import Region, Structure

#: Of longer compositions the derivative is taken at no other argument.
_LONGEST = 8


def slopes_elsewhere(structure: Structure, region: Region, slope: Expr) -> Iterator[Source]:
    """Yield what else the derivative of an elementwise function may have been computed from.

    Parameters
    ----------
    structure : Structure
        Of the program.
    region : Region
        The function.
    slope : Expr
        Its derivative, in terms of forward steps.
    """
    low, high = Ref(region.low), Ref(region.high)
    slope = _of_forward_steps(structure, slope, ())
    swaps: list[dict[Expr, Expr]] = [{low: high}, {high: low}, {low: high, high: low}]
    found = [put(slope, where) for where in swaps]
    if len(region.inside) <= _LONGEST:
        alone = _of_forward_steps(structure, slope, region.inside)
        found += [put(alone, {low: Ref(k)}) for k in _other_arguments(structure, region)]
    made = [Source(expr, 0.0, "argument", region.high, 0.1) for expr in found if expr != slope]
    exchanged = _exchange(structure, region)
    if exchanged is not None:
        made.append(Source(exchanged, 0.0, "exchanged", region.high, 0.1))
    shape, now = structure.steps[region.high].shape, _number(structure, slope)
    for source in made:
        number = _number(structure, source.expr)
        usable = np.shape(number) == shape and np.isfinite(number).all()
        if usable and not np.allclose(number, now, rtol=1e-9):
            yield replace(source, number=number)


def _number(structure: Structure, expr: Expr) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(evaluate(expr, structure.values.__getitem__))


def _of_forward_steps(structure: Structure, expr: Expr, without: Container[int]) -> Expr:
    """Write an expression in terms of forward steps, `without` some of these."""
    if isinstance(expr, Ref):
        step = structure.steps[expr.place]
        if step.op is None or (step.kind is Kind.FORWARD and expr.place not in without):
            return expr
        expr = Call(step.op, tuple(Ref(o) for o in step.operands), step.metadata)
    if isinstance(expr, Call):
        parts = tuple(_of_forward_steps(structure, e, without) for e in expr.operands)
        return Call(expr.op, parts, expr.metadata)
    return expr


def _other_arguments(structure: Structure, region: Region) -> list[int]:
    """List what stands before a function and after it, as long as the shape stays."""
    shape = structure.steps[region.high].shape
    after = structure.users(region.high)
    around = {region.high, *after, *structure.steps[region.low].operands}
    around |= {k for each in after for k in structure.users(each)}
    around -= {region.low}
    return sorted(k for k in around if k in structure.cotangents and _fits(structure, k, shape))


def _fits(structure: Structure, place: int, shape: tuple[int, ...]) -> bool:
    number = np.asarray(structure.values[place])
    return number.shape == shape and number.dtype.kind == "f"


def _exchange(structure: Structure, region: Region) -> Expr | None:
    """Write the derivative along one operand of a step as that along the other, the two exchanged.

    Of x ** e that is the derivative of e ** x.
    """
    step = structure.steps[region.high]
    others = [o for o in step.operands if o != region.low]
    if region.inside != (region.high,) or len(step.operands) != 2 or len(others) != 1:
        return None
    (other,) = others
    if not _fits(structure, other, step.shape) or other not in structure.cotangents:
        return None
    terms = [j for j, (child, _) in enumerate(structure.uses[other]) if child == region.high]
    ones = Number(np.ones(step.shape))
    slope = structure.pull(Region(other, region.high, region.inside, tuple(terms)), ones)
    if slope is None or step.op is None:
        return None
    turned = Call(step.op, tuple(Ref(o) for o in reversed(step.operands)), step.metadata)
    there: dict[Expr, Expr] = {Ref(other): Ref(region.low), Ref(region.low): Ref(other)}
    slope = _of_forward_steps(structure, slope, ())
    return put(slope, {**there, Ref(region.high): turned})
