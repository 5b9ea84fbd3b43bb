"""The derived backward pass, to quote from: what nodes are called in it, and its lines."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from ..kernel import Op
from ..programs.labelled import Labelled
from ..programs.program import Kind, Program
from ..writing.lines import Lines
from ..writing.source import write_source
from .quoting import in_full
from .reconstruction import derivation_of
from .structure import LAYER

#: How long an expression may be in a sentence, and in a heading.
_SHORT, _LONG = 24, 40


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
        try:
            if lines.steady:
                traced = derivation_of(lines, {})
                self._read(traced.program, write_source(traced, {}).lines)
        except Exception:  # a text is a courtesy: whatever the function does, the verdict stands
            self._texts, self._written = {}, {}

    def name(self, place: int) -> str:
        """Return what a step is called; the last one, if it has no name, is the loss."""
        place = self._behind_layer(place)
        step = self._lines.steps[place]
        if place == self._lines.root:
            return step.name or "loss"
        text = self._texts.get(place, "")
        return step.name or (text if 0 < len(text) <= _LONG else step.op_name) or "a constant"

    def text(self, place: int) -> str:
        """Return what a step is called in a sentence: ``x @ w`` where it has no name."""
        place = self._behind_layer(place)
        text = "" if place == self._lines.root else self._texts.get(place, "")
        return text if 0 < len(text) <= _SHORT else self.name(place)

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
                return self._written[place]
            seen.add(place)
            below = [k for k in steps[place].operands if k in cotangents and k not in seen]
            inner += [k for k in below if steps[k].op is not None]
            leaves += [k for k in below if steps[k].op is None]
        return ""

    def _read(self, program: Program, lines: Lines) -> None:
        texts = {line.name: line.text for line in lines.assignments}
        variables = lines.variables
        places = _places(self._lines, program)
        completed = {s.of: k for k, s in enumerate(program.instructions) if s.of is not None}
        completed |= dict(zip(program.inputs, program.gradients, strict=True))
        known = {k for k, s in enumerate(program.instructions) if s.name} | {*completed.values()}
        named = {variables[k] for k in known if k in variables}
        helpers = {name: text for name, text in texts.items() if name not in named}
        for number, place in places.items():
            if not self._lines.steps[number].name:
                self._texts[number] = _bare(in_full(lines.expression(place).text, helpers))
            name = variables.get(completed.get(place, -1))
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
