"""Assignment: ``v[index] = e``, ``v += e`` and the functions of NumPy that change an array.

One op puts elements into places. A node that is assigned to element by element, as a loop does
that fills a buffer, becomes one such node, when somebody first asks for the whole of it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernel.context import recording, resume
from ..kernel.data import as_numbers
from ..kernel.dispatch import implementation, implements
from ..kernel.history import clock, now, state_at, ties_of
from ..kernel.op import Op
from ..kernel.value import Value, constant
from ..kernel.views import (
    Unsettled,
    Window,
    become,
    borrows,
    change,
    is_parameter,
    list_view,
    origin,
    outdate_views,
    refuse_parameter,
    refuse_view,
    window_of,
)
from .axes import as_operand
from .joining import as_array
from .places import Index, has_values, is_basic, key_of, last_of_each, own_arrays
from .shaping import astype, broadcast_to, getitem, indexing, ravel, reshape, shape_of, where


def _forward_put(base: Any, *elements: Any, indices: tuple[Index, ...]) -> Any:
    """Put elements into places of a copy, one after the other; no place twice."""
    complex_step = any(map(np.iscomplexobj, elements))
    y = np.array(base, np.result_type(base.dtype, 1j) if complex_step else base.dtype)
    for index, element in zip(indices, elements):
        y[index] = element
    return y


def _put_rule(g: Any, y: Any, *operands: Any, position: int, indices: tuple[Index, ...]) -> Any:
    """Take from `g` what an element became; what the base was is gone from those places."""
    if position == 0:
        return _put(g, *[0.0] * len(indices), indices=indices)
    return g[indices[position - 1]]


_put = Op("put", _forward_put, variadic=_put_rule, word="filled")


# --- filling ---------------------------------------------------------------------------------


class Assembling(Unsettled):
    """A node that elements are being written into, and that nobody has asked for since."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def _former(self) -> Value: ...

    @property
    def shape(self) -> tuple[int, ...]:  # noqa: D102
        return self._former.shape

    @property
    def ndim(self) -> int:  # noqa: D102
        return self._former.ndim

    @property
    def size(self) -> int:  # noqa: D102
        return self._former.size

    @property
    def dtype(self) -> Any:  # noqa: D102
        return self._former.dtype

    def __getitem__(self, index: Any) -> Any:
        read = None if has_values(index) else self._ties.pending.read(self, index)
        return super().__getitem__(index) if read is None else read


class Writes:
    """What has been written into a node, by the places.

    Attributes
    ----------
    former : Value
        The node as it was before.
    elements : dict
        For each index, by its key, the index, the element, and when it was written.
    taken : array of bool
        Which places have been written into.
    """

    __slots__ = ("elements", "former", "scope", "taken")

    def __init__(self, former: Value) -> None:
        self.former = former
        self.elements: dict[Any, tuple[Index, Any, int]] = {}
        self.taken = np.zeros(former.shape, bool)
        self.scope = recording.get()[0]

    def add(self, key: Any, index: Index, element: Any, time: int) -> bool:
        """Take note of a write, unless its places overlap with those of another one.

        The element is what it was at the time: it may be a view of the node itself.
        """
        if key is None:  # it is like no other
            key = object()
        if key not in self.elements and np.any(self.taken[index]):
            return False
        self.elements.pop(key, None)
        self.elements[key] = index, element, time
        self.taken[index] = True
        return True

    def read(self, node: Value, index: Index) -> Any:
        """Read what is known without the whole, or return None."""
        key = key_of(index, node.shape)
        if key in self.elements:
            _, element, time = self.elements[key]
            read = _element(element, time)
            shape = self.taken[index].shape
            if not shape:
                return read if isinstance(read, Value) else constant(node.dtype.type(read))
            read = getitem(broadcast_to(read, shape=shape) if read.shape != shape else read, ...)
        elif not np.any(self.taken[index]):
            read = getitem(self.former, index)
        else:
            return None
        if key is not None and read.shape and is_basic(index):  # a view, as in NumPy
            ties_of(read).window = Window(node, indexing, {"index": index}, read.scope)
            list_view(node, read)
        return read

    def settle(self, node: Value) -> None:
        """Make one node of the writes; nothing of the former one, where all is written over."""
        if self.taken.all():
            self.former = constant(np.zeros(self.former.shape, self.former.dtype))
        indices = tuple(index for index, _, _ in self.elements.values())
        elements = [_element(element, time) for _, element, time in self.elements.values()]
        with resume(self.scope):
            whole = _put(self.former, *elements, indices=indices)
        node._data, node.op, node._parents = whole._data, whole.op, whole._parents
        node.metadata, node.scope = whole.metadata, whole.scope
        node.requires_grad = whole.requires_grad
        node._version = clock[0]


def _element(element: Any, time: int) -> Any:
    return state_at(element, time) if isinstance(element, Value) else element


# --- v[index] = element ----------------------------------------------------------------------


