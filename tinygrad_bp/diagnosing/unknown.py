"""Numbers that the program does not have: drawn or made anew, so that they are solved for.

A mask of another draw, labels that were smoothed in another way, a target from elsewhere: arrays
that are the same wherever the parameters stand. The gradients at several points are linear in such
an array, and determine it if it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from ..kernel.backward import sum_to_shape
from ..programs.labelled import ACCUMULATE
from ..programs.program import Kind
from .edits import OWN, RESULT, Edit, Expr, Number, Ref, Slot, plus, times
from .evidence import Case
from .facts import elementwise, product
from .probe import Probe
from .structure import Structure, is_uniform

#: Projections of each point, and how many times rules may be run for all of them.
_COUNT, _RUNS = 24, 60_000
#: How many independent equations there have to be for each unknown number, and how many more.
_FOR_EACH, _MORE = 1.25, 4
#: Numbers that are as near as that are the same, and so are residuals.
_CLOSE = 1e-7
#: Of more different numbers none is taken to be the one that was meant.
_FEW = 16


class Unknown(NamedTuple):
    """A place where numbers may stand that the program does not have.

    Attributes
    ----------
    slot : Slot
        The place.
    now : array
        What the numbers are without a mistake: the factor there, ones, or zeros to be added.
    base : int or None
        The step that they are multiplied with; None where the slot does that.
    put : callable
        Makes of them what stands in the slot.
    cost : float
        The less likely, the larger.
    """

    slot: Slot
    now: Any
    base: int | None
    put: Callable[[Expr], Expr]
    cost: float


def numbers_made_anew(structure: Structure, case: Case, points: Sequence[Case]) -> Iterator[Edit]:
    """Yield edits that put an array in some place whose numbers follow from all points."""
    cases = [case, *points]
    entries = sum(np.size(g) for g in case.manual.values())
    count = min(_COUNT, entries, _RUNS // (len(structure.steps) * len(cases)))
    if count < 2:
        return
    probes = [Probe(c, c.machine, frozenset(c.places), count, k) for k, c in enumerate(cases)]
    error = np.concatenate([probe.error for probe in probes])
    slack = _CLOSE + max(probe.slack for probe in probes)
    for unknown in _unknowns(structure):
        size = np.size(unknown.now)
        if _FOR_EACH * size + _MORE <= len(error):
            rows = [_coefficients(probe, unknown) for probe in probes]
            solved = None if any(r is None for r in rows) else _solve(rows, error, slack)
            if solved is not None:
                change, certain = solved
                yield _edit(structure, unknown, change.reshape(np.shape(unknown.now)), certain)


def _unknowns(structure: Structure) -> Iterator[Unknown]:
    """Yield the places: factors, masks, and whatever a cotangent may be multiplied with."""
    steps, values, flows = structure.steps, structure.values, structure.flows
    for k, step in enumerate(steps):
        if step.kind is not Kind.BACKWARD:
            continue
        operands = [values[o] for o in step.operands]
        for j, own in enumerate(step.operands):
            slot, number = Slot(k, j), np.asarray(values[own])
            if step.op is ACCUMULATE and len(step.operands) > 1:
                yield from _multiples(slot, number, own)
            elif not flows[own] and number.ndim and product(step, operands):
                yield Unknown(slot, number * 1.0, None, lambda new: new, 2.6)
            elif number.dtype.kind == "b" and elementwise(step.op):
                flowing = next((o for o in step.operands if flows[o]), own)
                if flows[flowing] and steps[flowing].shape == step.shape == number.shape:
                    put = _times(Ref(flowing))
                    yield Unknown(Slot(k, RESULT), number * 1.0, flowing, put, 2.6)
        if step.op is ACCUMULATE:
            slot, number = Slot(k, RESULT), np.asarray(values[k])
            yield from _multiples(slot, number, k)
            if number.ndim:
                zeros = np.zeros(number.shape)
                yield Unknown(slot, zeros, None, lambda new: plus(OWN, new), 3.4)


def _multiples(slot: Slot, number: Any, own: int) -> Iterator[Unknown]:
    """Yield what a cotangent may be multiplied with: numbers along some of its axes."""
    long = [axis for axis, length in enumerate(number.shape) if length > 1]
    for count in range(1, len(long) + 1):
        for axes in combinations(long, count):
            shape = [n if axis in axes else 1 for axis, n in enumerate(number.shape)]
            yield Unknown(slot, np.ones(shape), own, _times(OWN), 2.7 + 0.05 * count)


def _times(base: Expr) -> Callable[[Expr], Expr]:
    return lambda new: times(base, new)


def _coefficients(probe: Probe, unknown: Unknown) -> Any:
    """Return how the projections move with each of the numbers; None where not straight."""
    e = probe.at(unknown.slot)
    if e is None:
        return None
    if unknown.base is not None:
        e = e * probe.machine.values[unknown.base]
    return np.stack([np.ravel(sum_to_shape(x, np.shape(unknown.now))) for x in e])


def _solve(rows: Sequence[Any], error: Any, slack: float) -> tuple[Any, bool] | None:
    """Return by how much numbers differ, and whether only these satisfy all equations, if any."""
    matrix = np.concatenate(rows)
    change, _, rank, _ = np.linalg.lstsq(matrix, error, rcond=1e-11)
    change = change + np.linalg.lstsq(matrix, error - matrix @ change, rcond=1e-11)[0]
    off = np.abs(matrix @ change - error).max()
    if not off <= slack * np.abs(error).max():
        return None
    independent = sum(int(np.linalg.matrix_rank(some, rtol=1e-11)) for some in rows)
    if independent < _FOR_EACH * rank + _MORE:
        return None
    return change, int(rank) == change.size


def _edit(structure: Structure, unknown: Unknown, change: Any, certain: bool) -> Edit:
    """Describe what was found; if others would do as well, without the numbers."""
    slot, now = unknown.slot, unknown.now
    new = _meant(now, now + change)
    step = structure.steps[slot.place]
    edge = structure.lines.edges.get(slot.place)
    own = slot.place if slot.operand == RESULT else step.operands[slot.operand]
    node = edge[0] if edge is not None else step.of or 0
    if step.op is ACCUMULATE:
        it = "the gradient of {node}"
        it = f"a contribution to {it}" if slot.operand != RESULT else it
        mistake, what, also = _of_gradient(now, new, it)
    else:
        mistake, what, also = _of_factor(now, new)
    what += f": {_some(new)}" if certain and mistake != "mask-replaced" else ""
    cost = unknown.cost + 0.02 * np.size(now)
    changes = {slot: unknown.put(Number(new))}
    return Edit(mistake, changes, node, what, {"own": own}, cost, also=also)


def _meant(now: Any, new: Any) -> Any:
    """Replace what is one of a few numbers, but for round-off, by that."""
    known = np.unique([0.0, 1.0, *np.ravel(now)])
    if len(known) > _FEW:
        return np.where(np.abs(new - now) <= _CLOSE * np.abs(now).max(), now, new)
    nearest = known[np.abs(np.asarray(new)[..., None] - known).argmin(axis=-1)]
    return np.where(np.abs(new - nearest) <= _CLOSE * np.abs(known).max(), nearest, new)


def _of_factor(now: Any, new: Any) -> tuple[str, str, tuple[str, ...]]:
    """Say what stands where a factor should."""
    levels, most = np.unique(new), np.unique(now)
    if len(levels) == 2 and 0 in levels and len(most) <= 2:
        what = "the mask of {node} is another one than in the forward pass"
        return "mask-replaced", what, ("factor-replaced",)
    if np.allclose(np.sort(new, axis=None), np.sort(now, axis=None), rtol=_CLOSE):
        what = "in the derivative of {node} the numbers of {own} stand at other places"
        return "order", what, ("index-shifted", "factor-replaced")
    what = "in the derivative of {node} the program's {own} is replaced by other constant numbers"
    return "factor-replaced", what, ("mask-replaced", "target-missing")


def _of_gradient(now: Any, new: Any, it: str) -> tuple[str, str, tuple[str, ...]]:
    """Say what a gradient is multiplied with, or what is added to it."""
    if not now.any():
        what = f"constant numbers are added to {it}"
        return "term-added", what, ("factor-replaced", "target-missing")
    axes = [axis for axis, length in enumerate(now.shape) if length > 1]
    where = f"along axis {axes[0]}" if len(axes) == 1 else "element by element"
    what = f"{it} is multiplied {where} with constant numbers"
    if is_uniform(new[new != 0]) and not new.all():
        return "mask-replaced", what, ("routed-to-all", "index-overwritten", "not-reduced")
    return "factor-added", what, ("constant-factor", "factor-replaced")


def _some(numbers: Any) -> str:
    flat = np.ravel(numbers)
    return ", ".join(f"{x:.4g}" for x in flat[:4]) + (", ..." if flat.size > 4 else "")
