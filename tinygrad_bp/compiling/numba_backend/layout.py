"""Where in memory each value is: one array per dtype, of which every value has a part.

So a compiled function has few arguments, and all parts are at known distances, which is what
the compiler needs to know that they do not overlap. Parts are used again as soon as nothing
reads them any more.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...programs.program import Kind
from .fusion import Plan


class Stretch(NamedTuple):
    """A part of a buffer; `buffer` is its name in the compiled functions."""

    buffer: str
    offset: int


class _Arena:
    """The parts of one buffer that are free, in their order."""

    def __init__(self) -> None:
        self.size = 0
        self._free: list[tuple[int, int]] = []

    def take(self, size: int) -> int:
        """Find the first free part that is large enough, or add one at the end."""
        for k, (start, length) in enumerate(self._free):
            if length >= size:
                self._free[k : k + 1] = [(start + size, length - size)] if length > size else []
                return start
        self.size += size
        return self.size - size

    def give_back(self, start: int, size: int) -> None:
        """Make a part free, as one with its free neighbours."""
        merged: list[tuple[int, int]] = []
        for begin, length in sorted([*self._free, (start, size)]):
            if merged and sum(merged[-1]) == begin:
                merged[-1] = (merged[-1][0], merged[-1][1] + length)
            else:
                merged.append((begin, length))
        self._free = merged


class Memory:
    """The regions of a plan.

    Parameters
    ----------
    plan : Plan
        Whose stored values get a region.
    carried : int
        How many of the first inputs are replaced by the outputs after each run.

    Attributes
    ----------
    regions : dict of int to Stretch
        Of each stored instruction, carried inputs too.
    tables : dict of (int, int) to Stretch
        Of each table of the plan.
    results : list of Stretch
        Where the outputs and gradients, or the carried values, are in the end.
    copies : list of (int, Stretch)
        Outputs that are not computed where they are carried, and where they have to go: their
        place is still read after they are known.
    """

    def __init__(self, plan: Plan, carried: int = 0) -> None:
        self.plan = plan
        self._arenas: dict[str, tuple[_Arena, Any]] = {}
        self.regions: dict[int, Stretch] = {}
        self.copies: list[tuple[int, Stretch]] = []
        self._contents: list[tuple[Stretch, Any]] = []
        self.tables = {key: self._constant(table) for key, table in plan.tables.items()}
        for position in sorted(plan.stored):
            step = plan.steps[position]
            if step.kind is Kind.CONSTANT:
                self.regions[position] = self._constant(step.data)
        self.results = [self._region("o", k) for k in plan.results]
        for k, region in zip(plan.program.inputs[:carried], self.results, strict=False):
            self.regions[k] = region
        self._place_results(carried)
        self._place_rest()

    def _region(self, kind: str, position: int) -> Stretch:
        step = self.plan.steps[position]
        return self._new(kind, step.dtype, math.prod(step.shape))

    def _new(self, kind: str, dtype: Any, size: int) -> Stretch:
        name = f"{kind}_{dtype.name}"
        arena, _ = self._arenas.setdefault(name, (_Arena(), dtype))
        return Stretch(name, arena.take(size))

    def _constant(self, data: Any) -> Stretch:
        array = np.asarray(data)
        region = self._new("c", array.dtype, array.size)
        self._contents.append((region, array.ravel()))
        return region

    def _place_results(self, carried: int) -> None:
        for number, (position, region) in enumerate(
            zip(self.plan.results, self.results, strict=True)
        ):
            if number < carried and not self._is_free(position, self.plan.program.inputs[number]):
                self.regions[position] = self._region("c", position)
                self.copies.append((position, region))
            else:
                self.regions[position] = region

    def _is_free(self, position: int, former: int) -> bool:
        """Return whether nothing reads a former value once a new one is computed."""
        last = self.plan.stage_of[position]
        for number, stage in enumerate(self.plan.stages[last:], last):
            for reader in stage.body:
                for read in self.plan.reads(reader):
                    if self.plan.root(read.position) == former and (
                        number > last or not read.aligned
                    ):
                        return False
        return True

    def _place_rest(self) -> None:
        """Give each stored value a region from the stage that computes it to the last reader."""
        last: dict[int, int] = {}
        for number, stage in enumerate(self.plan.stages):
            for position in stage.body:
                last[position] = number
                for read in self.plan.reads(position):
                    last[self.plan.root(read.position)] = number
        ending: list[list[int]] = [[] for _ in self.plan.stages]
        for number, stage in enumerate(self.plan.stages):
            for position in stage.body:
                if position in self.plan.stored and position not in self.regions:
                    self.regions[position] = self._region("w", position)
                    ending[last[position]].append(position)
            for position in ending[number]:
                region = self.regions[position]
                size = math.prod(self.plan.steps[position].shape)
                self._arenas[region.buffer][0].give_back(region.offset, size)

    def buffers(self) -> dict[str, Any]:
        """Return new buffers by name, with the constants in them."""
        made = {name: np.zeros(arena.size, dtype) for name, (arena, dtype) in self._arenas.items()}
        for region, data in self._contents:
            made[region.buffer][region.offset : region.offset + data.size] = data
        return made
