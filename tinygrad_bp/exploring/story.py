"""What a page tells, as plain data: nodes, and the steps of both passes with their numbers."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..checking import Comparison
from ..drawing.repeats import fold_loops
from ..kernel import Value
from ..ops import matmul
from ..planting import Exercise
from ..viewing.gradients import Gradients
from ..viewing.graph import Graph, Node
from ..viewing.labels import cards
from ..viewing.plain_text import clip, printable, shorten
from ..viewing.plain_text import number as brief
from .beside import set_beside
from .computing import Computing, write_exactly
from .hunts import hunts
from .lesson import DIGITS, NOTHING, TOLERANCE, questions
from .mathml import mathml
from .patterns import pattern
from .recording import Contribution, Recording, Visit
from .rules import Term, write_op, write_rule
from .shown_arrays import Arrays
from .verdicts import verdicts

#: The expression of a node without a name goes back to what it is computed of up to this length.
LONGEST_EXPRESSION = 32
#: The middle of a longer line of the user's is left out.
LONGEST_LINE = 120


def story(
    graph: Graph,
    recording: Recording,
    terms: Mapping[Value, Term],
    computing: Computing,
    *,
    title: str,
    comparison: Comparison | None,
    order: Sequence[Node] = (),
    exercises: Sequence[Exercise] = (),
    lines: Mapping[Value, tuple[int, str]] = {},
) -> dict[str, Any]:
    """Tell both passes as plain data.

    The forward pass has the `order` in which nodes were computed, by default that of the graph;
    `lines` are those of the user's code that made them.

    Returns
    -------
    dict
        ``nodes`` in topological order; ``edges`` as triples of tail, head and position;
        ``steps`` in the order in which they are played; ``hints``, to which questions refer by
        position; ``arrays``, to which all others refer by position (see `Arrays.content`);
        ``most``, up to how many numbers of them are told in full; ``comparison`` or None;
        ``hunts`` for wrong lines; ``fixed``, why the numbers cannot be changed, or None, and
        ``fixedAt``, the node because of which; ``parametersAlone``, whether those of constants
        cannot.
    """
    telling = _Telling(graph, recording, terms, computing, lines)
    steps = list(telling.steps(order or graph.nodes))
    nodes = [telling.node(node) for node in graph.nodes]
    return {
        "title": printable(title),
        "tolerance": TOLERANCE,
        "nothing": NOTHING,
        "nodes": nodes,
        "hints": telling.hints,
        "edges": [
            [telling.places[e.tail.value], telling.places[e.head.value], e.position]
            for e in graph.edges
        ],
        "steps": steps,
        "comparison": None if comparison is None else telling.comparison(comparison, steps),
        "hunts": hunts(exercises),
        "arrays": telling.arrays.content(),
        "most": telling.arrays.most,
        "fixed": computing.refusal,
        "fixedAt": telling.places.get(computing.refused) if computing.refused is not None else None,
        "parametersAlone": computing.parameters_alone,
    }


def _first_step_to(wrong: Collection[int], steps: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the first step that completes a gradient which is wrong in the manual pass."""
    for k, step in enumerate(steps):
        if any(part["complete"] and part["to"] in wrong for part in step.get("parts", ())):
            return k
    return None


