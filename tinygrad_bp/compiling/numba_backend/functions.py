"""The functions of a compiled program, as text: which stages each holds, and what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from .fusion import Plan
from .layout import Memory
from .loops import Kernel

#: The argument of a compiled loop that says how often it runs.
TIMES = "times"


@dataclass(frozen=True, slots=True)
class Function:
    """One function to be compiled.

    Attributes
    ----------
    name : str
        Of the function.
    text : str
        Its definition.
    leaves : list of int
        Which leaves of the program's arguments it is given, first of all.
    buffers : list of str
        Which buffers it is given then.
    helpers : list of str
        Definitions of functions that it calls. Very long ones are compiled in parts.
    looped : bool
        Whether it has the number of runs as its first argument.
    """

    name: str
    text: str
    leaves: list[int]
    buffers: list[str]
    helpers: list[str]
    looped: bool


def parts_of(plan: Plan, memory: Memory, carried: int | None) -> list[Function | int]:
    """Write the functions of a plan, and the instructions between them that NumPy computes.

    Parameters
    ----------
    plan : Plan
        The stages.
    memory : Memory
        The regions of what they read and write.
    carried : int or None
        For a loop, how many inputs are carried. If NumPy has nothing to do it is one function,
        and else its body is what is written.

    Returns
    -------
    list of Function or int
        In the order in which they have to run.
    """
    numbers = plan.segment_of()
    stages = [list(group) for _, group in groupby(range(len(numbers)), numbers.__getitem__)]
    groups = groupby(stages, lambda segment: plan.stages[segment[0]].called)
    segments = [(called, list(group)) for called, group in groups] or [(False, [])]
    if len(segments) == 1 and not segments[0][0]:
        return [_write("run", plan, memory, segments[0][1], carried)]
    found: list[Function | int] = []
    for called, group in segments:
        if called:
            found += [plan.stages[segment[0]].body[0] for segment in group]
        else:
            found.append(_write(f"run_{len(found)}", plan, memory, group, None))
    return found


def _write(
    name: str, plan: Plan, memory: Memory, segments: Sequence[Sequence[int]], carried: int | None
) -> Function:
    kernels = [Kernel(plan, memory, stages) for stages in segments]
    helpers: list[str] = []
    body = kernels[0].lines if kernels else []
    if len(kernels) > 1:
        names = [f"{name}_{number}" for number in range(len(kernels))]
        pairs = list(zip(names, kernels, strict=True))
        helpers = [_definition(part, kernel.used, kernel.lines) for part, kernel in pairs]
        body = [f"{part}({', '.join(kernel.used)})" for part, kernel in pairs]
    if carried is not None:
        before, after = _write_carrying(plan, memory, carried)
        kernels += [before, after]
        body = [*before.lines, f"for _ in range({TIMES}):", *_indent([*body, *after.lines])]
    used = sorted({each for kernel in kernels for each in kernel.used})
    leaves = sorted(int(each[1:]) for each in used if each[0] == "a")
    buffers = [each for each in used if each[0] != "a"]
    positions = (*plan.program.inputs, *plan.program.seeds)
    flat = [f"a{k} = a{k}.flat" for k in leaves if plan.steps[positions[k]].shape]
    arguments = [*[TIMES] * (carried is not None), *[f"a{k}" for k in leaves], *buffers]
    text = _definition(name, arguments, [*flat, *body])
    return Function(name, text, leaves, buffers, helpers, carried is not None)


def _write_carrying(plan: Plan, memory: Memory, carried: int) -> tuple[Kernel, Kernel]:
    """Write how what is carried comes in, and how new values come to where they are read next."""
    before, after = Kernel(plan, memory), Kernel(plan, memory)
    for leaf, position in enumerate(plan.program.inputs[:carried]):
        before.take_in(leaf, memory.results[leaf], plan.steps[position].shape)
    for position, target in memory.copies:
        after.copy(memory.regions[position], target, plan.size(position))
    return before, after


def _definition(name: str, arguments: Iterable[str], body: Sequence[str]) -> str:
    lines = [f"def {name}({', '.join(arguments)}):", *_indent([*body, "return"])]
    return "\n".join(lines) + "\n"


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines] or ["    pass"]
