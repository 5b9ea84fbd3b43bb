"""The backward pass as a graph, drawn with the forward one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from ..kernel import Value
from ..kernel.backward import sweep
from ..kernel.order import sort_topologically
from ..kernel.value import clock, constant
from ..programs.witnesses import recorded_in_full
from ..transforms.running import recorded
from ..viewing.formulas import formula
from ..viewing.graph import Edge, Graph, Node, Role, is_ordered
from ..viewing.labels import terms_of
from ..viewing.plain_text import summary


def with_backward(graph: Graph, layout: Literal["beside", "combined"]) -> Graph:
    """Add the graph of the backward pass, from the cotangent of the last node on.

    Every cotangent is linked with the node that it belongs to, and is called after it. Beside
    the forward graph there is one node for each cotangent, with its formula, and the backward
    pass runs upwards; combined with it every op of the backward pass is a node, with edges from
    the forward Values that it uses.

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
    belonging: dict[Value, list[Node]] = {}
    for value, cotangent in _cotangents(root):
        if value in forward and cotangent not in forward:
            belonging.setdefault(cotangent, []).append(forward[value])
    called = {cotangent: _title(of) for cotangent, of in belonging.items()}
    add = _beside if layout == "beside" else _combine
    backward, added = add(graph, forward, belonging, called)
    edges += added
    edges += [
        Edge(_first(of), backward[cotangent], 0, False, links=True)
        for cotangent, of in belonging.items()
    ]
    nodes = (*forward.values(), *backward.values())
    return replace(graph, nodes=nodes, edges=tuple(edges))


def _cotangents(root: Value) -> list[tuple[Value, Value]]:
    """Run the backward pass on Values, masks and all, from a cotangent of ones."""
    seed = constant(np.ones(root.shape, root.dtype)[()])
    with recorded(), recorded_in_full():
        path = sort_topologically(root, constants=False)
        return list(sweep(path, seed, create_graph=True, version=clock[0]))


def _first(of: list[Node]) -> Node:
    """Choose, of the nodes that share a cotangent, the one that has a name."""
    return next((node for node in of if node.value.name), of[0])


def _title(of: list[Node]) -> str:
    names = [f"d_{node.value.name or node.id}" for node in (_first(of), *of)]
    names = list(dict.fromkeys(names))
    return " = ".join([*names[:2], "…"] if len(names) > 3 else names)


Nodes = dict[Value, Node]


def _beside(
    graph: Graph, forward: Nodes, belonging: Mapping[Value, list[Node]], called: dict[Value, str]
) -> tuple[Nodes, list[Edge]]:
    """Make a node for each cotangent, with the formula that computes it."""
    terms = terms_of(graph).items()
    names = {each: term for each, term in terms if each.op or each.name or each.ndim}
    names |= {cotangent: f"d_{_term(of)}" for cotangent, of in belonging.items()}
    nodes: Nodes = {}
    edges: list[Edge] = []
    for cotangent, of in belonging.items():
        node = Node(
            id=f"d{_first(of).id[1:]}",
            value=cotangent,
            role=Role.COTANGENT,
            scope=_first(of).scope,
            title=called[cotangent],
            side="backward",
            formula=formula(cotangent, names) if cotangent.op else summary(cotangent.data),
        )
        nodes[cotangent] = node
        tails = (nodes[each] for each in _sources(cotangent, nodes))
        edges += [Edge(tail, node, k, False, upward=True) for k, tail in enumerate(tails)]
    return nodes, edges


def _term(of: list[Node]) -> str:
    return _first(of).value.name or _first(of).id


def _sources(last: Value, nodes: Nodes) -> list[Value]:
    """Return the cotangents that another one is computed from."""
    found: dict[Value, None] = {}
    seen, stack = {last}, list(last.parents)
    while stack:
        value = stack.pop(0)
        if value in seen:
            continue
        seen.add(value)
        if value in nodes:
            found[value] = None
        else:
            stack.extend(value.parents)
    return list(found)


def _combine(
    graph: Graph, forward: Nodes, belonging: Mapping[Value, list[Node]], called: dict[Value, str]
) -> tuple[Nodes, list[Edge]]:
    """Make a node for each op of the backward pass."""
    nodes = dict(forward)
    edges: list[Edge] = []
    for cotangent, of in belonging.items():
        for value in _missing(cotangent, nodes):
            role = Role.COTANGENT if value in called else _role(value)
            title, scope = called.get(value, ""), _first(of).scope
            node = Node(f"d{len(nodes)}", value, role, scope, title, "backward")
            nodes[value] = node
            for k, parent in enumerate(value.parents):
                edges.append(Edge(nodes[parent], node, k, is_ordered(value)))
    return {value: node for value, node in nodes.items() if value not in forward}, edges


def _role(value: Value) -> Role:
    return Role.COMPUTED if value.op else Role.CONSTANT


def _missing(last: Value, nodes: Nodes) -> Iterator[Value]:
    """Yield what a cotangent is computed from, as far as it has no node, parents first."""
    stack = [last]
    while stack:
        value = stack[-1]
        missing = [parent for parent in value.parents if parent not in nodes]
        if missing and value not in nodes:
            stack.extend(reversed(missing))
            continue
        stack.pop()
        if value not in nodes:
            yield value
