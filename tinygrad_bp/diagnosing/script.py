"""The derived backward pass, to quote from: what nodes are called in it, and its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable
from functools import cached_property
from itertools import accumulate

import numpy as np

from ..kernel import Op
from ..programs.labelled import Labelled
from ..programs.program import Kind, Program
from ..writing.lines import Lines
from ..writing.source import write_source
from .quoting import abridge, in_full, put_in, tidy
from .reconstruction import Reconstruction, derivation_of
from .structure import LAYER

#: How long an expression may be in a sentence.
_LONG = 48
#: A parameter in a dict.
_ENTRY = re.compile(r"\b\w+\[(['\"])(\w+)\1\]")


class Script:
    """What `derive` writes for a function, by forward step.

    Parameters
    ----------
    lines : Labelled
        The program. Where it cannot be written, steps without a name are called after their op,
        and there are no lines.
    """

    def __init__(self, lines: Labelled) -> None:
        self._lines = lines
        self._texts: dict[int, str] = {}
        self._written: dict[int, str] = {}
        self._shown: dict[str, str] = {}
        try:
            if lines.steady:
                traced = derivation_of(lines, {})
                self._read(traced.program, write_source(traced, {}).lines)
        except Exception:  # a text is a courtesy: whatever the function does, the verdict stands
            self._texts, self._written = {}, {}

    def name(self, place: int) -> str:
        """Return what a step is called; the last one, if it has no name, is the loss."""
        place = self._behind_layer(place)
        step, written = self._lines.steps[place], self._lines.written.get(place)
        if place == self._lines.root:
            return step.name or "loss"
        numbered = rf"{written.variable}_\d+" if written is not None else ""
        if written and self._is_in_loop(place) and re.fullmatch(numbered, step.name or ""):
            return written.variable
        text = self._own_text(place)
        if step.name or 0 < len(text) <= _LONG:
            return step.name or text
        if step.op is None:
            return "a constant"
        word = step.op.word or step.op_name
        line = self.line_number(place)
        return f"the {word}" if line is None else f"the {word} in line {line}"

    def _is_in_loop(self, place: int) -> bool:
        """Whether a step is made in several passes, which a sentence does not tell apart."""
        key = self._lines.steps[place].key
        return self._passes[key] > 1

    @cached_property
    def _passes(self) -> Counter[Hashable]:
        return Counter(step.key for step in self._lines.steps)

    def line_number(self, place: int) -> int | None:
        """Return in which line of the user's file a step stands; a notebook counts by cells."""
        written = self._lines.written.get(self._behind_layer(place))
        return None if written is None or written.file.endswith(".ipynb") else written.line

    def _own_text(self, place: int) -> str:
        """Return the expression as the user wrote it, with parameters by their names."""
        written = self._lines.written.get(place)
        if written is None:
            return self._texts.get(place, "")
        names = {*self._lines.names}
        return _ENTRY.sub(lambda m: m[2] if m[2] in names else m[0], written.text)

    def _behind_layer(self, place: int) -> int:
        """Return what comes out of a layer for the layer itself."""
        step = self._lines.steps[place]
        return step.operands[1] if step.op is LAYER else place

    def line(self, place: int) -> str:
        """Return the line that computes the cotangent of a step, or of the next one below it.

        Parameters come last: only where all between is folded into it, theirs is the line.
        """
        steps, cotangents = self._lines.steps, self._lines.cotangents
        inner, leaves, seen = [place], list[int](), set[int]()
        while inner or leaves:
            place = (inner or leaves).pop(0)
            if place in self._written:
                return self.show(self._written[place])
            seen.add(place)
            below = [k for k in steps[place].operands if k in cotangents and k not in seen]
            inner += [k for k in below if steps[k].op is not None]
            leaves += [k for k in below if steps[k].op is None]
        return ""

    def show(self, line: str) -> str:
        """Write a line with what the user wrote for what has no name but that of a derivation."""
        name, _, text = line.partition(" = ")
        return f"{self._shown.get(name, name)} = {tidy(put_in(text, self._shown), ties=self._ties)}"

    def beside(
        self, line: str, node: str, parameters: Collection[str], rewritten: Reconstruction
    ) -> tuple[str, str] | None:
        """Return a line with a mistake and the right one.

        It is that of a node, else of what a line assigns, else one that is changed, but not that
        of a parameter whose gradient is right.
        """
        shown = [(self.show(mine), self.show(right)) for mine, right in rewritten.quotes]
        pairs = {mine.partition(" = ")[0]: (mine, right) for mine, right in shown if mine != right}
        wanted = f"d_{node}", line.partition(" = ")[0], *pairs
        right = {f"d_{name}" for name in self._lines.names if name not in parameters}
        name = next((name for name in wanted if name in pairs and name not in right), None)
        if name is None:
            return None
        one, other = abridge(*(text.partition(" = ")[2] for text in pairs[name]))
        return f"{name} = {one}", f"{name} = {other}"

    @cached_property
    def _ties(self) -> bool:
        """Whether something is equal to something anywhere, so that a tie has to be shown."""
        found = zip(self._lines.steps, self._lines.values, strict=True)
        return any(np.any(value) for step, value in found if step.op and step.op.symbol == "==")

    def _read(self, program: Program, lines: Lines) -> None:
        texts = {line.name: line.text for line in lines.assignments}
        variables = lines.variables
        places = _places(self._lines, program)
        completed = {s.of: k for k, s in enumerate(program.instructions) if s.of is not None}
        completed |= dict(zip(program.inputs, program.gradients, strict=True))
        known = {k for k, s in enumerate(program.instructions) if s.name} | {*completed.values()}
        named = {variables[k] for k in known if k in variables}
        helpers = {name: text for name, text in texts.items() if name not in named}
        for k, name in variables.items():
            step = program.instructions[k]
            if not step.name and name not in named:
                self._shown[name] = "..."
            elif step.kind is Kind.CONSTANT and step.name and not step.name.isidentifier():
                self._shown[name] = step.name
        for number, place in places.items():
            if not self._lines.steps[number].name:
                self._texts[number] = _bare(in_full(lines.expression(place).text, helpers))
            name = variables.get(completed.get(place, -1), "")
            text = self._texts.get(number, "")
            if not self._lines.steps[number].name and 0 < len(text) <= _LONG:
                self._shown[name] = f"d({text})"
            if name in texts and number in self._lines.cotangents:
                self._written[number] = f"{name} = {in_full(texts[name], helpers)}"


def _bare(text: str) -> str:
    """Leave out parentheses around the whole."""
    inner = text[1:-1]
    whole = text.startswith("(") and text.endswith(")")
    depths = [*accumulate({"(": 1, ")": -1}.get(c, 0) for c in inner)]
    return inner if whole and min(depths, default=0) >= 0 else text


def _places(lines: Labelled, program: Program) -> dict[int, int]:
    """Find where each forward step has gone: to one of the same op, with the same numbers."""
    found = dict(zip(lines.program.inputs, program.inputs, strict=True))
    values = program.evaluate([lines.values[k] for k in lines.program.inputs])
    known: dict[tuple[Op | None, bytes], int] = {}
    for place, step in enumerate(program.instructions):
        if step.op is not None:
            numbers = np.asarray(values[place]).tobytes()
            known.setdefault((step.op, numbers), place)
            known[None, numbers] = place  # an op of the user's own may have been taken apart
    ops = {step.op for step in program.instructions}
    for number, step in enumerate(lines.steps):
        if step.kind is not Kind.FORWARD:
            continue
        op = step.op if step.op in ops else None
        same = known.get((op, np.asarray(lines.values[number]).tobytes()))
        if same is not None:
            found[number] = same
    return found
