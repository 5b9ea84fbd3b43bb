"""What a node was before it was assigned to: earlier uses keep the earlier numbers.

A node that is assigned to, ``v[0] = e`` or ``v += e``, is another one from then on, under the same
name in the user's program. Its former state moves into a node of its own, which it remembers.
Operands are not looked at then: what was computed before still has the assigned node among its
operands, and is older than the assignment. Whoever reads a graph asks for operands as they were
when they were used, and finds them by these times.
"""

from __future__ import annotations

from typing import Any

#: How often the data of any node have been assigned, so that a node can remember when it was
#: made. Not an attribute of the class: assigning one empties the interpreter's caches.
clock = [0]

#: Nodes made before this time may have operands that were assigned to since.
settled_from = [0]


def settle_operands(node: Any) -> tuple[Any, ...]:
    """Return the operands of a node as they were when it was made, and let it keep those."""
    time: int = node._version
    operands: tuple[Any, ...] = node._parents
    if any(operand._version > time for operand in operands):
        operands = node._parents = tuple(state_at(operand, time) for operand in operands)
    return operands


def state_at(node: Any, time: Any) -> Any:
    """Return what a node was at a time: itself, or the node that holds its former state."""
    while node._version > time:
        former = getattr(node, "_former", None)
        if former is None:  # a leaf whose data were assigned as a whole
            return node
        node = former
    return node


def move_state(node: Any, into: Any) -> Any:
    """Move the state of a node that is about to be assigned to into a new node."""
    into._data = node._data
    into.op, into._parents, into.metadata = node.op, node._parents, node.metadata
    into.name, into.scope, into.requires_grad = node.name, node.scope, node.requires_grad
    into._version = node._version
    into.grad, into._retains_grad = None, False
    former = getattr(node, "_former", None)
    if former is not None:
        into._former = former
    node._former, node.name = into, None
    return into


def now() -> int:
    """Let the time of an assignment begin, and return it.

    What is assigned is of this time, and what has to be looked at again because of it, such as a
    view, of the next.
    """
    time = clock[0] + 1
    clock[0] = settled_from[0] = time + 1
    return time
