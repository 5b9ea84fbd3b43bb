"""The `numpy` backend: straight-line code, whose arrays are allocated once and used again."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from ..writing import Program
from .numpy_code import Code, Place
from .numpy_forms import form_of

__all__ = ["build", "build_loop"]

_numbers = count(1)


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
    order = [k for k, step in enumerate(program.instructions) if step.op is not None]
    results = (*program.outputs, *program.gradients)
    code = _code(program, order, (*results, *program.inputs, *program.seeds))
    leaves = _leaves(code, (*program.inputs, *program.seeds))
    for k in order:
        code.write(k)
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
    changing = _depending_on(program, state)
    steps = [k for k, step in enumerate(program.instructions) if step.op is not None]
    before, inside = [k for k in steps if not changing[k]], [k for k in steps if changing[k]]
    staying = program.inputs[carried:]
    code = _code(program, [*before, *inside], (*program.outputs, *before, *staying))
    code.states = dict(zip(program.outputs, state))
    leaves = _leaves(code, program.inputs)
    start = _states(code, state)
    for k in before:
        code.write(k)
    code.lines, lines = [], [*start, *code.lines]
    for k in inside:
        code.write(k)
    code.lines += _moves(code, state)
    body = code.lines or ["pass"]
    lines += ["for _ in range(n):", *(f"    {line}" for line in body)]
    return _function(code, ["n", *leaves], lines, [code.text(k) for k in state])


def _code(program: Program, order: Sequence[int], lasting: Sequence[int]) -> Code:
    steps = program.instructions
    forms = [
        None if step.op is None else form_of(step, [steps[k] for k in step.operands])
        for step in steps
    ]
    return Code(program, forms, order, lasting)


def _leaves(code: Code, positions: Sequence[int]) -> list[str]:
    code.places |= {k: Place(f"x{k}") for k in positions}
    return [f"x{k}" for k in positions]


# --- loops -------------------------------------------------------------------------------------


def _depending_on(program: Program, state: Sequence[int]) -> list[bool]:
    depends = [False] * len(program.instructions)
    for k in state:
        depends[k] = True
    for k, step in enumerate(program.instructions):
        depends[k] = depends[k] or any(depends[operand] for operand in step.operands)
    return depends


def _states(code: Code, state: Sequence[int]) -> list[str]:
    """Keep what is carried in arrays of the program, which begin as copies of the leaves."""
    lines = []
    for k in state:
        step = code.steps[k]
        if step.shape != ():
            dtype = np.dtype(step.dtype).name
            name = f"s{k}"
            code.header.append(f"{name} = {code.function(np.empty)}({step.shape}, {dtype!r})")
            code.places[k] = Place(name, fixed=True, contiguous=True)
            lines.append(f"{name}[...] = x{k}")
    return lines


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
    body = [*lines, f"return ({''.join(f'{result}, ' for result in results)})"]
    if code.ignores_overflow:  # of exp in a sigmoid, which is right all the same
        code.names["errstate"] = np.errstate
        body = ['with errstate(over="ignore"):', *(f"    {line}" for line in body)]
    head = [*code.header, "", f"def program({', '.join(leaves)}):"]
    text = "\n".join([*head, *(f"    {line}" for line in body)]) + "\n"
    pieces = code.pool.arrays()

    def memory(piece: int, shape: tuple[int, ...], dtype: str) -> Any:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        return pieces[piece][:size].view(dtype).reshape(shape)

    name = f"<compiled program {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {**code.names, "memory": memory}
    exec(compile(text, name, "exec"), namespace)
    function: Any = namespace["program"]
    function.source = text
    return function  # type: ignore[no-any-return]
