"""Copies of nodes and graphs, in memory and through pickle, without recursion.

A copy of a node that was computed brings along what it was computed from.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from pickle import PicklingError
from typing import Any

from .order import sort_topologically


def copy_node(node: Any, parents: tuple[Any, ...]) -> Any:
    """Copy one node, with its data and its gradient, and with the parents that are given."""
    op = node.op  # of a node that is not settled this makes one, of another class
    new = object.__new__(type(node))
    new.op, new._parents, new.scope, new.name = op, parents, node.scope, node.name
    new.requires_grad, new.metadata = node.requires_grad, node.metadata
    new._data = _own(node._data)
    new._version, new._retains_grad = node._version, node._retains_grad
    new.grad = _own(node.grad)
    return new


def copy_graph(last: Any, memo: dict[int, Any]) -> Any:
    """Copy a node and its ancestors for `copy.deepcopy`, whose memo says what has been copied."""
    nodes = [node for node in sort_topologically(last) if id(node) not in memo]
    for node in nodes:
        parents = tuple(memo[id(parent)] for parent in node.parents)
        memo[id(node)] = copy_node(node, parents)
    for node in nodes:
        new = memo[id(node)]
        new.metadata = deepcopy(node.metadata, memo) if node.metadata else node.metadata
        if node.grad is not None:
            new.grad = deepcopy(node.grad, memo)
    return memo[id(last)]


def pack(last: Any) -> tuple[Any, ...]:
    """Return what `unpack` makes a node of, and the gradient to be set afterwards.

    Leaves that are given a gradient go as nodes of their own, so that those which several graphs
    share stay shared. The gradients of nodes between go as arrays.
    """
    nodes = list(sort_topologically(last))
    leaves = [node for node in nodes if _is_shared(node, last)]
    others = [node for node in nodes if not _is_shared(node, last)]
    number = {node: k for k, node in enumerate((*leaves, *others))}
    places = _places({id(node.op): node.op for node in nodes if node.op is not None})
    records = [
        (
            places.get(id(node.op)),
            [number[parent] for parent in node.parents],
            node._data,
            None if node is last else getattr(node.grad, "_data", node.grad),
            (node.name, node.scope, node.requires_grad, node._retains_grad, node.metadata),
            any(parent._version > node._version for parent in node.parents),
        )
        for node in others
    ]
    return unpack, (type(last), leaves, records), (None, {"grad": last.grad})


def _is_shared(node: Any, last: Any) -> bool:
    return node.op is None and node.requires_grad and node is not last


def unpack(kind: type[Any], leaves: list[Any], records: list[Any]) -> Any:
    """Make a node, and those between it and its leaves, of what `pack` has returned."""
    nodes = list(leaves)
    for place, parents, data, grad, about, is_stale in records:
        node = object.__new__(kind)
        node.op = None if place is None else getattr(sys.modules[place[0]], place[1])
        node._parents = tuple(nodes[k] for k in parents)
        node._data, node.grad = data, grad
        node.name, node.scope, node.requires_grad, node._retains_grad, node.metadata = about
        # as if all was made before anything was assigned; what was stale stays so
        node._version = -1 if is_stale else 0
        nodes.append(node)
    return nodes[-1]


def _own(data: Any) -> Any:
    return data.copy() if hasattr(data, "flags") else data


def _places(ops: dict[int, Any]) -> dict[int, tuple[str, str]]:
    """Find where ops stand: the modules and names of which they are globals."""
    if not ops:
        return {}
    found = {
        id(thing): (module, name)
        for module, namespace in list(sys.modules.items())
        for name, thing in list(vars(namespace).items())
        if id(thing) in ops
    }
    for number, op in ops.items():
        if number not in found:
            raise PicklingError(
                f"pickle: the op {op.name!r} is no global of a module, where it could be found "
                "again; make it one, or pickle value.detach()"
            )
    return found
