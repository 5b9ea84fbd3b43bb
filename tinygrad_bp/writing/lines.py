"""Which steps of a program get a line of their own, what they are called, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernel.data import is_weak
from ..ops.shaping import _transpose, broadcast_to
from ..programs.program import Instruction, Kind, Program
from ..programs.witnesses import TracingError
from .counterparts import find_names
from .expressions import ATOM, UNARY, Expr
from .literals import array_text, dtype_text, number_text
from .names import Names
from .numpy_text import Spelling, entry_for

#: Into longer expressions nothing is folded.
_LONGEST = 72


@dataclass(frozen=True, slots=True)
class Line:
    """One assignment."""

    name: str
    text: str
    kind: Kind
    scope: tuple[str, ...]
    order: tuple[int, int, int]


def entries_of(program: Program, texts: Mapping[str, Spelling]) -> dict[int, Spelling]:
    """Find how each step is written, a user's own op by the text that came with it."""
    found: dict[int, Spelling] = {}
    for position, step in enumerate(program.instructions):
        if step.op is None:
            continue
        entry = entry_for(step, texts)
        if entry is not None:
            found[position] = entry
        else:
            about = f" in {' / '.join(step.scope)}" if step.scope else ""
            raise TracingError(
                f"derive: the op {step.op_name!r}{about} has no text in NumPy; "
                f"pass text={{{step.op_name!r}: 'np.function({{0}})'}} with {{0}}, {{1}} for its "
                "operands, and likewise for the ops in its rules"
            )
    return found


