"""What counts as numbers, in a regular array; and who else holds their memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, NoReturn

import numpy as np

_WEAK = frozenset({float, int, bool, complex, np.bool_})
_SINGLE = (np.float32, np.complex64)


def as_data(data: Any, dtype: Any = None) -> Any:
    """Copy numbers into a float or complex array, or a NumPy scalar where the shape is ()."""
    array = as_numbers(data)
    if dtype is None:
        double = np.complex128 if array.dtype.kind == "c" else np.float64
        dtype = array.dtype if array.dtype in _SINGLE else double
    elif array.dtype.kind == "c" != np.dtype(dtype).kind:
        _refuse("complex ones; take .real", data, "real numbers")
    return array.astype(dtype)[()]


def as_numbers(data: Any) -> Any:
    """Return numbers as an array or a NumPy scalar, or say why they are none."""
    if hasattr(data, "_data"):
        _refuse("another Value; use it as it is, or its .data", data)
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise TypeError(f"Value: expected numbers in a regular array: {error}") from error
    if array.dtype.kind not in "fiubc":
        _refuse(f"dtype {array.dtype}", data)
    return array if array.ndim else array[()]


def is_weak(number: Any) -> bool:
    """Return whether a number takes the precision of what it meets: Python's, or a truth value."""
    return type(number) in _WEAK


def as_node(name: str, array: Any) -> Any:
    """Return the node that an array is, so that a Value can be put into it; or say how it can."""
    if hasattr(array, "_data"):
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
    if np.iscomplexobj(number):
        raise TypeError(
            f"{name}: expected a real number to differentiate, got a complex one, {number:.6g}; "
            "take .real, or np.abs, of it"
        )


def _refuse(what: str, data: Any, expected: str = "numbers") -> NoReturn:
    text = repr(data)
    raise TypeError(
        f"Value: expected {expected}, got {what}: {text if len(text) < 80 else text[:77] + '...'}"
    )


# --- whose memory it is --------------------------------------------------------------------------

#: How many bytes are worth looking for who else holds them, instead of copying.
_LARGE = 1 << 16


def as_gradient(cotangent: Any, dtype: Any, copied: bool = True) -> Any:
    """Convert a cotangent to the dtype of its leaf, an array into memory of its own.

    On the way from complex numbers the cotangent of real ones may be complex: its real part is
    what belongs to them.
    """
    if cotangent.dtype.kind == "c" != dtype.kind:
        cotangent = cotangent.real
    if hasattr(cotangent, "_data"):
        return cotangent if cotangent.dtype == dtype else cotangent.astype(dtype)
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
