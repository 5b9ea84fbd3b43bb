"""The one table of how each op is computed in NumPy without making arrays.

An op that is one of NumPy's ufuncs writes into a buffer. What has no form of its own is computed
by the op's forward function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ... import ops
from ...kernel import Op
from ...ops import joining, shaping
from ...programs import Instruction, Kind
from .code import Code, Form

#: What `a ** number` is, as NumPy's own operator knows as well.
_POWERS = {2.0: np.square, 0.5: np.sqrt, -1.0: np.reciprocal, 1.0: np.positive}
#: Below this number of elements a mask is first made a float, which saves half of the time.
_SMALL = 4096


def form_of(step: Instruction, sources: Sequence[Instruction]) -> Form:
    """Return how a step is written, from what its operands are.

    Parameters
    ----------
    step : Instruction
        One with an op.
    sources : sequence of Instruction
        Its operands.
    """
    op = step.op
    assert op is not None
    maker = _reduction if op.reduces else _FORMS.get(op)
    form = None if maker is None else maker(step, sources)
    if form is None and _ufunc(step) is not None:
        form = _NUMBER if step.shape == () else _ELEMENTWISE
    return form or (_FORWARD if step.shares else _FORWARD_NEW)


# --- elementwise -------------------------------------------------------------------------------


def _ufunc(step: Instruction) -> np.ufunc | None:
    """Return the ufunc that an op is, if it is one of numbers at the same place, and no more."""
    function: Any = step.op.numpy if step.op is not None and not step.metadata else None
    is_ufunc = isinstance(function, np.ufunc) and function.signature is None
    return function if is_ufunc and function.nout == 1 else None


def _write_number(code: Code, k: int) -> None:
    step = code.steps[k]
    assert step.op is not None
    operands = [code.text(operand) for operand in step.operands]
    if step.op.symbol and len(operands) == 2:
        code.assign(k, f" {step.op.symbol} ".join(operands))
    elif step.op.symbol:
        code.assign(k, f"{step.op.symbol}{operands[0]}")
    else:
        function = _ufunc(step)
        assert function is not None
        code.assign(k, f"{code.function(function)}({', '.join(operands)})")


def _write_elementwise(code: Code, k: int) -> None:
    step = code.steps[k]
    operands = code.operands(k)
    if _ufunc(step) is np.multiply:
        operands = [_as_factor(code, k, n, text) for n, text in enumerate(operands)]
    function, operands = _cheapest(code, step, operands)
    code.line(_into(code, function, operands, code.buffer(k, *range(len(step.operands)))))


def _cheapest(code: Code, step: Instruction, operands: list[str]) -> tuple[np.ufunc, list[str]]:
    """Return the ufunc that computes a step, which for some powers is a better one."""
    function = _ufunc(step)
    assert function is not None
    if function is np.power:
        exponent = code.steps[step.operands[1]]
        special = _POWERS.get(exponent.data) if type(exponent.data) is float else None
        if special is not None:
            return special, operands[:1]
    return function, operands


def formula_of(step: Instruction, form: Form | None) -> Any:
    """Return what a step computes elementwise; None for one that does something else."""
    return _ufunc(step) if form is _ELEMENTWISE else None


def write_together(code: Code, members: tuple[int, ...]) -> None:
    """Write one call for steps of the same formula, whose operands stand one after another."""
    operands = code.operands(members[0])
    columns = list(zip(*(code.steps[k].operands for k in members), strict=True))
    for n, column in enumerate(columns):
        if column in code.rows:
            operands[n] = code.rows[column]
    function, operands = _cheapest(code, code.steps[members[0]], operands)
    code.line(_into(code, function, operands, code.row_of_results(members, columns)))
    for k in members:
        code.release(k)


def _into(code: Code, function: np.ufunc, operands: Sequence[str], out: str) -> str:
    """Write a call with an output, by position where NumPy has no objections: that is faster."""
    named = "out=" if function in (np.maximum, np.minimum) else ""
    return f"{code.function(function)}({', '.join(operands)}, {named}{out})"


def _as_factor(code: Code, k: int, n: int, text: str) -> str:
    """Make a small mask a float before it is multiplied by."""
    step = code.steps[k]
    source = code.steps[step.operands[n]]
    small = source.shape != () and np.prod(source.shape) <= _SMALL
    if source.dtype != bool or step.dtype == bool or not small or len(set(step.operands)) == 1:
        return text
    mask = code.scratch(k, source, step.dtype)
    code.line(f"{mask}[...] = {text}")
    return mask


_NUMBER = Form(_write_number, "new")
_ELEMENTWISE = Form(_write_elementwise, "buffer")


def _relu(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        operands = [code.text(step.operands[0]), code.number(0, step.dtype)]
        code.line(_into(code, np.maximum, operands, code.buffer(k, 0)))

    return Form(write, "buffer") if step.shape != () else None


def _sigmoid(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        a, one, out = code.text(step.operands[0]), code.number(1, step.dtype), code.buffer(k, 0)
        code.line(_into(code, np.negative, [a], out))
        code.line(_into(code, np.exp, [out], out))
        code.line(_into(code, np.add, [out, one], out))
        code.line(_into(code, np.reciprocal, [out], out))
        code.ignores_overflow = True

    return Form(write, "buffer") if step.shape != () else None


def _where(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        condition, a, b = (code.text(operand) for operand in step.operands)
        copyto, out = code.function(np.copyto), code.buffer(k, 2)
        if out != b:
            code.line(f"{copyto}({out}, {b})")
        code.line(f"{copyto}({out}, {a}, where={condition})")

    is_mask = sources[0].dtype == bool and sources[0].kind is not Kind.CONSTANT
    return Form(write, "buffer") if step.shape != () and is_mask else None


def _copy(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        code.line(f"{code.buffer(k)}[...] = {code.text(step.operands[0])}")

    return Form(write, "buffer") if step.shape != () else None


# --- reductions and products -------------------------------------------------------------------


def _reduction(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        assert step.op is not None
        assert step.op.reduces is not None
        reduce = code.function(step.op.reduces.reduce, f"{step.op.name}_of")
        a, axis, keepdims = code.text(step.operands[0]), *_axis_and_keepdims(step)
        if step.shape == ():
            code.assign(k, f"{reduce}({a}, {axis}, None, None, {keepdims})")
        else:
            code.line(f"{reduce}({a}, {axis}, None, {code.buffer(k)}, {keepdims})")

    return Form(write, "buffer")


def _axis_and_keepdims(step: Instruction) -> tuple[str, str]:
    axis = step.metadata.get("axis")
    axes = axis if isinstance(axis, tuple) else (axis,)
    plain = tuple(a if a is None else int(a) for a in axes)
    return repr(plain if isinstance(axis, tuple) else plain[0]), repr(
        bool(step.metadata.get("keepdims"))
    )


def _matmul(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    a, b = sources
    if not (a.dtype == b.dtype == step.dtype and step.dtype.kind == "f"):
        return None

    def write(code: Code, k: int) -> None:
        if _is_row_by_matrix(code, step, a, b):
            matrix, column = code.text(code.steps[step.operands[0]].operands[0]), step.operands[1]
            row = code.define("v", f"{code.text(column)}.T")
            out = code.define("v", f"{code.buffer(k)}.T")
            code.line(f"{row}.dot({matrix}, {out})")
            return
        one, other = (code.text(operand) for operand in step.operands)
        if step.shape == ():
            code.assign(k, f"{one}.dot({other})")
        elif len(a.shape) <= 2 and len(b.shape) <= 2:
            code.line(f"{one}.dot({other}, {code.buffer(k)})")
        else:
            code.line(f"{code.function(np.matmul)}({one}, {other}, {code.buffer(k)})")

    return Form(write, "buffer")


def _is_row_by_matrix(code: Code, step: Instruction, a: Instruction, b: Instruction) -> bool:
    """Return whether a transposed matrix times a column is better a row times the matrix."""
    column = code.place(step.operands[1])
    return (
        a.op is shaping._transpose
        and len(a.shape) == 2
        and len(b.shape) == 2
        and b.shape[1] == 1
        and column.fixed
        and column.contiguous
    )


def _concatenate(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        parts = ", ".join(code.text(operand) for operand in step.operands)
        axis = int(step.metadata["axis"])
        code.line(f"{code.function(np.concatenate)}(({parts},), {axis}, {code.buffer(k)})")

    return Form(write, "buffer")


# --- shapes and places -------------------------------------------------------------------------


def _transpose(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        axes = step.metadata["axes"]
        order = None if axes is None else tuple(map(int, axes))
        reverse = order is None or order == tuple(range(len(step.shape)))[::-1]
        code.view(k, "{}.T" if reverse else f"{{}}.transpose({order})")

    return Form(write, "view") if step.shape != () else None


def _reshape(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    def write(code: Code, k: int) -> None:
        source = code.place(step.operands[0])
        if source.contiguous:
            code.view(k, f"{{}}.reshape({step.shape})", contiguous=True)
        else:  # may be a copy
            code.assign(k, f"{source.text}.reshape({step.shape})")

    return Form(write, "view") if step.shape != () and sources[0].shape != () else None


def _getitem(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    index = step.metadata["index"]
    parts = index if isinstance(index, tuple) else (index,)
    basic = all(
        part is None
        or part is Ellipsis
        or (isinstance(part, int | np.integer | slice) and not isinstance(part, bool))
        for part in parts
    )

    def write(code: Code, k: int) -> None:
        name = code.keep(index, "i")
        if basic and step.shape != ():
            code.view(k, f"{{}}[{name}]")
        else:  # a number, although `...` gives a view of shape ()
            number = "[()]" if step.shape == () else ""
            code.assign(k, f"{code.text(step.operands[0])}[{name}]{number}")

    return Form(write, "view" if basic else "new")


def _scatter_add(step: Instruction, sources: Sequence[Instruction]) -> Form | None:
    index = step.metadata["index"]
    parts = index if isinstance(index, tuple) else (index,)
    repeated = any(isinstance(part, list | np.ndarray) for part in parts)

    def write(code: Code, k: int) -> None:
        g, where, out = code.text(step.operands[0]), code.keep(index, "i"), code.buffer(k)
        code.line(f"{out}.fill(0)")
        add = f"{code.function(np.add.at, 'add_at')}({out}, {where}, {g})"
        code.line(add if repeated else f"{out}[{where}] = {g}")

    return Form(write, "buffer") if step.shape != () else None


# --- everything else ---------------------------------------------------------------------------


def _write_forward(code: Code, k: int) -> None:
    step = code.steps[k]
    assert step.op is not None
    forward = partial(step.op.forward, **step.metadata) if step.metadata else step.op.forward
    operands = ", ".join(code.text(operand) for operand in step.operands)
    text = f"{code.keep(forward, 'f', k)}({operands})"
    if step.shape == ():
        text = f"{code.function(np.asarray)}({text})[()]"
    else:  # a user's own op may give a list
        text = f"{code.function(np.asarray)}({text})"
    code.assign(k, text)
    if not (step.name and step.name.isidentifier()):
        code.lines[-1] += f"  # {step.op_name}" if step.op_name.isidentifier() else ""


_FORWARD, _FORWARD_NEW = Form(_write_forward, "unknown"), Form(_write_forward, "new")


_FORMS: dict[Op, Callable[[Instruction, Sequence[Instruction]], Form | None]] = {
    ops.relu: _relu,
    ops.sigmoid: _sigmoid,
    shaping._where: _where,
    shaping._astype: _copy,
    ops.broadcast_to: _copy,
    ops.matmul: _matmul,
    joining._concatenate: _concatenate,
    shaping._transpose: _transpose,
    shaping._reshape: _reshape,
    shaping.indexing: _getitem,
    shaping.scatter_add: _scatter_add,
}
