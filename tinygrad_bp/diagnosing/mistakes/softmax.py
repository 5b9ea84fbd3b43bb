"""Softmax and cross-entropy: a part of the Jacobian, none of it, or all of it once too often."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ...ops.losses import _softmax
from ..graph import Graph
from ..hypothesis import Hypothesis, fixed
from ..places import Softmax, Step
from ..sweep import Backward


def hypotheses(
    graph: Graph, found: Sequence[Softmax], handed: Collection[int]
) -> Iterator[Hypothesis]:
    """Yield the mistakes at softmaxes."""
    for softmax in found:
        yield _copied(softmax)
        yield _diagonal(softmax)
        if not softmax.logarithm:
            yield _upstream(softmax)
        yield _twice(softmax.low, softmax.axis)
        if softmax.high in handed:
            yield shortcut_above(softmax)
    for number, node in enumerate(graph.nodes):
        if graph.op(number) == "logsumexp" and node.metadata["axis"] is not None:
            (low,) = set(graph.parents[number].values())
            yield _twice(low, node.metadata["axis"])


def _copied(softmax: Softmax) -> Hypothesis:
    return fixed(
        "softmax-copied",
        softmax.high,
        softmax.replaced(lambda g, backward: g),
        "the gradient of {node} is handed on to {low} as it is, as if there were no softmax",
        softmax.low,
        low=softmax.low,
    )


def _diagonal(softmax: Softmax) -> Hypothesis:
    def pull(g: Any, backward: Backward) -> Any:
        p = softmax.probabilities(backward.graph)
        return g * (1.0 - p) if softmax.logarithm else g * p * (1.0 - p)

    return fixed(
        "softmax-diagonal-only",
        softmax.high,
        softmax.replaced(pull),
        "of the Jacobian of the softmax that gives {node} only the diagonal is used",
        softmax.low,
        low=softmax.low,
    )


def _upstream(softmax: Softmax) -> Hypothesis:
    def pull(g: Any, backward: Backward) -> Any:
        p = softmax.probabilities(backward.graph)
        return p * (1.0 - (p * p).sum(axis=softmax.axis, keepdims=True))

    return fixed(
        "upstream-dropped",
        softmax.high,
        softmax.replaced(pull),
        "the step of {node} leaves out the gradient that arrives, in front of its Jacobian",
        softmax.low,
    )


def shortcut_above(step: Step) -> Hypothesis:
    """Make the gradient of what goes in the one of what comes out, which is then pulled back."""

    def pulled(g: Any, backward: Backward) -> Any:
        return backward.graph.transport(step.high, step.low, g)

    return fixed(
        "cross-entropy-twice",
        step.high,
        {step.high: pulled},
        "what is taken as the gradient of {node} is already that of {low}",
        low=step.low,
    )


def _twice(low: int, axis: int) -> Hypothesis:
    def jacobian(g: Any, backward: Backward) -> Any:
        softmax = Softmax(low, low, (), (), axis=axis)
        rule = _softmax.rule(0)
        assert rule is not None
        return rule(g, softmax.probabilities(backward.graph), None, axis=axis)

    return fixed(
        "cross-entropy-twice",
        low,
        {low: jacobian},
        "the gradient of {node} goes through the Jacobian of the softmax once more",
    )
