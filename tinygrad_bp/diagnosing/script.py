"""The derived backward pass, to quote from: what nodes are called in it, and its lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..kernel import Op
from ..programs import Program
from ..programs.trace import trace
from ..writing.lines import Lines
from ..writing.numpy_text import readable
from ..writing.source import write_source
from .graph import Graph

#: A word that is no attribute and no keyword of a call.
_VARIABLE = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\s*=[^=])(?!\w)")
_ATOM, _POWER = re.compile(r"[\w.]+(\([^()]*\))?"), re.compile(r"\w+ \*\* \d+")
_LONGEST, _SHORT = 90, 24


class Script:
    """What `derive` writes for a function, by node.

    Parameters
    ----------
    graph : Graph
        The nodes.
    fun, params
        The function and where the graph was traced. Where `derive` refuses the function, nodes
        without a name are called after their op, and there are no lines.
    """

    def __init__(self, graph: Graph, fun: Callable[[Any], Any], params: Any) -> None:
        self._graph = graph
        self._names: dict[int, str] = {}
        self._texts: dict[int, str] = {}
        self._lines: dict[int, str] = {}
        try:
            with np.errstate(all="ignore"):
                traced = trace(fun, (params,), None)
                program = readable(traced.program, {})
                self._read(program, write_source(replace(traced, program=program), {}).lines)
        except Exception:  # a text is a courtesy: whatever the function does, the verdict stands
            self._names, self._texts, self._lines = {}, {}, {}

    def name(self, number: int) -> str:
        """Return what a node is called; the last one, if it has no name, is the loss."""
        node = self._graph.nodes[number]
        if number == self._graph.root:
            return node.name or "loss"
        return node.name or self._names.get(number) or self._graph.op(number)

    def text(self, number: int) -> str:
        """Return what a node is called in a sentence: ``x @ w`` where it has no name."""
        text = "" if number == self._graph.root else self._texts.get(number, "")
        return text if 0 < len(text) <= _SHORT else self.name(number)

    def line(self, number: int) -> str:
        """Return the line that computes the cotangent of a node, or of the next one below it.

        Leaves come last: only where all between is folded into it, theirs is the line.
        """
        inner, leaves, seen = [number], list[int](), set()
        while inner or leaves:
            number = (inner or leaves).pop(0)
            if number in self._lines:
                return self._lines[number]
            seen.add(number)
            below = [k for k in self._graph.parents[number].values() if k not in seen]
            inner += [k for k in below if self._graph.nodes[k].op is not None]
            leaves += [k for k in below if self._graph.nodes[k].op is None]
        return ""

    def _read(self, program: Program, lines: Lines) -> None:
        texts = {line.name: line.text for line in lines.assignments}
        variables = lines.variables
        places = _places(self._graph, program)
        for number, place in places.items():
            if place in variables:
                self._names[number] = variables[place]
        completed = {s.of: k for k, s in enumerate(program.instructions) if s.of is not None}
        completed |= dict(zip(program.inputs, program.gradients, strict=True))
        known = {k for k, s in enumerate(program.instructions) if s.name} | {*completed.values()}
        named = {variables[k] for k in known if k in variables}
        helpers = {name: text for name, text in texts.items() if name not in named}
        for number, place in places.items():
            if not self._graph.nodes[number].name:
                self._texts[number] = _in_full(lines.expression(place).text, helpers)
            name = variables.get(completed.get(place, -1))
            if name in texts:
                self._lines[number] = f"{name} = {_in_full(texts[name], helpers)}"


def _in_full(text: str, helpers: Mapping[str, str]) -> str:
    """Put in what variables stand for that the user does not know, while the text stays short."""

    def what(found: re.Match[str]) -> str:
        put, after = helpers.get(found[0], found[0]), found.string[found.end() :]
        power = _POWER.fullmatch(put) and not after.startswith((" **", ".", "["))
        return put if power or _ATOM.fullmatch(put) else f"({put})"

    while (longer := _VARIABLE.sub(what, text)) != text and len(longer) <= _LONGEST:
        text = longer
    return text


def _places(graph: Graph, program: Program) -> dict[int, int]:
    """Find the instruction of each node: of the same op, with the same numbers."""
    inputs = list(zip(graph.leaves, program.inputs, strict=True))
    found = {number: place for number, place in inputs if number is not None}
    values = program.evaluate(
        [
            np.zeros(program.instructions[place].shape) if number is None else graph.data(number)
            for number, place in inputs
        ]
    )
    known: dict[tuple[Op | None, bytes], int] = {}
    for place, step in enumerate(program.instructions):
        if step.op is not None:
            numbers = np.asarray(values[place]).tobytes()
            known.setdefault((step.op, numbers), place)
            known[None, numbers] = place  # an op of the user's own may have been taken apart
    ops = {step.op for step in program.instructions}
    for number, node in enumerate(graph.nodes):
        if node.op is not None:
            op = node.op if node.op in ops else None
            same = known.get((op, np.asarray(node.data).tobytes()))
            if same is not None:
                found[number] = same
    return found
