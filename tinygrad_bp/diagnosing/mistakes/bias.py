"""Biases: averaged, not summed, summed over the wrong axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Edge, Graph
from ..hypothesis import Function, Hypothesis, fixed
from ..sweep import Backward


def hypotheses(graph: Graph) -> Iterator[Hypothesis]:
    """Yield the mistakes in adding up the gradient of a bias."""
    for number in range(len(graph.nodes)):
        if graph.op(number) not in ("add", "sub"):
            continue
        for edge, parent in graph.parents[number].items():
            source, _ = graph.source(graph.nodes[parent])
            if source.op is None:
                yield from _bias(graph, edge, parent, graph.number[source])


def _bias(graph: Graph, edge: Edge, parent: int, leaf: int) -> Iterator[Hypothesis]:
    node = graph.nodes[edge.child]
    size = graph.nodes[parent].size
    count = node.size // max(1, size)

    def total(g: Any, backward: Backward) -> Any:
        return backward.graph.contribution(edge, g)

    def made(mistake: str, function: Function, what: str) -> Hypothesis:
        return fixed(mistake, leaf, {edge: function}, what)

    if node.shape != graph.nodes[parent].shape:
        yield made(
            "bias-not-summed",
            _unsummed(edge),
            f"the gradient of {{node}} is left with {count} entries for each one of it",
        )
    if count > 1:
        yield made(
            "bias-mean",
            lambda g, backward: total(g, backward) / count,
            f"the gradient of {{node}} is the mean over {count} entries instead of their sum",
        )
        for axis, length in enumerate(node.shape):
            for which in (0, -1) if length == count else ():
                yield made("bias-not-summed", _one(edge, parent, axis, which), _ONE_ONLY)
    if size > 1:
        yield made(
            "bias-summed-over-units",
            lambda g, backward: np.full(
                backward.graph.nodes[parent].shape, total(g, backward).sum()
            ),
            "the gradient of {node} is added up over its units",
        )
        for axis in range(node.ndim):
            if node.size // node.shape[axis] == size and node.ndim > 1:
                yield made("bias-summed-over-units", _over(edge, parent, axis), _WRONG_AXIS)


_WRONG_AXIS = "the gradient of {node} is added up over its units, along the wrong axis"


_ONE_ONLY = "the gradient of {node} is that of one sample instead of the sum over all of them"


def _pulled(edge: Edge, g: Any, backward: Backward) -> Any:
    """Pull a cotangent along an edge without undoing the broadcasting."""
    graph = backward.graph
    return graph.rule(edge)(g, graph.data(edge.child), graph.operands(edge.child))


def _unsummed(edge: Edge) -> Function:
    return lambda g, backward: _pulled(edge, g, backward)


def _one(edge: Edge, parent: int, axis: int, which: int) -> Function:
    def taken(g: Any, backward: Backward) -> Any:
        sample = np.take(_pulled(edge, g, backward), which, axis=axis)
        return sample.reshape(backward.graph.nodes[parent].shape)

    return taken


def _over(edge: Edge, parent: int, axis: int) -> Function:
    def added(g: Any, backward: Backward) -> Any:
        total = _pulled(edge, g, backward).sum(axis=axis)
        return total.reshape(backward.graph.nodes[parent].shape)

    return added
