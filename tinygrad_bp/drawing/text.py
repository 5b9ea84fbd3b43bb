"""A graph as a tree of lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..kernel import Value
from ..viewing.graph import Edge, Graph, Node, describe
from ..viewing.labels import Card, cards

#: Columns are aligned up to these widths; what is longer pushes the rest of its line.
_WIDEST = (48, 12, 36)


def text_tree(value: Value) -> str:
    """Write a graph as a tree of lines, the result first.

    Down a vertical line, every node is computed from the next one on that line and from what is
    indented between the two, so a chain of any length stays at one indentation. A node that is
    used more than once is written once, at its earliest use, which is the one furthest down;
    the other uses say ``-> see n3``.

    Parameters
    ----------
    value : Value
        The last node. The size of its graph is not limited.

    Returns
    -------
    str
        A line for each node and for each further use: the id, how it is computed, the shape, the
        value, the gradient. No colours.

    Raises
    ------
    TypeError
        If `value` is not a Value.

    Notes
    -----
    The operand with the largest part of the graph continues the vertical line, so indentation
    grows with the logarithm of the number of nodes at most.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x, w = bp.Value(2.0, name="x"), bp.Value(-3.0, name="w")
    >>> y = bp.named(bp.tanh(x * w) + x, "y")
    >>> y.backward()
    >>> print(bp.drawing.text_tree(y))
    ┌ n4  y = n3 + x        ()  value 1   grad 1
    │ └─ x -> see n0
    ├ n3  tanh(n2)          ()  value -1  grad 1
    └ n2  x * w             ()  value -6  grad 2.458e-05
      ├─ n0  x (parameter)  ()  value 2   grad 0.9999
      └─ n1  w (parameter)  ()  value -3  grad 4.915e-05
    """
    graph = describe(value)
    return tree(graph, cards(graph))


def tree(graph: Graph, cards: Mapping[str, Card]) -> str:
    """Write a description as a tree, see `text_tree`; a backward graph as lines below it."""
    forward = _forward(graph)
    rows = [_columns(row, cards[row.node.id]) for row in _rows(forward)]
    lines = list(_align(rows))
    backward = [cards[node.id] for node in graph.nodes if node.side == "backward"]
    if backward:
        lines += ["", "backward, in order"]
        lines += _align([_backward(card) for card in backward if card.expression])
    return "\n".join([*lines, *(f"({note})" for note in graph.notes)])


def _forward(graph: Graph) -> Graph:
    nodes = tuple(node for node in graph.nodes if node.side != "backward")
    edges = (
        edge
        for edge in graph.edges
        if "backward" not in (edge.tail.side, edge.head.side) and not edge.recurs
    )
    return Graph(nodes, tuple(edges))


def _backward(card: Card) -> tuple[str, ...]:
    computed = f"{card.name or card.id} = {card.expression}"
    return (computed, card.shape, f"value {card.value}", *(f"! {flag}" for flag in card.flags))


class _Row(NamedTuple):
    """A line: what stands before it, the node, and whether it is written elsewhere."""

    before: str
    node: Node
    is_reference: bool


class _Step(NamedTuple):
    """A line still to be written, and where its node stands.

    `below` is what stands before the lines under it; `begins` says whether a vertical line may
    begin here, or the node is on one.
    """

    before: str
    below: str
    edge: Edge | None
    node: Node
    begins: bool


def _rows(graph: Graph) -> Iterator[_Row]:
    positions = _Positions(graph)
    pending = [_Step("", "", None, graph.nodes[-1], True)]
    while pending:
        step = pending.pop()
        if step.edge is not None and not positions.is_written_at(step.edge):
            yield _Row(f"{step.before} ", step.node, True)
            continue
        following = positions.following(step.node)
        before, below, line = _glyphs(step, following is not None)
        yield _Row(before, step.node, False)
        if following is not None:
            pending.append(_Step(line, line, following, following.tail, False))
        sides = [edge for edge in positions.operands(step.node) if edge is not following]
        for edge in reversed(sides):
            last = edge is sides[-1]
            branch = below + ("└─" if last else "├─")
            pending.append(_Step(branch, below + ("  " if last else "│ "), edge, edge.tail, True))


def _glyphs(step: _Step, continues: bool) -> tuple[str, str, str]:
    """Return what stands before a line, before what is indented under it, and before its line."""
    before, line = step.before, step.below
    if not step.begins:
        glyph, under = ("├ ", "│ ") if continues else ("└ ", "  ")
    elif step.edge is None:  # the first line of all
        glyph, under = ("┌ ", "│ ") if continues else ("", "")
    else:
        glyph, under = ("┬ ", "│ ") if continues else (" ", " ")
    return before + glyph, line + under, line


class _Positions:
    """Where each node is written, and which operand of a node continues its vertical line."""

    def __init__(self, graph: Graph) -> None:
        self._operands: dict[str, list[Edge]] = {node.id: [] for node in graph.nodes}
        self._place: dict[str, Edge] = {}
        for edge in graph.edges:  # in topological order: the first use is the earliest
            self._operands[edge.head.id].append(edge)
            self._place.setdefault(edge.tail.id, edge)
        self._size = dict.fromkeys(self._operands, 1)
        for node in graph.nodes[:-1]:
            self._size[self._place[node.id].head.id] += self._size[node.id]

    def operands(self, node: Node) -> Sequence[Edge]:
        return self._operands[node.id]

    def is_written_at(self, edge: Edge) -> bool:
        return self._place[edge.tail.id] is edge

    def following(self, node: Node) -> Edge | None:
        written = [
            edge
            for edge in self._operands[node.id]
            if self._operands[edge.tail.id] and self.is_written_at(edge)
        ]
        return max(written, key=lambda edge: self._size[edge.tail.id], default=None)


def _columns(row: _Row, card: Card) -> tuple[str, ...]:
    if row.is_reference:
        name = f"{card.name} " if card.name else ""
        return (f"{row.before}{name}-> see {card.id}",)
    computed = " = ".join(part for part in (card.name, card.expression) if part)
    what = computed if card.expression else f"{computed} ({card.role})".strip()
    said = [f"! {flag}" for flag in card.flags]
    if card.verdict:
        said = [*(f"{name} {text}" for name, text in card.rows), card.verdict.upper(), *said]
    if card.points:
        said.append(" ".join([f"<- {card.points}.", *card.lines]))
    flags = "".join(f"  {each}" for each in said)
    gradient = f"grad {card.gradient}" if card.gradient else ""
    return (
        f"{row.before}{card.id}  {what}",
        card.shape,
        f"value {card.value}",
        f"{gradient}{flags}".strip(),
    )


def _align(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [
        min(widest, max((len(row[k]) for row in rows if len(row) > k), default=0))
        for k, widest in enumerate(_WIDEST)
    ]
    for row in rows:
        padded = [cell.ljust(width) for cell, width in zip(row, widths)]
        yield "  ".join([*padded, *row[len(widths) :]]).rstrip()
