"""How one element of an op is written: the texts of the NumPy source, in types said out loud.

NumPy's functions are known to Numba for numbers too, so an op has no other text here. But where
NumPy keeps float32 beside a Python number, Numba would make it float64: numbers are converted
to the type in which NumPy computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...programs.program import Instruction, Kind
from ...writing.expressions import COMPARISON, Expr, inside
from ...writing.literals import dtype_text, number_text
from ...writing.numpy_text import ENTRIES

#: What NumPy's operators on truth values are.
_LOGICAL = {"mul": "logical_and", "add": "logical_or"}
#: What loops can compute with.
DTYPES = frozenset(map(np.dtype, (np.float64, np.float32, np.int64, np.bool_)))

_FLOAT = """
add sub mul div pow remainder neg abs square reciprocal root sqrt cbrt
exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2
tanh sin cos tan sinh cosh arcsin arccos arctan arcsinh arccosh arctanh arctan2 hypot
maximum minimum fmax fmin fmod sign floor ceil trunc rint
"""
_TRUTH = """
greater greater_equal less less_equal equal not_equal isnan isinf isfinite signbit
logical_and logical_or logical_xor logical_not
"""
_ANY = "where positive astype"
_FAST = "exp log sin cos tanh exp2 expm1 log2 log10 log1p pow"
_OF_FLOATS, _OF_TRUTH = frozenset(_FLOAT.split()), frozenset(_TRUTH.split())
_OF_ANY = frozenset(_ANY.split())

#: Functions that NumPy computes several elements at a time, and the C library behind Numba one.
FAST_IN_NUMPY = frozenset(_FAST.split())
_LARGEST_POWER = 8


def has_loop(step: Instruction, dtypes: Sequence[Any]) -> bool:
    """Return whether an op is known element by element, for operands of these dtypes."""
    if step.dtype not in DTYPES or not DTYPES.issuperset(dtypes):
        return False
    if step.row in _OF_FLOATS and step.dtype != np.bool_:
        return bool(step.dtype.kind == "f")
    return step.row in (*_OF_TRUTH, *_OF_ANY, *_LOGICAL)


def typed_scalar(
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
        converted(text, source, dtype)
        for text, source, dtype in zip(operands, sources, _computed_in(step, sources), strict=True)
    ]
    if step.row == "pow" and _is_small_power(sources[1]):
        parts[1] = Expr(str(int(np.asarray(sources[1].data).item())))
    written = _OWN[step.row](parts) if step.row in _OWN else _as_in_numpy(step, parts)
    return f"np.float32({written})" if step.dtype == np.float32 else written.text


def _as_in_numpy(step: Instruction, parts: Sequence[Expr]) -> Expr:
    row = _LOGICAL.get(step.row, step.row) if step.dtype == np.bool_ else step.row
    return ENTRIES[row].write(step, parts, str)


def _where(parts: Sequence[Expr]) -> Expr:
    condition, one, other = (inside(part, COMPARISON) for part in parts)
    return Expr(f"({one} if {condition} else {other})")


#: What a number is written otherwise than an array.
_OWN: Mapping[str, Callable[[Sequence[Expr]], Expr]] = {
    "where": _where,
    "positive": lambda parts: parts[0],
    "astype": lambda parts: parts[0],
}


def _computed_in(step: Instruction, sources: Sequence[Instruction]) -> list[np.dtype[Any]]:
    """Return the dtypes to which NumPy converts operands before it computes."""
    if step.row == "where":
        return [np.dtype(bool), step.dtype, step.dtype]
    if step.row.startswith("logical"):
        return [np.dtype(bool)] * len(sources)
    if step.row in _OF_TRUTH:
        met = [s.data if type(s.data) is float else s.dtype for s in sources]
        return [np.result_type(*met)] * len(sources)
    return [step.dtype] * len(sources)


def is_number(step: Instruction) -> bool:
    """Return whether an instruction is one constant number, which is written where it is used."""
    return step.kind is Kind.CONSTANT and np.size(step.data) == 1


def converted(text: Expr, source: Instruction, dtype: np.dtype[Any]) -> Expr:
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
