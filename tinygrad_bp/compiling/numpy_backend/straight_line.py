"""The `numpy` backend: straight-line code, whose arrays are allocated once and used again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...programs import Instruction, Program
from ...programs.defining import define
from .code import Code, Form, Place
from .forms import form_of, formula_of, write_together
from .lanes import Lanes


def build(program: Program) -> Callable[..., tuple[Any, ...]]:
    """Make a function of a program.

    Parameters
    ----------
    program : Program
        Whose instructions have shapes and dtypes.

    Returns
    -------
    callable
        Takes the leaves, of the right shapes and dtypes; those of shape () as NumPy scalars.
        Returns outputs and gradients, which may be its buffers or the leaves themselves. Its
        text is its attribute `source`.
    """
    results = (*program.outputs, *program.gradients)
    steps = [k for k, step in enumerate(program.instructions) if step.op is not None]
    forms, lanes = _plan(program, steps, ())
    code = Code(
        program,
        forms,
        [*_early(steps, lanes), *lanes.late],
        (*results, *program.inputs, *program.seeds),
    )
    leaves = _leaves(code, (*program.inputs, *program.seeds))
    _write(code, steps, lanes)
    return _function(code, leaves, code.lines, [code.text(k) for k in results])


def build_loop(program: Program, carried: int) -> Callable[..., tuple[Any, ...]]:
    """Make a function that runs a program n times, its outputs being the next inputs.

    Parameters
    ----------
    program : Program
        With as many outputs as carried inputs, of the same shapes and dtypes.
    carried : int
        How many of the first inputs are replaced.

    Returns
    -------
    callable
        Takes n and the leaves, and returns the outputs of the last run.
    """
    state = program.inputs[:carried]
    changing = _find_depending_on(program, state)
    steps = [k for k, step in enumerate(program.instructions) if step.op is not None]
    before, inside = [k for k in steps if not changing[k]], [k for k in steps if changing[k]]
    forms, lanes = _plan(program, inside, state)
    lasting = (*program.outputs, *before, *program.inputs[carried:])
    code = Code(program, forms, [*before, *_early(inside, lanes), *lanes.late], lasting)
    code.states = dict(zip(program.outputs, state, strict=True))
    leaves = _leaves(code, program.inputs)
    lines = _states(code, state, lanes)
    for k in before:
        code.write(k)
    code.lines, lines = [], [*lines, *code.lines]
    _write(code, inside, lanes)
    code.lines += _moves(code, state)
    body = code.lines or ["pass"]
    lines += ["for _ in range(n):", *(f"    {line}" for line in body)]
    return _function(code, ["n", *leaves], lines, [code.text(k) for k in state])


def _plan(
    program: Program, steps: Sequence[int], state: Sequence[int]
) -> tuple[list[Form | None], Lanes]:
    """Decide how each step is written, and which of some steps are computed side by side."""
    instructions = program.instructions
    forms = [
        None if step.op is None else form_of(step, [instructions[k] for k in step.operands])
        for step in instructions
    ]
    formulas = {k: formula_of(instructions[k], forms[k]) for k in steps}
    movable = {k: "buffer" for k in steps if _is_buffer(instructions[k], forms[k])}
    movable |= {k: "state" for k in state if instructions[k].shape != ()}
    return forms, Lanes(program, formulas, movable)


def _is_buffer(step: Instruction, form: Form | None) -> bool:
    return form is not None and form.memory == "buffer" and step.shape != ()


def _early(steps: Sequence[int], lanes: Lanes) -> list[int]:
    late = set(lanes.late)
    return [k for k in steps if k not in late]


def _write(code: Code, steps: Sequence[int], lanes: Lanes) -> None:
    """Write steps, those that are computed side by side at the end."""
    results = set(lanes.groups.values())
    for row in lanes.rows:
        if row not in results:
            code.row(row)
    for k in _early(steps, lanes):
        code.write(k)
    together = {k for members in results for k in members}
    for k in lanes.late:
        if k in lanes.groups:
            write_together(code, lanes.groups[k])
        elif k not in together:
            code.write(k)


def _leaves(code: Code, positions: Sequence[int]) -> list[str]:
    code.places |= {k: Place(f"x{k}") for k in positions}
    return [f"x{k}" for k in positions]


# --- loops -------------------------------------------------------------------------------------


def _find_depending_on(program: Program, state: Sequence[int]) -> list[bool]:
    depends = [False] * len(program.instructions)
    for k in state:
        depends[k] = True
    for k, step in enumerate(program.instructions):
        depends[k] = depends[k] or any(depends[operand] for operand in step.operands)
    return depends


def _states(code: Code, state: Sequence[int], lanes: Lanes) -> list[str]:
    """Keep what is carried in arrays of the program, which begin as copies of the leaves."""
    arrays = [k for k in state if code.steps[k].shape != ()]
    rows = [row for row in lanes.rows if row[0] in arrays]
    for row in [*rows, *((k,) for k in arrays if not any(k in row for row in rows))]:
        code.row(row)
    return [f"{code.text(k)}[...] = x{k}" for k in arrays]


def _moves(code: Code, state: Sequence[int]) -> list[str]:
    """Make outputs the next inputs, all at once: one may be a view of the state of another."""
    saved, copied = [], []
    numbers: list[tuple[str, str]] = []
    for k, output in zip(state, code.program.outputs, strict=True):
        place, source = code.text(k), code.text(output)
        if code.steps[k].shape == ():
            numbers.append((place, source))
        elif source != place:
            if code.life.roots[output] & set(state):
                saved.append(f"y{k} = {source}.copy()")
                source = f"y{k}"
            copied.append(f"{place}[...] = {source}")
    if numbers:
        left, right = zip(*numbers, strict=True)
        saved.append(f"{', '.join(left)} = {', '.join(right)}")
    return [*saved, *copied]


# --- from text to a function -------------------------------------------------------------------


def _function(
    code: Code, leaves: Sequence[str], lines: Sequence[str], results: Sequence[str]
) -> Callable[..., tuple[Any, ...]]:
    body = [*lines, f"return {', '.join(results) or '()'}{',' if len(results) == 1 else ''}"]
    if code.ignores_overflow:  # of exp in a sigmoid, which is right all the same
        code.names["errstate"] = np.errstate
        body = ['with errstate(over="ignore"):', *(f"    {line}" for line in body)]
    head = [*code.header, "", f"def program({', '.join(leaves)}):"]
    text = "\n".join([*head, *(f"    {line}" for line in body)]) + "\n"
    pieces = code.pool.arrays()

    def memory(piece: int, shape: tuple[int, ...], dtype: str) -> Any:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        return pieces[piece][:size].view(dtype).reshape(shape)

    names = {**code.names, "memory": memory}
    function: Any = define(text, "program", "compiled program", names)
    function.source = text
    return function  # type: ignore[no-any-return]
