"""Paths: contributions that are lost or counted twice, signs of second operands, lost upstreams."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Edge, Graph
from ..hypothesis import Function, Hypothesis, fixed
from ..sweep import Backward
from .scaling import stretches

#: Where a node has more uses than this, only the first and the last are looked at.
_MOST = 6


def hypotheses(graph: Graph, handed: Collection[int]) -> Iterator[Hypothesis]:
    """Yield the mistakes in adding up along paths."""
    for number in handed:
        yield fixed(
            "upstream-dropped",
            number,
            {number: lambda g, backward: np.ones(np.shape(g))},
            "the gradient of {node} is set to 1",
        )
    for number in range(len(graph.nodes)):
        yield from _fan_out(graph, number)
        yield from _second_operand(graph, number)
        yield from _upstream(graph, number)
    yield from _samples(graph)


def _times(edge: Edge, factor: float) -> Function:
    return lambda g, backward: factor * backward.graph.contribution(edge, g)


def _fan_out(graph: Graph, number: int) -> Iterator[Hypothesis]:
    uses = graph.uses[number]
    if len(uses) < 2:
        return
    looked_at = uses if len(uses) <= _MOST else [uses[0], uses[-1]]
    for edge in looked_at:
        yield fixed(
            "fan-out-overwritten",
            number,
            {other: _times(other, 0.0) for other in uses if other != edge},
            f"of the {len(uses)} contributions to the gradient of {{node}} only one is kept, that "
            "of {by}",
            by=edge.child,
        )
        if len(uses) > 2:
            yield fixed(
                "fan-out-counted-twice",
                number,
                {other: _times(other, 2.0) for other in uses if other != edge},
                "all contributions to the gradient of {node} but that of {by} are counted twice",
                by=edge.child,
            )
            yield fixed(
                "fan-out-overwritten",
                number,
                {edge: _times(edge, 0.0)},
                f"of the {len(uses)} contributions to the gradient of {{node}} that of {{by}} is "
                "lost",
                by=edge.child,
            )
        yield fixed(
            "fan-out-counted-twice",
            number,
            {edge: _times(edge, 2.0)},
            "the contribution of {by} to the gradient of {node} is counted twice",
            by=edge.child,
        )


def _second_operand(graph: Graph, number: int) -> Iterator[Hypothesis]:
    edge = Edge(number, 1)
    if graph.op(number) in ("sub", "div") and edge in graph.parents[number]:
        sign = "-" if graph.op(number) == "sub" else "/"
        yield fixed(
            "second-operand-sign",
            number,
            {edge: _times(edge, -1.0)},
            f"the second operand of the {sign} that gives {{node}} gets the wrong sign",
            graph.parents[number][edge],
        )


def _upstream(graph: Graph, number: int) -> Iterator[Hypothesis]:
    edges = list(graph.parents[number])
    if not edges or number == graph.root:
        return

    def alone(edge: Edge) -> Function:
        return lambda g, backward: backward.graph.contribution(edge, np.ones(np.shape(g)))

    for chosen in [edges] if len(edges) == 1 else [edges, *([edge] for edge in edges)]:
        yield fixed(
            "upstream-dropped",
            number,
            {edge: alone(edge) for edge in chosen},
            "the step of {node} gives its own derivative and leaves out the gradient that arrives",
            graph.parents[number][chosen[0]],
        )


# --- a loop over samples that assigns instead of adding ----------------------------------------


def _samples(graph: Graph) -> Iterator[Hypothesis]:
    axes = _sample_axes(graph)
    for number in stretches(graph):
        lowest = _lowest(graph, number)
        for axis, which in _ends(graph, lowest, axes):
            yield fixed(
                "fan-out-overwritten",
                lowest,
                {lowest: _kept(axis, which)},
                f"of the gradients along axis {axis} of {{node}} only that of the "
                f"{'first' if which == 0 else 'last'} is kept",
            )
    for leaf, node in enumerate(graph.nodes):
        if node.op is None:
            for edge in graph.uses[leaf]:
                for axis, which in _ends(graph, edge.child, axes):
                    yield _sample_of(leaf, edge, axis, which)


def _sample_of(leaf: int, edge: Edge, axis: int, which: int) -> Hypothesis:
    keep = _kept(axis, which)

    def pull(g: Any, backward: Backward) -> Any:
        return backward.graph.contribution(edge, keep(g, backward))

    return fixed(
        "fan-out-overwritten",
        leaf,
        {edge: pull},
        f"of the contributions along axis {axis} of {{child}} to the gradient of {{node}} only "
        f"the {'first' if which == 0 else 'last'} is kept",
        child=edge.child,
    )


def _lowest(graph: Graph, number: int) -> int:
    """Go down a stretch from the loss to where it branches."""
    while len(graph.parents[number]) == 1:
        (below,) = graph.parents[number].values()
        if graph.nodes[below].op is None or len(graph.uses[below]) > 1:
            break
        number = below
    return number


def _sample_axes(graph: Graph) -> list[frozenset[int]]:
    """For each node, along which axes it has samples: those that a weight does not have."""
    found: list[frozenset[int]] = []
    for number, node in enumerate(graph.nodes):
        axes: frozenset[int] = frozenset()
        if graph.op(number) == "matmul" and node.ndim > 1:
            left, right = (graph.source(operand)[0] for operand in node.parents)
            if left.op is None and left in graph.number:
                axes = frozenset([node.ndim - 1])
            elif right.op is None and right in graph.number:
                axes = frozenset(range(node.ndim - 1))
        for parent in graph.parents[number].values():
            if graph.nodes[parent].shape == node.shape and graph.op(number) != "matmul":
                axes |= found[parent]
        found.append(axes)
    return found


def _ends(graph: Graph, number: int, axes: Sequence[Collection[int]]) -> Iterator[tuple[int, int]]:
    for axis in sorted(axes[number]):
        if graph.nodes[number].shape[axis] > 1:
            yield axis, 0
            yield axis, -1


def _kept(axis: int, which: int) -> Function:
    def kept(g: Any, backward: Backward) -> Any:
        g = np.asarray(g)
        mask = np.zeros(g.shape[axis])
        mask[which] = 1.0
        return g * mask.reshape([-1 if k == axis else 1 for k in range(g.ndim)])

    return kept
