"""How exact numbers are: their type, or the type whose numbers they are, whatever holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Precision(NamedTuple):
    """A type of floating-point numbers, and how far a gradient that is computed in it may be off.

    Attributes
    ----------
    name : str
        The type.
    bits : int
        The binary digits of a number, the first of them included.
    tolerance : float
        The largest difference that is right, as a part of the largest entry of the array.
        Kernels in half precision add up in float32 and round what they keep: some units in the
        last place. Those in float32 round every sum.
    """

    name: str
    bits: int
    tolerance: float

    def round(self, array: Array) -> Array:
        """Round to numbers of this type; its range is not looked at."""
        mantissa, exponent = np.frexp(np.asarray(array, np.float64))
        rounded: Array = np.ldexp(np.rint(np.ldexp(mantissa, self.bits)), exponent - self.bits)
        return rounded

    def holds(self, array: Array) -> bool:
        """Say whether all that is finite in an array are numbers of this type."""
        finite = array[np.isfinite(array)]
        return bool((self.round(finite) == finite).all())


FLOAT64 = Precision("float64", 53, 1e-10)
FLOAT32 = Precision("float32", 24, 1e-5)
FLOAT16 = Precision("float16", 11, 2.0**-8)
TF32 = Precision("TF32", 11, 2.0**-8)
BFLOAT16 = Precision("bfloat16", 8, 2.0**-5)

_BY_NAME = {each.name: each for each in (FLOAT64, FLOAT32, FLOAT16, TF32, BFLOAT16)}

#: That many different significands, and it is no chance that all are short.
_ENOUGH = 8


def find_precision(name: str) -> Precision:
    """Return the precision of that name, or raise ValueError."""
    if name not in _BY_NAME:
        raise ValueError(f"unknown dtype {name!r}; there are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def precision_of(array: Any) -> Precision:
    """Return the precision of the type of an array; float64 for what is none."""
    return _BY_NAME.get(str(getattr(array, "dtype", "")).rpartition(".")[2], FLOAT64)


def find_precisions(arrays: Iterable[Array]) -> list[Precision]:
    """Find the precision of each array: that of its type, or the lower one that its numbers show.

    bfloat16 numbers in a float32 array have 8 digits. Short numbers such as 0.5 and 3 show
    nothing; so the arrays of lower precision have to have 8 different significands together.
    """
    found = [(np.asarray(array, np.float64), precision_of(array)) for array in arrays]
    for lower in (FLOAT32, FLOAT16, BFLOAT16):
        fits = [p.bits > lower.bits and lower.holds(array) for array, p in found]
        kept = [np.ravel(array) for (array, _), yes in zip(found, fits) if yes]
        numbers = np.concatenate([np.zeros(1), *kept])
        if np.unique(np.frexp(np.abs(numbers[np.isfinite(numbers)]))[0]).size > _ENOUGH:
            found = [(a, lower if yes else p) for (a, p), yes in zip(found, fits)]
    return [precision for _, precision in found]


def size_of(array: Array) -> float:
    """Return the largest finite entry, in absolute terms."""
    return float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array)))


def coarsest(precisions: Iterable[Precision]) -> Precision:
    """Return the one with the fewest digits."""
    return min(precisions, key=lambda each: each.bits, default=FLOAT64)
