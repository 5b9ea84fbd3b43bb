"""The gradients of all nodes of a graph, and which of them are nothing but round-off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..kernel import StaleGraphError, Value, topological_order
from ..kernel.backward import sum_to_shape, sweep
from ..kernel.order import sort_topologically
from ..kernel.value import clock

#: What is left of a sum is round-off if it may be off by more than this part of itself.
_UNCERTAIN = 0.1


@dataclass(frozen=True, slots=True)
class Gradients:
    """What is known of the gradients in a graph.

    Attributes
    ----------
    arrays : mapping of Value to array
        The gradients that there are.
    round_off : collection of Value
        The nodes whose gradient is 0 but for round-off: what contributed to it cancels.
    """

    arrays: Mapping[Value, Any] = field(default_factory=dict)
    round_off: Collection[Value] = ()


def gradients_in(last: Value) -> Gradients:
    """Return the gradients that a backward pass has left, and those that it did not keep.

    The gradients of inner nodes are computed again where those of the leaves show that a single
    backward pass from `last` has run, with a seed of ones. No ``.grad`` changes.
    """
    left = {each: _array(each.grad) for each in topological_order(last) if each.grad is not None}
    if not left or not last.requires_grad:
        return Gradients(left)
    try:
        found = run_backward(last, np.ones(last.shape, last.dtype)[()])
    except StaleGraphError:
        return Gradients(left)
    arrays = found.arrays
    agree = all(
        each in arrays and np.allclose(arrays[each], gradient, equal_nan=True)
        for each, gradient in left.items()
    )
    return Gradients({**arrays, **left} if agree else left, found.round_off)


def _array(gradient: Any) -> Any:
    return gradient.data if isinstance(gradient, Value) else gradient


def with_gradients(last: Value) -> dict[Value, None]:
    """Return the nodes that gradients reach, in order: not the masks and places among them.

    These are nodes while a function is run in full; see `programs.witnesses`.
    """
    return {n: None for n in sort_topologically(last, constants=False) if n.dtype.kind in "fc"}


def run_backward(last: Value, seed: Any) -> Gradients:
    """Run the backward pass, and follow how much round-off may have done to each gradient.

    A sum is off by the last bits of its largest terms (Higham, *Accuracy and Stability of
    Numerical Algorithms*, 2002, section 4.2), and a product by the part of itself by which its
    factors are.

    Raises
    ------
    StaleGraphError
        If data were assigned after the graph had used them.
    """
    error: dict[Value, float] = {}
    size: dict[Value, float] = {}

    def tell(node: Value, position: int, raw: Any, delta: Any) -> None:
        operand = node.parents[position]
        terms = abs(raw) if raw.shape == delta.shape else sum_to_shape(abs(raw), delta.shape)
        inherited = error.get(node, 0.0) / size[node] if size.get(node) else 0.0
        made = np.finfo(raw.dtype).eps * _largest(terms) + inherited * _largest(delta)
        error[operand] = error.get(operand, 0.0) + float(made)

    arrays: dict[Value, Any] = {}
    with np.errstate(all="ignore"):
        path = with_gradients(last)
        for node, gradient in sweep(path, seed, create_graph=False, version=clock[0], tell=tell):
            arrays[node] = gradient
            size[node] = _largest(gradient)
    lost = {node for node, off in error.items() if 0 < size[node] < off / _UNCERTAIN}
    return Gradients(arrays, lost)


def _largest(array: Any) -> float:
    return float(np.max(abs(array), initial=0.0))
