"""How a program hangs together: what depends on what, what repeats, what is one function."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..kernel import Op
from ..programs.labelled import ACCUMULATE, PASS, Labelled
from ..programs.program import Kind
from .alike import AlikeLines
from .edits import Call, Expr, Number, Ref, plus
from .facts import elementwise, moves, switches

#: What comes out of a layer, as one step of what goes in; beside it stands what is used with it.
LAYER = Op(
    "layer",
    lambda low, high, *beside, name: high,
    variadic=lambda g, y, *a, name, position: g,
)
#: The longest composition, in steps, that is looked at as one function.
_LONGEST = 12
#: How far, and to how many values, one goes from a line to what may have been taken instead.
_FAR, _WAYS = 5, 150
#: From a deviation back to the mean of the squares.
_BEHIND = 5


@dataclass(frozen=True)
class Region:
    """Steps that lead from one value to another of the same shape, and to nowhere else.

    Attributes
    ----------
    low, high : int
        The forward step that goes in, and the one that comes out.
    inside : tuple of int
        The steps above `low`, up to and with `high`.
    terms : tuple of int
        Which contributions to the cotangent of `low` come from inside.
    """

    low: int
    high: int
    inside: tuple[int, ...]
    terms: tuple[int, ...]


class Structure(AlikeLines):
    """What can be said of a program without asking what is wrong with it."""

    def __init__(self, lines: Labelled) -> None:
        super().__init__(lines)
        self.cotangents = lines.cotangents
        self._around: dict[tuple[int, ...], list[tuple[int, ...]]] = {}

    @cached_property
    def flows(self) -> list[bool]:
        """For each step whether it depends on a cotangent."""
        found: list[bool] = []
        for step in self.steps:
            seeded = step.kind is Kind.SEED
            backward = step.kind is Kind.BACKWARD
            found.append(seeded or (backward and any(found[k] for k in step.operands)))
        return found

    @cached_property
    def uses(self) -> dict[int, list[tuple[int, int]]]:
        """For each forward step that has a cotangent, the steps and operands that use it."""
        return {
            low: [label for label in self.steps[k].metadata["labels"] if label[0] != low]
            for low, k in self.cotangents.items()
        }

    def operands(self, place: int) -> tuple[int, ...]:
        """Return the steps that a step uses."""
        return self.steps[place].operands

    @cached_property
    def same(self) -> list[int]:
        """For each step the first one that it is: of equal arrays of constants the first."""
        known: dict[Any, int] = {}
        found = []
        for k, step in enumerate(self.steps):
            array = np.asarray(step.data) if step.kind is Kind.CONSTANT else np.zeros(())
            key = (array.shape, array.tobytes()) if array.ndim else k
            found.append(known.setdefault(key, k))
        return found

    @cached_property
    def multiplied(self) -> frozenset[int]:
        """The steps that are used together with a cotangent, and not only for what is."""
        return frozenset(
            o for k, step in enumerate(self.steps) if self.flows[k] for o in step.operands
        )

    def behind(self, place: int) -> frozenset[int]:
        """Return a step, and a few that it is computed of."""
        found = level = frozenset([place])
        for _ in range(_BEHIND):
            level = frozenset(o for k in level for o in self.steps[k].operands) - found
            found |= level
        return found

    @cached_property
    def _users(self) -> dict[int, tuple[int, ...]]:
        """For each forward step the steps that use it on the way to the loss."""
        return {place: tuple(child for child, _ in uses) for place, uses in self.uses.items()}

    def users(self, place: int) -> tuple[int, ...]:
        """Return the forward steps that use a forward step on the way to the loss."""
        return self._users.get(place, ())

    def around(self, starts: Sequence[int]) -> list[tuple[int, ...]]:
        """Go the same ways from each of several steps: to what is used, and to what uses it.

        Returns
        -------
        list of tuple of int
            Where the ways lead, from each start; the nearest first.
        """
        key = tuple(starts)
        if key not in self._around:
            self._around[key] = list(self._ways_from(key))
        return self._around[key]

    def _ways_from(self, starts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        seen, waiting = {starts}, deque([(starts, 0)])
        while waiting:
            places, far = waiting.popleft()
            yield places
            if far == _FAR or len(seen) == _WAYS:
                continue
            for ways in (
                [self.steps[k].operands for k in places],
                [self.users(k) for k in places],
            ):
                for reached in zip(*ways, strict=False):
                    if reached not in seen and len(seen) < _WAYS:
                        seen.add(reached)
                        waiting.append((reached, far + 1))

    @cached_property
    def switching(self) -> frozenset[int]:
        """The forward steps whose derivative has a mask in it."""
        found = (k for k in self.lines.edges if switches(self.steps[k]))
        return frozenset(self.lines.edges[k][0] for k in found)

    @cached_property
    def masking(self) -> frozenset[int]:
        """The forward steps whose derivative has a mask in it, or that are given one."""
        given = {k for k, step in enumerate(self.steps) if switches(step)}
        found = (k for k in self.cotangents if not given.isdisjoint(self.steps[k].operands))
        return self.switching.union(found)

    def source(self, place: int) -> int:
        """Go back over steps that only arrange numbers anew."""
        while moves(self.steps[place].op) and self.steps[place].operands:
            place = self.steps[place].operands[0]
        return place

    def leaf(self, edge: tuple[int, int]) -> int | None:
        """Return the parameter whose gradient is made along an edge, if it is made there."""
        place = self.source(self.steps[edge[0]].operands[edge[1]])
        return place if self.steps[place].kind is Kind.INPUT else None

    # --- regions -------------------------------------------------------------------------------

    @cached_property
    def regions(self) -> list[Region]:
        """All of them, the shortest first."""
        found = [region for high in self.cotangents for region in self._below(high)]
        return sorted(found, key=lambda r: len(r.inside))

    def _below(self, high: int) -> Iterator[Region]:
        """Yield the regions that end at a step: all ways from their insides lead through it."""
        through = {high}
        touched = set(self.steps[high].operands)
        for low in sorted((k for k in self.cotangents if k < high), reverse=True):
            if low not in touched or len(through) > _LONGEST:
                continue
            uses = self.uses[low]
            terms = tuple(j for j, (child, _) in enumerate(uses) if child in through)
            shape = self.steps[high].shape
            ends = self.steps[high].shape == self.steps[low].shape == shape
            if terms and ends and not self._hands_on(low, high, terms):
                yield Region(low, high, self._inside(low, through), terms)
            if len(terms) == len(uses) and self.steps[low].op is not None:
                through.add(low)
                touched.update(self.steps[low].operands)

    def _hands_on(self, low: int, high: int, terms: tuple[int, ...]) -> bool:
        """Whether the first or the last of the steps hands its cotangent on as it is."""
        last = [
            self.contribution[high, j]
            for j in range(len(self.steps[high].operands))
            if (high, j) in self.contribution
        ]
        first = [self.contribution[self.uses[low][j]] for j in terms]
        return all(self.steps[k].op is PASS for k in last) or all(
            self.steps[k].op is PASS for k in first
        )

    @cached_property
    def contribution(self) -> dict[tuple[int, int], int]:
        """For each edge the step that gives its contribution."""
        return {
            label: term
            for k in self.cotangents.values()
            for label, term in zip(
                self.steps[k].metadata["labels"], self.steps[k].operands, strict=True
            )
        }

    def _inside(self, low: int, through: set[int]) -> tuple[int, ...]:
        leading = {low}
        for k in sorted(through):
            if k > low and any(o in leading for o in self.steps[k].operands):
                leading.add(k)
        return tuple(sorted(leading - {low}))

    def arriving(self, place: int) -> int:
        """Return the cotangent of a forward step with which the pass goes on."""
        name = self.steps[place].name or ""
        own = self.cotangents[place]
        handed = self.lines.handed.get(name, own)
        return handed if self.lines.program.gradients.count(own) else own

    def pull(self, region: Region, g: Expr) -> Expr | None:
        """Write what a region makes of the cotangent of its end."""
        start, end = self.arriving(region.high), self.cotangents[region.low]
        made: dict[int, Expr] = {start: g}
        inside = {self.cotangents[k] for k in region.inside}
        for k in range(start + 1, end):
            step = self.steps[k]
            if step.kind is not Kind.BACKWARD or not any(o in made for o in step.operands):
                continue
            if step.op is ACCUMULATE and k not in inside:
                continue
            parts = tuple(made.get(o, Ref(o)) for o in step.operands)
            assert step.op is not None
            made[k] = plus(*parts) if step.op is ACCUMULATE else Call(step.op, parts, step.metadata)
        terms = [self.steps[end].operands[j] for j in region.terms]
        return plus(*(made[t] for t in terms)) if all(t in made for t in terms) else None

    def before(self, place: int, limit: int) -> Expr | None:
        """Write a step in terms of those before another one; None if it is computed from that."""
        step = self.steps[place]
        if place < limit:
            return Ref(place)
        if step.kind is Kind.CONSTANT:
            return Number(step.data)
        if place == limit or step.op is None:
            return None
        parts = [self.before(o, limit) for o in step.operands]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return plus(*known) if step.op is ACCUMULATE else Call(step.op, tuple(known), step.metadata)

    @cached_property
    def indices(self) -> list[Any]:
        """The arrays of whole numbers that elements are taken by, and what such arrays are of."""
        found: dict[bytes, Any] = {}
        for step in self.steps:
            index = step.metadata.get("index", ())
            for part in (*(index if isinstance(index, tuple) else (index,)), step.data):
                if isinstance(part, np.ndarray) and part.dtype.kind in "iu" and part.ndim:
                    found.setdefault(part.tobytes(), part)
        return [*found.values()]

    @cached_property
    def near(self) -> dict[int, frozenset[int]]:
        """For each forward step those beside it: operands, what uses it, and their operands."""
        found = {}
        for k in self.cotangents:
            around = {k, *self.steps[k].operands}
            for child, _ in self.uses[k]:
                around |= {child, *self.steps[child].operands}
            for o in self.steps[k].operands:
                around |= {*self.steps[o].operands}
            found[k] = frozenset(around)
        return found


def is_uniform(number: Any) -> bool:
    """Whether an array is the same number everywhere."""
    array = np.asarray(number)
    return array.size > 0 and bool((array == array.flat[0]).all())


def activation(structure: Structure, place: int) -> bool:
    """Whether a step is an elementwise function of one thing that has a derivative."""
    step = structure.steps[place]
    parents = {o for o in step.operands if o in structure.cotangents}
    return elementwise(step.op) and len(parents) == 1


def softmax_axis(number: Any) -> int | None:
    """Return the axis along which numbers are probabilities, if there is one."""
    array = np.asarray(number)
    if array.ndim == 0 or array.dtype.kind != "f" or not (array >= 0).all():
        return None
    for axis in reversed(range(array.ndim)):
        if array.shape[axis] > 1 and (np.abs(array.sum(axis=axis) - 1.0) < 1e-12).all():
            return axis
    return None
