"""Folding: parts of a graph drawn as one node each, so that a large one can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from ..kernel import Value
from ..programs.trace import common
from ..viewing.graph import Edge, Graph, Node, Role
from .repeats import fold_loops

#: Larger graphs are folded unless something else is asked for.
READABLE = 150
#: Parameters that are used once are folded, too, where more nodes would be left.
_WITH_PARAMETERS = 40


class Part(NamedTuple):
    """Nodes that are to become one, as far as that makes no cycle."""

    title: str
    scope: tuple[str, ...]
    members: Sequence[Node]


def fold_to_be_read(graph: Graph) -> Graph:
    """Fold a large graph as little as is needed.

    Its loops, or its inner scopes first, whatever leaves fewer nodes; without any scopes, and if
    loops are not enough, its expressions.
    """
    if len(graph.nodes) <= READABLE:
        return graph
    loops = fold_loops(graph)
    is_enough = len(loops.nodes) <= READABLE
    if all(not node.scope for node in graph.nodes):
        return loops if is_enough else fold_expressions(graph)
    scopes = _fold_inner_scopes(graph)
    return loops if is_enough and len(loops.nodes) < len(scopes.nodes) else scopes


def _fold_inner_scopes(graph: Graph) -> Graph:
    depths = {len(node.scope) for node in graph.nodes}
    for depth in range(max(depths) - 1, -1, -1):
        folded = fold_scopes(graph, depth)
        if len(folded.nodes) <= READABLE:
            break
    return folded


def fold_scopes(graph: Graph, depth: int) -> Graph:
    """Fold every scope that stands inside of `depth` others; with 0 all scopes."""
    parts: dict[tuple[str, ...], list[Node]] = {}
    for node in graph.nodes:
        if len(node.scope) > depth:
            parts.setdefault((node.side, *node.scope[: depth + 1]), []).append(node)
    return _fold(
        graph, [Part(key[-1], key[1:-1], members) for key, members in parts.items()], "scopes"
    )


def fold_where(graph: Graph, predicate: Callable[[Value], bool]) -> Graph:
    """Fold the nodes for which a predicate is true, each together with its neighbours."""
    chosen = {node for node in graph.nodes if predicate(node.value)}
    joined = _Joined(chosen)
    for edge in graph.edges:
        if edge.tail in chosen and edge.head in chosen and edge.tail.side == edge.head.side:
            joined.join(edge.tail, edge.head)
    return _fold(graph, [_part(members) for members in joined.sets(graph)], "parts")


def fold_expressions(graph: Graph) -> Graph:
    """Fold what is used once into what uses it, named constants and a few parameters apart.

    A net of single numbers then has one node for each sum of products with its activation.
    """
    users = Counter(edge.tail for edge in graph.edges if not edge.links)
    joined = _Joined(graph.nodes)
    for edge in graph.edges:
        tail = edge.tail
        kept = tail.role is Role.PARAMETER or (tail.role is Role.CONSTANT and tail.value.name)
        if users[tail] == 1 and not kept and tail.side == edge.head.side:
            joined.join(tail, edge.head)
    folded = _fold(graph, [_part(members) for members in joined.sets(graph)], "expressions")
    return (
        folded if len(folded.nodes) <= _WITH_PARAMETERS else _with_parameters(graph, joined, users)
    )


def _with_parameters(graph: Graph, joined: _Joined, users: Counter[Node]) -> Graph:
    """Fold parameters, too, that are used once."""
    for edge in graph.edges:
        if users[edge.tail] == 1 and edge.tail.side == edge.head.side:
            joined.join(edge.tail, edge.head)
    return _fold(graph, [_part(members) for members in joined.sets(graph)], "expressions")


def _part(members: Sequence[Node]) -> Part:
    scope = members[0].scope
    for node in members:
        scope = common(scope, node.scope)
    return Part(members[-1].value.name or "", scope, members)


class _Joined:
    """Sets of nodes, joined one by one (Tarjan, *J. ACM* 22 (1975) 215)."""

    def __init__(self, nodes: Sequence[Node] | set[Node]) -> None:
        self._first = {node: node for node in nodes}

    def _of(self, node: Node) -> Node:
        while self._first[node] is not node:
            self._first[node] = self._first[self._first[node]]
            node = self._first[node]
        return node

    def join(self, one: Node, other: Node) -> None:
        self._first[self._of(one)] = self._of(other)

    def sets(self, graph: Graph) -> list[list[Node]]:
        """Return the sets, their members in topological order."""
        found: dict[Node, list[Node]] = {}
        for node in graph.nodes:
            if node in self._first:
                found.setdefault(self._of(node), []).append(node)
        return list(found.values())


# --- contraction without cycles ------------------------------------------------------------


def _fold(graph: Graph, parts: Sequence[Part], what: str) -> Graph:
    """Replace parts by one node each, and say so in the notes."""
    order = _Order(graph)
    titles: dict[Node, Node] = {}
    counts: Counter[tuple[tuple[str, ...], str]] = Counter()
    for part in parts:
        for piece in order.contract(part.members):
            key = (part.scope, part.title)
            counts[key] += 1
            again = f" ({counts[key]})" if counts[key] > 1 and part.title else ""
            last = piece[-1]
            folded = replace(
                last,
                role=Role.FOLDED,
                scope=part.scope,
                title=f"{part.title}{again}",
                members=tuple(piece),
            )
            titles[last] = folded
    if not titles:
        return graph
    nodes = [titles.get(unit[-1], unit[-1]) for unit in order.units()]
    numbers = count()
    nodes = [replace(n, id=f"f{next(numbers)}") if n.members else n for n in nodes]
    edges = tuple(_edges(graph, nodes))
    note = f"{what} folded: {len(graph.nodes)} nodes drawn as {len(nodes)}"
    return replace(graph, nodes=tuple(nodes), edges=edges, notes=(*graph.notes, note))


class _Order:
    """A topological order in which nodes are brought together."""

    def __init__(self, graph: Graph) -> None:
        self._parents: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
        for edge in graph.edges:
            if not edge.links:
                self._parents[edge.head].append(edge.tail)
        self._slots: list[list[Node]] = [[node] for node in graph.nodes]
        self._slot = {node: k for k, node in enumerate(graph.nodes)}

    def units(self) -> Iterator[list[Node]]:
        """Yield what is one node now, parents before children."""
        return (slot for slot in self._slots if slot)

    def contract(self, members: Sequence[Node]) -> Iterator[list[Node]]:
        """Bring single nodes together, and yield the pieces of more than one.

        A path that leaves the members and comes back would become a cycle. So a member belongs
        to the piece with the number of times that some path to it has left and come back. Only
        what stands between the first and the last member is looked at.
        """
        if len(members) < 2:
            return
        places = [self._slot[node] for node in members]
        low, high = min(places), max(places) + 1
        inside = set(members)
        keys: dict[int, tuple[int, bool]] = {}  # by slot: the level, and whether it is outside
        for k in range(low, high):
            if self._slots[k]:
                keys[k] = self._key(k, inside, keys)
        window: dict[tuple[int, bool], list[list[Node]]] = {}
        for k, key in keys.items():
            window.setdefault(key, []).append(self._slots[k])
        arranged: list[list[Node]] = []
        for (_, is_outside), slots in sorted(window.items()):
            piece = [node for slot in slots for node in slot]
            arranged += slots if is_outside else [piece]
            if not is_outside and len(piece) > 1:
                yield piece
        empty: list[list[Node]] = [[] for _ in range(high - low - len(arranged))]
        self._slots[low:high] = [*arranged, *empty]
        for k in range(low, high):
            self._slot.update(dict.fromkeys(self._slots[k], k))

    def _key(
        self, k: int, inside: set[Node], keys: dict[int, tuple[int, bool]]
    ) -> tuple[int, bool]:
        is_outside = self._slots[k][0] not in inside
        level = -1 if is_outside else 0
        for node in self._slots[k]:
            for parent in self._parents[node]:
                if (slot := self._slot[parent]) in keys and slot != k:
                    before, was_outside = keys[slot]
                    comes_back = was_outside and not is_outside and before >= 0
                    level = max(level, before + comes_back)
        return level, is_outside


def _edges(graph: Graph, nodes: Sequence[Node]) -> Iterator[Edge]:
    """Yield the edges between the nodes that are left; those into a folded node once each."""
    now = {member: node for node in nodes for member in node.members or (node,)}
    arriving: dict[Node, list[Edge]] = {node: [] for node in nodes}
    for edge in graph.edges:
        tail, head = now[edge.tail], now[edge.head]
        if tail is not head:
            arriving[head].append(replace(edge, tail=tail, head=head))
    for node, edges in arriving.items():
        if not node.members:
            yield from edges
            continue
        once = dict.fromkeys((edge.tail, edge.links, edge.upward) for edge in edges)
        for position, (tail, links, upward) in enumerate(once):
            yield Edge(tail, node, position, False, links, upward)
