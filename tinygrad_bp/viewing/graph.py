"""A graph as the diagrams see it: nodes with ids and roles, edges with positions, groups.

Every format is written from this one description, so they agree about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..kernel import Value, topological_order
from ..programs.trace import common


class Role(StrEnum):
    """What a node is to its graph; every role has a shape of its own in a diagram."""

    PARAMETER = "parameter"  # a leaf that is given a gradient
    CONSTANT = "constant"  # a leaf that is not
    COMPUTED = "computed"  # the result of an op
    RESULT = "result"  # the result of the last op: what is drawn, such as a loss
    FOLDED = "folded"  # several nodes, drawn as one
    COTANGENT = "cotangent"  # the gradient of another node, in a backward graph


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node: the Value itself, and what the graph around it says about it.

    Attributes
    ----------
    title : str
        What it is called; by default what the Value is called.
    side : str
        "forward" or "backward" where both are drawn.
    members : tuple of Node
        For a folded node what is in it, in topological order; `value` is that of the last.
    loop : tuple of str
        The group of the loop of which the members are the same node in several passes.
    formula : str
        How it is computed, where that is not what its op and its operands say.
    """

    id: str
    value: Value
    role: Role
    scope: tuple[str, ...]
    title: str = ""
    side: str = ""
    members: tuple[Node, ...] = ()
    formula: str = ""
    loop: tuple[str, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether the members are the same node of several passes of a loop."""
        return bool(self.loop)

    @property
    def place(self) -> tuple[str, ...]:
        """The groups that it is drawn in, outermost first."""
        return (self.side, *self.scope) if self.side else self.scope


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a node by another, as the operand at a position.

    `ordered` says whether the op would give something else with its operands swapped. An edge
    that `links` is no operand: it leads from a node to its cotangent. One that goes `upward` has
    its head above its tail in the picture. One that `recurs` leads to the next pass of a loop of
    which one pass stands for all.
    """

    tail: Node
    head: Node
    position: int
    ordered: bool
    links: bool = False
    upward: bool = False
    recurs: bool = False

    @property
    def id(self) -> str:
        """What the edge is called in a picture."""
        what = "grad" if self.links else f"{self.position}{'-next' * self.recurs}"
        return f"{self.tail.id}-{self.head.id}-{what}"


@dataclass(frozen=True, slots=True)
class Group:
    """The nodes of one scope, without those of the scopes inside it."""

    scope: tuple[str, ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in topological order, named n0, n1, ..., and edges in the order of operands.

    `notes` say what was folded or left out; `hidden` are the nodes that were left out, which
    others may still name.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()
    hidden: tuple[Node, ...] = ()

    @property
    def root(self) -> Node:
        """The node that ends the forward graph."""
        return next(node for node in reversed(self.nodes) if node.side != "backward")

    def whole(self) -> Iterator[Node]:
        """Yield all nodes, hidden ones and those that are folded into others too."""
        yield from self.hidden
        for node in self.nodes:
            yield from node.members or (node,)

    def groups(self) -> Iterator[Group]:
        """Yield groups outermost first, each before the groups inside it and then its siblings.

        The first is the group of the empty scope, and every scope follows the one around it.
        """
        members: dict[tuple[str, ...], list[Node]] = {}
        inside: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {(): {}}
        for node in self.nodes:
            place = node.place
            members.setdefault(place, []).append(node)
            for length in range(len(place), 0, -1):
                scope, around = place[:length], place[: length - 1]
                if scope in inside.setdefault(around, {}):
                    break
                inside[around][scope] = None
                inside.setdefault(scope, {})
        pending: list[tuple[str, ...]] = [()]
        while pending:
            scope = pending.pop()
            yield Group(scope, tuple(members.get(scope, ())))
            pending.extend(reversed(inside[scope]))


def describe(value: Value) -> Graph:
    """Describe the graph that ends in a Value.

    Parameters
    ----------
    value : Value
        The last node.

    Returns
    -------
    Graph
        One node per Value and one edge per operand, repeated operands included. The ids depend
        on the graph alone.

    Raises
    ------
    TypeError
        If `value` is not a Value.
    """
    order = topological_order(value)
    adopted = _adopt(order)
    nodes = {
        each: Node(f"n{index}", each, _role(each, value), each.scope or adopted.get(each, ()))
        for index, each in enumerate(order)
    }
    edges = tuple(
        Edge(nodes[parent], node, position, is_ordered(each))
        for each, node in nodes.items()
        for position, parent in enumerate(each.parents)
    )
    return Graph(tuple(nodes.values()), edges)


def _role(value: Value, root: Value) -> Role:
    if value.op is None:
        return Role.PARAMETER if value.requires_grad else Role.CONSTANT
    return Role.RESULT if value is root else Role.COMPUTED


def is_ordered(value: Value) -> bool:
    """Return whether the op of a node would give something else with its operands swapped."""
    return len(value.parents) > 1 and not value.op.commutes


def _adopt(order: Sequence[Value]) -> dict[Value, tuple[str, ...]]:
    """Find, for leaves made outside every scope, the innermost scope around all their uses.

    Weights are mostly made once, outside, and belong to the layer that uses them.
    """
    scopes: dict[Value, tuple[str, ...]] = {}
    for node in order:
        for parent in node.parents:
            if parent.op is None and not parent.scope:
                scopes[parent] = common(scopes.get(parent, node.scope), node.scope)
    return scopes
