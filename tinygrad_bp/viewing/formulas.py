"""Derivative rules as text, traced as they run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..kernel import Value
from ..programs.between import program_between
from ..programs.program import Instruction
from ..programs.simplify import simplify
from ..writing.expressions import Expr
from ..writing.literals import number_text
from ..writing.numpy_text import entry_for
from .plain_text import printable, summary


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
    program, inputs = program_between(names, result)
    with np.errstate(all="ignore"):
        program = simplify(program)
    known = {k: Expr(names[node]) for k, node in zip(program.inputs, inputs, strict=True)}
    written: list[Expr] = []
    for k, step in enumerate(program.instructions):
        operands = [written[place] for place in step.operands]
        written.append(known[k] if k in known else _expression(step, operands))
    return printable(written[program.outputs[0]].text.replace("np.", ""))


def _expression(step: Instruction, operands: list[Expr]) -> Expr:
    if step.op is None:
        data = np.asarray(step.data)
        return Expr(number_text(data[()]) if data.ndim == 0 else summary(data))
    entry = entry_for(step, {})
    if entry is None:
        return Expr(f"{step.op_name}({', '.join(map(str, operands))})")
    return entry.write(step, operands, lambda array: "places")
