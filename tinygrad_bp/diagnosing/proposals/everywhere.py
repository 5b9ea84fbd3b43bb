"""The edits of one line in all lines that are alike: every pass of a loop, every component."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any

from ..edits import RESULT, Call, Edit, Expr, Ref, Slot, together
from ..facts import scatters
from ..pools import Block, Source
from . import operands, overwriting, parts
from .bench import Bench
from .passes import repeat
from .sums import sums_of_other_axes


@dataclass(frozen=True)
class _Unasked(Bench):
    """A bench at which everything fits that is not one of a large pool."""

    def fit(
        self, e: Any, before: Any, shape: tuple[int, ...], *found: Block | list[Source]
    ) -> Iterator[tuple[Source, float]]:
        for each in found:
            yield from () if isinstance(each, Block) else ((source, 1.0) for source in each)

    def reaches(self, place: int) -> bool:
        """Each of several places may reach but a part of what is wrong."""
        return True


def in_lines_alike(bench: Bench) -> Iterator[Edit]:
    """Yield what is made of the result of a step, in all steps that are alike."""
    groups = bench.structure.groups
    found: dict[int, dict[Hashable, Edit]] = defaultdict(dict)
    seen: Counter[Hashable] = Counter()
    for edit in _in_single_lines(bench) if groups else ():
        (slot,) = edit.changes
        seen[slot, edit.mistake, edit.what] += 1
        number = seen[slot, edit.mistake, edit.what]
        found[slot.place][slot.operand, edit.mistake, edit.what, number] = edit
    for places in groups:
        for key in reduce(and_, (found[k].keys() for k in places)):
            edits = [found[k][key] for k in places]
            yield repeat(edits[0], together(edits))
    yield from _indices_of_other_passes(bench)


def _in_single_lines(bench: Bench) -> Iterator[Edit]:
    unasked = _Unasked(**vars(bench))
    for kind in (parts.proposals, overwriting.proposals, operands.results, sums_of_other_axes):
        yield from kind(unasked)


def _indices_of_other_passes(bench: Bench) -> Iterator[Edit]:
    """Yield that a gradient goes to the elements of the next pass, or of the one before."""
    steps, edges = bench.structure.steps, bench.structure.lines.edges
    for places in bench.structure.groups:
        if not all(scatters(steps[k]) and k in edges for k in places):
            continue
        for shift in (1, -1):
            changes: dict[Slot, Expr] = {}
            for k, other in zip(places, places[shift:] + places[:shift], strict=True):
                op = steps[k].op
                assert op is not None
                changes[Slot(k, RESULT)] = Call(
                    op, (Ref(steps[k].operands[0]),), steps[other].metadata
                )
            child, operand = edges[places[0]]
            node = steps[child].operands[operand]
            what = "the gradient of {node} goes to the elements of the pass beside it"
            edit = Edit("index-shifted", {}, node, what, cost=1.2)
            yield replace(repeat(edit, changes), also=("factor-replaced",))
