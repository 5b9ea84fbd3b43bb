"""The backward pass as a graph, drawn with the forward one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from ..kernel import Value
from ..kernel.backward import sweep
from ..kernel.order import ordered
from ..kernel.value import clock, constant
from ..transforms.tracing import recorded
from ..writing.witnesses import recorded_in_full
from .graph import COMMUTATIVE, Edge, Graph, Node, Role

__all__ = ["with_backward"]


def with_backward(graph: Graph, layout: Literal["beside", "combined"]) -> Graph:
    """Add the graph of the backward pass, from the cotangent of the last node on.

    Every cotangent is linked with the node that it belongs to, and is called after it. Beside
    the forward graph, the backward one runs upwards, and names the forward Values that it uses;
    combined with it, edges come from them.

    Raises
    ------
    RuntimeError
        If no gradient flows from the last node.
    """
    root = graph.root.value
    if not root.requires_grad:
        raise RuntimeError(
            "draw: there is no backward graph: the Value depends on no leaf with "
            "requires_grad=True, or was computed inside no_grad()"
        )
    forward = {node.value: replace(node, side="forward") for node in graph.nodes}
    edges = [
        replace(edge, tail=forward[edge.tail.value], head=forward[edge.head.value])
        for edge in graph.edges
    ]
    nodes = dict(forward)
    links: dict[Node, list[Node]] = {}
    for value, cotangent in _cotangents(root):
        if value in forward:
            for each in _new_nodes(cotangent, forward[value], nodes):
                edges += _operands(each, nodes, beside=layout == "beside")
            links.setdefault(nodes[cotangent], []).append(forward[value])
    called = {node: _called(node, of) for node, of in links.items()}
    now = {node: called.get(node, node) for node in nodes.values()}
    edges = [replace(edge, tail=now[edge.tail], head=now[edge.head]) for edge in edges]
    edges += [
        Edge(each, now[node], 0, False, links=True) for node, of in links.items() for each in of
    ]
    return Graph(tuple(now.values()), tuple(edges), graph.notes)


def _cotangents(root: Value) -> list[tuple[Value, Value]]:
    """Run the backward pass on Values, masks and all, from a cotangent of ones."""
    seed = constant(np.ones(root.shape, root.dtype)[()])
    with recorded(), recorded_in_full():
        path = ordered(root, constants=False)
        return list(sweep(path, seed, create_graph=True, version=clock[0]))


def _new_nodes(last: Value, of: Node, nodes: dict[Value, Node]) -> Iterator[Node]:
    """Add what a cotangent is computed from, as far as it is not there, and yield that."""
    stack = [last]
    while stack:
        value = stack[-1]
        missing = [parent for parent in value.parents if parent not in nodes]
        if missing and value not in nodes:
            stack.extend(reversed(missing))
            continue
        stack.pop()
        if value not in nodes:
            role = Role.COMPUTED if value.op else Role.CONSTANT
            nodes[value] = Node(f"d{len(nodes)}", value, role, of.scope, side="backward")
            yield nodes[value]


def _operands(node: Node, nodes: dict[Value, Node], *, beside: bool) -> Iterator[Edge]:
    ordered = len(node.value.parents) > 1 and node.value.op.name not in COMMUTATIVE
    for position, parent in enumerate(node.value.parents):
        tail = nodes[parent]
        if not beside or tail.side == "backward":
            yield Edge(tail, node, position, ordered, upward=beside)


def _called(node: Node, of: list[Node]) -> Node:
    """Call a cotangent after the nodes that it belongs to; several may share one."""
    if node.side != "backward":  # a rule gave back one of its operands
        return node
    names = [f"d_{each.value.name or each.id}" for each in of]
    shown = [*names[:2], "…"] if len(names) > 3 else names
    return replace(node, title=" = ".join(shown), role=Role.COTANGENT)
