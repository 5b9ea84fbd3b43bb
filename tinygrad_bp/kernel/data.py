"""What counts as numbers, in a regular array; and who else holds their memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

#: Types of numbers that take the precision of what they meet.
WEAK = frozenset({float, int, bool, complex, np.bool_})

#: NumPy's codes of numbers. A long double becomes a float64, or complex128.
NUMBERS = frozenset("?bBhHiIlLqQefdFD")
_LONG = {"g": np.float64, "G": np.complex128}

_SINGLE = (np.float32, np.complex64)

#: What an array computes by. A class that has one of its own computes something else.
_ARITHMETIC = (
    "__array_ufunc__",
    "__array_function__",
    "__neg__",
    "__abs__",
    *(
        f"__{side}{name}__"
        for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
        for side in ("", "r")
    ),
)


class Node:
    """What a `Value` is to those who stand below it: something with `_data`, and no array."""

    __slots__ = ()

    if TYPE_CHECKING:
        _data: Any


def as_data(data: Any, dtype: Any = None, what: str = "Value") -> Any:
    """Copy numbers into a float or complex array, or a NumPy scalar where the shape is ()."""
    array = as_numbers(data, what)
    if dtype is None:
        double = np.complex128 if array.dtype.kind == "c" else np.float64
        dtype = array.dtype if array.dtype in _SINGLE else double
    elif array.dtype.kind == "c" != np.dtype(dtype).kind:
        _refuse(what, "complex ones; take .real", data, "real numbers")
    return array.astype(dtype)[()]


def as_numbers(data: Any, what: str = "Value") -> Any:
    """Return numbers as an array or a NumPy scalar, or say why `what` they are for is none."""
    array = data
    if type(data) is not np.ndarray:
        if isinstance(data, Node):
            _refuse(what, "another Value; use it as it is, or its .data", data)
        refuse_class(type(data), what)
        try:
            array = np.asarray(data)
        except (ValueError, RuntimeError) as error:  # ragged, or another library's to differentiate
            raise TypeError(f"{what}: expected numbers in a regular array: {error}") from error
    if array.dtype.char not in NUMBERS:
        if array.dtype.char not in _LONG:
            _refuse(what, f"dtype {array.dtype}", data)
        array = array.astype(_LONG[array.dtype.char])
    return array if array.ndim else array[()]


def refuse_class(kind: type, what: str) -> None:
    """Refuse the arrays of a class that computes otherwise than a graph would."""
    reason = own_arithmetic(kind)
    if reason:
        raise TypeError(f"{what}: expected numbers, got {reason}")


def own_arithmetic(kind: type) -> str:
    """Say what the arrays of a class compute by rules of their own, and what to use instead; or "".

    Classes that only store or show their numbers otherwise, such as `numpy.memmap`, are arrays
    like any other; those of `tinygrad_bp.numpy` compute as NumPy's do.
    """
    if not issubclass(kind, np.ndarray) or kind is np.ndarray or hasattr(kind, "_lend"):
        return ""
    own = [name for name in _ARITHMETIC if getattr(kind, name) is not getattr(np.ndarray, name)]
    if not own:
        return ""
    if issubclass(kind, np.ma.MaskedArray):
        return (
            "a masked array, whose mask a graph would lose; multiply by the mask: "
            "kept = ~np.ma.getmaskarray(m), and np.sum(kept * (m.filled(0) - x) ** 2)"
        )
    if issubclass(kind, np.matrix):
        return (
            "a numpy.matrix, whose * multiplies matrices and that of a graph elements; "
            "use np.asarray(m), and @ to multiply matrices"
        )
    return (
        f"a {kind.__name__}, an array that computes in its own way (the class has its own "
        f"{own[0]}); use np.asarray(a) where its numbers are meant"
    )


def is_weak(number: Any) -> bool:
    """Return whether a number takes the precision of what it meets: Python's, or a truth value."""
    return type(number) in WEAK


def as_node(name: str, array: Any) -> Any:
    """Return the node that an array is, so that a Value can be put into it; or say how it can."""
    if isinstance(array, Node):
        return array
    if hasattr(array, "_as_node"):
        return array._as_node()
    raise TypeError(
        f"{name}: a Value cannot be put into a plain array, which would lose its gradient; make "
        "the array by the functions of tinygrad_bp.numpy (import tinygrad_bp.numpy as np), or join "
        "Values with np.stack, np.concatenate or np.broadcast_to"
    )


def refuse_complex(name: str, number: Any) -> None:
    """Raise for a complex number of which a gradient is asked."""
    if isinstance(number, complex | np.complexfloating):
        raise TypeError(
            f"{name}: expected a real number to differentiate, got a complex one, {number:.6g}; "
            "take .real, or np.abs, of it"
        )


def _refuse(what: str, kind: str, data: Any, expected: str = "numbers") -> NoReturn:
    text = repr(data)
    text = text if len(text) < 80 else text[:77] + "..."
    raise TypeError(f"{what}: expected {expected}, got {kind}: {text}")


# --- whose memory it is --------------------------------------------------------------------------

#: How many bytes are worth looking for who else holds them, instead of copying.
_LARGE = 1 << 16


def as_gradient(cotangent: Any, dtype: Any, copied: bool = True) -> Any:
    """Convert a cotangent to the dtype of its leaf, an array into memory of its own.

    On the way from complex numbers the cotangent of real ones may be complex: its real part is
    what belongs to them.
    """
    if type(cotangent) is np.ndarray and cotangent.dtype is dtype:  # as nearly all are
        return cotangent.copy("K") if copied else cotangent
    if cotangent.dtype.kind == "c" != np.dtype(dtype).kind:
        cotangent = cotangent.real
    if isinstance(cotangent, Node):
        value: Any = cotangent
        return value if value.dtype == dtype else value.astype(dtype)
    return cotangent.astype(dtype, copy=copied)


def alone(path: Iterable[Any], arrived: Iterable[tuple[Any, Any]], seed: Any) -> Collection[int]:
    """Find the large cotangents whose memory nothing else holds: they need no copy."""
    large = [c for _, c in arrived if c.nbytes >= _LARGE]
    if not large:
        return ()
    held = Counter(id(_memory(node._data)) for n in path for node in (n, *n._parents))
    held.update(id(_memory(array)) for array in (seed, *large))
    return {id(c) for c in large if held[id(_memory(c))] == 1 and _memory(c).nbytes == c.nbytes}


def _memory(array: Any) -> Any:
    """Return the array whose memory an array is a view of, or itself."""
    return array if getattr(array, "base", None) is None else array.base
