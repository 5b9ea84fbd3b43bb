"""Numbers, arrays, indices and options as Python text that gives exactly the same again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .expressions import Expr

#: Arrays of up to so many elements stand inside of an expression.
INLINE = 8

#: Gives an array a name in the module, and returns the name.
Keep = Callable[[Any], str]


def number_text(number: Any) -> str:
    """Write a number; whole ones without a point.

    Examples
    --------
    >>> number_text(2.0), number_text(0.1), number_text(float("-inf")), number_text(-0.0)
    ('2', '0.1', '-np.inf', '-0.0')
    >>> number_text(1j), number_text(np.complex128(1 - 0.5j))
    ('1j', '(1-0.5j)')
    """
    if isinstance(number, bool | np.bool_):
        return str(bool(number))
    if isinstance(number, int | np.integer):
        return str(int(number))
    if isinstance(number, complex | np.complexfloating):
        return _complex_text(complex(number))
    x = float(number)
    if np.isnan(x):
        return "np.nan"
    if np.isinf(x):
        return "np.inf" if x > 0 else "-np.inf"
    whole = x.is_integer() and abs(x) < 2**53 and not (x == 0 and np.signbit(x))
    return str(int(x)) if whole else repr(x)


def _complex_text(z: complex) -> str:
    if not np.isfinite(z):
        return f"complex({number_text(z.real)}, {number_text(z.imag)})"
    return repr(z) if z.real else f"{number_text(z.imag)}j"


def array_text(array: Any) -> str:
    """Write an array on one line.

    Examples
    --------
    >>> array_text(np.array([[0.5, -1.0]]))
    'np.array([[0.5, -1.0]])'
    """
    array = np.asarray(array)
    plain = (np.float64, np.int64, np.bool_, np.complex128) if array.size else (np.float64,)
    dtype = "" if array.dtype in plain else f", dtype={dtype_text(array.dtype)}"
    shape = "" if array.size or array.ndim == 1 else f".reshape({array.shape})"
    return f"np.array({_write_nested(array) if array.size else []}{dtype}){shape}"


def _write_nested(array: Any) -> str:
    if array.ndim:
        return f"[{', '.join(map(_write_nested, array))}]"
    text = number_text(array[()])
    whole = array.dtype.kind == "f" and text.lstrip("-").isdigit()
    return text + ".0" if whole else text


def dtype_text(dtype: Any) -> str:
    """Write a dtype."""
    dtype = np.dtype(dtype)
    return "bool" if dtype == np.bool_ else f"np.{dtype.name}"


def literal(item: Any, keep: Keep) -> str:
    """Write an option of an op: numbers, texts, shapes, dtypes, slices, arrays, expressions.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if isinstance(item, Expr):
        return item.text
    if item is None or item is Ellipsis:
        return "..." if item is Ellipsis else "None"
    if isinstance(item, str):
        return repr(str(item))
    if isinstance(item, bool | int | float | complex | np.number | np.bool_):
        return number_text(item)
    if isinstance(item, np.ndarray):
        return array_text(item) if item.size <= INLINE else keep(item)
    if isinstance(item, np.dtype):
        return dtype_text(item)
    if isinstance(item, slice):
        return f"slice({', '.join(literal(x, keep) for x in (item.start, item.stop, item.step))})"
    if isinstance(item, tuple):
        texts = [literal(each, keep) for each in item]
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
    if isinstance(item, list):
        return f"[{', '.join(literal(each, keep) for each in item)}]"
    raise TypeError(f"derive: {type(item).__name__} {item!r:.80} cannot be written as Python")


def index_text(index: Any, keep: Keep) -> str:
    """Write what stands between the brackets of an index.

    Examples
    --------
    >>> index_text((slice(None), 0, None), str)
    ':, 0, None'
    """
    parts = index if isinstance(index, tuple) else (index,)
    texts = [_slice_text(part, keep) if isinstance(part, slice) else literal(part, keep)
             for part in parts]  # fmt: skip
    alone = isinstance(index, tuple) and len(texts) < 2
    return "()" if not texts else ", ".join(texts) + "," * alone


def _slice_text(part: slice, keep: Keep) -> str:
    start, stop, step = (
        "" if each is None else literal(each, keep) for each in (part.start, part.stop, part.step)
    )
    return f"{start}:{stop}" + (f":{step}" if step else "")
