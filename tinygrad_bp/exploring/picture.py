"""The diagrams of a page: laid out once, with a mark on everything that a step may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from ..drawing.dot import Style, dot_lines
from ..drawing.heat_maps import ROOM, room_for_maps
from ..drawing.render import RenderError, render
from ..drawing.repeats import fold_loops
from ..drawing.stand_ins import stands_for
from ..kernel import Value
from ..viewing.gradients import Gradients, run_backward
from ..viewing.graph import Edge, Graph, Node
from ..viewing.labels import Card, cards
from .recording import Recording

#: Larger graphs are shown with their loops folded at first.
READ_IN_FULL = 40

_SVG = "{http://www.w3.org/2000/svg}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def pictures(
    graph: Graph, recording: Recording, names: Mapping[Value, str], *, time_limit: float
) -> list[str]:
    """Draw the graph as SVG to be put into a page; in full, and with its loops folded.

    Nodes have the class of their role and ``data-node``, their place in the graph, or the places
    of what is drawn as one; what stands in for a node at a use that is far away has them too, and
    ``data-use``, the places of what uses it. Edges have ``data-edge``, and what belongs to a loop
    that is folded ``data-loop``. The texts of a node's name, value and gradient, as they are at the
    end, have the classes ``name``, ``value`` and ``grad``; so has the room for their heat maps.

    Returns
    -------
    list of str
        What is shown first, then the other one, if there are loops.

    Raises
    ------
    RenderError
        If nothing can be drawn, or takes too long.
    """
    root = graph.root.value
    known = run_backward(root, recording.gradients[root]) if recording.gradients else Gradients()
    folded = fold_loops(graph)
    if folded is graph:
        return [_Picture(graph, graph, names, known).draw(time_limit)]
    first = _Picture(folded, graph, names, known).draw(time_limit)
    try:
        whole = _Picture(graph, graph, names, known).draw(time_limit)
    except RenderError:
        return [first]
    return [first, whole] if len(graph.nodes) > READ_IN_FULL else [whole, first]


@dataclass(frozen=True)
class _Picture:
    """A drawing of a graph, in which some of the nodes of the whole one may be folded."""

    graph: Graph
    whole: Graph
    names: Mapping[Value, str]
    gradients: Gradients

    def draw(self, time_limit: float) -> str:
        """Lay it out, and mark it."""
        written = self._cards()
        style = Style(heat_maps=room_for_maps(self.graph))
        source = f"digraph {{\n{''.join(dot_lines(self.graph, written, style=style))}}}\n"
        root = ElementTree.fromstring(render(source, "svg", time_limit=time_limit))
        _without_tooltips(root)
        _without_fonts(root)
        self._mark(root, written)
        root.set("class", "diagram")
        for size in ("width", "height"):
            root.attrib.pop(size, None)
        ElementTree.register_namespace("", _SVG[1:-1])
        return ElementTree.tostring(root, encoding="unicode")

    def _cards(self) -> dict[str, Card]:
        """Give every node a name, the gradient that it ends with, and no tooltip."""
        found = cards(self.graph, gradients=self.gradients)
        for node in self.graph.nodes:
            card, members = found[node.id], node.members or (node,)
            found[node.id] = replace(
                card,
                name=max((self.names[each.value] for each in members), key=len),
                gradient="" if card.gradient == "-" else card.gradient,
                details=node.id,
                rows=(),
                flags=() if node.members else card.flags,
            )
        return found

    def _mark(self, root: ElementTree.Element, written: Mapping[str, Card]) -> None:
        nodes = {node.id: node for node in self.graph.nodes}
        loops = {n.loop: k for k, n in enumerate(self.graph.nodes) if n.loop}
        edges, places = self._edges(), self._places()
        frames = {
            f"cluster_{k}": loops[group.scope]
            for k, group in enumerate(self.graph.groups())
            if group.scope in loops
        }
        for group in root.iter(f"{_SVG}g"):
            title = group.findtext(f"{_SVG}title") or ""
            kind = group.get("class")
            if kind == "node":
                original, use = (title, None) if title in nodes else stands_for(title)
                node = nodes[original]
                group.set("data-node", places[node])
                if node.loop:
                    group.set("data-loop", str(loops[node.loop]))
                if use is None:
                    _mark_node(group, node, written[original])
                else:
                    group.set("class", f"node {_role(node)} again")
                    group.set("data-use", places[self.graph.nodes[use]])
            elif kind == "edge":
                group.set("data-edge", " ".join(map(str, edges.get(group.get("id") or "", ()))))
            elif kind == "cluster" and title in frames:
                group.set("class", "cluster loop")
                group.set("data-loop", str(frames[title]))
            elif kind == "graph":
                group.set("id", "graph")
            if kind != "graph":
                group.attrib.pop("id", None)
            for label in group.findall(f"{_SVG}title"):
                group.remove(label)

    def _places(self) -> dict[Node, str]:
        """Write the places, in the whole graph, of what a node stands for."""
        at = {node: k for k, node in enumerate(self.whole.nodes)}
        return {
            node: " ".join(str(at[each]) for each in node.members or (node,))
            for node in self.graph.nodes
        }

    def _edges(self) -> dict[str, list[int]]:
        """Find the edges of the whole graph for which each edge stands, by its id."""
        turns = {m: (n, k) for n in self.graph.nodes for k, m in enumerate(n.members or (n,))}
        drawn: dict[tuple[Node, Node, bool, int | None], Edge] = {}
        for edge in self.graph.edges:
            for position in (edge.position, None):
                drawn.setdefault((edge.tail, edge.head, edge.recurs, position), edge)
        found: dict[str, list[int]] = {}
        for k, edge in enumerate(self.whole.edges):
            (tail, one), (head, other) = turns[edge.tail], turns[edge.head]
            recurs = tail.repeats and head.repeats and one != other
            keys = [(tail, head, r, p) for r in (recurs, not recurs) for p in (edge.position, None)]
            its = next((drawn[key] for key in keys if key in drawn), None)
            if its is not None:
                found.setdefault(its.id, []).append(k)
        return found


def _role(node: Node) -> str:
    """Return the role of a node, or that of the nodes which it stands for."""
    return str(node.members[-1].role if node.members else node.role)


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


def _mark_node(group: ElementTree.Element, node: Node, card: Card) -> None:
    group.set("class", f"node {_role(node)}")
    rooms = [each for each in group.iter(f"{_SVG}polygon") if each.get("fill") == ROOM]
    for room, what in zip(rooms, ("value", "grad")):
        room.set("class", f"room {what}")
        for name in ("fill", "stroke"):
            room.attrib.pop(name, None)
    numbers = list(group.iter(f"{_SVG}text"))
    if node.members and card.name:
        numbers[0].set("class", "name")
    for _ in card.flags:  # below the numbers
        numbers.pop().set("class", "flag")
    if card.gradient:
        numbers[-1].set("class", "grad")
        del numbers[-2:]
    if card.name or card.op or card.shape != "()":
        numbers[-1].set("class", "value")
