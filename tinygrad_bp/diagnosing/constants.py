"""The constants that a derivation can gain or lose."""

from __future__ import annotations

from bisect import bisect_left
from itertools import combinations_with_replacement
from math import sqrt

import numpy as np

from ..programs.labelled import Labelled
from ..programs.program import Kind

_SMALL = (*range(1, 13), 100, 1000)
#: Different sizes of arrays that are looked at, the smallest ones.
_SIZES = 10


def shortest(number: float, within: float) -> float:
    """Return the number of the fewest digits that is as near as that, relatively.

    Examples
    --------
    >>> shortest(-0.10000000000000404, 1e-10), shortest(0.123456, 1e-2), shortest(1 / 3, 0.0)
    (-0.1, 0.12, 0.3333333333333333)
    """
    rounded = (float(f"{number:.{digits}g}") for digits in range(1, 17))
    return next((r for r in rounded if abs(r - number) <= within * abs(number)), number)


class Constants:
    """Fractions of small whole numbers, of sizes and their roots, and of the program's numbers.

    There is no free scale: an unknown mistake that happens to look like a factor would otherwise
    be called one.
    """

    def __init__(self, lines: Labelled) -> None:
        lengths = {n for step in lines.steps for n in step.shape if n > 1}
        sizes = sorted(lengths)[:_SIZES]
        products = {a * b for a, b in combinations_with_replacement([1, *sizes], 2)}
        wholes = sorted({*_SMALL, *products, *(2 * n for n in products)})
        fractions = {p / q for p in wholes for q in wholes}
        roots = {sqrt(n) for n in products}
        known = {
            abs(float(step.data))
            for step in lines.steps
            if step.kind is Kind.CONSTANT and step.shape == () and np.all(np.isfinite(step.data))
        }
        own = {x for n in known if n for x in (n, 1 - n, 1 / n) if x > 0}
        own |= {abs(x) for n in own if n < 1 for x in (1 / (1 - n),)}
        further = {x * m / n for x in own | roots for m in (1, 2) for n in (1, 2, *sizes)}
        further |= {1 / x for x in further if x}
        self._all: list[float] = sorted(fractions | further)

    def nearest(self, number: float, tolerance: float = 1e-9) -> float | None:
        """Return the constant that a number is, but for round-off; None where it is none."""
        size = abs(number)
        if not np.isfinite(size):
            return None
        at = bisect_left(self._all, size)
        for constant in self._all[max(0, at - 1) : at + 1]:
            if abs(constant - size) <= tolerance * constant:
                return constant if number > 0 else -constant
        return None
