"""One dot product for each candidate says whether a multiple of it gives what was handed over.

The wrong gradients are projected on a few random vectors. Pulled back through the backward
program these say how the projections move with each operand of it. If c times u in the place of
an operand gives the wrong gradients, then c follows from each projection, and is the same in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from .edits import RESULT, Slot
from .evidence import Case, Names
from .machine import Machine, Sensitivities

#: How many projections, if not said otherwise.
COUNT = 3
_CLOSE = 1e-7


class Probe:
    """What is wrong, projected.

    Parameters
    ----------
    case : Case
        What was handed over.
    machine : Machine
        The program, with the mistakes that are known.
    names : set of str
        The gradients that are to be explained, with those that are to stay.
    count, seed : int
        How many projections, and of which draw.
    """

    def __init__(
        self, case: Case, machine: Machine, names: Names, count: int = COUNT, seed: int = 7
    ) -> None:
        self.case, self.machine = case, machine
        rng = np.random.default_rng(seed)
        self.seeds: dict[int, Any] = {}
        self.error = np.zeros(count)
        self.slack = 0.0
        self.wrong: list[int] = []
        for name, place in case.places.items():
            now, manual = np.asarray(machine.values[place]), np.asarray(case.manual[name])
            size = float(np.max(np.abs(now), initial=0.0))
            vectors = rng.standard_normal((count, *now.shape))
            if name not in names or manual.shape != now.shape:
                continue
            size = max(size, float(np.max(np.abs(manual), initial=0.0)))
            if size <= case.allowed[name]:
                continue
            weight = 1 / (size * np.sqrt(now.size))
            self.seeds[place] = weight * vectors
            if not case.agrees(name, now):
                self.wrong.append(place)
            self.error += self.seeds[place].reshape(count, -1) @ (manual - now).ravel()
            inexact = max(case.tolerance[name], case.allowed[name] / size)
            self.slack = max(self.slack, inexact if inexact > 1e-8 else 0.0)

    @cached_property
    def reaching(self) -> list[int]:
        """For each wrong gradient what it is computed from, as bits."""
        above = self.machine.above
        return [above[k] for k in self.wrong]

    @cached_property
    def _sensitivities(self) -> Sensitivities:
        return self.machine.sensitivities(self.seeds)

    def at(self, slot: Slot) -> Any:
        """Return how the projections move with an operand, (n, *shape); None where not straight."""
        found = self._sensitivities
        if slot.place in found.bent and slot.operand != RESULT:
            return None
        e = found.result.get(slot.place) if slot.operand == RESULT else found.operand.get(slot)
        if e is None or (slot.operand == RESULT and slot.place in found.bent):
            return None
        if e.shape[1:] not in self._shapes(slot):  # an edit before this one has left it unreduced
            return None
        return e if np.any(e) and np.isfinite(e).all() else None

    def _shapes(self, slot: Slot) -> list[tuple[int, ...]]:
        """Return the shapes of what may stand in a slot: its own, or that of the result."""
        lines = self.case.lines
        places = [slot.place]
        if slot.operand != RESULT:
            places.append(lines.steps[slot.place].operands[slot.operand])
        return [np.shape(lines.values[place]) for place in places]

    def is_error(self, moved: Any) -> Any:
        """Whether the projections, the last axis, move by what is wrong with them."""
        slack = (_CLOSE + self.slack) * np.abs(self.error).max()
        return (np.abs(moved - self.error) <= slack).all(axis=-1)

    def fits(self, e: Any, before: Any, pool: Any) -> Iterator[tuple[int, float]]:
        """Yield which rows of a pool fit, and the number that they are to be multiplied with.

        Parameters
        ----------
        e : array (n, size)
            The sensitivities to what is replaced.
        before : array (size,) or None
            What stood there. None: the candidate is added to it.
        pool : array (m, size)
            What may have been put there.
        """
        if not len(pool):
            return
        with np.errstate(all="ignore"):
            wanted = self.error if before is None else self.error + e @ before
            moved = e @ pool.T
            squares = (moved * moved).sum(axis=0)
            factors = (wanted @ moved) / squares
            off = np.abs(wanted[:, None] - factors * moved).max(axis=0)
            sizes = np.linalg.norm(e, axis=1).max() * np.linalg.norm(pool, axis=1)
            round_off = 1e-12 * np.abs(factors) * sizes
            if before is not None:
                round_off = round_off + 1e-12 * np.linalg.norm(e) * np.linalg.norm(before)
            scale = np.abs(self.error).max()
            good = off <= (_CLOSE + self.slack) * scale + round_off
            good &= np.sqrt(squares) > 1e-11 * sizes
            good &= np.isfinite(factors) & (np.abs(factors) * np.sqrt(squares) > 1e-9 * scale)
        for k in np.flatnonzero(good):
            yield int(k), float(factors[k])
