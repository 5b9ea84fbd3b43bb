"""Looking closer at single entries: whether a kink is beside the point, or at it.

Along one entry, a stencil is only believed where all its points have the same signature
(see `branches`). Its step shrinks until that is so. Where no step is short enough, the point is
at a kink, and the slopes on both sides say what a derivative may be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from .automatic import AutomaticGradient
from .numeric import EntryFunction
from .problem import Problem
from .quotients import FIRST_STEP, Slope, adaptive, from_one_side
from .signatures import Way, change

#: The distance, in units of max(1, |x|), within which a kink is at the point.
AT = 1e-10

#: Where one-sided slopes are measured if the graph shows no kink: a user's own op may hide one.
_HIDDEN = 1e-5

_CENTRAL = (0.0, *(s / 2**k for k in range(4) for s in (1, -1)))
_RIGHT = tuple(2.0**k for k in range(1, -4, -1))


class Look(NamedTuple):
    """What a closer look at one entry found.

    Attributes
    ----------
    slope : Slope
        The derivative; at a kink the mean of both sides.
    left, right : Slope
        The slopes on both sides; the same as `slope` where there is no kink.
    kink : str
        Which unit is at its kink; empty where none is.
    """

    slope: Slope
    left: Slope
    right: Slope
    kink: str

    def allows(self, derivative: float, tolerance: float) -> bool:
        """Say whether a derivative is between both slopes."""
        low, high = sorted((self.left, self.right), key=lambda slope: slope.value)
        margin = tolerance * max(abs(low.value), abs(high.value))
        below, above = low.value - low.error - margin, high.value + high.error + margin
        return below <= derivative <= above


def look_closer(
    problem: Problem,
    automatic: AutomaticGradient,
    where: Iterable[int],
    *,
    only_at_kinks: bool = False,
) -> dict[int, Look]:
    """Look closer at entries; those where the graph shows no kink at the point may be left out."""
    looker = _Looker(problem, automatic)
    with np.errstate(all="ignore"):  # fun may be undefined beside the point
        if only_at_kinks and not looker.any_kink_at_the_point():
            return {}
        looks = {
            k: looker.look(k) for k in map(int, where) if not only_at_kinks or looker.at_kink(k)
        }
    looker.probe.close()
    return looks


class _Looker:
    """Signatures and slopes of a problem, along one entry at a time."""

    def __init__(self, problem: Problem, automatic: AutomaticGradient) -> None:
        self.problem, self.probe = problem, EntryFunction(problem)
        self.ways_at = automatic.ways_at
        self.here = self.ways_at(problem.x)

    def any_kink_at_the_point(self) -> bool:
        x = self.problem.x
        direction = np.random.default_rng(2).standard_normal(x.size)
        step = AT * direction * np.maximum(1, np.abs(x))
        return any(change(self.here, self.ways_at(x + s)) for s in (step, -step))

    def at_kink(self, k: int) -> bool:
        return self._find_crossing(k, AT * self.probe.scale(k), (1.0, -1.0)) is not None

    def _ways_beside(self, k: int, t: float) -> list[Way]:
        at = self.problem.x.copy()
        at[k] += t
        return self.ways_at(at)

    def _find_crossing(self, k: int, h: float, stencil: tuple[float, ...]) -> str | None:
        """Return which unit changes sides between the points of a stencil, or None."""
        points = (self._ways_beside(k, h * s) for s in stencil)
        first = next(points)
        return next(filter(None, (change(first, ways) for ways in points)), None)

    def _widest(self, k: int, sign: float, stencil: tuple[float, ...]) -> tuple[float, str]:
        """Return the longest step without a change of sides, or 0 and which unit is too near."""
        h, crossed = FIRST_STEP, None
        while h > AT:
            step = sign * h * self.probe.scale(k)
            crossed = self._find_crossing(k, step, stencil)
            if crossed is None:
                return step, ""
            h /= 4
        return 0.0, crossed or ""

    def look(self, k: int) -> Look:
        f, noise = self.probe.along(k), self.problem.noise()
        step, kink = self._widest(k, 1.0, _CENTRAL)
        if kink:
            sides = [self._side(k, f, noise, sign) for sign in (-1.0, 1.0)]
        else:
            h = min(step, _HIDDEN * self.probe.scale(k))
            sides = [from_one_side(f, sign * h, noise) for sign in (-1.0, 1.0)]
        left, right = sides
        if abs(left.value - right.value) > 2 * (left.error + right.error):
            middle = Slope((left.value + right.value) / 2, (left.error + right.error) / 2)
            return Look(middle, left, right, kink or "fun, where its graph does not show it,")
        # a unit may change sides without a change of the slope
        slope = min(sides, key=lambda side: side.error) if kink else adaptive(f, step, noise)
        return Look(slope, slope, slope, "")

    def _side(self, k: int, f: Callable[[float], float], noise: float, sign: float) -> Slope:
        step, _ = self._widest(k, sign, _RIGHT)
        return from_one_side(f, step or sign * AT * self.probe.scale(k), noise)
