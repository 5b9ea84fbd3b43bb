"""Topological order: parents before children, deterministic, without recursion."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol, TypeVar

from .history import settle_operands, settled_from


class Linked(Protocol):
    """What the kernel's loops need to know of a node."""

    requires_grad: bool
    name: str | None
    op: Any
    _parents: tuple[Any, ...]
    metadata: dict[str, Any]
    _data: Any
    _version: int


N = TypeVar("N", bound=Linked)


def sort_topologically(root: N, *, constants: bool = True) -> dict[N, None]:
    """Return a node and its ancestors, every parent before its children.

    Parameters
    ----------
    root : Linked
        The last node of the order.
    constants : bool, optional
        Whether nodes that do not require a gradient belong to it.

    Returns
    -------
    dict
        The nodes in order, as keys: a dict is an ordered set. The order depends on the graph
        alone.

    Notes
    -----
    Depth-first search in post-order (Cormen et al., *Introduction to Algorithms*, 4th edition,
    section 20.4), with a list as the stack, so the depth of a graph is limited by memory alone.
    A node stays on the stack, with a mark above it, until its parents are done. They are settled
    when they are read.
    """
    known = settled_from[0]
    done: dict[N, None] = {}
    stack: list[N | None] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            done[stack.pop()] = None  # type: ignore[index]  # the node below is one
        elif node not in done:
            if node._version < known:
                settle_operands(node)
            stack += (node, None)
            for parent in reversed(node._parents):
                if parent not in done and (constants or parent.requires_grad):
                    if parent._parents:
                        stack.append(parent)
                    else:
                        done[parent] = None
    return done


def keep_leading_to(targets: Collection[N], order: dict[N, None]) -> dict[N, None]:
    """Keep of an order the targets and the nodes that are computed from them."""
    kept: dict[N, None] = {}
    for node in order:
        if node in targets or any(parent in kept for parent in node._parents):
            kept[node] = None
    return kept