@implements(operator.setitem)
def setitem(v: Value, index: Index, element: Any) -> None:
    """Assign to places of a Value: whoever holds it sees what is there from now on.

    Parameters
    ----------
    v : Value
        What is assigned to: not a leaf that a gradient is asked for.
    index : index
        As for an array: integers, slices, masks, integer arrays. Where a place is meant twice the
        last element stays.
    element : array_like or Value
        What is put there, of a shape that broadcasts to that of ``v[index]``.

    Raises
    ------
    TypeError, ValueError, IndexError
        If that cannot be; nothing is changed then.
    """
    what = "v[index] = element"
    element = as_array(element, "v[index] = element: element")
    if not isinstance(element, Value):
        element = as_numbers(element)
    _check_real(what, v, element)
    if has_values(index):
        replace(v, _choose_places(what, v, index, element), what)
        return
    index = own_arrays(index)
    shape = _places(what, v, index)
    element = _fitting(what, element, shape)
    if isinstance(element, Value) and _is_there(element, v, index):
        return
    _check(what, v)
    repeated = last_of_each(index, v.shape)
    if repeated is not None:
        index, winners = repeated
        element = getitem(ravel(broadcast_to(element, shape=shape)), winners)
    window = window_of(v)
    if shape == v.shape and is_basic(index) and key_of(index, shape) == key_of(..., shape):
        _give(v, _as(v, np.copy(broadcast_to(element, shape=shape))), window)
        return
    if window is not None or is_parameter(v):
        _give(v, _put(v, element, indices=(index,)), window)
        return
    written = key_of(index, v.shape), index, element, clock[0]
    if isinstance(v, Assembling) and v._ties.pending.add(*written):
        outdate_views(v, now() + 1)
        return
    writes = Writes(change(v))
    writes.add(*written)
    ties_of(v).pending = writes
    v.__class__ = Assembling


def _places(what: str, v: Value, index: Index) -> tuple[int, ...]:
    """Return the shape of ``v[index]``, or raise."""
    try:
        shape: tuple[int, ...] = np.broadcast_to(False, v.shape)[index].shape
    except IndexError as error:
        raise IndexError(f"{what}: {error} [v of shape {v.shape}]") from None
    return shape


def _fitting(what: str, element: Any, shape: tuple[int, ...]) -> Any:
    """Return an element without axes of length 1 that its places do not have, or raise."""
    given = element.shape
    extra = max(len(given) - len(shape), 0)
    if given[:extra] != (1,) * extra or any(
        n not in (1, m) for n, m in zip(given[extra:][::-1], shape[::-1])
    ):
        raise ValueError(
            f"{what}: expected an element of shape {shape}, that of v[index], or one that "
            f"broadcasts to it, got {given}"
        )
    return reshape(element, given[extra:]) if extra else element


def _is_there(element: Value, v: Value, index: Index) -> bool:
    """Say whether an element is a view of the very places: what ``v[index] += e`` assigns."""
    window = window_of(element)
    if window is None or window.base is not v or "index" not in window.metadata:
        return False
    key = key_of(index, v.shape) if is_basic(index) else None
    return key is not None and key == key_of(window.metadata["index"], v.shape)


def _choose_places(what: str, v: Value, index: Index, element: Any) -> Any:
    """Assign by a mask that is a Value itself, because a graph is traced to be written out."""
    if not isinstance(index, Value) or index.dtype != bool:
        raise TypeError(
            f"{what}: an index must be integers or booleans, got a Value; use its .data"
        )
    if element.shape:
        raise TypeError(
            f"{what}: how many elements a mask takes would depend on the data; write "
            "np.where(mask, elements of the shape of v, v)"
        )
    return where(reshape(index, index.shape + (1,) * (v.ndim - index.ndim)), element, v)


def _check(what: str, v: Value) -> None:
    base = origin(v)
    if is_parameter(base) and recording.get()[0] is not None:
        refuse_parameter(what, base)
    if borrows(v):
        refuse_view(v.op)


def _give(v: Value, new: Value, window: Window | None) -> None:
    """Let a Value become another node: by its base where it is a view."""
    if window is not None:
        window.write(new)
    elif is_parameter(v):
        v.data = new.data
    else:
        become(v, new)


def replace(v: Value, new: Any, what: str) -> Value:
    """Let a Value become what was computed for all its places, as ``v += e`` does."""
    _check(what, v)
    _check_real(what, v, as_operand(new))
    if shape_of(new) != v.shape:
        raise ValueError(
            f"{what}: expected a result of the shape {v.shape} of v, got {shape_of(new)}"
        )
    _give(v, _as(v, new), window_of(v))
    return v


def _check_real(what: str, v: Value, new: Any) -> None:
    if new.dtype.kind == "c" != v.dtype.kind:
        raise TypeError(
            f"{what}: complex numbers do not fit into an array of real ones; make that complex, as "
            "in np.zeros(n, complex)"
        )


def _as(v: Value, new: Any) -> Value:
    """Make a result a node of the dtype of what it is assigned to."""
    node: Value = new if isinstance(new, Value) else constant(np.asarray(new))
    return node if node.dtype == v.dtype else astype(node, v.dtype)


# --- v += e ----------------------------------------------------------------------------------


def _in_place(change: Callable[..., Any], function: Callable[..., Any], symbol: str) -> None:
    """Register an operator that assigns; a number is not changed but replaced, as in NumPy."""
    what = f"v {symbol} e"

    def assign(v: Value, other: Any) -> Any:
        if not v.shape:
            return implementation(function)(v, other)
        _check(what, v)
        return replace(v, implementation(function)(v, other), what)

    implements(change)(assign)


for _change, _function, _symbol in (
    (operator.iadd, np.add, "+="),
    (operator.isub, np.subtract, "-="),
    (operator.imul, np.multiply, "*="),
    (operator.itruediv, np.true_divide, "/="),
    (operator.ipow, np.power, "**="),
    (operator.imatmul, np.matmul, "@="),
    (operator.imod, np.remainder, "%="),
    (operator.ifloordiv, np.floor_divide, "//="),
):
    _in_place(_change, _function, _symbol)
