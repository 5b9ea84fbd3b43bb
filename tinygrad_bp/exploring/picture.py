"""The diagram of a page: laid out once, with a mark on everything that a step may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

from ..drawing.dot import dot_lines
from ..drawing.render import render
from ..drawing.stand_ins import stands_for
from ..kernel import Value
from ..viewing.gradients import Gradients, run_backward
from ..viewing.graph import Graph
from ..viewing.labels import Card, cards
from ..viewing.plain_text import clip
from .recording import Recording
from .rules import Term

_SVG = "{http://www.w3.org/2000/svg}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def picture(
    graph: Graph, recording: Recording, terms: Mapping[Value, Term], *, time_limit: float
) -> str:
    """Draw the graph as SVG to be put into a page.

    Nodes have the class of their role and ``data-node``, their place in the graph; what stands in
    for a node at a use that is far away has them too, and ``data-use``, the place of the node that
    uses it. Edges have ``data-edge``. The texts of a node's value and gradient, as they are at the
    end, have the classes ``value`` and ``grad``.

    Raises
    ------
    RenderError
        If it cannot be drawn, or takes too long.
    """
    written = _cards(graph, recording, terms)
    source = f"digraph {{\n{''.join(dot_lines(graph, written, direction='TB'))}}}\n"
    root = ElementTree.fromstring(render(source, "svg", time_limit=time_limit))
    _without_tooltips(root)
    _without_fonts(root)
    nodes = {node.id: (k, written[node.id]) for k, node in enumerate(graph.nodes)}
    edges = {edge.id: k for k, edge in enumerate(graph.edges)}
    for group in root.iter(f"{_SVG}g"):
        title = group.findtext(f"{_SVG}title") or ""
        kind = group.get("class")
        if kind == "node" and title in nodes:
            _mark_node(group, *nodes[title])
        elif kind == "node":
            original, use = stands_for(title)
            _mark_stand_in(group, *nodes[original], use)
        elif kind == "edge":
            group.set("data-edge", str(edges[group.get("id") or ""]))
        elif kind == "graph":
            group.set("id", "graph")
        if kind != "graph":
            group.attrib.pop("id", None)
        for label in group.findall(f"{_SVG}title"):
            group.remove(label)
    root.set("class", "diagram")
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    ElementTree.register_namespace("", _SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode")


def _cards(graph: Graph, recording: Recording, terms: Mapping[Value, Term]) -> dict[str, Card]:
    """Give every node a name, the gradient that it ends with, and no tooltip."""
    root = graph.root.value
    known = run_backward(root, recording.gradients[root]) if recording.gradients else Gradients()
    found = cards(graph, gradients=known)
    for node in graph.nodes:
        term, gradient = terms[node.value], found[node.id].gradient
        found[node.id] = replace(
            found[node.id],
            name="" if term.is_number else clip(term.text),
            gradient="" if gradient == "-" else gradient,
            details=node.id,
        )
    return found


def _without_tooltips(root: ElementTree.Element) -> None:
    """Take out the links that Graphviz makes of tooltips, and keep what is inside them."""
    for parent in list(root.iter()):
        for link in parent.findall(f"{_SVG}a"):
            place = list(parent).index(link)
            parent.remove(link)
            for offset, child in enumerate(link):
                parent.insert(place + offset, child)


def _without_fonts(root: ElementTree.Element) -> None:
    """Leave the fonts of texts, and what the legend said, to the page."""
    for text in root.iter(f"{_SVG}text"):
        for name in ("font-family", "font-size", "fill", _SPACE):
            text.attrib.pop(name, None)


def _mark_stand_in(group: ElementTree.Element, place: int, card: Card, use: int) -> None:
    group.set("class", f"node {card.role} again")
    group.set("data-node", str(place))
    group.set("data-use", str(use))


def _mark_node(group: ElementTree.Element, place: int, card: Card) -> None:
    group.set("class", f"node {card.role}")
    group.set("data-node", str(place))
    numbers = list(group.iter(f"{_SVG}text"))
    for _ in card.flags:  # below the numbers
        numbers.pop().set("class", "flag")
    if card.gradient:
        numbers[-1].set("class", "grad")
        del numbers[-2:]
    if card.name or card.op or card.shape != "()":
        numbers[-1].set("class", "value")
