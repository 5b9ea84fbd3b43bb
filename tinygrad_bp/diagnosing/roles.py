"""What part of a known cell a step is: the forget gate of an LSTM, the softmax of an attention.

A gate is known by its slope, y (1 - y), a candidate by 1 - y², whatever the lines are that compute
them; the cell by how these are multiplied and added up (Hochreiter and Schmidhuber, *Long
Short-Term Memory*, 1997; Cho et al., *Learning Phrase Representations*, 2014).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np

from .edits import Number, evaluate
from .facts import additive, elementwise, product
from .structure import LAYER, Region, Structure
from .textbook import Layer

_CLOSE = 1e-9


def name_roles(structure: Structure, layers: Iterable[Layer]) -> dict[int, str]:
    """Return for the steps of attention and of LSTM and GRU cells what they are there.

    Parameters
    ----------
    structure : Structure
        Of the program.
    layers : iterable of Layer
        The layers that were found in it.

    Returns
    -------
    dict of int to str
        By forward step, such as "the LSTM cell's forget gate".
    """
    found: dict[int, str] = {}
    softmaxes = [
        (layer.region.low, layer.region.high, layer.region.inside)
        for layer in layers
        if layer.name == "softmax"
    ]
    for k, step in enumerate(structure.steps):  # a layer that is one step already
        if step.op is LAYER and step.metadata["name"] == "softmax":
            softmaxes.append((step.operands[0], step.operands[1], (k,)))
    for softmax in softmaxes:
        for place, role in _attention(structure, *softmax):
            found.setdefault(place, role)
    cells = _Cells(structure)
    for place, role in [*cells.find()]:
        found.setdefault(place, role)
        for k in cells.inside(place):
            found.setdefault(k, f"a part of {role}")
    return found


def _attention(
    structure: Structure, low: int, high: int, inside: Iterable[int]
) -> Iterator[tuple[int, str]]:
    """Yield the parts of an attention: a softmax that weighs other values."""
    outputs = [k for k in structure.users(high) if _weighs(structure, k)]
    if len(outputs) == 1 == len(structure.users(high)):
        yield high, "attention's softmax"
        yield low, "attention's scores"
        yield outputs[0], "what attention gives for its values"
        for k in inside:
            yield k, "a part of attention's softmax"


def _weighs(structure: Structure, place: int) -> bool:
    """Whether a step is a matrix product with something that has a gradient, too."""
    step = structure.steps[place]
    numbers = [structure.values[o] for o in step.operands]
    sources = [structure.source(o) for o in step.operands]
    return (
        not elementwise(step.op)
        and product(step, numbers)
        and all(o in structure.cotangents for o in sources)
    )


class _Cells:
    """Gates and candidates of a program, and the cells that they make."""

    def __init__(self, structure: Structure) -> None:
        self._structure, self._steps = structure, structure.steps
        self._kinds: dict[int, str] = {}
        self._insides: dict[int, tuple[int, ...]] = {}

    def find(self) -> Iterator[tuple[int, str]]:
        """Yield the parts of all cells."""
        for state in self._structure.cotangents:
            terms = self._pair(state, additive)
            factors = [self._pair(term, product) for term in terms]
            if all(factors) and len(factors) == 2:
                for one, other in permutations(factors):
                    yield from self._lstm(state, one, other)
                    yield from self._gru(state, one, other)

    def inside(self, place: int) -> tuple[int, ...]:
        """Return the steps that a gate or a candidate is computed with."""
        return self._insides.get(place, ())

    def _pair(self, place: int, is_one: Any) -> tuple[int, ...]:
        """Return the two operands of an elementwise sum or product; none where it is neither."""
        step = self._steps[place]
        if len(step.operands) != 2 or not elementwise(step.op):
            return ()
        numbers = [self._structure.values[o] for o in step.operands]
        return step.operands if is_one(step, numbers) and np.ndim(numbers[0]) else ()

    def _lstm(
        self, state: int, kept: tuple[int, ...], new: tuple[int, ...]
    ) -> Iterator[tuple[int, str]]:
        """Yield the parts of c = f * c_before + i * g, h = o * tanh(c)."""
        forget, before = self._sort(kept, "gate")
        enter, candidate = self._sort(new, "gate")
        shown = [k for k in self._reach(state) if self._kind(k) == "tanh"]
        if (self._kind(forget), self._kind(enter)) != ("gate", "gate") or not shown:
            return
        if self._kind(candidate) != "tanh" or self._kind(before) == "tanh":
            return
        for output in self._structure.users(shown[0]):
            for gate in self._pair(output, product):
                if self._kind(gate) == "gate":
                    yield forget, "the LSTM cell's forget gate"
                    yield enter, "the LSTM cell's input gate"
                    yield candidate, "the LSTM cell's candidate"
                    yield gate, "the LSTM cell's output gate"
                    yield state, "the LSTM cell's state"
                    yield shown[0], "the tanh of the LSTM cell's state"
                    yield output, "what the LSTM cell gives"

    def _gru(
        self, state: int, kept: tuple[int, ...], new: tuple[int, ...]
    ) -> Iterator[tuple[int, str]]:
        """Yield the parts of h = (1 - z) * n + z * h_before, in either order."""
        values = self._structure.values
        candidate, weight = self._sort(new, "tanh")
        for rest in kept if self._kind(candidate) == "tanh" else ():
            gates = [k for k in (weight, rest) if self._kind(k) == "gate"]
            ends = [np.asarray(values[k]) for k in (weight, rest)]
            if len(gates) != 1 or ends[0].shape != ends[1].shape:
                continue
            if np.allclose(ends[0] + ends[1], 1, rtol=_CLOSE):
                yield gates[0], "the GRU cell's update gate"
                yield candidate, "the GRU cell's candidate"
                yield state, "the GRU cell's state"
                for reset in self._gates_behind(candidate):
                    yield reset, "the GRU cell's reset gate"

    def _gates_behind(self, candidate: int) -> Iterator[int]:
        """Yield the gates that are multiplied in on the way to a candidate."""
        for place in sorted(self._structure.behind(candidate)):
            for factor in self._pair(place, product):
                if self._kind(factor) == "gate":
                    yield factor

    def _sort(self, factors: tuple[int, ...], kind: str) -> tuple[int, int]:
        """Put the factor of a kind first."""
        one, other = factors
        return (one, other) if self._kind(one) == kind else (other, one)

    def _reach(self, low: int) -> list[int]:
        return [region.high for region in self._structure.regions if region.low == low]

    @cached_property
    def _ending(self) -> dict[int, list[Region]]:
        found: dict[int, list[Region]] = defaultdict(list)
        for region in self._structure.regions:
            found[region.high].append(region)
        return found

    def _kind(self, place: int) -> str:
        """Say whether a value comes out of a sigmoid, "gate", of a "tanh", or of neither, ""."""
        if place not in self._kinds:
            self._kinds[place] = next(self._slopes(place), "")
        return self._kinds[place]

    def _slopes(self, place: int) -> Iterator[str]:
        y = np.asarray(self._structure.values[place])
        for region in self._ending[place]:
            pulled = self._structure.pull(region, Number(np.ones(y.shape)))
            if pulled is None:
                continue
            slope = np.asarray(evaluate(pulled, self._structure.values.__getitem__))
            for kind, right in (("gate", y * (1 - y)), ("tanh", 1 - y**2)):
                if slope.shape == y.shape and np.allclose(slope, right, rtol=_CLOSE, atol=_CLOSE):
                    self._insides[place] = region.inside
                    yield kind
