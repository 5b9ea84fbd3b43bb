"""Python's ``math``, whose functions take Values of one element.

What NumPy has under the same meaning is computed by that; everything else is Python's own.
"""

from __future__ import annotations

import math as _own
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..kernel.dispatch import data_of
from ..kernel.value import Value
from ..ops.joining import as_array, has_values_inside
from .arrays import connect

_SAME = """
exp exp2 expm1 sqrt cbrt log2 log10 log1p sin cos tan sinh cosh tanh hypot fmod copysign degrees
radians floor ceil trunc isnan isinf isfinite ldexp remainder
"""
_OTHERS: dict[str, Callable[..., Any]] = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "fabs": np.absolute,
    "pow": np.power,
    "log": lambda a, base=None: np.log(a) if base is None else np.log(a) / np.log(base),
    "fsum": lambda numbers: np.sum(as_array([*numbers])),
    "prod": lambda numbers, *, start=1: np.prod(as_array([*numbers])) * start,
    "dist": lambda p, q: np.sqrt(np.sum((as_array([*p]) - as_array([*q])) ** 2)),
    "remainder": lambda a, b: a - b * np.rint(a / b),
    "isclose": lambda a, b, **tolerances: _own.isclose(*map(float, data_of((a, b))), **tolerances),
}
_FUNCTIONS = {name: getattr(np, name) for name in _SAME.split()} | _OTHERS


def _number(argument: Any) -> Any:
    """Make a number of a Value of one element, as Python does."""
    if not isinstance(argument, Value) or not argument.shape:
        return argument
    if argument.size != 1:
        raise TypeError(f"math: expected a Value of one element, got shape {argument.shape}")
    return argument.reshape(())


def _take_values(name: str) -> Callable[..., Any]:
    own = getattr(_own, name)

    @wraps(own)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = connect(args)
        if not has_values_inside(given):
            return own(*args, **kwargs)
        return _FUNCTIONS[name](*map(_number, given), **kwargs)

    return call


def __getattr__(name: str) -> Any:
    return _take_values(name) if name in _FUNCTIONS else getattr(_own, name)


def __dir__() -> list[str]:
    return dir(_own)
