"""Ops that are composed of others, taken apart: a softmax is a maximum, an exp, a sum, a quotient.

The formula is the op's own forward function, run on Values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...kernel import Value
from ...kernel.order import ordered
from ...ops.elementary import positive
from ...programs.program import Instruction, Kind, Program
from ...programs.witnesses import recorded_in_full
from ...transforms.running import recorded
from .addresses import MOVES

#: Rows of the table whose forward function is made of other ops.
COMPOSED = frozenset(["sigmoid", "relu", "softmax", "log_softmax", "logsumexp"])


def expanded(program: Program) -> Program:
    """Replace each op of `COMPOSED` by what its forward function computes.

    Parameters
    ----------
    program : Program
        Typed.

    Returns
    -------
    Program
        Typed, with the same inputs and results.
    """
    steps: list[Instruction] = []
    new: list[int] = []
    for step in program.instructions:
        new.append(_add(steps, replace(step, operands=tuple(new[k] for k in step.operands))))
    return _renumbered(program, steps, new.__getitem__)


def _renumbered(
    program: Program, steps: Sequence[Instruction], new: Callable[[int], int]
) -> Program:
    return replace(
        program,
        instructions=tuple(replace(step, of=None) for step in steps),
        inputs=tuple(map(new, program.inputs)),
        seeds=tuple(map(new, program.seeds)),
        outputs=tuple(map(new, program.outputs)),
        gradients=tuple(map(new, program.gradients)),
    )


def _add(steps: list[Instruction], step: Instruction) -> int:
    if step.row not in COMPOSED:
        steps.append(step)
        return len(steps) - 1
    operands = [Value(np.ones(steps[k].shape, steps[k].dtype)) for k in step.operands]
    assert step.op is not None
    with recorded_in_full(), recorded():
        result = step.op.forward(*operands, **step.metadata)
    places = dict(zip(operands, step.operands, strict=True))
    for node in ordered(result, constants=True):
        if node not in places:
            places[node] = _add(steps, _instruction(node, places))
    return places[result]


def _instruction(node: Value, places: dict[Value, int]) -> Instruction:
    known: dict[str, Any] = {"shape": node.shape, "dtype": node.dtype}
    if not node.parents:
        return Instruction(Kind.CONSTANT, data=node._data, **known)
    operands = tuple(places[parent] for parent in node.parents)
    return Instruction(Kind.FORWARD, node.op, operands, node.metadata, **known)


def with_own_results(program: Program) -> Program:
    """Let every result be an instruction of its own, which nothing else returns.

    What is returned twice, or is an argument, or shares its memory, is copied at the end.
    """
    steps = list(program.instructions)
    taken: set[int] = set()

    def own(position: int) -> int:
        source = steps[position]
        if source.op is None or source.row in MOVES or position in taken:
            known = {"shape": source.shape, "dtype": source.dtype}
            steps.append(Instruction(Kind.FORWARD, positive, (position,), **known))
            position = len(steps) - 1
        taken.add(position)
        return position

    outputs = tuple(map(own, program.outputs))
    gradients = tuple(map(own, program.gradients))
    return replace(program, instructions=tuple(steps), outputs=outputs, gradients=gradients)
