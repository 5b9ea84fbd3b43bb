"""One node of a graph, and what leads to it or from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from ..kernel import Value
from ..viewing.graph import Graph, Node
from ..viewing.plain_text import clip, printable

Around = Literal["both", "ancestors", "descendants", "path"]


def find(graph: Graph, focus: Value | str) -> Node:
    """Find a node by its Value, its name or its id.

    Raises
    ------
    TypeError
        If `focus` is neither a Value nor a string.
    ValueError
        If there is no such node, or several have the name.
    """
    if not isinstance(focus, Value | str):
        raise TypeError(f"draw: focus must be a Value or a name, got {type(focus).__name__}")
    if isinstance(focus, Value):
        found = [node for node in graph.nodes if node.value is focus]
    else:
        found = [node for node in graph.nodes if node.value.name == focus]
        found = found or [node for node in graph.nodes if node.id == focus]
    if len(found) == 1:
        return found[0]
    what = f"named {focus!r}" if isinstance(focus, str) else "that is the Value given as focus"
    if found:
        ids = ", ".join(node.id for node in found[:5])
        raise ValueError(f"draw: {len(found)} nodes are {what}; give an id instead: {ids}")
    names = ", ".join(repr(n.value.name) for n in graph.nodes[::-1] if n.value.name) or "none"
    raise ValueError(f"draw: the graph has no node {what}; its names are {names:.300}")


def focus_on(graph: Graph, node: Node, around: Around) -> Graph:
    """Keep of a graph a node and its relatives.

    With "path", the shortest way to the last node alone.

    Raises
    ------
    ValueError
        If `around` is not known.
    """
    if around not in get_args(Around):
        known = ", ".join(f'"{each}"' for each in get_args(Around))
        raise ValueError(f"draw: around must be one of {known}, got {around!r}")
    kept = {node}
    if around in ("both", "ancestors"):
        kept |= _ancestors(graph, node)
    if around in ("both", "descendants"):
        kept |= _descendants(graph, node)
    if around == "path":
        kept |= _shortest(graph, node)
    return _only(graph, kept, f"{around} of {_name_of(node)}")


def _name_of(node: Node) -> str:
    return clip(printable(node.value.name or node.id))


def _ancestors(graph: Graph, node: Node) -> set[Node]:
    found = {node}
    for edge in reversed(graph.edges):  # in topological order of their heads
        if edge.head in found:
            found.add(edge.tail)
    return found


def _descendants(graph: Graph, node: Node) -> set[Node]:
    found = {node}
    for edge in graph.edges:
        if edge.tail in found:
            found.add(edge.head)
    return found


def _shortest(graph: Graph, node: Node) -> set[Node]:
    steps: dict[Node, int] = {graph.root: 0}
    following: dict[Node, Node] = {}
    for edge in reversed(graph.edges):
        if edge.head in steps and steps[edge.head] + 1 < steps.get(edge.tail, len(graph.nodes) + 1):
            steps[edge.tail] = steps[edge.head] + 1
            following[edge.tail] = edge.head
    return set(_follow(node, following))


def _follow(node: Node, following: Mapping[Node, Node]) -> list[Node]:
    way = [node]
    while way[-1] in following:
        way.append(following[way[-1]])
    return way


def _only(graph: Graph, kept: Collection[Node], what: str) -> Graph:
    nodes = tuple(node for node in graph.nodes if node in kept)
    edges = tuple(edge for edge in graph.edges if edge.tail in kept and edge.head in kept)
    if len(nodes) == len(graph.nodes):
        return graph
    note = f"{what}: {len(nodes)} of {len(graph.nodes)} nodes"
    hidden = tuple(node for node in graph.nodes if node not in kept)
    return Graph(nodes, edges, (*graph.notes, note), hidden)
