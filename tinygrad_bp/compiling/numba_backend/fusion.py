"""Which instructions share a loop nest, and which values have to be in memory.

Instructions are taken in their order. Each joins the first nest of its size that comes after
everything it needs, so chains of elementwise ops become one nest, in which a value that is used
at the same place only is a local variable. A matrix product or a reduction computes one element
of its output in a loop of its own inside of the nest, and what is used nowhere else but in a
reduction is computed there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...ops import matmul
from ...programs import addresses as at
from ...programs.addresses import Address
from ...programs.program import Instruction, Kind, Program
from .scalars import DTYPES, FAST_IN_NUMPY, has_loop, is_number

#: From here on NumPy is faster: BLAS, several elements at a time, sums in pairs.
LARGEST_PRODUCT = 4096  # multiplications
LARGEST_REDUCTION = 1024  # elements in each sum; more of them would also cost digits
LARGEST_LOOP = 2048  # elements of what NumPy computes several at a time
#: The compiler takes more than twice as long for twice as many instructions in one function.
LONGEST_FUNCTION = 100
#: The kinds of numbers that loops reduce, where these are not floats alone.
_KINDS: dict[Any, str] = {np.logical_or: "b", np.logical_and: "b", np.add: "bf"}


@dataclass(slots=True)
class Stage:
    """One loop nest (`domain` is a shape), or one instruction on its own.

    Attributes
    ----------
    domain : tuple of int or None
        The extents of the loops; None for what fills an array or is computed by NumPy.
    body : list of int
        The instructions.
    called : bool
        Whether it is computed by NumPy, between two compiled functions.
    """

    domain: tuple[int, ...] | None
    body: list[int] = field(default_factory=list)
    called: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """That an instruction reads a value: at its own place, or at others."""

    position: int
    aligned: bool


def domain_of(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the extents of the loops over a shape: those that are not 1."""
    return tuple(n for n in shape if n != 1)


def is_reduction(step: Instruction) -> bool:
    """Return whether a step takes elements together."""
    return step.op is not None and step.op.reduces is not None


def is_filling(step: Instruction) -> bool:
    """Return whether a step puts the elements of its operands somewhere."""
    return step.op is not None and step.op.fills


def is_moving(step: Instruction) -> bool:
    """Return whether a step takes its elements from those of its operand."""
    return step.op is not None and step.op.moves


def find_reduced_axes(step: Instruction, ndim: int) -> tuple[int, ...]:
    """Return along which axes an op reduces."""
    axis = step.metadata.get("axis")
    return tuple(range(ndim)) if axis is None else tuple(k % ndim for k in np.atleast_1d(axis))


