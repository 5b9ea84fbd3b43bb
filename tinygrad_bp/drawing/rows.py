"""About where the nodes of a graph will stand when it has been laid out."""

from __future__ import annotations

from collections import Counter

from ..viewing.graph import Edge, Graph, Node


class Rows:
    """The rows of a layout in layers, counted from the first; columns, from left to right.

    Attributes
    ----------
    operands, uses : dict of Node to list of Edge
        The edges that lead to a node, and those that begin at it.
    """

    def __init__(self, graph: Graph) -> None:
        self.operands: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}
        self.uses: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}
        self._row = dict.fromkeys(graph.nodes, 0)
        for edge in graph.edges:  # in the topological order of their heads
            if not (edge.links or edge.recurs):
                self.operands[edge.head].append(edge)
                self.uses[edge.tail].append(edge)
                self._row[edge.head] = max(self._row[edge.head], self._row[edge.tail] + 1)
        self._pull_to_uses(graph)
        for edge in graph.edges:
            if edge.links:
                self._row[edge.head] = self._row[edge.tail]
        self._computed = Counter(row for node, row in self._row.items() if _is_computed(node))

    def _pull_to_uses(self, graph: Graph) -> None:
        """Move a branch that hangs on nothing else to where it is used, as the layout does."""
        times = Counter(edge.tail for uses in self.uses.values() for edge in uses)
        for node in reversed(graph.nodes):
            fed = [edge.tail for edge in self.operands[node] if self.operands[edge.tail]]
            heads = [self._row[edge.head] for edge in self.uses[node] if not edge.upward]
            if heads and all(times[each] == 1 for each in fed):
                self._row[node] = min(heads) - 1

    def length(self, edge: Edge) -> int:
        """Return how many rows an edge leads through."""
        return abs(self._row[edge.head] - self._row[edge.tail])

    def is_alone(self, node: Node) -> bool:
        """Return whether a node is the only computed one of the forward pass in its row."""
        return _is_computed(node) and self._computed[self._row[node]] == 1


def _is_computed(node: Node) -> bool:
    return node.side != "backward" and bool(node.value.parents)
