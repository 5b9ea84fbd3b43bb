"""A backward pass that is remembered: each contribution to each gradient, in the engine's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernel import Value, topological_order
from ..kernel.backward import sweep
from ..kernel.value import clock
from ..viewing.gradients import with_gradients


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """What one use of an operand adds to the operand's gradient.

    Attributes
    ----------
    node, position : Value, int
        The use: an op's result, and the place of the operand.
    operand : Value
        What is differentiated by.
    raw : array
        What the derivative rule gives.
    delta : array
        The same with broadcasting undone, of the operand's shape: this is added.
    local : array or None
        The derivative of the op's result by the operand where the rule only multiplies by it,
        entry by entry: ``raw == upstream * local``. None for a matrix product and the like.
    old, new : array
        The gradient before and after; `old` is None where this is the first contribution.
    complete : bool
        Whether it is the last one.
    """

    node: Value
    position: int
    operand: Value
    raw: Any
    delta: Any
    local: Any
    old: Any
    new: Any
    complete: bool


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """The step of the sweep at one op: the gradient that arrived, and where it went on to."""

    node: Value
    upstream: Any
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A forward and a backward pass.

    Attributes
    ----------
    nodes : list of Value
        Topologically sorted, the last one is the result.
    visits : list of Visit
        The backward sweep, from the result on; empty where nothing is to be differentiated.
    gradients : dict of Value to array
        The complete gradient of every node that it reaches.
    """

    nodes: list[Value]
    visits: list[Visit]
    gradients: dict[Value, Any]


def record(value: Value, seed: Any = None) -> Recording:
    """Run the backward pass, and remember each contribution.

    The engine's own sweep tells them. Nothing is written to any ``.grad``.

    Parameters
    ----------
    value : Value
        The result, such as a loss.
    seed : array_like, optional
        The gradient of the result; 1 for a scalar.

    Raises
    ------
    ValueError
        If `value` is no scalar and there is no seed, or the seed has another shape.
    StaleGraphError
        If data were assigned after the graph had used them.

    Notes
    -----
    The order and the sums are those of `tinygrad_bp.kernel.backward.sweep`: reverse accumulation
    (Griewank and Walther, *Evaluating Derivatives*, 2008, section 3.2).
    """
    nodes = topological_order(value)
    if not value.requires_grad:
        return Recording(nodes, [], {})
    start = value._seed(seed, create_graph=False)
    path = with_gradients(value)
    told: dict[Value, list[tuple[int, Any, Any]]] = {}

    def tell(node: Value, position: int, raw: Any, delta: Any) -> None:
        told.setdefault(node, []).append((position, raw, delta))

    with np.errstate(all="ignore"):  # what the forward pass had to say has been said
        gradients = dict(sweep(path, start, create_graph=False, version=clock[0], tell=tell))
        visits = list(_visits(gradients, told))
    return Recording(nodes, visits, gradients)


def _visits(
    gradients: dict[Value, Any], told: dict[Value, list[tuple[int, Any, Any]]]
) -> Iterator[Visit]:
    """Add up what was told, in the order of the sweep, in which `gradients` are."""
    left = Counter(node.parents[k] for node, uses in told.items() for k, _, _ in uses)
    sums: dict[Value, Any] = {}
    for node, upstream in gradients.items():
        found = []
        for position, raw, delta in told.get(node, ()):
            parent = node.parents[position]
            old = sums.get(parent)
            sums[parent] = delta if old is None else old + delta
            left[parent] -= 1
            found.append(
                Contribution(
                    node=node,
                    position=position,
                    operand=parent,
                    raw=raw,
                    delta=delta,
                    local=_local(node.op.rule(position), upstream, raw, node),
                    old=old,
                    new=sums[parent],
                    complete=not left[parent],
                )
            )
        if node.op is not None:
            yield Visit(node, upstream, tuple(found))


def _apply(rule: Any, upstream: Any, node: Value) -> Any:
    return rule(upstream, node._data, *[p._data for p in node.parents], **node.metadata)


def _local(rule: Any, upstream: Any, raw: Any, node: Value) -> Any:
    """Return what the rule multiplies by, entry by entry, if that is all it does.

    What it gives for ones is that factor. Whether it does no more is seen with numbers in which
    no two entries are alike, so that entries which are mixed or moved are noticed.
    """
    probe = np.random.default_rng(upstream.size).uniform(1.0, 2.0, upstream.shape)
    probe = np.asarray(probe, upstream.dtype)[()]
    try:
        local = _apply(rule, np.ones_like(upstream), node)
        fits = np.broadcast_shapes(local.shape, upstream.shape) == raw.shape
        seen = _apply(rule, probe, node)
        tolerance = 64 * np.finfo(raw.dtype).eps
        same = fits and np.allclose(seen, probe * local, tolerance, 0.0, equal_nan=True)
    except (ValueError, TypeError, ArithmeticError):  # a rule that only takes what it was given
        return None
    plain = upstream.shape == raw.shape or upstream.size == 1 or np.all(local == local.flat[:1])
    return local if same and plain else None  # else an outer product, which is better read as one