class Lines:
    """The body of a function that computes a program.

    Attributes
    ----------
    assignments : list of Line
        In the order in which they are to be written.
    variables : dict of int to str
        What each instruction is called that has a name: the same as in `like`, where it is there.
    constants : dict of str to array
        The arrays that the body uses, by name.
    """

    def __init__(
        self,
        program: Program,
        entries: Mapping[int, Spelling],
        names: Names,
        inputs: Mapping[int, str],
        like: Lines | None = None,
    ) -> None:
        self.program, self.entries, self.names = program, entries, names
        self.variables: dict[int, str] = dict(inputs)
        self._alike = {} if like is None else find_names(program, like.program, like.variables)
        if like is not None:
            names.reserve({*like.variables.values(), *like.constants})
        self.constants: dict[str, Any] = {}
        self.assignments: list[Line] = []
        self._kept: dict[int, str] = {} if like is None else dict(like._kept)
        self._forward = -1  # the number of the last line of the forward pass
        self._uses = program.count_uses()
        self._returned: Collection[int] = {*program.outputs, *program.gradients}
        self._mixed = any(step.dtype == np.float32 for step in program.instructions)
        self._expressions: dict[int, Expr] = {}
        self._latest: dict[int, int] = {}
        self._reserved = {
            k: self._choose_name(k, step.name)
            for k, step in enumerate(program.instructions)
            if step.name
            and (step.kind is Kind.FORWARD or (step.kind is Kind.CONSTANT and step.shape != ()))
        }
        for position in range(len(program.instructions)):
            self._write(position)
        self.assignments.sort(key=lambda line: line.order)

    def expression(self, position: int) -> Expr:
        """Return how a step is read: its name, or its expression where it has no line."""
        return self._expressions[position]

    def _write(self, position: int) -> None:
        step = self.program.instructions[position]
        if position in self.variables:
            self._expressions[position] = Expr(self.variables[position])
        elif step.op is None:
            self._expressions[position] = self._constant(position, step)
        else:
            expression = self._fold(position, step)
            self._latest[position] = max(self._latest.get(k, -1) for k in step.operands)
            self._expressions[position] = expression
            if self._has_line(position, step):
                self._assign(position, expression)

    def _fold(self, position: int, step: Instruction) -> Expr:
        """Write a step with its operands in it, but long ones on lines of their own before it."""
        steps = self.program.instructions
        if step.op is broadcast_to and steps[step.operands[0]].shape == ():
            source = steps[step.operands[0]]
            if source.kind is Kind.CONSTANT:
                return _uniform(np.broadcast_to(np.asarray(source.data, step.dtype), step.shape))
        while True:
            entry = self.entries[position]
            parts = [self._operand(step, k, bool(entry.helpers)) for k in step.operands]
            expression = entry.write(step, parts, self._keep)
            folded = [k for k in step.operands if k not in self.variables and steps[k].op]
            if len(expression.text) <= _LONGEST or not folded:
                return expression
            longest = max(folded, key=lambda k: len(self._expressions[k].text))
            self._assign(longest, self._expressions[longest], step)

    def _operand(self, step: Instruction, position: int, by_helper: bool) -> Expr:
        """Write a whole number as 2 where it meets what is known to be no integer, else as 2.0.

        A helper gets a number as NumPy's, which has a dtype.
        """
        expression = self._expressions[position]
        steps = self.program.instructions
        if by_helper and steps[position].kind is Kind.CONSTANT and steps[position].shape == ():
            dtype = step.dtype if is_weak(steps[position].data) else steps[position].dtype
            return Expr(f"{dtype_text(dtype)}({number_text(steps[position].data)})")
        others = [steps[k] for k in step.operands if steps[k].kind is not Kind.CONSTANT]
        if expression.text.lstrip("-").isdigit() and not any(
            each.dtype.kind == "f" for each in others
        ):
            return Expr(f"{expression.text}.0", expression.level)
        return expression

    def _has_line(self, position: int, step: Instruction) -> bool:
        if position in self._returned or (step.name and step.kind is Kind.FORWARD):
            return True
        if position in self._alike:
            return True
        if self._uses[position] > 1:  # a transpose costs nothing
            return not (step.op is _transpose and step.operands[0] in self.variables)
        return False

    def _assign(self, position: int, expression: Expr, user: Instruction | None = None) -> None:
        step = self.program.instructions[position]
        name = self.variables[position] = self._name(position, step)
        self._expressions[position] = Expr(name)
        number = len(self.assignments)
        order = (number, 0, number)
        if self._ends_here(position):
            order = (max(self._latest[position], self._forward), 1, number)
        near = user or step
        if near.kind is Kind.FORWARD:
            self._forward = number
        self.assignments.append(Line(name, expression.text, near.kind, near.scope, order))
        self._latest[position] = number

    def _ends_here(self, position: int) -> bool:
        """Return whether a gradient is returned and used for nothing else."""
        gradients = self.program.gradients
        step = self.program.instructions[position]
        return step.kind is Kind.BACKWARD and self._uses[position] == gradients.count(position)

    def _name(self, position: int, step: Instruction) -> str:
        if position in self._reserved:
            return self._reserved[position]
        word = self.entries[position].word
        if step.kind is Kind.BACKWARD and step.of is not None:
            of = self.program.instructions[step.of]
            known = self.variables.get(step.of) or of.name
            word = f"d_{known or self.entries[step.of].word}"
        return self._choose_name(position, step.name or word, self.entries[position].word)

    def _choose_name(self, position: int, wanted: str, otherwise: str = "value") -> str:
        return self._alike.get(position) or self.names(wanted, otherwise)

    # --- constants -------------------------------------------------------------------------

    def _constant(self, position: int, step: Instruction) -> Expr:
        if step.shape == ():
            return self._number(step.data)
        data = np.asarray(step.data)
        if not step.name and data.size and (data == data.flat[0]).all():
            return _uniform(data)
        name = self._reserved.get(position) or self._choose_name(position, step.name or "constant")
        self.variables[position] = name
        self.constants[name] = data
        return Expr(name)

    def _number(self, number: Any) -> Expr:
        text = number_text(number)
        if self._mixed and isinstance(number, _STRONG):
            return Expr(f"{dtype_text(number.dtype)}({text})")
        return Expr(text, UNARY if text.startswith("-") else ATOM)

    def _keep(self, array: Any) -> str:
        if id(array) not in self._kept:
            self._kept[id(array)] = self.names("places")
        self.constants[self._kept[id(array)]] = array
        return self._kept[id(array)]


#: Numbers that decide on the dtype of what they meet.
_STRONG = (np.float64, np.complex128, np.integer)


def _uniform(array: Any) -> Expr:
    """Write an array that is the same number everywhere."""
    dtype = "" if array.dtype == np.float64 else f", {dtype_text(array.dtype)}"
    if array.dtype.kind not in "fc":
        return Expr(array_text(array))
    if not array.any():
        return Expr(f"np.zeros({array.shape}{dtype})")
    dtype = "" if array.dtype == np.float64 else f", dtype={dtype_text(array.dtype)}"
    number = array.flat[0]
    whole = array.dtype.kind == "f" and np.isfinite(number)
    text = repr(float(number)) if whole else number_text(number)
    return Expr(f"np.full({array.shape}, {text}{dtype})")