class _PutIn(ast.NodeTransformer):
    """Puts expressions in the place of names, and cuts the digits of numbers."""

    def __init__(self, known: Mapping[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._known.get(node.id, node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Write a number with the digits that the page shows."""
        is_long = isinstance(node.value, float) and len(repr(node.value)) > DIGITS + 1
        return ast.Name(brief(node.value, DIGITS)) if is_long else node


class _Telling:
    """The parts of one story."""

    def __init__(
        self,
        graph: Graph,
        recording: Recording,
        terms: Mapping[Value, Term],
        computing: Computing,
        lines: Mapping[Value, tuple[int, str]],
    ) -> None:
        self.graph, self.recording, self.terms = graph, recording, terms
        self.computing, self._lines = computing, lines
        self.arrays = Arrays()
        self.places = {node.value: k for k, node in enumerate(graph.nodes)}
        self._cards = cards(graph, gradients=Gradients())
        self._hints: dict[str, int] = {}
        self._trees: dict[Value, ast.expr] = {}
        self._passes = {
            member.value: (node.loop, k)
            for node in fold_loops(graph).nodes
            for k, member in enumerate(node.members)
        }

    @property
    def hints(self) -> list[str]:
        """What is said of wrong answers; questions refer to it by position."""
        return list(self._hints)

    def comparison(
        self, comparison: Comparison, steps: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Tell what was compared, and the manual pass beside the right one where it is known."""
        told = verdicts(comparison, self.graph, steps, self.places, self.arrays)
        yours = comparison.reconstruction
        if yours is not None:
            told["beside"] = set_beside(
                yours,
                self.graph,
                self.recording.gradients,
                self.places,
                self.arrays,
                self.computing,
            )
            told["stop"] = _first_step_to(told["beside"]["wrong"], steps) or told["stop"]
        return told

    def node(self, node: Node) -> dict[str, Any]:
        """Tell what there is to know of a node but its gradient."""
        value, card, term = node.value, self._cards[node.id], self.terms[node.value]
        about: dict[str, Any] = {
            "name": clip(term.text),
            "code": term.code,
            "number": term.is_number,
            "role": str(node.role),
            "op": card.op,
            "scope": " / ".join(map(printable, node.scope)),
            "value": self.arrays.add(value._data),
            "operands": [self.places[parent] for parent in value.parents],
            "differentiated": value in self.recording.gradients,
        }
        if value.op is None and self.computing.refusal is None:
            about["exact"] = write_exactly(value)
        if value.op is not None:
            about["compute"] = self.computing.op(value)
            written = write_op(value, self.terms)
            about["lines"] = _assign(written.code, f"{term.code} = ")
            if not value.name:
                about["expression"] = self._expression(node, written.code[-1])
            about["formula"] = mathml(("infix", "=", term.math, written.math))
            if value in self._lines:
                number, line = self._lines[value]
                about["line"] = [number, shorten(printable(line), LONGEST_LINE)]
        return about

    def _expression(self, node: Node, code: str) -> str:
        """Return what a node without a name is computed of: of leaves where that is short.

        In a loop it is computed of what the passes before it left, and so alike in every pass.
        """
        own = self._passes.get(node.value)
        known = {
            self.terms[p].code: self._trees[p]
            for p in node.value.parents
            if p in self._trees and (own is None or self._passes.get(p) == own)
        }
        tree = _PutIn(known).visit(ast.parse(code, mode="eval")).body
        text = ast.unparse(tree).replace("np.", "")
        if len(text) > LONGEST_EXPRESSION:
            text = ast.unparse(_PutIn({}).visit(ast.parse(code, mode="eval")).body)
            return shorten(text.replace("np.", ""), LONGEST_EXPRESSION)
        self._trees[node.value] = tree
        return text

    def steps(self, order: Sequence[Node]) -> Iterator[dict[str, Any]]:
        """Tell the steps: the leaves, each op, the first gradient, each op again backwards."""
        yield {"phase": "start"}
        for node in order:
            if node.value.op is not None:
                yield {"phase": "forward", "node": self.places[node.value]}
        if not self.recording.gradients:
            return
        result, seed = next(iter(self.recording.gradients.items()))
        yield {
            "phase": "backward",
            "node": self.places[result],
            "seed": self.arrays.add(seed),
            "exact": write_exactly(Value(seed)),
            "formula": mathml(("infix", "=", self.terms[result].gradient.math, ("plain", "1"))),
            "parts": [],
        }
        for visit in self.recording.visits:
            yield {
                "phase": "backward",
                "node": self.places[visit.node],
                "upstream": self.arrays.add(visit.upstream),
                "parts": [self._part(visit, each) for each in visit.contributions],
                "questions": [self._question(each) for each in questions(visit)],
            }

    def _question(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Tell a question, with the places of its hints."""
        mistakes = [
            [wrong, self._hints.setdefault(hint, len(self._hints))]
            for wrong, hint in asked["mistakes"]
        ]
        return {**asked, "mistakes": mistakes}

    def _part(self, visit: Visit, each: Contribution) -> dict[str, Any]:
        """Tell what one use of an operand adds to the operand's gradient."""
        written = write_rule(visit.node, each.position, visit.upstream, self.terms)
        term = self.terms[each.operand].gradient
        first = each.old is None
        equals = "=" if first else "+="
        read = [visit.node, *dict.fromkeys(visit.node.parents)]
        return {
            "to": self.places[each.operand],
            "position": each.position,
            "rule": self.computing.rule(visit.node, each.position),
            "lines": _assign(written.code, f"{term.code} {equals} "),
            "formula": mathml(("infix", equals, term.math, written.math)),
            "pattern": pattern(visit.node, each.position),
            "factors": [self.places[read[k - 1]] for k in written.factors if k],
            "local": None if each.local is None else self.arrays.add(each.local),
            "unchanged": each.local is not None and bool(np.all(each.local == 1)),
            "product": self._product(visit, each),
            "raw": self.arrays.add(each.raw) if each.raw.shape != each.delta.shape else None,
            "delta": self.arrays.add(each.delta),
            "old": None if first else self.arrays.add(each.old),
            "new": self.arrays.add(each.new),
            "complete": each.complete,
        }

    def _product(self, visit: Visit, each: Contribution) -> dict[str, Any] | None:
        """Tell which matrix the gradient that arrives is multiplied by, and from which side."""
        node = visit.node
        if node.op is not matmul or any(parent.ndim != 2 for parent in node.parents):
            return None
        other = node.parents[1 - each.position]
        return {
            "transposed": self.arrays.add(other._data.T),
            "of": self.places[other],
            "first": each.position == 1,
        }


def _assign(code: tuple[str, ...], name: str) -> list[str]:
    return [*code[:-1], name + code[-1]]
