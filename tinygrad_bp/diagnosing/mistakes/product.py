"""Products: the wrong matrix, an updated one, a transposed one, the wrong activation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...kernel import Value
from ..graph import Edge, Graph, arranged
from ..hypothesis import Hypothesis, Unknown, fixed
from ..sweep import Backward, Change

_PRODUCTS = frozenset(["matmul", "mul", "einsum"])
#: How many other arrays of the same shape are tried in the place of an activation.
_MOST = 40
#: Adam divides its first step by |gradient| + this.
_EPSILON = 1e-8

Numbers = Callable[[Backward], Any]


def hypotheses(graph: Graph, preactivations: dict[int, int]) -> Iterator[Hypothesis]:
    """Yield the mistakes in which a product's rule sees other numbers than it should."""
    for number, node in enumerate(graph.nodes):
        if graph.op(number) not in _PRODUCTS:
            continue
        for edge in graph.parents[number]:
            for place, operand in enumerate(node.parents):
                if place == edge.operand:
                    continue
                source, steps = graph.source(operand)
                seen = _Seen(graph, edge, place, source, steps)
                if source in graph.number and source.op is None:
                    yield from _weights(seen)
                elif seen.leaf is not None:
                    yield from _activations(seen, preactivations)
    for leaf, node in enumerate(graph.nodes):
        if node.op is None and node.ndim == 2 and node.shape[0] == node.shape[1] > 1:
            yield fixed(
                "transposed-weight",
                leaf,
                {leaf: lambda g, backward: g.T},
                "the gradient of {node} is transposed",
            )


class _Seen:
    """An operand as the rule of another one sees it."""

    def __init__(
        self, graph: Graph, edge: Edge, place: int, source: Value, steps: Sequence[Value]
    ) -> None:
        self.graph, self.edge, self.place, self.source = graph, edge, place, source
        self._steps = steps
        self.lands = graph.parents[edge.child][edge]
        base, _ = graph.source(graph.nodes[self.lands])
        # the parameter whose gradient is computed along this edge
        self.leaf = graph.number.get(base) if base.op is None else None

    def instead(self, numbers: Numbers) -> Change:
        """Let the rule see other numbers."""
        edge, place, steps = self.edge, self.place, self._steps

        def pull(g: Any, backward: Backward) -> Any:
            operands = backward.graph.operands(edge.child)
            operands[place] = arranged(steps, numbers(backward))
            return backward.graph.contribution(edge, g, operands=operands)

        return {edge: pull}


# --- weights ---------------------------------------------------------------------------------


def _weights(seen: _Seen) -> Iterator[Hypothesis]:
    graph, weight = seen.graph, seen.graph.number[seen.source]
    shape = seen.source.shape
    for direction, kind in ((_gradient, ""), (_sign, " by Adam's first step")):
        yield _updated(seen, weight, direction, kind)
    others = [
        k for k, node in enumerate(graph.nodes) if node.op is None and k != weight and node.ndim
    ]
    for other in others:
        for transposed in (False, True):
            found = graph.nodes[other].shape
            if (found[::-1] if transposed else found) == shape:
                yield _wrong(seen, weight, other, transposed)
    yield fixed(
        "wrong-matrix",
        weight,
        seen.instead(lambda backward: backward.manual[weight]),
        "the error is propagated through the gradient of {node} instead of {node} itself",
        seen.lands,
    )
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        yield fixed(
            "transposed-weight",
            weight,
            seen.instead(lambda backward: backward.graph.data(weight).T),
            "the error is propagated through {node} transposed the wrong way",
            seen.lands,
        )
        yield fixed(
            "wrong-matrix",
            weight,
            seen.instead(lambda backward: backward.manual[weight].T),
            "the error is propagated through the transposed gradient of {node} instead of {node}",
            seen.lands,
        )


def _gradient(d: Any) -> Any:
    return d


def _sign(d: Any) -> Any:
    return d / (np.abs(d) + _EPSILON)


def _updated(seen: _Seen, weight: int, direction: Callable[[Any], Any], kind: str) -> Hypothesis:
    def stepped(t: float) -> Numbers:
        return lambda backward: backward.graph.data(weight) - t * direction(backward.manual[weight])

    return Hypothesis(
        "update-before-propagate",
        weight,
        lambda t: seen.instead(stepped(t)),
        f"{{node}} is updated{kind}, with learning rate {{learning_rate}}, before the error is "
        "propagated through it",
        seen.lands,
        unknown=Unknown.LEARNING_RATE,
    )


def _wrong(seen: _Seen, weight: int, other: int, transposed: bool) -> Hypothesis:
    def numbers(backward: Backward) -> Any:
        data = backward.graph.data(other)
        return data.T if transposed else data

    return fixed(
        "wrong-matrix",
        weight,
        seen.instead(numbers),
        "the error is propagated through {other} instead of {node}",
        seen.lands,
        other=other,
    )


# --- activations -----------------------------------------------------------------------------


def _activations(seen: _Seen, preactivations: dict[int, int]) -> Iterator[Hypothesis]:
    graph, leaf = seen.graph, seen.leaf
    assert leaf is not None
    right = graph.number.get(seen.source, -1)
    before = preactivations.get(right)
    if before is not None:
        yield fixed(
            "weight-from-preactivation",
            leaf,
            seen.instead(lambda backward: backward.graph.data(before)),
            "the gradient of {node} is made with {before}, not with {right}",
            before=before,
            right=right,
        )
    candidates = [
        k
        for k, value in enumerate(graph.order)
        if value.shape == seen.source.shape and value is not seen.source and value.ndim
    ]
    for k in candidates[:_MOST]:
        number = graph.number.get(graph.order[k])
        if number is not None and number == before:
            continue
        yield _other(seen, leaf, k, number)


def _other(seen: _Seen, leaf: int, position: int, number: int | None) -> Hypothesis:
    return fixed(
        "wrong-matrix",
        leaf,
        seen.instead(lambda backward: backward.graph.order[position].data),
        "the gradient of {node} is made with "
        + ("another array" if number is None else "{other}")
        + " instead of what {node} is multiplied with",
        **({} if number is None else {"other": number}),
    )
