"""Difference quotients of a function of one number, with the error of each.

`noise` is a bound on the round-off of a value of the function, see `Problem.noise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

#: Where adaptive differences begin, in units of max(1, |x|).
FIRST_STEP = 0.02

_LEVELS = 4

F = Callable[[float], float]


class Slope(NamedTuple):
    """A derivative, and a bound on its absolute error, as it was estimated."""

    value: float
    error: float


def central(f: F, h: float) -> float:
    """Two points: an error of order h²."""
    return (f(h) - f(-h)) / (2 * h)


def five_point(f: F, h: float) -> float:
    """Five points (that in the middle has weight 0): an error of order h⁴."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def change_error(truncation: float, noise: float, h: float) -> float:
    """Bound the error of a difference by how far halving h changes it, and round-off.

    The change is 3/4 of the truncation for central differences and 15/16 for five-point. The
    noise of the values, weighted and divided by h, may hide a part of that change.
    """
    return 2 * truncation + 6 * noise / h


def where_smooth(f: F, h: float, noise: float) -> Slope:
    """Return a five-point slope and its error, with a shorter step where a kink is within h.

    A kink, or an end of where f is defined, shows by a slope that changes with the step.
    """
    best = Slope(np.nan, np.inf)
    for _ in range(7):
        slope = five_point(f, h)
        truncation = abs(slope - five_point(f, h / 2))
        error = change_error(truncation, noise, h)
        if error < best.error:
            best = Slope(slope, error)
        if truncation <= max(3 * noise / h, 1e-6 * abs(slope)):
            break
        h /= 10
    return best


def adaptive(f: F, h: float, noise: float) -> Slope:
    """Extrapolate central differences to h = 0, from shorter steps where f is not smooth within h.

    Richardson's extrapolation (*Phil. Trans. R. Soc. A* 226 (1927) 299) in the triangular form
    of Ridders, *Advances in Engineering Software* 4 (1982) 75.
    """
    return _extrapolate(lambda h: central(f, h), h, noise, (2, 4, 6))


def from_one_side(f: F, h: float, noise: float) -> Slope:
    """Extrapolate differences of points on one side, that of the sign of h, to h = 0.

    The value at 0 itself is not used, so that at a jump, too, it is the slope beside it.
    """
    return _extrapolate(lambda h: (f(2 * h) - f(h)) / h, h, 2 * noise, (1, 2, 3))


def _extrapolate(difference: F, h: float, noise: float, orders: Sequence[int]) -> Slope:
    best = Slope(np.nan, np.inf)
    for _ in range(6):
        steps = [h / 2**level for level in range(_LEVELS)]
        slope = _triangle([difference(s) for s in steps], [noise / abs(s) for s in steps], orders)
        if slope.error < best.error:
            best = slope
        # what a shorter step cannot better: round-off, or digits enough
        if best.error <= max(4 * noise / abs(steps[-1]), 1e-11 * abs(best.value)):
            break
        h = steps[-1]
    return best


def _triangle(column: list[float], noise: list[float], orders: Sequence[int]) -> Slope:
    """Remove one order of h after the other; return the value that has the least error.

    The error of a value is how far it is from the one of twice its step, and its round-off.
    """
    best = Slope(np.nan, np.inf)
    for order in orders:
        for k in range(1, len(column)):
            error = abs(column[k] - column[k - 1]) + noise[k]
            if error < best.error:
                best = Slope(column[k], error)
        weight = 2.0**order
        column = [(weight * b - a) / (weight - 1) for a, b in pairwise(column)]
        # independent round-off adds up in squares
        noise = [float(np.hypot(weight * b, a)) / (weight - 1) for a, b in pairwise(noise)]
    return best
