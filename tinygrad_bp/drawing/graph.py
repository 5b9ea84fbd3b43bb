"""A graph as the diagrams see it: nodes with ids and roles, edges with positions, groups.

Every format is written from this one description, so they agree about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..kernel import Value, topological_order

__all__ = ["Edge", "Graph", "Group", "Node", "Role", "describe"]

#: Ops whose operands may change places, so that a diagram need not tell them apart.
COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})


class Role(StrEnum):
    """What a node is to its graph; every role has a shape of its own in a diagram."""

    PARAMETER = "parameter"  # a leaf that is given a gradient
    CONSTANT = "constant"  # a leaf that is not
    COMPUTED = "computed"  # the result of an op
    RESULT = "result"  # the result of the last op: what is drawn, such as a loss


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node: the Value itself, and what the graph around it says about it."""

    id: str
    value: Value
    role: Role
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a node by another, as the operand at a position.

    `ordered` says whether the op would give something else with its operands swapped.
    """

    tail: Node
    head: Node
    position: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The nodes of one scope, without those of the scopes inside it."""

    scope: tuple[str, ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in topological order, named n0, n1, ..., and edges in the order of operands."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def groups(self) -> Iterator[Group]:
        """Yield groups outermost first, each before the groups inside it and then its siblings.

        The first is the group of the empty scope, and every scope follows the one around it.
        """
        members: dict[tuple[str, ...], list[Node]] = {}
        inside: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {(): {}}
        for node in self.nodes:
            members.setdefault(node.scope, []).append(node)
            for length in range(len(node.scope), 0, -1):
                scope, around = node.scope[:length], node.scope[: length - 1]
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
    adopted = _adopted(order)
    nodes = {
        each: Node(f"n{index}", each, _role(each, value), each.scope or adopted.get(each, ()))
        for index, each in enumerate(order)
    }
    edges = tuple(
        Edge(nodes[parent], node, position, _is_ordered(each))
        for each, node in nodes.items()
        for position, parent in enumerate(each.parents)
    )
    return Graph(tuple(nodes.values()), edges)


def _role(value: Value, root: Value) -> Role:
    if value.op is None:
        return Role.PARAMETER if value.requires_grad else Role.CONSTANT
    return Role.RESULT if value is root else Role.COMPUTED


def _is_ordered(value: Value) -> bool:
    return len(value.parents) > 1 and value.op.name not in COMMUTATIVE


def _adopted(order: list[Value]) -> dict[Value, tuple[str, ...]]:
    """Find, for leaves made outside every scope, the innermost scope around all their uses.

    Weights are mostly made once, outside, and belong to the layer that uses them.
    """
    scopes: dict[Value, tuple[str, ...]] = {}
    for node in order:
        for parent in node.parents:
            if parent.op is None and not parent.scope:
                scopes[parent] = _common(scopes.get(parent, node.scope), node.scope)
    return scopes


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return what two scopes have in common, from the outside."""
    if one == other:
        return one
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]
