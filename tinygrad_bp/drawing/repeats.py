"""Loops: what the same lines of code computed again and again, drawn once.

A graph does not know the loops of the program. They are found in it: in the order of time the same
ops come again after as many nodes, with operands at the same distance, or the same ones. Time is
told by the longest path to the result, which leads through the state that passes hand on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..programs.trace import common
from ..viewing.graph import Edge, Graph, Node, Role
from ..viewing.plain_text import count_of

#: So many passes make a loop.
_FEWEST = 3
#: A loop hides this part of the computed nodes at least; less may come again by chance.
_LEAST_HIDDEN = 0.05
#: Longer passes are not looked for.
_LONGEST = 500
#: How many lengths of a pass are looked at, those first at which most ops come again.
_TRIED = 6


class Loop(NamedTuple):
    """Passes of the same length, one after the other in the order of the computed nodes."""

    start: int
    length: int
    passes: int

    @property
    def stop(self) -> int:
        """The place behind its last node."""
        return self.start + self.length * self.passes

    @property
    def hidden(self) -> int:
        """How many nodes are not drawn for it."""
        return self.length * (self.passes - 1)


def fold_loops(graph: Graph) -> Graph:
    """Draw one pass of each loop for all but its first and, where it ends the graph, its last.

    An edge that `recurs` leads from a node of a pass to the next pass. A graph without loops, or
    with a backward side, stays as it is.
    """
    if any(node.side for node in graph.nodes):
        return graph
    before = len(graph.nodes)
    folded = graph
    order = _InTime(folded)
    while (loop := _find_loop(order)) is not None:
        folded = _fold(order, loop)
        order = _InTime(folded)
    if folded is graph:
        return graph
    note = f"loops folded: {before} nodes drawn as {len(folded.nodes)}"
    return replace(folded, notes=(*graph.notes, note))


def in_time(graph: Graph) -> list[Node]:
    """Return the computed nodes of a graph, each as late as the next one that needs it allows."""
    return _InTime(graph).computed


class _InTime:
    """The computed nodes of a graph by their places, and what they are computed from."""

    def __init__(self, graph: Graph) -> None:
        operands: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}
        for edge in graph.edges:
            if not edge.recurs:
                operands[edge.head].append(edge)
        self.graph, self.operands = graph, operands
        time = self._time()
        self.computed = sorted(
            (node for node in graph.nodes if operands[node]), key=time.__getitem__
        )
        self.place = {node: k for k, node in enumerate(self.computed)}
        self.first_use: dict[Node, int] = {}
        self.last_use: dict[Node, int] = {}
        for k, node in enumerate(self.computed):
            for edge in operands[node]:
                self.first_use.setdefault(edge.tail, k)
                self.last_use[edge.tail] = k

    def _time(self) -> dict[Node, int]:
        """Return for each computed node how far along the longest path it could be computed.

        What is computed of nodes on the path has the time of the last of them, what is not that
        of its first use. Nodes of one time stay in their order.
        """
        path = {node: k for k, node in enumerate(self._longest_path())}
        after: dict[Node, int] = {}
        for node, edges in self.operands.items():
            times = [after[edge.tail] for edge in edges if edge.tail in after]
            if node in path or times:
                after[node] = path.get(node, max(times, default=0))
        before: dict[Node, int] = {}
        for node, edges in reversed(self.operands.items()):
            time = after.get(node, before.get(node, 0))
            for edge in edges:
                before[edge.tail] = min(before.get(edge.tail, time), time)
        return {**before, **after}

    def _longest_path(self) -> list[Node]:
        depth: dict[Node, int] = {}
        for node, edges in self.operands.items():
            depth[node] = 1 + max((depth[edge.tail] for edge in edges), default=-1)
        path = [self.graph.root]
        while edges := self.operands[path[-1]]:
            path.append(max((edge.tail for edge in edges), key=depth.__getitem__))
        return path[-2::-1]  # without the leaf

    def ops(self) -> npt.NDArray[np.int64]:
        """Give each node a number by what it does; what is folded is unlike all else."""
        return _numbers([self._op(node) for node in self.computed])

    def _op(self, node: Node) -> Hashable:
        if node.members or node is self.graph.root:
            return node.id
        value = node.value
        return (value.op.name, repr(value.metadata), value.shape, str(value.dtype))

    def signatures(self, length: int) -> npt.NDArray[np.int64]:
        """Give each node a number by what it does with which operands, in passes of a length."""
        described = []
        for k, node in enumerate(self.computed):
            tails = (edge.tail for edge in self.operands[node])
            described.append((self._op(node), *(self._operand(t, k, length) for t in tails)))
        return _numbers(described)

    def _operand(self, tail: Node, user: int, length: int) -> Hashable:
        """Describe an operand: a node of this pass or the one before, else this very node."""
        if tail in self.place:
            distance = user - self.place[tail]
            return distance if distance < 2 * length else tail.id
        if self.is_own(tail, length):
            return (tail.role, tail.value.shape, user - self.first_use[tail])
        return tail.id

    def is_own(self, leaf: Node, length: int) -> bool:
        """Return whether a leaf is read in one pass alone."""
        return self.last_use[leaf] - self.first_use[leaf] < length


def _numbers(keys: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)


def _find_loop(order: _InTime) -> Loop | None:
    """Find the loop that hides most nodes."""
    ops = order.ops()
    longest = min(len(ops) // _FEWEST, _LONGEST)
    again = [(int(np.count_nonzero(ops[p:] == ops[:-p])), -p) for p in range(1, longest + 1)]
    found = [
        loop for _, p in sorted(again, reverse=True)[:_TRIED] for loop in _loops_of(order, ops, -p)
    ]
    best = max(found, key=lambda loop: loop.hidden, default=None)
    return best if best is not None and best.hidden >= _LEAST_HIDDEN * len(ops) else None


def _loops_of(order: _InTime, ops: npt.NDArray[np.int64], length: int) -> Iterator[Loop]:
    signatures = order.signatures(length)
    same = np.concatenate([[False], signatures[length:] == signatures[:-length], [False]])
    turns = np.flatnonzero(np.diff(same.astype(np.int8)))
    for start, stop in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True):
        first = start  # where the first pass begins, which reads other operands
        while first > max(start - length, 0) and ops[first - 1] == ops[first - 1 + length]:
            first -= 1
        begin = start + (first - start) % length
        passes = (stop + length - begin) // length
        if passes >= _FEWEST:
            yield Loop(begin, length, passes)


# --- one pass for all ----------------------------------------------------------------------


def _fold(order: _InTime, loop: Loop) -> Graph:
    """Replace what stands at the same place of each pass by one node."""
    graph = order.graph
    inside = order.computed[loop.start : loop.stop]
    passes = {node: k // loop.length for k, node in enumerate(inside)}
    drawn: dict[Node, Node] = {}
    title = _title(graph, loop)
    for slot in range(loop.length):
        members = inside[slot :: loop.length]
        drawn |= _stack(members, title)
        for uses in zip(*(order.operands[member] for member in members), strict=True):
            leaves = dict.fromkeys(edge.tail for edge in uses)
            if len(leaves) == loop.passes and not any(
                n in order.place or n in drawn for n in leaves
            ):
                drawn |= _stack(list(leaves), title)
                passes |= {edge.tail: passes[edge.head] for edge in uses}
    nodes = dict.fromkeys(drawn.get(node, node) for node in graph.nodes)
    edges = list(_edges(graph, drawn, passes))
    return replace(graph, nodes=tuple(_sort(list(nodes), edges)), edges=tuple(edges))


def _sort(nodes: Sequence[Node], edges: Sequence[Edge]) -> Iterator[Node]:
    """Yield nodes after all that they are computed from, else in their order."""
    tails: dict[Node, list[Node]] = {node: [] for node in nodes}
    for edge in edges:
        if not edge.recurs:
            tails[edge.head].append(edge.tail)
    done: set[Node] = set()
    for node in nodes:
        stack = [node]
        while stack:
            missing = [tail for tail in tails[stack[-1]] if tail not in done]
            if missing:
                stack.extend(reversed(missing))
            elif (ready := stack.pop()) not in done:
                done.add(ready)
                yield ready


def _title(graph: Graph, loop: Loop) -> str:
    """Name the group of a loop, which no other has."""
    taken = {name for node in graph.nodes for name in node.scope}
    title = f"{count_of(loop.passes, 'pass', 'passes')} of a loop, the last one shown"
    numbered = (f"{title} ({k})" for k in count(2))
    return title if title not in taken else next(name for name in numbered if name not in taken)


def _stack(members: Sequence[Node], title: str) -> dict[Node, Node]:
    """Make one node of several, which shows the last of them."""
    last, around = members[-1], members[0].scope
    for node in members:
        around = common(around, node.scope)
    inside = last.scope[len(around) + 1 :]  # the loop stands for the scopes that number its passes
    stacked = replace(
        last,
        id=f"r{last.id[1:]}",
        role=Role.FOLDED,
        scope=(*around, title, *inside),
        members=tuple(members),
        loop=(*around, title),
    )
    return dict.fromkeys(members, stacked)


def _edges(graph: Graph, drawn: Mapping[Node, Node], passes: Mapping[Node, int]) -> Iterator[Edge]:
    """Yield the edges between what is drawn; those of all passes once."""
    known: set[Hashable] = set()
    for edge in graph.edges:
        tail, head = drawn.get(edge.tail, edge.tail), drawn.get(edge.head, edge.head)
        is_inside = tail.repeats and head.repeats and edge.tail in passes and edge.head in passes
        recurs = edge.recurs or (is_inside and passes[edge.tail] != passes[edge.head])
        key = (tail, head, recurs, edge.position if head.repeats else None)
        if tail is edge.tail and head is edge.head:
            yield edge
        elif key not in known:
            known.add(key)
            yield replace(edge, tail=tail, head=head, recurs=recurs)
