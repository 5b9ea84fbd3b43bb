"""Whole functions between two cotangents, in every pass of a loop or in every call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from ...programs.origins import Origin
from ..edits import RESULT, Edit, Slot
from ..pools import Source
from ..structure import Region, is_uniform
from . import regions
from .bench import Bench
from .passes import Candidate, Group, repeat

#: Of how many values, the nearest ones, the slopes are looked at.
_NEAREST = 40
#: What the slope of an activation is, in terms of its value.
_SLOPES = ("v (1 - v)", "1 - v²", "1 - v", "v > 0", "tanh' v", "sigmoid' v")


def group_regions(bench: Bench) -> Iterator[Group]:
    """Yield the functions that are alike, and what may stand for their derivatives."""
    structure = bench.structure
    every: dict[Hashable, list[Region]] = {}
    for way in structure.ways:
        same: dict[Hashable, list[Region]] = defaultdict(list)
        for region in structure.regions:
            inside = tuple(map(way, region.inside))
            line = structure.steps[region.high].key
            same[inside, len(region.terms)].append(region)
            same[inside, line.calls if isinstance(line, Origin) else None, ""].append(region)
        every |= {tuple((r.low, r.high) for r in some): some for some in same.values()}
    for found in every.values():
        if len(found) < 2:
            continue
        found = sorted(found, key=lambda r: structure.cotangents[r.low])
        places = [structure.cotangents[r.low] for r in found]
        slots = [Slot(k, r.terms[0]) for k, r in zip(places, found, strict=True)]
        if len(found[0].terms) > 1:  # all that arrives, or nothing
            slots = [Slot(k, RESULT) for k in places]
            if any(len(structure.uses[r.low]) > len(r.terms) for r in found):
                continue
        yield slots, partial(_region_group, bench, found, slots)


def _region_group(bench: Bench, found: list[Region], slots: list[Slot]) -> list[Candidate]:
    by_kind: dict[Any, list[tuple[Source, Any]]] = defaultdict(list)
    for region in found:
        block = regions.block_of(bench, region)
        for number, (source, row) in enumerate(zip(block.sources, block.matrix, strict=True)):
            if source.kind != "mask":
                by_kind[number, source.kind].append((source, row))
    candidates = []
    for members in by_kind.values():
        if len(members) == len(found):
            sources = [source for source, _ in members]
            row = np.concatenate([row for _, row in members])
            candidates.append(_region_candidate(bench, found, slots, sources)._replace(row=row))
    return candidates + _slopes_of_others(bench, found, slots)


def _slopes_of_others(bench: Bench, found: list[Region], slots: list[Slot]) -> list[Candidate]:
    """Make the slopes of functions of values that stand beside each pass alike."""
    structure, values = bench.structure, bench.structure.values
    shape = structure.steps[found[0].high].shape
    alike = all(structure.steps[region.high].shape == shape for region in found)
    slopes = [regions.function_of(bench, region).slope for region in found]
    if not alike or any(slope is None or is_uniform(slope) for slope in slopes):
        return []
    highs = [region.high for region in found]
    turns = [structure.steps[k].turn for k in highs]
    rows = [*islice(structure.around(highs), _NEAREST)]
    if len(set(turns)) == len(turns):
        lines = structure.by_turn.values()
        rows += [tuple(line[t] for t in turns) for line in lines if {*turns} <= line.keys()]
    candidates = []
    for places in {tuple(row): row for row in rows}.values():
        numbers = [np.asarray(values[p]) for p in places]
        if all(number.shape == shape and number.dtype.kind == "f" for number in numbers):
            for kind in _SLOPES:
                sources = [bench.pools.form(kind, p) for p in places]
                if any(is_uniform(source.number) for source in sources):
                    continue
                candidate = _region_candidate(bench, found, slots, sources)
                made = [s.number * values[structure.arriving(k)] for s, k in zip(sources, highs)]
                row = np.concatenate([np.ravel(m) for m in made])
                candidates.append(candidate._replace(row=row))
    return candidates


def _region_candidate(
    bench: Bench, found: list[Region], slots: list[Slot], sources: list[Source]
) -> Candidate:
    def describe(sources: list[Source], constant: float) -> Edit:
        k = slots[0].place
        edit = regions.edit_of(bench, found[0], k, sources[0], constant)
        changes = {
            s: regions.hand_on(bench, region, source, constant)
            for s, region, source in zip(slots, found, sources, strict=True)
        }
        return repeat(edit, changes)

    return Candidate(sources, describe)
