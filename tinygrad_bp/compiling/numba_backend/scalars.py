"""How one element of an op is written: the texts of the NumPy source, in types said out loud.

NumPy's functions are known to Numba for numbers too, so an op has no other text here. But where
NumPy keeps float32 beside a Python number, Numba would make it float64: numbers are converted
to the type in which NumPy computes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from ... import ops
from ...kernel import Op
from ...ops import add, mul
from ...ops.elementary import positive
from ...ops.shaping import _astype, _where
from ...programs.program import Instruction, Kind
from ...programs.witnesses import op_of
from ...writing.expressions import COMPARISON, Expr, inside
from ...writing.literals import dtype_text, number_text
from ...writing.numpy_text import entry_of

#: What NumPy's operators on truth values are.
_LOGICAL = {mul: op_of(np.logical_and), add: op_of(np.logical_or)}
#: What loops can compute with.
DTYPES = frozenset(map(np.dtype, (np.float64, np.float32, np.int64, np.bool_)))
#: Functions that NumPy computes several elements at a time, and the C library behind Numba one.
FAST_IN_NUMPY: frozenset[Any] = frozenset({
    *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p),
    *(np.sin, np.cos, np.tanh, np.power),
})  # fmt: skip
_OF_TRUTHS = (np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
_LARGEST_POWER = 8


def is_scalar(op: Op) -> bool:
    """Return whether an op is known of single numbers."""
    return op in _OWN or op.numpy in _find_known()


@cache
def _find_known() -> Collection[Any]:
    """Return NumPy's functions that Numba knows; its floor_divide differs at infinities."""
    known = import_module("numba.np.ufunc_db").get_ufuncs()
    return frozenset(f for f in known if f.nout == 1) - {np.floor_divide}


def has_loop(step: Instruction, dtypes: Sequence[Any]) -> bool:
    """Return whether an op is known element by element, for operands of these dtypes."""
    op = _op(step)
    if step.dtype not in DTYPES or not DTYPES.issuperset(dtypes) or not is_scalar(op):
        return False
    if op in _OWN:
        return True
    return not step.metadata and step.dtype.kind == ("b" if _is_truth(op) else "f")


def _op(step: Instruction) -> Op:
    assert step.op is not None
    return _LOGICAL.get(step.op, step.op) if step.dtype == np.bool_ else step.op


def _is_truth(op: Op) -> bool:
    """Return whether an op of numbers is true or false."""
    assert isinstance(op.numpy, np.ufunc)
    return {"d->?", "dd->?"} & {*op.numpy.types} != set()


def write_scalar(
    step: Instruction, operands: Sequence[Expr], sources: Sequence[Instruction]
) -> str:
    """Write an element of an op.

    Parameters
    ----------
    step : Instruction
        The op.
    operands : sequence of Expr
        The texts of the elements that it takes.
    sources : sequence of Instruction
        The operands, for their dtypes and numbers.
    """
    parts = [
        convert(text, source, dtype)
        for text, source, dtype in zip(operands, sources, _find_dtypes(step, sources), strict=True)
    ]
    op = _op(step)
    if op is ops.pow and _is_small_power(sources[1]):
        parts[1] = Expr(str(int(np.asarray(sources[1].data).item())))
    entry = entry_of(op)
    written = _OWN[op](parts) if entry is None or op in _OWN else entry.write(step, parts, str)
    return f"np.float32({written})" if step.dtype == np.float32 else written.text


def _choice(parts: Sequence[Expr]) -> Expr:
    condition, one, other = (inside(part, COMPARISON) for part in parts)
    return Expr(f"({one} if {condition} else {other})")


#: What a number is written otherwise than an array.
_OWN: Mapping[Op, Callable[[Sequence[Expr]], Expr]] = {
    _where: _choice,
    positive: lambda parts: parts[0],
    _astype: lambda parts: parts[0],
}


def _find_dtypes(step: Instruction, sources: Sequence[Instruction]) -> list[np.dtype[Any]]:
    """Return the dtypes to which NumPy converts operands before it computes."""
    op = _op(step)
    if op is _where:
        return [np.dtype(bool), step.dtype, step.dtype]
    if op in _OWN:
        return [step.dtype] * len(sources)
    if op.numpy in _OF_TRUTHS:
        return [np.dtype(bool)] * len(sources)
    if _is_truth(op):
        met = [s.data if type(s.data) is float else s.dtype for s in sources]
        return [np.result_type(*met)] * len(sources)
    return [step.dtype] * len(sources)


def is_number(step: Instruction) -> bool:
    """Return whether an instruction is one constant number, which is written where it is used."""
    return step.kind is Kind.CONSTANT and np.size(step.data) == 1


def convert(text: Expr, source: Instruction, dtype: np.dtype[Any]) -> Expr:
    """Write an element of a source in a dtype; where the source is a number, that number."""
    if is_number(source):
        return number(np.asarray(source.data).item(), dtype)
    if source.dtype == dtype:
        return text
    if dtype == np.bool_:
        return Expr(f"{inside(text, COMPARISON + 1)} != 0", COMPARISON)
    return Expr(f"{dtype_text(dtype)}({text})")


def number(data: Any, dtype: np.dtype[Any]) -> Expr:
    """Write a number of a dtype.

    Examples
    --------
    >>> print(number(2.0, np.dtype(np.float32)), number(-np.inf, np.dtype(np.float64)))
    np.float32(2.0) (-np.inf)
    """
    if dtype.kind in "bi":
        return Expr(number_text(dtype.type(data)))
    text = repr(float(data)) if np.isfinite(data) else number_text(data)
    text = f"({text})" if text.startswith("-") else text
    return Expr(f"np.float32({text})" if dtype == np.float32 else text)


def _is_small_power(source: Instruction) -> bool:
    """Return whether an exponent is a number that stands for a few products."""
    if not is_number(source):
        return False
    power = np.asarray(source.data).item()
    return float(power).is_integer() and 0 <= power <= _LARGEST_POWER
