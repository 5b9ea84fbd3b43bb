"""Programs made ready for loops: ops taken apart, results in memory of their own."""

from __future__ import annotations

from dataclasses import replace

from ...ops import matmul
from ...ops.elementary import positive
from ...programs import expanding
from ...programs.program import Instruction, Kind, Program
from .scalars import is_scalar


def expand_for_loops(program: Program) -> Program:
    """Take apart each op that has no loop of its own: a softmax is a maximum, an exp, a sum..."""
    return expanding.expand(program, _has_loop)


def _has_loop(step: Instruction) -> bool:
    op = step.op
    return op is not None and (
        op.moves or op.fills or op.reduces is not None or op is matmul or is_scalar(op)
    )


def copy_shared_results(program: Program) -> Program:
    """Let every result be an instruction of its own, which nothing else returns.

    What is returned twice, or is an argument, or shares its memory, is copied at the end.
    """
    steps = list(program.instructions)
    taken: set[int] = set()

    def own(position: int) -> int:
        source = steps[position]
        if source.op is None or source.op.moves or position in taken:
            known = {"shape": source.shape, "dtype": source.dtype}
            steps.append(Instruction(Kind.FORWARD, positive, (position,), **known))
            position = len(steps) - 1
        taken.add(position)
        return position

    outputs = tuple(map(own, program.outputs))
    gradients = tuple(map(own, program.gradients))
    return replace(program, instructions=tuple(steps), outputs=outputs, gradients=gradients)
