"""What is what in a graph: activations, softmaxes. Found by what is computed, not by names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernel import Op
from ..ops import relu, sigmoid, softmax, tanh
from .graph import Edge, Graph
from .sweep import Backward, Change

#: Activations that are recognised when they are composed, and whose derivatives are mixed up.
KNOWN: tuple[Op, ...] = (sigmoid, tanh, relu)
_PRODUCTS = frozenset(["matmul", "einsum"])
#: The longest composition, in steps, that is looked at as one activation.
_LONGEST = 12


@dataclass(frozen=True)
class Step:
    """Steps that lead from one node to another, and to nowhere else.

    Attributes
    ----------
    low, high : int
        The node that goes in, and the one that comes out.
    inside : tuple of int
        The nodes above `low`, up to and with `high`.
    entries : tuple of Edge
        The edges from inside to `low`.
    """

    low: int
    high: int
    inside: tuple[int, ...]
    entries: tuple[Edge, ...]

    def replaced(self, pull: Callable[[Any, Backward], Any]) -> Change:
        """Make a change: ``pull(g, backward)`` gives what `low` gets, from that of `high`."""
        first, *others = self.entries
        change: dict[Any, Any] = {
            edge: lambda g, backward: np.zeros(backward.graph.nodes[self.low].shape)
            for edge in others
        }
        change[first] = lambda g, backward: pull(backward.used[self.high], backward)
        return change


@dataclass(frozen=True)
class Activation(Step):
    """An elementwise function of one node, in one step or composed.

    Attributes
    ----------
    op : Op or None
        The op that computes it, or the one that computes the same.
    mask : bool
        Whether its derivative takes two values only, as relu's.
    """

    op: Op | None = None
    mask: bool = False

    def slope(self, graph: Graph, at: Any = None) -> Any:
        """Compute the derivative, element by element; at other numbers than those of `low`."""
        values = {} if at is None else self._values(graph, at)
        pending = {self.high: np.ones(graph.nodes[self.high].shape)}
        for number in sorted(self.inside, reverse=True):
            g = pending.get(number)
            if g is None:
                continue
            for edge, parent in graph.parents[number].items():
                operands = _operands(graph, number, values)
                pulled = graph.contribution(edge, g, values.get(number), operands)
                pending[parent] = pending[parent] + pulled if parent in pending else pulled
        return pending[self.low]

    def value(self, graph: Graph, at: Any) -> Any:
        """Compute the function at other numbers."""
        return self._values(graph, at)[self.high]

    def _values(self, graph: Graph, at: Any) -> dict[int, Any]:
        values = {self.low: at}
        for number in self.inside:
            node = graph.nodes[number]
            values[number] = node.op.forward(*_operands(graph, number, values), **node.metadata)
        return values


def _operands(graph: Graph, number: int, values: dict[int, Any]) -> list[Any]:
    return [
        values.get(graph.number.get(parent, -1), parent._data)
        for parent in graph.nodes[number].parents
    ]


@dataclass(frozen=True)
class Softmax(Step):
    """A softmax or its logarithm, in one step or composed.

    Attributes
    ----------
    axis : int
        The axis along which it adds up to 1.
    logarithm : bool
        Whether it is the logarithm.
    """

    axis: int = -1
    logarithm: bool = False

    def probabilities(self, graph: Graph) -> Any:
        """Return the softmax."""
        return softmax(graph.data(self.low), axis=self.axis)


# --- activations -----------------------------------------------------------------------------


def activations(graph: Graph) -> list[Activation]:
    """Find the elementwise functions whose derivative is not the same everywhere."""
    sources: list[set[int]] = []
    found = []
    for high, node in enumerate(graph.nodes):
        parents = set(graph.parents[high].values())
        if node.op is None or not parents or not _elementwise(graph, high):
            sources.append(set())
            continue
        # of what single nodes this one is an elementwise function
        sources.append(set.intersection(*({p, *sources[p]} for p in parents)))
        for low in sorted(sources[high], reverse=True)[:_LONGEST]:
            activation = _activation(graph, low, high, single=parents == {low})
            if activation is not None:
                found.append(activation)
    return found


def _elementwise(graph: Graph, number: int) -> bool:
    """Whether all rules of a node multiply by a number for each element, and keep the shape."""
    shape = graph.nodes[number].shape
    ones = np.ones(shape)
    probe = np.cos(np.arange(ones.size, dtype=float)).reshape(shape) + 2.0
    for edge, parent in graph.parents[number].items():
        if graph.nodes[parent].shape != shape or graph.op(number) in _NOT_ELEMENTWISE:
            return False
        pulled = graph.contribution(edge, probe)
        if not np.allclose(pulled, probe * graph.contribution(edge, ones), 1e-12, 0, True):
            return False
    return True


#: Ops that are elementwise only by accident, where axes have the length 1.
_NOT_ELEMENTWISE = frozenset(
    {"matmul", "einsum", "sum", "prod", "max", "min", "cumsum", "cumprod"}
    | {"transpose", "reshape", "softmax", "log_softmax", "logsumexp"}
)


def _activation(graph: Graph, low: int, high: int, *, single: bool) -> Activation | None:
    op = graph.nodes[high].op
    if single and op.name in ("sub", "add", "neg", "positive", "astype", "alias"):
        return None
    step = _step(graph, low, high)
    if step is None:
        return None
    primitive = op if single and op.arity == 1 else None
    known = primitive or _recognised(Activation(*step), graph)
    if not (single or known or _stands_alone(graph, low, high)):
        return None
    slope = Activation(*step).slope(graph)
    values = np.unique(slope)
    if known is not relu and values.size <= 1 and (slope.size > 1 or _linear(graph, step)):
        return None
    mask = known is relu or (values.size == 2 and _by_sign(Activation(*step), graph, slope))
    return Activation(*step, op=known, mask=mask)


def _by_sign(activation: Activation, graph: Graph, slope: Any) -> bool:
    """Whether a derivative is one number where the operand is positive, and another elsewhere."""
    data = graph.data(activation.low)
    levels = [np.unique(slope[side]).size for side in (data > 0, data <= 0)]
    return levels == [1, 1] and np.array_equal(activation.slope(graph, 2 * data), slope)


def _linear(graph: Graph, step: tuple[int, int, tuple[int, ...], tuple[Edge, ...]]) -> bool:
    """Whether the derivative stays the same at other numbers."""
    activation = Activation(*step)
    data = graph.data(activation.low)
    moved = activation.slope(graph, -0.7 * data + 0.1)
    return bool(np.array_equal(moved, activation.slope(graph)))


def _recognised(activation: Activation, graph: Graph) -> Op | None:
    """Find which known activation a composition computes."""
    data, result = graph.data(activation.low), graph.data(activation.high)
    if np.array_equal(data, result):  # as relu does where every unit is active: look elsewhere
        data = -np.abs(data) - 1.0
        result = activation.value(graph, data)
    for op in KNOWN:
        if np.allclose(op.forward(data), result, rtol=1e-10, atol=1e-14):
            return op
    return None


def _stands_alone(graph: Graph, low: int, high: int) -> bool:
    """Whether a composition begins where elementwise steps begin and ends where they end."""
    begins = bool(graph.nodes[low].name) or graph.op(low) in {"add", *_PRODUCTS}
    uses = {graph.op(edge.child) for edge in graph.uses[high]}
    return begins and bool(graph.nodes[low].op) and bool(uses) and uses <= _PRODUCTS


def _step(
    graph: Graph, low: int, high: int
) -> tuple[int, int, tuple[int, ...], tuple[Edge, ...]] | None:
    """Collect the nodes between two; None where something else goes in or out between."""
    inside: set[int] = set()
    stack = [high]
    while stack:
        number = stack.pop()
        if number in inside or number == low:
            continue
        if number < low or graph.nodes[number].op is None or len(inside) > 2 * _LONGEST:
            return None
        inside.add(number)
        stack.extend(graph.parents[number].values())
    leaving = (e.child for n in inside - {high} for e in graph.uses[n] if e.child not in inside)
    if next(leaving, None) is not None:
        return None
    entries = tuple(edge for edge in graph.uses[low] if edge.child in inside)
    return (low, high, tuple(sorted(inside)), entries) if entries else None


def preactivations(graph: Graph, found: list[Activation]) -> dict[int, int]:
    """For each node that is the result of an activation, what the activation was applied to."""
    return {activation.high: activation.low for activation in found}


# --- softmaxes -------------------------------------------------------------------------------


def softmaxes(graph: Graph) -> Iterator[Softmax]:
    """Find softmaxes and their logarithms, also those composed of exp, sum and /."""
    for high, node in enumerate(graph.nodes):
        if node.op is None or node.ndim == 0:
            continue
        if node.op.name in ("softmax", "log_softmax"):
            (low,) = set(graph.parents[high].values())
            axis = node.metadata["axis"]
            step = _step(graph, low, high)
            if step is not None:
                yield Softmax(*step, axis=axis, logarithm=node.op.name == "log_softmax")
        elif node.op.name in ("div", "mul", "exp", "sub"):
            yield from _composed(graph, high)


def _composed(graph: Graph, high: int) -> Iterator[Softmax]:
    logarithm = graph.op(high) == "sub"
    data = graph.data(high)
    with np.errstate(over="ignore"):
        probabilities = np.exp(data) if logarithm else data
    for axis in range(data.ndim):
        total = probabilities.sum(axis=axis)
        if data.shape[axis] < 2 or not np.allclose(total, 1.0, rtol=0, atol=1e-12):
            continue
        for low in range(high - 1, max(-1, high - 2 * _LONGEST), -1):
            shape = graph.nodes[low].shape
            if shape != data.shape or not graph.nodes[low].op:
                continue
            if np.allclose(softmax(graph.data(low), axis), probabilities, 1e-10, 0):
                step = _step(graph, low, high)
                if step is not None:
                    yield Softmax(*step, axis=axis, logarithm=logarithm)
