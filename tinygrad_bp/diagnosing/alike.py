"""Which steps are one line of the user's code, or lines alike: one mistake is made in all of them.

Who derives by hand writes one line for what an unrolled program has in many places: every pass of
a loop, every call of a function, every component of a state, and the pass before the loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any

from ..programs.labelled import Labelled
from ..programs.origins import Origin, find_span
from ..programs.program import Kind
from .edits import Slot

#: Of more steps that are not of one line it is not looked at whether these are alike.
_MOST = 60


class AlikeLines:
    """The steps of a program by the lines that they come from."""

    def __init__(self, lines: Labelled) -> None:
        self.lines, self.steps, self.values = lines, lines.steps, lines.values

    @cached_property
    def groups(self) -> list[list[int]]:
        """The steps of the backward pass that are alike: in one place of the code, and in all."""
        found: dict[tuple[int, ...], None] = {}
        for way in self.ways:
            for some in self._alike(way):
                if len(some) > 1 and (way == self.line or len(some) <= _MOST):
                    found[tuple(sorted(some))] = None
        return [list(places) for places in found]

    def _alike(self, way: Callable[[int], Hashable]) -> Iterator[list[int]]:
        """Yield the steps that are alike in some way; then those of each call."""
        found: dict[Hashable, dict[Hashable, list[int]]] = defaultdict(lambda: defaultdict(list))
        for k, step in enumerate(self.steps):
            if step.kind is Kind.BACKWARD and isinstance(step.key, tuple) and step.key:
                origin, *rest = step.key
                node = step.of if step.of is not None else self.lines.edges.get(k, (k, 0))[0]
                if isinstance(origin, Origin):
                    found[way(node), step.op, *rest][origin.calls].append(k)
        for by_call in found.values():
            yield [k for some in by_call.values() for k in some]
            yield from by_call.values() if len(by_call) > 1 else ()

    def likeness(self, places: Sequence[int]) -> Callable[[int], Hashable]:
        """Return in what way forward steps are alike, the closest one."""
        return next((w for w in self.ways if len({*map(w, places)}) == 1), self.line)

    def contributions(self, places: Sequence[int]) -> list[list[Slot]]:
        """List what is added up to cotangents that are alike, that of lines alike together."""
        line = self.likeness([self.steps[k].of or 0 for k in places])
        found: dict[Hashable, list[Slot]] = defaultdict(list)
        for k in places:
            labels = self.steps[k].metadata["labels"]
            for j, (child, operand) in enumerate(labels if len(labels) > 1 else ()):
                found[line(child), operand].append(Slot(k, j))
        return [*found.values()]

    @property
    def ways(self) -> tuple[Callable[[int], Hashable], ...]:
        """In which ways forward steps may be alike, the closest first."""
        return self.line, self._statement, self._formula, self._operation

    # --- ways in which forward steps are alike ------------------------------------------------

    def line(self, place: int) -> Hashable:
        """Return where in the user's code a forward step comes from."""
        key = self.steps[place].key
        return key.own or key.calls if isinstance(key, Origin) else place

    def _statement(self, place: int) -> Hashable:
        """Return the line number, and what is done: both components of a state in one line."""
        key = self.steps[place].key
        if not isinstance(key, Origin) or not key.own or not isinstance(key.own[-1], tuple):
            return place
        code, position = key.own[-1]
        return *key.own[:-1], code, find_span(code, position)[0], self._operation(place)

    def _formula(self, place: int) -> Hashable:
        """Return what is done, and how its operands are made."""
        last = self._last(place)
        return self._identify(last), *map(self._operation, self.steps[last].operands)

    def _operation(self, place: int) -> Hashable:
        """Return what is done."""
        return self._identify(self._last(place))

    def _identify(self, place: int) -> Hashable:
        """Return an op, with which numbers, and the shapes of its operands."""
        step = self.steps[place]
        plain = [(key, value) for key, value in step.metadata.items() if _is_plain(value)]
        operands = (self._constant(o) or self.steps[o].shape for o in step.operands)
        return step.op, *plain, *operands

    def _constant(self, place: int) -> tuple[float, ...]:
        """Return a number that stands in the code, in a tuple; nothing of any other step."""
        step = self.steps[place]
        is_number = step.kind is Kind.CONSTANT and step.shape == ()
        return (float(self.values[place]),) if is_number else ()

    def _last(self, place: int) -> int:
        """Return the last pass of a step: the first ones may lack what goes in."""
        key = self.steps[place].key
        return self._latest.get(key, place) if isinstance(key, Origin) else place

    @cached_property
    def _latest(self) -> dict[Hashable, int]:
        found: dict[Hashable, int] = {}
        for k, step in enumerate(self.steps):
            if step.kind is Kind.FORWARD and isinstance(step.key, Origin) and step.turn == 0:
                found[step.key] = k
        return found

    @cached_property
    def repeated(self) -> frozenset[int]:
        """The steps of the backward pass that are made again in other passes of a loop."""
        passes: dict[Hashable, dict[int, int]] = defaultdict(dict)
        for k, step in enumerate(self.steps):
            if step.kind is Kind.BACKWARD and isinstance(step.key, tuple) and step.key:
                passes[step.key][step.turn] = k
        return frozenset(k for found in passes.values() if len(found) > 1 for k in found.values())

    @cached_property
    def by_turn(self) -> dict[Hashable, dict[int, int]]:
        """For each forward line of a loop, and where it is called, its steps by pass."""
        found: dict[Hashable, dict[int, int]] = defaultdict(dict)
        for k, step in enumerate(self.steps):
            if isinstance(step.key, Origin) and step.kind is Kind.FORWARD:
                found[step.key][step.turn] = k
        return {key: turns for key, turns in found.items() if len(turns) > 1}


def _is_plain(value: Any) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return all(part is None or isinstance(part, int) for part in parts)
