"""What stands in every pass of a loop where something else should, and what stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..edits import Edit, Expr, Slot
from ..pools import Source
from ..structure import Structure
from .bench import scale_by

#: Slots, and what gives the candidates for them.
Group = tuple[list[Slot], Callable[[], Iterable["Candidate"]]]


class Candidate(NamedTuple):
    """Something that may stand in a slot in every pass."""

    sources: list[Source]
    describe: Callable[[list[Source], float], Edit]
    row: Any = None


def repeat(edit: Edit, changes: dict[Slot, Expr]) -> Edit:
    """Do the same in several places."""
    return replace(edit, changes=changes, cost=edit.cost + 0.5, group=True)


def put_in_slots(
    slots: Sequence[Slot], sources: Sequence[Source], constant: float
) -> dict[Slot, Expr]:
    """Put a source into each slot, times a constant."""
    return {s: scale_by(constant, source.expr) for s, source in zip(slots, sources, strict=True)}


def relatives(structure: Structure, group: list[Slot]) -> Iterator[Sequence[int]]:
    """Yield steps that stand to each member as others to the others."""
    steps, edges = structure.steps, structure.lines.edges
    children = [edges[s.place][0] for s in group]
    parents = [steps[c].operands[edges[s.place][1]] for c, s in zip(children, group, strict=True)]
    for starts in (children, parents):
        yield from structure.around(starts)
    yield from _other_passes(structure, group)


def _other_passes(structure: Structure, group: list[Slot]) -> Iterator[Sequence[int]]:
    """Yield values of the same pass, of the one before and after, and in another order."""
    steps = structure.steps
    turns = [steps[s.place].turn for s in group]
    if len(set(turns)) < len(turns):
        return
    for line in structure.by_turn.values():
        count = len(line)
        side = round(count**0.5)
        orders = [turns, [t + 1 for t in turns], [t - 1 for t in turns]]
        orders.append([count - 1 - t for t in turns])
        if side > 1 and side**2 == count:  # of two loops inside each other
            orders.append([t % side * side + t // side for t in turns])
        for order in orders:
            places = [line.get(t, -1) for t in order]
            if all(p >= 0 for p in places):
                yield places
