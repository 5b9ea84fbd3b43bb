"""Fewer and cheaper steps for a program that is not going to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from .. import ops
from ..kernel import Op
from ..ops.reductions import _sum
from ..ops.shaping import _reshape as reshape
from ..ops.shaping import _transpose as transpose
from ..programs import Instruction, Kind, Program
from ..programs.simplify import remove_dead_steps
from ..programs.witnesses import op_of


def rewrite(program: Program) -> Program:
    """Replace steps by cheaper ones that compute the same numbers.

    Parameters
    ----------
    program : Program
        Simplified, with shapes and dtypes.

    Returns
    -------
    Program
        With shapes and dtypes, too. Products may be added up in another order.
    """
    rewriter = _Rewriter(program)
    for k in range(len(program.instructions)):
        rewriter.add(k)
    return remove_dead_steps(rewriter.program())


class _Rewriter:
    """Instructions as they are added, and where those of the program have gone."""

    def __init__(self, program: Program) -> None:
        self.old, self._uses = program, program.count_uses()
        self.steps: list[Instruction] = []
        self.uses: list[int] = []
        #: Where the relu of an instruction is.
        self.relus: dict[int, int] = {}
        self._moved: list[int] = []

    def add(self, k: int) -> None:
        """Add an instruction of the program, or what is better."""
        step = self.old.instructions[k]
        step = replace(step, operands=tuple(self._moved[j] for j in step.operands), of=None)
        rule = _RULES.get(step.op)
        better = rule(self, step) if rule is not None else None
        self.steps.append(better or step)
        self.uses.append(self._uses[k])
        self._moved.append(len(self.steps) - 1)

    def alone(self, position: int, op: Op) -> Instruction | None:
        """Return an operand that is of some op, if nothing else uses it."""
        step = self.steps[position]
        return step if step.op is op and self.uses[position] == 1 else None

    def add_transpose(self, position: int) -> int:
        """Return the transpose of a matrix, which may be there already."""
        step = self.steps[position]
        if step.op is transpose:
            return step.operands[0]
        self.steps.append(
            Instruction(
                Kind.FORWARD,
                op=transpose,
                operands=(position,),
                metadata={"axes": (1, 0)},
                shape=step.shape[::-1],
                dtype=step.dtype,
            )
        )
        self.uses.append(1)
        return len(self.steps) - 1

    def program(self) -> Program:
        """Return the program with what has been added."""
        return self.old.renumber(self.steps, self._moved)


def _neg(rewriter: _Rewriter, step: Instruction) -> Instruction | None:
    """Write -(a - b) as b - a."""
    inner = rewriter.alone(step.operands[0], ops.sub)
    return inner and replace(step, op=ops.sub, operands=inner.operands[::-1])


def _transpose_product(rewriter: _Rewriter, step: Instruction) -> Instruction | None:
    """Write (a^T b)^T as b^T a, whose memory is in the order of its own rows."""
    inner = rewriter.alone(step.operands[0], ops.matmul)
    if inner is None or len(step.shape) != 2:
        return None
    a, b = inner.operands
    if len(rewriter.steps[a].shape) != 2 or len(rewriter.steps[b].shape) != 2:
        return None
    if transpose not in (rewriter.steps[a].op, rewriter.steps[b].op):
        return None
    operands = rewriter.add_transpose(b), rewriter.add_transpose(a)
    return replace(step, op=ops.matmul, operands=operands, metadata={})


def _greater(rewriter: _Rewriter, step: Instruction) -> Instruction | None:
    """Write a > 0 as relu(a) > 0 where that is there: then `a` need not be kept."""
    a, b = step.operands
    bound = rewriter.steps[b]
    if a in rewriter.relus and bound.kind is Kind.CONSTANT and np.array_equal(bound.data, 0.0):
        return replace(step, operands=(rewriter.relus[a], b))
    return None


def _relu(rewriter: _Rewriter, step: Instruction) -> Instruction | None:
    rewriter.relus[step.operands[0]] = len(rewriter.steps)
    return None


def _sum_in_its_shape(rewriter: _Rewriter, step: Instruction) -> Instruction | None:
    """Write a sum whose axes are put back with length 1 as one that keeps them."""
    inner = rewriter.alone(step.operands[0], _sum)
    if inner is None or inner.shape == ():
        return None
    summed = rewriter.steps[inner.operands[0]]
    axes = inner.metadata["axis"]
    reduced = {
        int(axis) % len(summed.shape) for axis in (axes if isinstance(axes, tuple) else (axes,))
    }
    if step.shape != tuple(1 if k in reduced else n for k, n in enumerate(summed.shape)):
        return None
    metadata = {**inner.metadata, "keepdims": True}
    return replace(step, op=inner.op, operands=inner.operands, metadata=metadata)


_RULES: Mapping[Op | None, Callable[[_Rewriter, Instruction], Instruction | None]] = {
    op_of(np.greater): _greater,
    ops.neg: _neg,
    ops.relu: _relu,
    reshape: _sum_in_its_shape,
    transpose: _transpose_product,
}
