"""Where candidates are tested: a probe, the program's structure, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..constants import Constants, shortest
from ..edits import RESULT, Expr, Number, Slot, times
from ..pools import Block, Pools, Source
from ..probe import Probe
from ..structure import Structure


@dataclass(frozen=True)
class Bench:
    """A probe, and what candidates are made of.

    Attributes
    ----------
    evidence : int
        How many numbers there are that a candidate has to explain.
    """

    probe: Probe
    structure: Structure
    pools: Pools
    constants: Constants
    evidence: int
    tolerance: float
    _cotangents: dict[tuple[int, ...], Block] = field(default_factory=dict)

    def constant(self, factor: float) -> float | None:
        """Return the number that explains a factor; with little evidence only a plain one."""
        found = self.constants.nearest(factor, max(1e-8, self.tolerance))
        if self.evidence < 3 and found not in (1.0, -1.0, 2.0, 0.5, -2.0, -0.5):
            return None
        return found

    def reaches(self, place: int) -> bool:
        """Whether all that is wrong is computed from a step: an edit there may explain it."""
        return all(bits >> place & 1 for bits in self.probe.reaching)

    def round_factor(self, factor: float) -> float:
        """Round a factor that was solved for, as far as that explains the numbers as well."""
        moves = float(np.abs(self.probe.error).max())
        return shortest(factor, min(1e-6, self.tolerance / 10 / moves) if moves else 0.0)

    def fit(
        self, e: Any, before: Any, shape: tuple[int, ...], *found: Block | list[Source]
    ) -> Iterator[tuple[Source, float]]:
        """Yield which sources fit in the place of numbers, and with what constant."""
        flat = e.reshape(len(e), -1)
        old = None if before is None else np.broadcast_to(before, shape).ravel()
        for each in found:
            block = each if isinstance(each, Block) else Block.of(each, shape)
            for k, factor in self.probe.fits(flat, old, block.matrix):
                constant = self.constant(factor)
                if constant is not None:
                    yield block.sources[k], constant

    def cotangents(self, shape: tuple[int, ...]) -> Block:
        """Return the cotangents of a shape, as they are now."""
        if shape not in self._cotangents:
            self._cotangents[shape] = self.pools.cotangents(shape, self.probe.machine.values)
        return self._cotangents[shape]

    def own(self, e: Any, before: Any, shape: tuple[int, ...]) -> float | None:
        """Return the constant that what stands there was multiplied with, 0 if it was dropped."""
        flat = e.reshape(len(e), -1)
        old = np.broadcast_to(before, shape).ravel()
        for _, change in self.probe.fits(flat, None, old[None]):
            factor = 1.0 + change
            if abs(factor) <= max(1e-8, self.tolerance):
                return 0.0
            whole = round(factor)
            if 2 <= whole <= 10 and abs(factor - whole) <= max(1e-8, self.tolerance):
                return float(whole)
            if self.evidence == 2:  # the same ratio twice is no chance
                return self.constants.nearest(factor, max(1e-8, self.tolerance))
            return self.constant(factor)
        return None

    def now(self, slot: Slot) -> Any:
        """Return what stands in a slot now."""
        machine = self.probe.machine
        place = slot.place
        if slot.operand == RESULT:
            return machine.values[place]
        from ..edits import evaluate

        step = machine.steps[place]
        own = machine.values[step.operands[slot.operand]]
        expr = machine.changes.get(slot)
        return own if expr is None else evaluate(expr, lambda k: machine.values[k], own)


def scale_by(constant: float, expr: Expr) -> Expr:
    """Multiply an expression by a constant."""
    return expr if constant == 1.0 else times(Number(constant), expr)
