"""The mistakes that are looked for: every one at every place of a graph where it can be made."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..graph import Graph
from ..hypothesis import Hypothesis
from ..places import activations, preactivations, softmaxes
from . import activation, bias, leaf, path, product, scaling, softmax

__all__ = ["hypotheses"]


def hypotheses(graph: Graph, handed: Collection[int] = ()) -> Iterator[Hypothesis]:
    """Yield every mistake at every place of a graph.

    Parameters
    ----------
    graph : Graph
        The graph.
    handed : collection of int
        The inner nodes whose gradients the user handed over, so that they are places of their
        own.
    """
    found, probabilities = activations(graph), list(softmaxes(graph))
    yield from scaling.hypotheses(graph, handed)
    yield from activation.hypotheses(graph, found, handed)
    yield from leaf.hypotheses(graph, [*found, *probabilities])
    yield from product.hypotheses(graph, preactivations(graph, found))
    yield from bias.hypotheses(graph)
    yield from path.hypotheses(graph, handed)
    yield from softmax.hypotheses(graph, probabilities, handed)
