"""What may stand for a mask: its opposite, the sign of something, another element than the one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import ops
from ...ops.reductions import _max, _min
from ...programs.witnesses import op_of
from ..edits import OWN, Call, Number, Ref, call
from ..facts import selects
from ..pools import FORMS, Source
from ..structure import Structure

_EQUAL = op_of(np.equal, 2)


def is_mask(number: Any) -> bool:
    """Whether numbers say yes or no."""
    array = np.asarray(number)
    return array.dtype.kind == "b" or (array.ndim > 0 and bool(np.isin(array, (0.0, 1.0)).all()))


def other_masks(structure: Structure, own: int, edge: tuple[int, int]) -> Iterator[Source]:
    """Yield what may stand for a mask in the derivative along an edge."""
    now = np.asarray(structure.values[own])
    yield Source(call(ops.sub, Number(1.0), OWN), 1.0 - now, "inverted", own)
    child, operand = edge
    step, parent = structure.steps[child], structure.steps[child].operands[operand]
    taken = np.asarray(structure.values[parent])
    if not selects(step.op) or taken.shape != now.shape:
        return
    axis = step.metadata["axis"]
    other = _min if step.op is _max else _max
    extreme = Call(other, (Ref(parent),), {"axis": axis, "keepdims": True})
    number = taken == other.forward(taken, axis=axis, keepdims=True)
    yield Source(call(_EQUAL, Ref(parent), extreme), number * 1.0, "other extreme", parent, 0.1)
    for kind in ("v > 0", "v <= 0"):
        expr = FORMS[kind](Ref(parent))
        yield Source(expr, ((taken > 0) == (kind == "v > 0")) * 1.0, kind, parent, 0.2)
    for cost, at in ((0.2, 0), (0.3, -1)):
        one = np.zeros(taken.shape)
        axes = range(taken.ndim) if axis is None else np.atleast_1d(axis) % taken.ndim
        one[tuple(at if k in axes else slice(None) for k in range(taken.ndim))] = 1.0
        yield Source(Number(one), one, "first" if at == 0 else "last", parent, cost)
    times_own = call(ops.mul, OWN, Ref(parent))
    yield Source(times_own, now * taken, "value", parent, 0.3)
