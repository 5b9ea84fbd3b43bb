"""Parameters whose gradients are made from the wrong side of an activation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..graph import Edge, Graph
from ..hypothesis import Hypothesis, fixed
from ..places import Step
from ..sweep import Backward


def hypotheses(graph: Graph, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield for each parameter the activations and softmaxes that may have been passed over."""
    for leaf, node in enumerate(graph.nodes):
        if node.op is None:
            for step in _directly_above(graph, leaf, steps):
                yield _passed_over(leaf, step)


def _passed_over(leaf: int, step: Step) -> Hypothesis:
    def without(g: Any, backward: Backward) -> Any:
        arrives = backward.used[step.high]
        too_much = arrives - backward.graph.transport(step.high, step.low, arrives)
        return g + backward.graph.transport(step.low, leaf, too_much)

    return fixed(
        "leaf-without-activation-derivative",
        leaf,
        {leaf: without},
        "the gradient of {node} is made of that of {high}, not of that of {low}",
        high=step.high,
        low=step.low,
    )


def _directly_above(graph: Graph, leaf: int, steps: Sequence[Step]) -> list[Step]:
    """List the steps that are reached from a leaf before any other one."""
    reached: dict[int, Step] = {}
    seen: set[int] = set()
    stack = [leaf]
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        here = [k for k, step in enumerate(steps) if step.low == number]
        reached.update((k, steps[k]) for k in here)
        inside: set[Edge] = {edge for k in here for edge in steps[k].entries}
        stack.extend(edge.child for edge in graph.uses[number] if edge not in inside)
    return list(reached.values())
