"""Straight-line NumPy text of a program, as it grows: names, buffers, lines.

`forms` says how each op is written; here is what they write on.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from typing import Any

import numpy as np

from ...programs import Instruction, Kind, Program
from .buffers import Lifetimes, Memory, Pool


@dataclass(frozen=True, slots=True)
class Place:
    """How a value is called in the text.

    Attributes
    ----------
    fixed : bool
        Whether the name is that of the same memory in every call.
    contiguous : bool
        Whether its elements are known to stand one after another in C order.
    """

    text: str
    fixed: bool = False
    contiguous: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """How a step is written, and where its result is then."""

    write: Callable[[Code, int], None]
    memory: Memory


class Code:
    """The text of a program.

    Parameters
    ----------
    program : Program
        The steps.
    forms : sequence of Form or None
        How each of them is written; None for inputs and constants.
    order : sequence of int
        The order in which the steps are computed.
    lasting : sequence of int
        Positions whose memory must not serve for anything else.
    """

    def __init__(
        self,
        program: Program,
        forms: Sequence[Form | None],
        order: Sequence[int],
        lasting: Sequence[int],
    ) -> None:
        self.program, self.steps, self.forms = program, program.instructions, forms
        memory: list[Memory] = [form.memory if form else "new" for form in forms]
        self.life = Lifetimes(program, memory, order, lasting)
        self.pool = Pool()
        self.header: list[str] = []
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"float64": np.dtype(np.float64)}
        self.places: dict[int, Place] = {}
        self.ignores_overflow = False
        #: For a step, the operand whose memory is to hold its result although it is no buffer.
        self.states: dict[int, int] = {}
        self._pieces: dict[int, int] = {}
        #: What arrays that stand one after another are called together.
        self.rows: dict[tuple[int, ...], str] = {}
        self._kept: dict[Any, str] = {}
        self._numbers: dict[str, count[int]] = defaultdict(count)
        self._views: dict[int, tuple[str, bool]] = {}

    # --- names -----------------------------------------------------------------------------

    def function(self, function: Callable[..., Any], name: str = "") -> str:
        """Return what a function is called in the text."""
        name = name or function.__name__
        if self.names.setdefault(name, function) != function:
            return self.keep(function, "f")
        return name

    def keep(self, thing: Any, letter: str, key: Any = None) -> str:
        """Give something a name in the text; the same name where the key has one already."""
        key = id(thing) if key is None else key
        if (letter, key) not in self._kept:
            name = self._kept[letter, key] = self._new_name(letter)
            self.names[name] = thing
        return self._kept[letter, key]

    def define(self, letter: str, text: str) -> str:
        """Give what a text makes once, before all calls, a name."""
        key = (letter, text)
        if key not in self._kept:
            self._kept[key] = self._new_name(letter)
            self.header.append(f"{self._kept[key]} = {text}")
        return self._kept[key]

    def _new_name(self, letter: str) -> str:
        return f"{letter}{next(self._numbers[letter])}"

    # --- operands --------------------------------------------------------------------------

    def text(self, position: int) -> str:
        """Return what a value is called."""
        return self.place(position).text

    def place(self, position: int) -> Place:
        """Return how a value is called; constants and views are named when they are first met."""
        if position in self._views:
            self._make_view(position)
        elif position not in self.places:
            step = self.steps[position]
            assert step.kind is Kind.CONSTANT, step
            self.places[position] = Place(self._constant(step), fixed=True, contiguous=True)
        return self.places[position]

    def _constant(self, step: Instruction) -> str:
        if step.shape == ():
            return self.keep(step.data, "c", (type(step.data), repr(step.data)))
        array = np.array(step.data, step.dtype, order="C")
        array.flags.writeable = False
        return self.keep(array, "c", id(step))

    def number(self, value: Any, dtype: Any) -> str:
        """Return the name of a constant array of shape (), which ufuncs take twice as fast."""
        array = np.array(value, dtype)
        return self.keep(array, "c", (array.dtype.str, array.tobytes()))

    def operands(self, k: int) -> list[str]:
        """Return the operands of a ufunc, numbers as arrays of shape ()."""
        step = self.steps[k]
        sources = [self.steps[operand] for operand in step.operands]
        strong = [s.dtype for s in sources if type(s.data) is not float]
        dtype = np.result_type(*strong) if strong else np.dtype(np.float64)
        return [
            self.number(source.data, dtype if type(source.data) is float else source.dtype)
            if source.kind is Kind.CONSTANT and source.shape == ()
            else self.text(operand)
            for operand, source in zip(step.operands, sources, strict=True)
        ]

    # --- results ---------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(text)

    def assign(self, k: int, text: str) -> None:
        """Give the result of a step a name of its own."""
        self.places[k] = Place(f"x{k}")
        self.line(f"x{k} = {text}")

    def buffer(self, k: int, *in_place: int) -> str:
        """Return where a step is to write its result: a buffer, perhaps that of an operand.

        Parameters
        ----------
        k : int
            The step.
        *in_place : int
            Which operands may be overwritten while the step is computed.
        """
        step = self.steps[k]
        if self._is_placed(k):
            return self.text(k)
        operands = [step.operands[number] for number in in_place]
        for operand in sorted(operands, key=lambda each: each != self.states.get(k)):
            if self._can_be_overwritten(k, operand):
                self.places[k] = self.places[operand]
                if operand in self._pieces:
                    self._pieces[k] = self._pieces.pop(operand)
                return self.text(k)
        self._pieces[k] = self.pool.take(_size(step))
        self.places[k] = Place(self._memory(self._pieces[k], step), fixed=True, contiguous=True)
        return self.text(k)

    def _is_placed(self, k: int) -> bool:
        """Return whether a result has its place: in a row, or where what a loop carries is."""
        state = self.states.get(k)
        if k not in self.places and state is not None and self.life.is_over(state, k):
            self.places[k] = self.places[state]
        return k in self.places

    def _can_be_overwritten(self, k: int, operand: int) -> bool:
        """Return whether an operand is a whole buffer of the right kind that nobody needs."""
        step, source = self.steps[k], self.steps[operand]
        others = [each for each in step.operands if each != operand]
        return (
            (operand in self._pieces or self.states.get(k) == operand)
            and source.shape == step.shape
            and source.dtype == step.dtype
            and self.life.dies_at(operand, k)
            and not any(operand in self.life.roots[other] for other in others)
        )

    def _memory(self, piece: int, step: Instruction) -> str:
        return self.define("b", f"memory({piece}, {step.shape}, {np.dtype(step.dtype).name!r})")

    def scratch(self, k: int, like: Instruction, dtype: Any) -> str:
        """Return a buffer that is free again after the step."""
        shape = Instruction(Kind.FORWARD, shape=like.shape, dtype=dtype)
        piece = self.pool.take(_size(shape))
        self._pieces[-1] = piece
        return self._memory(piece, shape)

    def row(self, members: tuple[int, ...]) -> str:
        """Let arrays stand one after another, in memory that is for nothing else."""
        if members not in self.rows:
            sizes = [math.prod(self.steps[k].shape) for k in members]
            dtype = np.dtype(self.steps[members[0]].dtype).name
            name = self._new_name("r")
            self.header.append(f"{name} = {self.function(np.empty)}({sum(sizes)}, {dtype!r})")
            self.rows[members] = name
            for k, size, end in zip(members, sizes, accumulate(sizes), strict=True):
                text = f"{name}[{end - size}:{end}].reshape({self.steps[k].shape})"
                self.places[k] = Place(self.define("b", text), fixed=True, contiguous=True)
        return self.rows[members]

    def row_of_results(self, members: tuple[int, ...], columns: Sequence[tuple[int, ...]]) -> str:
        """Return where steps that are one call write: over what nobody needs, or a new row."""
        states = tuple(self.states.get(k, -1) for k in members)
        over = all(self.life.is_over(j, k) for k, j in zip(members, states, strict=True))
        for row in [states] * over + [
            c for c in columns if self._row_can_be_overwritten(members, c)
        ]:
            if row in self.rows:
                self.rows[members] = self.rows[row]
                self.places |= {k: self.places[j] for k, j in zip(members, row, strict=True)}
                break
        return self.row(members)

    def _row_can_be_overwritten(self, members: tuple[int, ...], operands: tuple[int, ...]) -> bool:
        pairs = list(zip(members, operands, strict=True))
        own = all(self.states.get(k) == j for k, j in pairs)
        free = not any(j in self.states.values() for j in operands)
        return (own or free) and all(self.life.dies_at(j, k) for k, j in pairs)

    def view(self, k: int, text: str, *, contiguous: bool = False) -> None:
        """Say how a step shows its first operand in another way, should somebody want to know."""
        self._views[k] = text, contiguous

    def _make_view(self, k: int) -> None:
        """Write a view: once and for all where the memory is fixed."""
        text, contiguous = self._views.pop(k)
        source = self.place(self.steps[k].operands[0])
        text = text.format(source.text)
        if source.fixed:
            self.places[k] = Place(self.define("v", text), fixed=True, contiguous=contiguous)
        else:
            self.assign(k, text)

    def release(self, k: int) -> None:
        """Take back the buffers that nobody reads after a step."""
        if -1 in self._pieces:
            self.pool.give_back(self._pieces.pop(-1))
        roots = {root for operand in self.steps[k].operands for root in self.life.roots[operand]}
        for root in (*roots, k):
            if root in self._pieces and self.life.dies_at(root, k):
                self.pool.give_back(self._pieces.pop(root))

    def write(self, k: int) -> None:
        """Write a step, and comment on it with the user's name."""
        form = self.forms[k]
        assert form is not None
        before = len(self.lines)
        form.write(self, k)
        name = self.steps[k].name
        if name and name.isidentifier() and len(self.lines) > before:
            self.lines[-1] += f"  # {name}"
        self.release(k)


def _size(step: Instruction) -> int:
    return math.prod(step.shape) * int(np.dtype(step.dtype).itemsize)
