"""The backward pass: one loop over the nodes, children before parents.

Everything that a derivative rule does not say is said here, once: which operands get a
cotangent, how contributions add up, how broadcasting is undone, and whether the pass runs on
arrays or on the nodes themselves, which makes it a graph of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from operator import attrgetter
from typing import Any

from .data import as_data
from .order import Linked

#: ``rule(g, y, *operands, **metadata)``: the cotangent of one operand, from the cotangent `g` of
#: the output `y`. None where an operand has no derivative.
Rule = Callable[..., Any] | None


_data_of = attrgetter("_data")


class StaleGraphError(RuntimeError):
    """The data of a node were assigned after an op had used them."""


def sweep(
    path: dict[Any, None],
    seed: Any,
    *,
    create_graph: bool,
    version: int,
    until: Collection[Any] = (),
    tell: Callable[[Any, int, Any, Any], object] | None = None,
) -> Iterator[tuple[Any, Any]]:
    """Yield each node of a path with its cotangent, from the last node to the first.

    Parameters
    ----------
    path : dict of nodes
        The nodes along which cotangents flow, parents before children, as keys.
    seed : array or Value
        The cotangent of the last node, of its shape.
    create_graph : bool
        Whether the rules run on nodes, so that the cotangents are differentiable in turn, or on
        their arrays.
    version : int
        The version of the newest data: older nodes are looked at for operands that have changed.
    until : collection of nodes, optional
        Where to stop as at a leaf.
    tell : callable, optional
        Is told every contribution, ``tell(node, position, raw, contribution)``: of a node to
        its operand at a position, before and after broadcasting is undone.

    Yields
    ------
    node, cotangent
        Each node once, when its cotangent is complete. Cotangents may share memory with each
        other and with the data of nodes.

    Notes
    -----
    Reverse accumulation (Griewank and Walther, *Evaluating Derivatives*, 2008, section 3.2).
    """
    pending = {next(reversed(path)): seed}
    for node in reversed(path):
        g = pending.pop(node, None)
        if g is None:  # reached through operands without a rule alone
            continue
        yield node, g
        op, parents = node.op, node._parents
        if op is None or node in until:
            continue
        if node._version != version:
            _refuse_stale(node)
        given = (g, node, *parents) if create_graph else (g, node._data, *map(_data_of, parents))
        metadata = node.metadata
        rules = op.rules or map(op.rule, range(len(parents)))  # of a variadic op, one by one
        position = -1
        for parent, rule in zip(parents, rules):
            position += 1
            if parent not in path or rule is None:
                continue
            try:
                contribution = raw = rule(*given, **metadata) if metadata else rule(*given)
                try:
                    shape = raw.shape
                except AttributeError:
                    contribution = raw = _as_cotangent(raw, g.dtype)
                    shape = raw.shape
                if shape != parent._data.shape:
                    contribution = sum_to_shape(raw, parent._data.shape)
            except Exception as error:
                error.add_note(
                    f"in the derivative rule of {op.name} for {_label(position, parent)}"
                )
                raise
            if tell is not None:
                tell(node, position, raw, contribution)
            if parent in pending:
                contribution = pending[parent] + contribution
            pending[parent] = contribution


def _as_cotangent(raw: Any, dtype: Any) -> Any:
    """Take numbers that a rule gave without an array around them."""
    if raw is None:
        raise TypeError(
            "expected the cotangent of the operand, got None; is a return missing? An operand "
            "without a derivative has None in the place of its rule"
        )
    return as_data(raw, dtype, "the cotangent of the operand")


def sum_to_shape(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: add up the axes of `g` along which `shape` was repeated."""
    leading = g.ndim - len(shape)
    if leading < 0 or any(
        size not in (1, got) for size, got in zip(shape, g.shape[leading:], strict=True)
    ):
        raise ValueError(
            f"expected a cotangent of shape {shape} or broadcast from it, got {g.shape}"
        )
    repeated = (axis + leading for axis, size in enumerate(shape) if size == 1)
    return g.sum(axis=(*range(leading), *repeated)).reshape(shape)


def _refuse_stale(node: Linked) -> None:
    for position, parent in enumerate(node._parents):
        if parent._version > node._version:
            raise StaleGraphError(
                f"backward through {node.op.name}: the data of {_label(position, parent)} were "
                "assigned after the op had used them, so its gradient would belong to neither; "
                "run the forward pass again, then backward"
            )


def _label(position: int, parent: Linked) -> str:
    return f"operand {position}{f' ({parent.name!r})' if parent.name else ''}"
