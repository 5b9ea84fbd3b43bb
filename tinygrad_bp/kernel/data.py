"""What counts as numbers: real ones, in a regular array."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

_WEAK = frozenset({float, int, bool, np.bool_})


def as_data(data: Any, dtype: Any = None) -> Any:
    """Copy numbers into a float array, or a NumPy scalar where the shape is ()."""
    array = as_numbers(data)
    if dtype is None:
        dtype = np.float32 if array.dtype == np.float32 else np.float64
    return array.astype(dtype)[()]


def as_numbers(data: Any) -> Any:
    """Return numbers as an array, or say why they are none."""
    if hasattr(data, "_data"):
        _refuse("another Value; use it as it is, or its .data", data)
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise TypeError(f"Value: expected numbers in a regular array: {error}") from error
    if array.dtype.kind not in "fiub":
        kind = "complex numbers" if array.dtype.kind == "c" else f"dtype {array.dtype}"
        _refuse(kind, data)
    return array


def is_weak(number: Any) -> bool:
    """Return whether a number takes the precision of what it meets: Python's, or a truth value."""
    return type(number) in _WEAK


def _refuse(what: str, data: Any) -> NoReturn:
    text = repr(data)
    raise TypeError(
        f"Value: expected real numbers, got {what}: {text if len(text) < 80 else text[:77] + '...'}"
    )