class Plan:
    """The stages of a program, and what each needs.

    Parameters
    ----------
    program : Program
        Typed, with results of their own.

    Attributes
    ----------
    places : list of Address
        For each instruction where its elements are.
    tables : dict of (int, int) to array
        For each op that moves elements irregularly the places that they are taken from, and for
        each operand of one that fills an array irregularly the places that it goes to.
    filled : dict of int to list
        For each op that fills an array the start and the steps for each operand, None for a table.
    inlined : dict of int to int
        What is computed inside of the loop of another instruction, and of which.
    stages : list of Stage
        In their order.
    stage_of : dict of int to int
        The stage of each instruction that is computed.
    stored : set of int
        The instructions whose results are in memory.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps = program.instructions
        self.places: list[Address] = []
        self.tables: dict[tuple[int, int], Any] = {}
        self.filled: dict[int, list[tuple[int, tuple[int, ...]] | None]] = {}
        for position, step in enumerate(self.steps):
            self.places.append(self._place(position, step))
        self.results = (*program.outputs, *program.gradients)
        self.inlined = self._find_inlined()
        self.stages: list[Stage] = []
        self.stage_of: dict[int, int] = {}
        self._arrange()
        self.stored = self._find_stored()

    # --- where elements are --------------------------------------------------------------------

    def _place(self, position: int, step: Instruction) -> Address:
        own = Address(position, 0, at.row_major(step.shape))
        if not is_moving(step) or not self._is_simple(step):
            return own
        (operand,) = step.operands
        source = self.places[operand]
        places = at.move_places(step, source, self.steps[operand].shape)
        regular = at.find_steps(places)
        if regular is None:
            self.tables[position, 0] = places
            return own
        return Address(source.root, *regular)

    def _is_simple(self, step: Instruction) -> bool:
        return {step.dtype, *(self.steps[k].dtype for k in step.operands)} <= DTYPES

    def size(self, position: int) -> int:
        """Return how many elements a value has."""
        return math.prod(self.steps[position].shape)

    def root(self, position: int) -> int:
        """Return the instruction whose elements a value is made of."""
        return self.places[position].root

    def is_computed(self, position: int) -> bool:
        """Return whether an instruction takes part in a stage."""
        return self.steps[position].op is not None and self.root(position) == position

    def _is_aligned(self, operand: int, domain: tuple[int, ...]) -> bool:
        """Return whether a value is read where the loops over a domain have just computed it."""
        place, shape = self.places[operand], self.steps[operand].shape
        root = self.steps[place.root].shape
        return domain_of(root) == domain and at.is_whole(place, shape, math.prod(root))

    # --- what is computed how --------------------------------------------------------------------

    def is_called(self, position: int) -> bool:
        """Return whether NumPy computes an instruction, as a whole."""
        step = self.steps[position]
        dtypes = [self.steps[k].dtype for k in step.operands]
        if self.is_gathered(position):
            return False
        if not DTYPES.issuperset((step.dtype, *dtypes)):
            return True
        if is_filling(step):
            return any(dtype != step.dtype for dtype in dtypes)
        if step.op is matmul:
            inner = self.steps[step.operands[0]].shape[-1]
            return step.dtype.kind != "f" or self.size(position) * inner > LARGEST_PRODUCT
        if is_reduction(step):
            return self._is_called_reduction(position, step, dtypes[0])
        assert step.op is not None
        large = step.op.numpy in FAST_IN_NUMPY and self.size(position) > LARGEST_LOOP
        return large or not has_loop(step, dtypes)

    def is_gathered(self, position: int) -> bool:
        """Return whether an instruction takes elements from the places in a table."""
        return (position, 0) in self.tables and is_moving(self.steps[position])

    def _is_called_reduction(self, position: int, step: Instruction, dtype: Any) -> bool:
        assert step.op is not None
        known = _KINDS.get(step.op.reduces, "f")
        size = self.size(step.operands[0])
        return (
            dtype.kind not in known
            or size > LARGEST_REDUCTION * max(self.size(position), 1)
            or size > LARGEST_PRODUCT
        )

    def _find_inlined(self) -> dict[int, int]:
        """Find what a reduction alone needs, element by element."""
        uses, found = self.program.count_uses(), dict[int, int]()
        for position in reversed(range(len(self.steps))):
            step = self.steps[position]
            reducing = is_reduction(step) and not self.is_called(position)
            if not reducing and position not in found:
                continue
            for k in step.operands:
                same = reducing or self.steps[k].shape == step.shape
                if uses[k] == 1 and same and self._is_elementwise(k) and self.size(k) != 1:
                    found[k] = position if reducing else found[position]
        return found

    def _is_elementwise(self, position: int) -> bool:
        step = self.steps[position]
        others = is_reduction(step) or is_filling(step) or step.op is matmul
        return (
            self.is_computed(position)
            and not others
            and not self.is_called(position)
            and not self.is_gathered(position)
        )

    # --- in which order --------------------------------------------------------------------------

    def _arrange(self) -> None:
        for position, step in enumerate(self.steps):
            if not self.is_computed(position) or position in self.inlined:
                continue
            alone = is_filling(step) or self.is_called(position)
            domain = None if alone else domain_of(step.shape)
            first = self._earliest(position)
            for number in range(first, len(self.stages)):
                if domain is not None and self.stages[number].domain == domain:
                    break
            else:
                number = len(self.stages)
                self.stages.append(Stage(domain, called=self.is_called(position)))
            self.stages[number].body.append(position)
            self.stage_of[position] = number
            if is_filling(step) and not self.is_called(position):
                self._fill(position, step)

    def _fill(self, position: int, step: Instruction) -> None:
        found = at.find_destinations(step, [self.steps[k].shape for k in step.operands])
        self.filled[position] = [at.find_steps(places) for places in found]
        for number, (places, regular) in enumerate(zip(found, self.filled[position], strict=True)):
            if regular is None:
                self.tables[position, number] = places

    def _earliest(self, position: int) -> int:
        first = 0
        for read in self.reads(position):
            stage = self.stage_of.get(self.root(read.position), -1)
            first = max(first, stage if read.aligned else stage + 1)
        return first

    def reads(self, position: int) -> Iterator[Read]:
        """Find what an instruction reads, with what is computed inside of its loop."""
        domain = domain_of(self.steps[position].shape)
        near = self._is_elementwise(position)
        inside = [position]
        while inside:
            for k in self.steps[inside.pop()].operands:
                if k in self.inlined:
                    inside.append(k)
                elif not is_number(self.steps[self.root(k)]):
                    yield Read(k, near and self._is_aligned(k, domain))

    # --- what is in memory -----------------------------------------------------------------------

    def segment_of(self) -> list[int]:
        """Return for each stage the number of the compiled function to which it belongs."""
        numbers, number, length = list[int](), 0, 0
        for stage in self.stages:
            length += len(stage.body)
            if stage.called or length > LONGEST_FUNCTION:
                number, length = number + 1, 0
            numbers.append(number)
            number += stage.called
        return numbers

    def _find_stored(self) -> set[int]:
        found = {
            k
            for k, step in enumerate(self.steps)
            if step.kind is Kind.CONSTANT and not is_number(step)
        }
        segments = self.segment_of()
        found.update(self.results)
        for number, stage in enumerate(self.stages):
            if stage.domain is None:
                found.update(stage.body)
            for position in stage.body:
                for read in self.reads(position):
                    root = self.root(read.position)
                    written = self.stage_of.get(root)
                    if written is None:
                        continue
                    near = read.aligned and written == number
                    variable = self.size(root) == 1 and segments[written] == segments[number]
                    if not near and not variable:
                        found.add(root)
        return found
