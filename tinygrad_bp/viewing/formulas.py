"""Derivative rules as text, traced as they run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..kernel import Value
from ..programs.program import Instruction, Kind, Program
from ..programs.simplify import simplified
from ..writing.expressions import Expr
from ..writing.literals import number_text
from ..writing.numpy_text import entry_for
from .plain import printable, summary


def formula(result: Value, names: Mapping[Value, str]) -> str:
    """Write how a Value is computed from others that have names, in NumPy's words.

    Parameters
    ----------
    result : Value
        The last node of what was recorded.
    names : mapping of Value to str
        Where to stop, and what stands for it; `result` itself is always written out.

    Returns
    -------
    str
        Such as ``w.T @ g``. Where a user's own op has no text, its name stands for it.
    """
    if not result.parents:
        return names.get(result, summary(result.data))
    order = _order(result, names)
    places = {value: k for k, value in enumerate(order)}
    steps = [_instruction(value, places, names, is_last=value is result) for value in order]
    inputs = tuple(k for k, step in enumerate(steps) if step.kind is Kind.INPUT)
    program = Program(tuple(steps), inputs, (), (), (places[result],), inputs)
    with np.errstate(all="ignore"):
        program = simplified(program)
    written: list[Expr] = []
    for step in program.instructions:
        written.append(_expression(step, [written[k] for k in step.operands]))
    return printable(written[program.gradients[0]].text.replace("np.", ""))


def _order(result: Value, names: Mapping[Value, str]) -> list[Value]:
    """Return what a Value is computed from, down to what has a name, parents first."""
    order: dict[Value, None] = {}
    stack = [result]
    while stack:
        value = stack[-1]
        stops = value in names and value is not result
        missing = [] if stops else [p for p in value.parents if p not in order]
        if missing and value not in order:
            stack.extend(reversed(missing))
        else:
            order[stack.pop()] = None
    return list(order)


def _instruction(
    value: Value, places: Mapping[Value, int], names: Mapping[Value, str], *, is_last: bool
) -> Instruction:
    if value in names and not is_last:
        kind, name = Kind.INPUT, names[value]
    else:
        kind, name = Kind.BACKWARD if value.op else Kind.CONSTANT, None
    computed = kind is Kind.BACKWARD
    return Instruction(
        kind,
        op=value.op if computed else None,
        operands=tuple(places[parent] for parent in value.parents) if computed else (),
        metadata=value.metadata if computed else {},
        shape=value.shape,
        dtype=value.dtype,
        name=name,
        data=None if computed else value.data,
    )


def _expression(step: Instruction, operands: list[Expr]) -> Expr:
    if step.op is None:
        data = np.asarray(step.data)
        return Expr(step.name or (number_text(data[()]) if data.ndim == 0 else summary(data)))
    entry = entry_for(step, {})
    if entry is None:
        return Expr(f"{step.op_name}({', '.join(map(str, operands))})")
    return entry.write(step, operands, lambda array: "places")
