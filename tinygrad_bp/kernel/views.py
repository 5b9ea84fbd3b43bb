"""Nodes that are assigned to, and the views of them.

As in NumPy, whoever holds a node sees what is assigned to it, and so does whoever holds a view of
it: ``row = v[0]`` and ``v`` share their numbers. A view is taken anew from its base when it is
next used after an assignment to the base; assigning to a view is assigning to its base.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn
from weakref import ref

import numpy as np

from .context import resume
from .history import Ties, clock, move_state, now, state_at, ties_of
from .value import Value, _new

#: So many views of a node are listed before those that are gone are taken out.
_FEW = 16


class Unsettled(Value):
    """A node whose state is computed when somebody first asks for it.

    A node becomes one, and a Value again, by its class, so that other nodes pay nothing for it.
    """

    __slots__ = ()

    def settle(self) -> None:
        """Compute the state and become a Value."""
        pending, self._ties.pending = self._ties.pending, None
        self.__class__ = Value  # type: ignore[assignment]
        pending.settle(self)


def _settling(name: str) -> property:
    def get(node: Any) -> Any:
        node.settle()
        return getattr(node, name)

    def assign(node: Any, new: Any) -> None:
        node.settle()
        setattr(node, name, new)

    return property(get, assign)


for _name in ("_data", "_parents", "metadata", "op", "requires_grad", "scope"):
    setattr(Unsettled, _name, _settling(_name))


# --- becoming another node -------------------------------------------------------------------


def change(node: Value) -> Value:
    """Move the state of a node into a new one, which is returned, and let its views know.

    The caller gives the node its new state, as of the time that it then has.
    """
    if isinstance(node, Unsettled):
        node.settle()
    former: Value = move_state(node, _new(Value))
    node._version = time = now()
    outdate_views(node, time + 1)
    return former


def become(node: Value, other: Value) -> None:
    """Give a node the state of another one, which nobody else holds."""
    made = other._version
    former = change(node)
    _adopt(node, other)
    # operands as they were before: the node itself may be one, and so may its views
    node._parents = tuple(former if p is node else state_at(p, made) for p in other._parents)


def _adopt(node: Value, other: Value) -> None:
    node._data, node.op, node._parents = other._data, other.op, other._parents
    node.metadata, node.scope = other.metadata, other.scope
    node.requires_grad = other.requires_grad


# --- views -----------------------------------------------------------------------------------


class Sharing:
    """How the result of an op shares the memory of its operand: as a view, such as NumPy's."""

    __slots__ = ()

    def announce(self, node: Value, op: Any, metadata: dict[str, Any], base: Value) -> None:
        """Let the operand of an op know of the result, if either can be assigned to."""
        if node.op is None and self.is_view(node, base, metadata):  # which nothing is recorded of
            ties_of(node).window = Window(base, op, metadata, None)
        if base.op is not None or not base.requires_grad:
            list_view(base, node)

    def is_view(self, node: Value, base: Value, metadata: dict[str, Any]) -> bool:
        """Say whether a result shares the memory of what it was computed of.

        One number has no memory of its own to share here, but is a view in NumPy.
        """
        if not node.ndim:
            return base.ndim > 0
        memory = getattr(node._data, "base", None)
        data = base._data
        return memory is not None and (memory is data or memory is getattr(data, "base", None))

    def write(self, element: Any, window: Window) -> None:
        """Assign to the base what its view becomes as a whole.

        The view has all elements of the base, in another order: the derivative rule, its
        transpose, puts them back.
        """
        base = window.base
        if element.size != base.size:
            refuse_view(window.op)
        rule: Any = window.op.rule(0)
        base[...] = rule(element, element, base, **window.metadata)


class ReadOnly(Sharing):
    """A view that NumPy does not let be assigned to."""

    __slots__ = ()

    def write(self, element: Any, window: Window) -> NoReturn:
        """Refuse, as NumPy does."""
        refuse_view(window.op)


#: What rows say of a view, of one that cannot be assigned to.
VIEW, READ_ONLY = Sharing(), ReadOnly()


def refuse_view(op: Any) -> NoReturn:
    """Say what to do instead of assigning to the result of an op."""
    raise ValueError(
        f"v[index] = element: v, the result of {op.name}, is a view of its operand that cannot be "
        "assigned to; work on a copy, as in w = w.copy() before it"
    )


class Window(NamedTuple):
    """What a view sees: of which node, and by which op."""

    base: Value
    op: Any
    metadata: dict[str, Any]
    scope: tuple[str, ...] | None

    def write(self, element: Any) -> None:
        """Assign to the base what the view becomes."""
        self.op.shares.write(element, self)

    def settle(self, view: Value) -> None:
        """Take the view anew, after its base has changed."""
        with resume(self.scope):
            fresh = self.op(self.base, **self.metadata)
        _adopt(view, fresh)
        view._version = clock[0]
        ties_of(view).window = self
        list_view(self.base, view)


def window_of(node: Value) -> Window | None:
    """Return what a node is a view of, or None."""
    ties: Ties | None = getattr(node, "_ties", None)
    if isinstance(node, Unsettled):
        pending = node._ties.pending
        return pending if isinstance(pending, Window) else None
    if ties is not None and ties.window is not None:
        return ties.window  # type: ignore[no-any-return]
    op = node.op
    if _gives_view(op) and op.shares.is_view(node, node._parents[0], node.metadata):
        return Window(node._parents[0], op, node.metadata, node.scope)
    return None


def _gives_view(op: Any) -> bool:
    return op is not None and isinstance(op.shares, Sharing)


def list_view(base: Value, view: Value) -> None:
    """Let a node know of a view of it, which is taken anew after an assignment to the node."""
    views = ties_of(base).views
    if len(views) >= _FEW and not len(views) & (len(views) - 1):
        views[:] = [each for each in views if each() is not None]
    views.append(ref(view))


def outdate_views(base: Value, time: int) -> None:
    """Let the views of a node be taken anew when they are next used."""
    found: dict[Value, Window] = {}
    waiting = [base]
    for node in waiting:
        ties = getattr(node, "_ties", None)
        if ties is None:
            continue
        for each in ties.views:
            view = each()
            if view is None or isinstance(view, Unsettled) or view in found:
                continue
            if (window := window_of(view)) is not None:
                found[view] = window
                waiting.append(view)
        ties.views.clear()
    for view, window in found.items():
        move_state(view, _new(Value))
        view._version = time
        ties_of(view).pending = window
        view.__class__ = Unsettled


# --- what cannot be assigned to ---------------------------------------------------------------


def origin(node: Value) -> Value:
    """Return the node that a view is a view of, through other views; or the node itself."""
    while (window := window_of(node)) is not None:
        node = window.base
    return node


def is_parameter(node: Value) -> bool:
    """Say whether a node is a leaf that gradients are asked for."""
    return not isinstance(node, Unsettled) and node.op is None and node.requires_grad


def borrows(node: Value) -> bool:
    """Say whether a node has the memory of an operand without being known as its view."""
    if isinstance(node, Unsettled) or _gives_view(node.op):
        return False
    return any(np.may_share_memory(node._data, parent._data) for parent in node._parents)


def refuse_parameter(what: str, node: Value) -> NoReturn:
    """Say what to do instead of changing a leaf that a gradient is asked for."""
    raise TypeError(
        f"{what} would change {node._label()}, which has a gradient, while a graph uses it; "
        "work on a copy, as in w = w.copy() before it, or assign all its data, v.data = array, "
        "between two passes"
    )
