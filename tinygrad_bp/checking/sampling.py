"""The numeric side of many parameters: a few entries, and slopes along random directions.

An evaluation for each entry takes too long where there are 100,000. A gradient that is wrong by
a vector e has another slope along a random direction, by a normal number times the norm of e: a
few directions bound the error of a whole array, and halving the array finds where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .numeric import NumericGradient, complex_step, differences, find_distrust, find_slope
from .problem import EPSILON, Problem, Vector

#: With more entries than that the numeric side is a sample.
MANY = 1000

#: How probable it is that an error is larger than its bound.
UNLIKELY = 1e-3

#: How many entries are taken, and how many directions for each parameter; a slope by differences
#: needs ten times as many evaluations as one by the complex step.
_ENTRIES = {True: 64, False: 16}
_DIRECTIONS = {True: 4, False: 2}

_TRIES = 3

Indices = npt.NDArray[np.intp]


class Projection(NamedTuple):
    """The slope of a function along a direction in which some of the entries move.

    Attributes
    ----------
    where : numpy.ndarray
        The places of these entries.
    direction : numpy.ndarray
        How far each of them moves.
    slope, error : float
        The derivative, and a bound on its error.
    """

    where: Indices
    direction: Vector
    slope: float
    error: float

    def off(self, gradient: Vector) -> float:
        """Return by how much the slope is another one than that of a gradient."""
        return abs(self.slope - float(gradient[self.where] @ self.direction))

    def disagrees(self, gradient: Vector, tolerance: float, allowed: Vector) -> bool:
        """Say whether a gradient that may be off by `allowed` in each entry has another slope."""
        own = gradient[self.where]
        rounding = 64 * EPSILON * float(np.abs(own) @ np.abs(self.direction))
        bound = self.error + rounding + tolerance * float(np.linalg.norm(own))
        bound += float(np.linalg.norm(allowed[self.where] * self.direction))
        return not self.off(gradient) <= bound


class Sample:
    """A sample of the numeric side of a problem.

    Attributes
    ----------
    numeric : NumericGradient
        At the entries that were taken; elsewhere whatever `fill` has put there.
    taken : numpy.ndarray of bool
        Which these are.
    projections : list of Projection
        Random directions, some for each parameter.
    """

    numeric: NumericGradient
    projections: list[Projection]

    def __init__(self, problem: Problem, method: str) -> None:
        self.problem = problem
        self._rng = np.random.default_rng(4)
        self.taken = np.zeros(problem.x.size, bool)
        if method not in ("auto", "complex"):
            self._take(method)
            return
        try:
            self._take("complex")
            reason = find_distrust(problem, self.numeric.gradient, self._slope_along_all)
        except Exception as error:  # whatever fun raises on complex arrays
            if method == "complex":
                raise
            reason = str(error).removeprefix("fun does not take the complex step: ")
        if reason:
            self._take("adaptive")
            self.numeric = self.numeric._replace(reason=reason.partition("\n")[0])

    def _take(self, method: str) -> None:
        cheap = method == "complex"
        blocks = [np.arange(b.start, b.stop) for b in self.problem.blocks() if b.stop > b.start]
        each = max(1, _ENTRIES[cheap] // len(blocks))
        for block in blocks:
            chosen = self._rng.choice(block, min(each, block.size), replace=False)
            self.taken[chosen] = True
        self.numeric = self._differentiate(method, np.flatnonzero(self.taken))
        self.projections = [
            self._project(block) for block in blocks for _ in range(_DIRECTIONS[cheap])
        ]

    def _differentiate(self, method: str, where: Indices) -> NumericGradient:
        if method == "complex":
            return complex_step(self.problem, where=where.tolist())
        return differences(self.problem, method, where=where.tolist())

    def _project(self, where: Indices) -> Projection:
        direction = self._rng.standard_normal(where.size)
        slope = find_slope(self.problem, self.numeric.method, where, direction)
        return Projection(where, direction, *slope)

    def _slope_along_all(self, direction: Vector) -> float:
        where = np.arange(direction.size)
        return find_slope(self.problem, "complex", where, direction).value

    def add(self, where: Indices) -> None:
        """Take more entries."""
        more = self._differentiate(self.numeric.method, where)
        self.numeric.gradient[where] = more.gradient[where]
        self.numeric.error[where] = more.error[where]
        self.taken[where] = True

    def change_method(self, method: str, reason: str) -> None:
        """Take the same entries by another method."""
        self.numeric = self._differentiate(method, np.flatnonzero(self.taken))
        self.numeric = self.numeric._replace(reason=reason)

    def fill(self, gradient: Vector) -> None:
        """Put another gradient where no entry was taken, so that no difference is seen there."""
        self.numeric.gradient[~self.taken] = gradient[~self.taken]
        self.numeric.error[~self.taken] = 0.0

    def disagreeing(
        self, gradient: Vector, tolerance: float, allowed: Vector
    ) -> Iterator[Projection]:
        """Yield the directions along which a gradient has another slope."""
        return (p for p in self.projections if p.disagrees(gradient, tolerance, allowed))

    def find_wrong_entry(
        self, where: Indices, gradient: Vector, tolerance: float, allowed: Vector
    ) -> int | None:
        """Find an entry that a gradient has wrong, by halving where it must be."""
        while where.size > 1:
            halves = np.array_split(where, 2)
            tried = (half for _ in range(_TRIES) for half in halves)
            wrong = (h for h in tried if self._project(h).disagrees(gradient, tolerance, allowed))
            if (half := next(wrong, None)) is None:
                return None
            where = half
        return int(where[0])

    def describe(self, gradient: Vector) -> str:
        """Say what was taken, and how far a gradient may be off."""
        count = len(self.projections) // len({int(p.where[0]) for p in self.projections})
        # of a normal number: that `count` of them are below this has the probability UNLIKELY
        least = UNLIKELY ** (1 / count) * sqrt(pi / 2)
        bound = 0.0
        for each in self.projections:
            if size := float(np.linalg.norm(gradient[each.where])):
                bound = max(bound, (each.off(gradient) + each.error) / (least * size))
        return (
            f"numeric side: {self.taken.sum()} of {self.taken.size} entries, and {count} random "
            f"directions for each parameter; with a probability of {100 * (1 - UNLIKELY):g} % the "
            f"error of each array is below {bound:.1g} of its norm"
        )
