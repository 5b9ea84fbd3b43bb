"""The graph of a loss, its nodes numbered, so that one node can be spoken of at several points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..kernel import Value
from ..kernel.backward import sum_to_shape
from ..kernel.context import recording
from ..kernel.order import leading_to, ordered
from ..transforms.variables import named_after_variables
from ..trees import flatten, rebuild

#: Ops that only arrange the numbers of their one operand anew.
SHAPING = frozenset(["transpose", "reshape", "broadcast_to", "astype", "alias"])


class Edge(NamedTuple):
    """The way from a node to one of its operands, along which a cotangent flows."""

    child: int
    operand: int


class Graph:
    """The nodes between the parameters and the loss, with their numbers at one point.

    Parameters
    ----------
    loss : Value
        The last node.
    leaves : sequence of Value
        The parameters.

    Attributes
    ----------
    nodes : list of Value
        Those along which cotangents flow, parents before children. A node's number is its place
        here; the same program gives the same numbers at every point.
    order : list of Value
        All nodes, constants too, as `topological_order` gives them.
    leaves : list of int or None
        The number of each parameter; None where the loss does not depend on it.
    parents : list of dict of Edge to int
        For each node, where its edges lead.
    uses : list of list of Edge
        For each node, the edges that lead to it, in the order in which a backward pass comes
        along them.
    """

    def __init__(self, loss: Value, leaves: Sequence[Value]) -> None:
        self.order = list(ordered(loss))
        path = leading_to(dict.fromkeys(leaves), ordered(loss, constants=False))
        self.nodes = list(path)
        self.number = {node: k for k, node in enumerate(self.nodes)}
        self.leaves = [self.number.get(leaf) for leaf in leaves]
        self.parents: list[dict[Edge, int]] = []
        self.uses: list[list[Edge]] = [[] for _ in self.nodes]
        self._rules: list[list[Any]] = []
        for k, node in enumerate(self.nodes):
            rules = [node.op.rule(place) for place in range(len(node.parents))]
            self._rules.append(rules)
            self.parents.append(
                {
                    Edge(k, place): self.number[parent]
                    for place, (parent, rule) in enumerate(zip(node.parents, rules))
                    if rule is not None and parent in self.number
                }
            )
        for edges in reversed(self.parents):
            for edge, parent in edges.items():
                self.uses[parent].append(edge)

    @property
    def root(self) -> int:
        """The number of the loss."""
        return len(self.nodes) - 1

    @cached_property
    def positions(self) -> dict[Value, int]:
        """The place of each node in `order`."""
        return {node: k for k, node in enumerate(self.order)}

    @cached_property
    def form(self) -> list[Any]:
        """What is the same at every point: ops, shapes and edges."""
        return [
            (node.op, node.shape, edges)
            for node, edges in zip(self.nodes, self.parents, strict=True)
        ]

    def data(self, number: int) -> Any:
        """Return the numbers of a node."""
        return self.nodes[number].data

    def op(self, number: int) -> str:
        """Return the name of the op of a node, "" for a leaf."""
        op = self.nodes[number].op
        return "" if op is None else str(op.name)

    def operands(self, number: int) -> list[Any]:
        """Return the numbers that the op of a node got."""
        return [parent._data for parent in self.nodes[number].parents]

    def rule(self, edge: Edge) -> Callable[..., Any]:
        """Return the derivative rule along an edge, without its undoing of broadcasting."""
        rule, metadata = self._rules[edge.child][edge.operand], self.nodes[edge.child].metadata

        def pull(g: Any, y: Any, operands: Sequence[Any]) -> Any:
            return rule(g, y, *operands, **metadata)

        return pull

    def contribution(self, edge: Edge, g: Any, y: Any = None, operands: Any = None) -> Any:
        """Pull a cotangent along an edge; with `y` and `operands`, by other numbers."""
        child = edge.child
        pulled = self.rule(edge)(
            g,
            self.data(child) if y is None else y,
            self.operands(child) if operands is None else operands,
        )
        shape = self.nodes[self.parents[child][edge]].shape
        return pulled if np.shape(pulled) == shape else sum_to_shape(pulled, shape)

    def between(self, low: int, high: int) -> list[int]:
        """List the nodes above `low` through which `high` depends on it, `high` included."""
        leading = {low}
        for k in range(low + 1, high + 1):
            if any(parent in leading for parent in self.parents[k].values()):
                leading.add(k)
        found: set[int] = set()
        stack = [high]
        while stack:
            k = stack.pop()
            if k in leading and k not in found and k != low:
                found.add(k)
                stack.extend(self.parents[k].values())
        return sorted(found)

    def transport(self, high: int, low: int, cotangent: Any) -> Any:
        """Pull a cotangent of one node back to another one, along all ways between them."""
        if high == low:
            return cotangent
        pending = {high: cotangent}
        inside = {low, *self.between(low, high)}
        for k in sorted(inside - {low}, reverse=True):
            g = pending.get(k)
            if g is None:
                continue
            for edge, parent in self.parents[k].items():
                if parent in inside:
                    pulled = self.contribution(edge, g)
                    pending[parent] = pending[parent] + pulled if parent in pending else pulled
        return pending[low]

    def source(self, value: Value) -> tuple[Value, list[Value]]:
        """Go back over steps that only arrange numbers anew; return where from, and the steps."""
        steps = []
        while value.op is not None and value.op.name in SHAPING:
            steps.append(value)
            value = value.parents[0]
        return value, steps[::-1]

    def named(self) -> Iterator[tuple[str, int]]:
        """Yield the names of inner nodes that have one."""
        for number, node in enumerate(self.nodes):
            if node.op is not None and node.name:
                yield node.name, number


def arranged(steps: Sequence[Value], numbers: Any) -> Any:
    """Take other numbers through steps that only arrange them anew."""
    for step in steps:
        numbers = step.op.forward(numbers, **step.metadata)
    return numbers


def trace(fun: Callable[[Any], Any], tree: Any) -> Graph | None:
    """Run a function on Values; None where it gives no function of them."""
    leaves = [Value(array, name=path or "params") for path, array in flatten(tree)]
    token = recording.set(recording.get() or ())
    try:
        with named_after_variables([leaf.name or "" for leaf in leaves]):
            loss = fun(rebuild(tree, iter(leaves)))
    finally:
        recording.reset(token)
    if not isinstance(loss, Value) or not loss.requires_grad:
        return None
    graph = Graph(loss, leaves)
    return graph if graph.nodes and graph.nodes[-1] is loss else None
