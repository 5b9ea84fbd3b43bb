"""Which piece of a piecewise op each unit is on: what a row says with ``branch=``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Units = npt.NDArray[Any]


def compare_elements(a: Any, b: Any) -> Units:
    """Return 1 where a is above b, -1 where it is below, 0 where they are equal (or NaN).

    Complex numbers are on one side of all others.
    """
    if np.iscomplexobj(a):
        a, b = np.not_equal(a, b), False
    side: Units = np.subtract(np.greater(a, b), np.less(a, b), dtype=np.int8)
    return side


def side(y: Any, a: Any, b: Any = 0.0) -> tuple[Units, bool]:
    """Return on which side of the other operand, or of 0, each element is."""
    units = compare_elements(a, b)
    return units, not units.all()


def winners(y: Any, a: Any, axis: Any, keepdims: bool) -> tuple[Units, bool]:
    """Return 0 for losers, and for winners how many they are."""
    kept = y if keepdims or axis is None else np.expand_dims(y, axis)
    won = np.equal(a, kept)
    units = won * won.sum(axis=axis, keepdims=True)
    return units, bool((units > 1).any())
