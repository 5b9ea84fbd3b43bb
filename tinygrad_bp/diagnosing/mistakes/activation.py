"""Derivatives of activations: forgotten, taken twice, taken at the wrong place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import numpy as np

from ...kernel import Op
from ..graph import Graph
from ..hypothesis import Hypothesis, fixed
from ..places import KNOWN, Activation
from ..sweep import Backward
from .incomplete import shortened
from .softmax import shortcut_above

#: What measures an error: without its derivative the gradient no longer knows of the error.
_ERRORS = frozenset(["pow", "square", "mul", "abs"])
#: What a derivative is computed as, instead of the right one, at any point.
Slope = Callable[[Graph], Any]


def hypotheses(
    graph: Graph, activations: list[Activation], handed: Collection[int]
) -> Iterator[Hypothesis]:
    """Yield the mistakes at activations."""
    for activation in activations:
        yield from _missing_or_twice(graph, activation)
        if activation.mask:
            yield from _masks(graph, activation, activations)
        if _called(activation, graph) not in _ERRORS:
            yield from _wrong_arguments(graph, activation)
        if activation.high in handed and _into_logarithm(graph, activation.high):
            yield shortcut_above(activation)


def _made(
    mistake: str, activation: Activation, slope: Slope, what: str, **refers: int
) -> Hypothesis:
    def pull(g: Any, backward: Backward) -> Any:
        return g * slope(backward.graph)

    return fixed(
        mistake, activation.high, activation.replaced(pull), what, activation.low, **refers
    )


def _called(activation: Activation, graph: Graph) -> str:
    return activation.op.name if activation.op else graph.op(activation.high)


def _missing_or_twice(graph: Graph, activation: Activation) -> Iterator[Hypothesis]:
    called = _called(activation, graph)
    mistake = "relu-mask-missing" if activation.mask else "missing-activation-derivative"
    what = f"the derivative of the {called} that gives {{node}} is left out"
    for named in [mistake, "upstream-dropped"] if called in _ERRORS else [mistake]:
        yield _made(named, activation, lambda graph: 1.0, what)
    if not activation.mask or called != "relu":
        yield _made(
            "activation-derivative-twice",
            activation,
            lambda graph: activation.slope(graph) ** 2,
            f"the derivative of the {called} that gives {{node}} is multiplied in twice",
        )
    if _into_logarithm(graph, activation.high):
        yield _made(
            "cross-entropy-twice",
            activation,
            lambda graph: activation.slope(graph) ** 2,
            f"the derivative of the {called} is multiplied to a difference that has it already",
        )


def _into_logarithm(graph: Graph, number: int) -> bool:
    """Whether a logarithm is taken of a node, or of 1 minus it."""
    uses = [edge.child for edge in graph.uses[number]]
    after = [edge.child for k in uses if graph.op(k) == "sub" for edge in graph.uses[k]]
    return any(graph.op(k) == "log" for k in (*uses, *after))


# --- masks -----------------------------------------------------------------------------------


def _masks(
    graph: Graph, activation: Activation, activations: list[Activation]
) -> Iterator[Hypothesis]:
    low, high = activation.low, activation.high
    called = _called(activation, graph)

    def levels(graph: Graph) -> tuple[Any, Any]:
        if called == "relu":
            return 0.0, 1.0
        slope = activation.slope(graph)
        return slope.min(), slope.max()

    def inverted(graph: Graph) -> Any:
        return sum(levels(graph)) - activation.slope(graph)

    yield _made(
        "relu-mask-inverted",
        activation,
        inverted,
        f"the mask of the {called} that gives {{node}} lets through what it should stop",
    )

    def by(source: Any, graph: Graph) -> Any:
        lowest, highest = levels(graph)
        return np.where(source > 0, highest, lowest)

    def from_gradient(g: Any, backward: Backward) -> Any:
        return g * by(g, backward.graph)

    def from_both(g: Any, backward: Backward) -> Any:
        return g * by(g, backward.graph) * activation.slope(backward.graph)

    for pull in (from_gradient, from_both):
        yield fixed(
            "relu-mask-wrong-source",
            high,
            activation.replaced(pull),
            f"the mask of the {called} that gives {{node}} is made of the gradient",
            low,
        )
    shape = graph.nodes[low].shape
    sources = [k for k, node in enumerate(graph.nodes) if node.shape == shape and k != low]
    for source in sources:
        yield _made(
            "relu-mask-wrong-source",
            activation,
            partial(lambda source, graph: by(graph.data(source), graph), source),
            f"the mask of the {called} that gives {{node}} is made of {{source}}",
            source=source,
        )
    for other in activations:
        if other.mask and other.low != low and graph.nodes[other.low].shape != shape:
            yield from _broadcast_masks(graph, activation, other, by)


def _broadcast_masks(
    graph: Graph, activation: Activation, other: Activation, by: Callable[[Any, Graph], Any]
) -> Iterator[Hypothesis]:
    try:
        fits = np.broadcast_shapes(graph.nodes[other.low].shape, graph.nodes[activation.low].shape)
    except ValueError:
        return
    if fits == graph.nodes[activation.low].shape:
        yield _made(
            "relu-mask-wrong-source",
            activation,
            lambda graph: by(graph.data(other.low), graph),
            f"the mask of the {_called(activation, graph)} that gives {{node}} is made of "
            "{source}",
            source=other.low,
        )


# --- arguments -------------------------------------------------------------------------------


def _wrong_arguments(graph: Graph, activation: Activation) -> Iterator[Hypothesis]:
    low, high = activation.low, activation.high
    made = partial(_made, "activation-derivative-wrong-argument", activation)
    called = _called(activation, graph)
    if not activation.mask:
        yield made(
            lambda graph: activation.slope(graph, graph.data(high)),
            f"the derivative of the {called} is taken at its result {{node}}, not at {{low}}",
            low=low,
        )
    for without in [] if activation.mask else _without_bias(graph, low):
        yield made(
            partial(lambda k, graph: activation.slope(graph, graph.data(k)), without),
            f"the derivative of the {called} that gives {{node}} is taken before the bias is added",
        )
    if activation.op is not None and not activation.mask:
        yield made(
            lambda graph: _rule(activation.op, graph.data(low), graph.data(low)),
            f"the derivative of the {called} that gives {{node}} is computed from {{low}} where "
            "it needs the result",
            low=low,
        )
        yield made(
            lambda graph: _rule(activation.op, graph.data(high), graph.data(high)),
            f"the derivative of the {called} is computed from its result {{node}} where it needs "
            "{low}",
            low=low,
        )
    if activation.op in KNOWN and not activation.mask:
        for short in shortened(activation.op, graph.data(high), graph.data(low)):
            yield made(
                partial(lambda short, graph: short(graph.data(high), graph.data(low)), short),
                f"the derivative of the {called} that gives {{node}} is shortened to "
                f"{short.text()}",
                low=low,
            )
    for op in KNOWN:
        if op is activation.op or (activation.mask and op.name == "relu"):
            continue
        for y, a in _readings(op, low, high):
            yield made(
                partial(lambda op, y, a, graph: _rule(op, y(graph), a(graph)), op, y, a),
                f"the derivative of {op.name} is used for the {called} that gives {{node}}",
            )
    if activation.mask and activation.op is None:
        yield made(
            lambda graph: (graph.data(low) > 0).astype(float),
            f"the derivative of relu is used for the {called} that gives {{node}}",
        )


def _rule(op: Op | None, y: Any, a: Any) -> Any:
    """Compute the derivative by an op's own rule, from a result and an operand that are given."""
    assert op is not None
    rule = op.rule(0)
    assert rule is not None
    return rule(np.ones(np.shape(a)), y, a)


def _readings(op: Op, low: int, high: int) -> Iterator[tuple[Slope, Slope]]:
    """Yield from which result and operand another op's derivative may have been computed."""

    def at(number: int) -> Slope:
        return lambda graph: graph.data(number)

    def of(number: int) -> Slope:
        return lambda graph: op.forward(graph.data(number))

    yield at(high), at(low)
    yield of(low), at(low)
    yield of(high), at(high)
    yield at(low), at(low)


def _without_bias(graph: Graph, number: int) -> list[int]:
    """List the inner operands of a sum, one of whose operands is a parameter."""
    node = graph.nodes[number]
    if graph.op(number) not in ("add", "sub"):
        return []
    parents = [p for p in graph.parents[number].values() if graph.nodes[p].shape == node.shape]
    return [p for p in parents if graph.nodes[p].op is not None]
