"""Programs whose unknown ops are replaced by what these are composed of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .composition import decompose
from .program import Instruction, Kind, Program
from .simplify import simplify


def expand(program: Program, is_known: Callable[[Instruction], bool]) -> Program:
    """Replace ops that are not known by what they are composed of, as far as they can be.

    Parameters
    ----------
    program : Program
        Typed.
    is_known : callable
        Whether a step can stay.

    Returns
    -------
    Program
        Simplified, with the same inputs and results; the same one where every step can stay.
    """
    if all(step.op is None or is_known(step) for step in program.instructions):
        return program
    steps: list[Instruction] = []
    moved: list[int] = []

    def add(step: Instruction) -> int:
        found = None
        if step.op is not None and not is_known(step):
            sources = [steps[k] for k in step.operands]
            found = decompose(step.op, [(s.shape, s.dtype) for s in sources], step.metadata)
        if found is None:
            steps.append(step)
            return len(steps) - 1
        parts, numbers = found
        inputs = dict(zip(parts.inputs, (step.operands[k] for k in numbers), strict=True))
        places: list[int] = []
        for k, part in enumerate(parts.instructions):
            if k in inputs:
                places.append(inputs[k])
                continue
            operands = tuple(places[j] for j in part.operands)
            kind = step.kind if part.op else Kind.CONSTANT
            places.append(add(replace(part, kind=kind, operands=operands, scope=step.scope)))
        (last,) = (places[k] for k in parts.outputs)
        steps[last] = replace(steps[last], name=step.name, of=step.of)
        return last

    for step in program.instructions:
        of = None if step.of is None else moved[step.of]
        moved.append(add(replace(step, operands=tuple(moved[k] for k in step.operands), of=of)))
    return simplify(program.renumber(steps, moved))
