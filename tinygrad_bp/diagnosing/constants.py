"""The constants that a derivation can gain or lose."""

from __future__ import annotations

from bisect import bisect_left
from itertools import combinations_with_replacement

from .graph import Graph

_SMALL = (*range(1, 13), 100, 1000)
#: Different sizes of arrays that are looked at, the smallest ones.
_SIZES = 10


class Constants:
    """Fractions of small whole numbers and of the sizes that occur in a graph, and their negatives.

    There is no free scale: an unknown mistake that happens to look like a factor would otherwise
    be called one.
    """

    def __init__(self, graph: Graph) -> None:
        lengths = {n for value in graph.order for n in value.shape if n > 1}
        sizes = sorted(lengths)[:_SIZES]
        products = {a * b for a, b in combinations_with_replacement([1, *sizes], 2)}
        wholes = sorted({*_SMALL, *products, *(2 * n for n in products)})
        self._fractions: list[float] = sorted({p / q for p in wholes for q in wholes})

    def nearest(self, number: float, tolerance: float = 1e-9) -> float | None:
        """Return the constant that a number is, but for round-off; None where it is none."""
        size = abs(number)
        at = bisect_left(self._fractions, size)
        for fraction in self._fractions[max(0, at - 1) : at + 1]:
            if abs(fraction - size) <= tolerance * fraction:
                return fraction if number > 0 else -fraction
        return None
