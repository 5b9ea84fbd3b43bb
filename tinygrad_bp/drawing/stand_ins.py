"""Uses that are far from the node that is used: a small node stands in for it there.

The layout of a picture costs as much as its edges are long, so a weight that every pass of a loop
reads would cost the square of the passes, and its lines would hide all others. With a stand-in
near each use a recurrent graph is laid out in time.
"""

from __future__ import annotations

from collections import Counter

from ..viewing.graph import Edge, Graph, Node

#: Uses that are more rows away are far; a leaf with a far use is drawn again at its uses.
FAR = 12
#: Uses within so many rows of a leaf's first one are joined to the leaf all the same.
NEAR = 2
#: Lines from computed nodes are drawn over any distance, unless they cross more rows in all.
MOST_ROWS_CROSSED = 1500


def find_stand_ins(graph: Graph) -> dict[Edge, str]:
    """Find the edges that begin at a stand-in.

    Parameters
    ----------
    graph : Graph
        What is to be laid out.

    Returns
    -------
    dict of Edge to str
        The id of the stand-in, which is one for all uses by the same node; see `stands_for`.
    """
    rows = _Rows(graph)
    places = {node: k for k, node in enumerate(graph.nodes)}
    far = [edge for node in graph.nodes if not rows.operands[node] for edge in rows.far_uses(node)]
    long = [edge for node in graph.nodes if rows.operands[node] for edge in rows.long_uses(node)]
    if sum(map(rows.length, long)) > MOST_ROWS_CROSSED:
        far += long
    return {edge: f"{edge.tail.id}_{places[edge.head]}" for edge in far}


def stands_for(id: str) -> tuple[str, int]:
    """Return the id of the node that a stand-in stands for, and the place of the one that uses it.

    Examples
    --------
    >>> stands_for("n0_17")
    ('n0', 17)
    """
    original, _, place = id.partition("_")
    return original, int(place)


class _Rows:
    """About where each node will stand, counted in rows from the first."""

    def __init__(self, graph: Graph) -> None:
        self.operands: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}
        self._uses: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}
        self._row = dict.fromkeys(graph.nodes, 0)
        for edge in graph.edges:  # in the topological order of their heads
            if edge.links:
                self._put_beside(edge)
                continue
            self.operands[edge.head].append(edge)
            self._uses[edge.tail].append(edge)
            self._row[edge.head] = max(self._row[edge.head], self._row[edge.tail] + 1)
        self._pull_to_uses(graph)

    def _put_beside(self, link: Edge) -> None:
        """Put a cotangent into the row of its node, where the two passes face each other."""
        if link.head.formula:
            self._row[link.head] = self._row[link.tail]

    def _pull_to_uses(self, graph: Graph) -> None:
        """Move a branch that hangs on nothing else to where it is used, as the layout does."""
        times = Counter(edge.tail for uses in self._uses.values() for edge in uses)
        for node in reversed(graph.nodes):
            fed = [edge.tail for edge in self.operands[node] if self.operands[edge.tail]]
            heads = [self._row[edge.head] for edge in self._uses[node] if not edge.upward]
            if heads and all(times[each] == 1 for each in fed):
                self._row[node] = min(heads) - 1

    def length(self, edge: Edge) -> int:
        return abs(self._row[edge.head] - self._row[edge.tail])

    def long_uses(self, node: Node) -> list[Edge]:
        return [edge for edge in self._uses[node] if self.length(edge) > FAR]

    def far_uses(self, leaf: Node) -> list[Edge]:
        """Return the uses to draw a leaf again for: all but the first, if one of them is far."""
        lengths = {edge: self.length(edge) for edge in self._uses[leaf]}
        first = min(lengths.values(), default=0)
        if max(lengths.values(), default=0) - first <= FAR:
            return []
        return [edge for edge, length in lengths.items() if length - first > NEAR]
