"""What has to be known of ops here. Each fact is asked in one place; none is a matter of names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..kernel import Op
from ..ops.rearranging import _scatter
from ..ops.shaping import _astype, _reshape, _transpose, scatter_add
from ..programs.addresses import find_destinations
from ..programs.composition import is_elementwise
from ..programs.labelled import PASS
from ..programs.program import Instruction
from ..transforms.running import _alias

_ARRANGING = {_transpose, _reshape, ops.broadcast_to, _astype, _alias, PASS}
_known: dict[Any, Any] = {}


def elementwise(op: Op | None) -> bool:
    """Whether the numbers of an op at one place depend on those of its operands there alone."""
    return op is not None and is_elementwise(op)


def _numbers(operands: list[Any]) -> list[Any] | None:
    """Return other operands of the same shapes; None where one of them is no number."""
    rng = np.random.default_rng(len(operands))
    if any(np.asarray(o).dtype.kind not in "fb" for o in operands):
        return None
    return [rng.uniform(0.5, 1.5, np.shape(o)) for o in operands]


def affine(step: Instruction, operand: int, operands: list[Any]) -> bool:
    """Whether a result is an affine function of one operand."""
    key = (step.op, operand)
    if key not in _known:
        _known[key] = _affine(step, operand, operands)
    return bool(_known[key])


def _affine(step: Instruction, operand: int, operands: list[Any]) -> bool:
    rng = np.random.default_rng(1)
    moved = rng.uniform(0.5, 1.5, np.shape(operands[operand]))
    base = rng.uniform(0.5, 1.5, np.shape(operands[operand]))
    others = [
        o if np.asarray(o).dtype.kind != "f" else rng.uniform(0.5, 1.5, np.shape(o))
        for o in operands
    ]

    def at(t: float) -> Any:
        trial = list(others)
        trial[operand] = base + t * moved
        assert step.op is not None
        return np.asarray(step.op.forward(*trial, **step.metadata), float)

    return bool(np.allclose(at(2.0) - at(1.0), at(1.0) - at(0.0), rtol=1e-9, atol=1e-9))


def additive(step: Instruction, operands: list[Any]) -> bool:
    """Whether a step of several operands is a sum of them: twice of each gives twice of it."""
    return len(operands) > 1 and _degree(step, operands) == 1


def product(step: Instruction, operands: list[Any]) -> bool:
    """Whether a step multiplies its operands: twice of each gives four times of it."""
    return len(operands) == 2 and _degree(step, operands) == 2


def _degree(step: Instruction, operands: list[Any]) -> int:
    key = (step.op, "degree")
    if key not in _known:
        _known[key] = _measure_degree(step, operands)
    return int(_known[key])


def _measure_degree(step: Instruction, operands: list[Any]) -> int:
    numbers = _numbers(operands)
    assert step.op is not None
    if numbers is None:
        return -1
    one = np.asarray(step.op.forward(*numbers, **step.metadata), float)
    two = np.asarray(step.op.forward(*(2 * n for n in numbers), **step.metadata), float)
    for degree in (0, 1, 2):
        if np.allclose(two, 2.0**degree * one, rtol=1e-9):
            return degree
    return -1


def negates(op: Op | None) -> bool:
    """Whether an op changes the sign and nothing else."""
    return op is ops.neg


def reduces(op: Op | None) -> bool:
    """Whether an op adds up along axes."""
    return op is not None and op.reduces is np.add


def selects(op: Op | None) -> bool:
    """Whether an op takes the largest or the smallest along axes."""
    return op is not None and op.reduces in (np.maximum, np.minimum)


def scatters(step: Instruction) -> bool:
    """Whether a step adds the numbers of its one operand to zeros, each at a place."""
    return step.op in (scatter_add, _scatter) and len(step.operands) == 1


def targets(step: Instruction, given: Any) -> Any:
    """Return to which place of the result each number is added that a step scatters."""
    return find_destinations(step, [np.shape(given)])[0]


def moves(op: Op | None) -> bool:
    """Whether an op only arranges the numbers of its one operand anew."""
    return op in _ARRANGING


def switches(step: Instruction) -> bool:
    """Whether a step gives yes or no."""
    return np.dtype(step.dtype or float).kind == "b"
