"""The result of a comparison, laid over the graph whose gradients were compared."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from math import isclose
from typing import Literal

from ..checking import Comparison, Row
from ..diagnosing import Diagnosis
from ..viewing.graph import Graph, Node, Role
from ..viewing.marks import NOTHING, Mark
from ..viewing.plain_text import number, printable

#: Width of the lines of an explanation.
_WIDTH = 52


def overlay(graph: Graph, comparison: Comparison) -> dict[str, Mark]:
    """Mark each parameter with its gradients, and the node where the first mistake was made.

    Raises
    ------
    TypeError
        If `comparison` is no Comparison.
    ValueError
        If it is one of another function, of other parameters, or at another point.
    """
    if not isinstance(comparison, Comparison):
        raise TypeError(
            f"draw: comparison must be what bp.compare returns, got a {type(comparison).__name__}"
        )
    rows = _match_rows(graph, comparison)
    marks = {node.id: _mark(row, comparison) for node, row in rows.items()}
    first, lines = _first(graph, comparison, rows)
    if first is not None:
        mark = marks.get(first.id, NOTHING)
        marks[first.id] = replace(mark, points="look here first", lines=lines)
    return marks


def _match_rows(graph: Graph, comparison: Comparison) -> dict[Node, Row]:
    loss = graph.root.value
    if loss.size != 1 or not isclose(loss.item(), comparison.loss, rel_tol=1e-6, abs_tol=1e-12):
        got = number(loss.item()) if loss.size == 1 else f"an array of shape {loss.shape}"
        raise ValueError(
            f"draw: the comparison is of a function whose value is {number(comparison.loss)}, but "
            f"the graph ends in {got}; draw the same function, at the same parameters"
        )
    leaves: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.role is Role.PARAMETER:
            leaves.setdefault(node.value.name or "", []).append(node)
    matched: dict[Node, Row] = {}
    for row in comparison.rows:
        nodes = leaves.get(row.name, [])
        if len(nodes) != 1 or nodes[0].value.shape != row.shape:
            raise ValueError(_refuse_match(row, nodes, leaves))
        matched[nodes[0]] = row
    return matched


def _refuse_match(row: Row, nodes: list[Node], leaves: Mapping[str, list[Node]]) -> str:
    compared = f"draw: the comparison has a parameter {row.name!r} of shape {row.shape}"
    if len(nodes) > 1:
        return f"{compared}, and {len(nodes)} parameters of the graph have that name; rename one"
    if nodes:
        return f"{compared}, but in the graph it has shape {nodes[0].value.shape}"
    named = ", ".join(repr(name) for name in leaves if name) or "none with a name"
    return (
        f"{compared}, which is not among the parameters of the graph ({named}); name them as they "
        f"were compared: bp.Value(..., name={row.name!r})"
    )


def _mark(row: Row, comparison: Comparison) -> Mark:
    verdict: Literal["correct", "wrong"] = "correct" if row.verdict == "correct" else "wrong"
    if row.worst is None:
        return Mark(verdict=verdict)
    entry = next(
        each for each in comparison.entries if each.name == row.name and each.index == row.worst
    )
    where = f"[{', '.join(map(str, row.worst))}]" if row.worst else ""
    error = row.numeric_error if row.manual_error is None else row.manual_error
    sides = (("manual", entry.manual), ("automatic", entry.automatic), ("numeric", entry.numeric))
    rows = [(what, number(value, 8)) for what, value in sides if value is not None]
    at = [("entry", f"{where}, the worst")] if where else []
    return Mark((*at, *rows, ("rel. error", number(error, 2))), verdict)


def _first(
    graph: Graph, comparison: Comparison, rows: Mapping[Node, Row]
) -> tuple[Node | None, tuple[str, ...]]:
    """Find where the mistake was made that comes first in the backward pass, and what it was."""
    place = {node: k for k, node in enumerate(graph.nodes)}
    known = [(node, d) for d in comparison.diagnosis if (node := _node_of(graph, d)) is not None]
    if known:
        met = dict(place)  # a leaf is met in the backward pass where it was used
        met |= {edge.tail: place[edge.head] for edge in graph.edges if edge.tail.value.op is None}
        first, diagnosis = max(known, key=lambda each: met[each[0]])
        return first, _explain(diagnosis)
    wrong = {node for node, row in rows.items() if row.verdict != "correct"}
    uses = [edge for edge in graph.edges if edge.tail in wrong]
    if not uses:
        return next(iter(wrong), None), ()
    first = max(uses, key=lambda edge: (place[edge.head], -place[edge.tail])).tail
    lines = textwrap.wrap(
        "Of the wrong gradients, the backward pass computes this one first.", _WIDTH
    )
    return first, tuple(lines)


def _node_of(graph: Graph, diagnosis: Diagnosis) -> Node | None:
    """Find the node of a diagnosis by its name, or by its place in the graph."""
    named = [node for node in graph.nodes if node.value.name == diagnosis.node]
    if len(named) == 1:
        return named[0]
    by_id = {node.id: node for node in graph.nodes}
    return None if diagnosis.position is None else by_id.get(f"n{diagnosis.position}")


def _explain(diagnosis: Diagnosis) -> tuple[str, ...]:
    text = f"{diagnosis.mistake.replace('-', ' ')}: {diagnosis.explanation}"
    lines = textwrap.wrap(printable(text), _WIDTH)
    return tuple(lines if len(lines) <= 6 else [*lines[:5], f"{lines[5]} …"])
