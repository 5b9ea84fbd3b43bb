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


class Ties:
    """What a node has that was assigned to, or that shares memory with others; most have none.

    Attributes
    ----------
    former : Value or None
        The node that holds the state from before the latest assignment.
    pending : object
        What the state is computed from, by `settle`, when somebody asks for it.
    views : list of weakref.ref
        The views of the node.
    window : object
        What the node is a view of, where that is not said by its op.
    """

    __slots__ = ("former", "pending", "views", "window")

    def __init__(self) -> None:
        self.former: Any = None
        self.pending: Any = None
        self.views: list[Any] = []
        self.window: Any = None


def ties_of(node: Any) -> Ties:
    """Return the ties of a node, made if there are none yet."""
    ties: Ties | None = getattr(node, "_ties", None)
    if ties is None:
        ties = node._ties = Ties()
    return ties


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
        former = node._former
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
    if node._former is not None:
        ties_of(into).former = node._former
    ties_of(node).former, node.name = into, None
    return into


def now() -> int:
    """Let the time of an assignment begin, and return it.

    What is assigned is of this time, and what has to be looked at again because of it, such as a
    view, of the next.
    """
    time = clock[0] + 1
    clock[0] = settled_from[0] = time + 1
    return time
