"""Uses that are far from the node that is used: a small node stands in for it there.

The layout of a picture costs as much as its edges are long, so a weight that every pass of a loop
reads would cost the square of the passes, and its lines would hide all others. With a stand-in
near each use a recurrent graph is laid out in time.
"""

from __future__ import annotations

from ..viewing.graph import Edge, Graph, Node
from .rows import Rows

#: Uses that are more rows away are far; a leaf with a far use is drawn again at its uses.
FAR = 12
#: Uses within so many rows of a leaf's first one are joined to the leaf all the same.
NEAR = 2
#: Lines from computed nodes are drawn over any distance, unless they cross more rows in all.
MOST_ROWS_CROSSED = 1500


def find_stand_ins(graph: Graph, rows: Rows) -> dict[Edge, str]:
    """Find the edges that begin at a stand-in.

    Parameters
    ----------
    graph : Graph
        What is to be laid out.
    rows : Rows
        About where its nodes will stand.

    Returns
    -------
    dict of Edge to str
        The id of the stand-in, which is one for all uses by the same node; see `stands_for`.
    """
    found = [edge for edge in graph.edges if _crosses_over(edge)]
    for node in graph.nodes:
        if not rows.operands[node]:
            found += _far_uses(node, rows)
    drawn = [edge for edge in graph.edges if not edge.recurs]
    long = [e for e in drawn if rows.operands[e.tail] and rows.length(e) > FAR]
    if sum(map(rows.length, long)) > MOST_ROWS_CROSSED:
        found += long
    places = {node: k for k, node in enumerate(graph.nodes)}
    return {edge: f"{edge.tail.id}_{places[edge.head]}" for edge in found}


def _crosses_over(edge: Edge) -> bool:
    """Tell the use of a forward Value by the backward pass, which is drawn beside."""
    return not edge.links and edge.tail.side == "forward" and edge.head.side == "backward"


def _far_uses(leaf: Node, rows: Rows) -> list[Edge]:
    """Return the uses to draw a leaf again for: all but the first, if one of them is far."""
    lengths = {edge: rows.length(edge) for edge in rows.uses[leaf]}
    first = min(lengths.values(), default=0)
    if max(lengths.values(), default=0) - first <= FAR:
        return []
    return [edge for edge, length in lengths.items() if length - first > NEAR]


def stands_for(id: str) -> tuple[str, int]:
    """Return the id of the node that a stand-in stands for, and the place of the one that uses it.

    Examples
    --------
    >>> stands_for("n0_17")
    ('n0', 17)
    """
    original, _, place = id.partition("_")
    return original, int(place)
