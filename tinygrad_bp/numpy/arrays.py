"""Arrays that take Values: NumPy's in all else.

An `Array` is an ndarray until the first Value is written into it. From then on it is a node of
the graph, for everybody who holds it: `Buffer` hands whatever is asked of it to that node.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import ref

import numpy as np

from ..kernel.context import run
from ..kernel.history import clock, settle_operands, settled_from, ties_of
from ..kernel.value import Value, constant
from ..kernel.views import Window
from ..ops.assigning import setitem
from ..ops.joining import has_values_inside
from ..ops.shaping import indexing


class Array(np.ndarray[Any, Any]):
    """An array as NumPy's, into which Values can be written, and whose `dot` takes them."""

    _node: Value
    _lent: list[Any]
    _made: Any

    def __array_finalize__(self, obj: Any) -> None:
        self._made = run.get()
        if type(self.base) is Array:
            _note_view(self)

    # --- what may concern Values -----------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        inputs = tuple(map(connect, inputs))
        out = keywords.get("out", ())
        if any(isinstance(each, Value) for each in (*inputs, *map(connect, out))):
            keywords = {key: connect(item) for key, item in keywords.items()}
            result = Value.__array_ufunc__(None, ufunc, method, *inputs, **keywords)  # type: ignore[arg-type]
            return out[0] if len(out) == 1 else result
        for each in (*out, *(inputs[:1] if method == "at" else ())):
            _release(each)
        given = {key: _plain_in(item) for key, item in keywords.items()}
        result = getattr(ufunc, method)(*map(plain, inputs), **given)
        return out[0] if len(out) == 1 else wrap(result)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        args, kwargs = connect(args), connect(kwargs)
        if has_values_inside([*args, *kwargs.values()]):
            return Value.__array_function__(None, function, types, args, kwargs)  # type: ignore[arg-type]
        for each in (kwargs.get("out"), *(args[:1] if function in _CHANGING else ())):
            _release(each)
        return wrap(super().__array_function__(function, types, args, kwargs))

    def __getitem__(self, index: Any) -> Any:
        node = connect(self)
        return node[index] if node is not self else super().__getitem__(connect(index))

    def __setitem__(self, index: Any, element: Any) -> None:
        element, node = connect(element), connect(self)
        if isinstance(node, Value) or has_values_inside([element]):
            setitem(self._as_node(), index, element)
            return
        _release(self)
        super().__setitem__(index, element)

    def dot(self, b: Any, out: Any = None) -> Any:
        """Multiply, as `numpy.dot`."""
        return np.dot(self, b) if out is None else np.dot(self, b, out=out)

    def fill(self, value: Any) -> None:
        """Give every element one value, as `numpy.ndarray.fill`."""
        self[...] = value

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        """Put numbers at places, as `numpy.put`."""
        if has_values_inside([connect(values)]):
            self._as_node().put(indices, connect(values), mode)
            return
        _release(self)
        super().put(indices, values, mode=mode)

    @property
    def flat(self) -> Any:
        """The elements one after the other, as `numpy.ndarray.flat`."""
        _release(self)  # it may write
        return np.ndarray.flat.__get__(self)

    @flat.setter
    def flat(self, elements: Any) -> None:
        self.flat[:] = elements

    def __reduce__(self) -> Any:
        return plain(self).__reduce__() if type(self) is Array else self._node.__reduce__()

    # --- becoming a node -------------------------------------------------------------------

    def _as_node(self) -> Value:
        """Return the node that the array is, after it has become one."""
        if type(self) is not Buffer:
            owner = _owner(self)
            _release(owner)
            self._check(owner)
            if owner is self:
                self._node = constant(np.array(plain(self)))
                plain(self)[...] = np.nan  # whoever reads the memory sees that nothing is there
            else:
                owner._as_node()
            if type(self) is Array:  # else it has become one together with its owner
                self._become(self._node if owner is self else _view(self, owner))
        return self._node

    def _become(self, node: Value) -> None:
        """Be a node from now on, with all views that are held of this array."""
        self._node = node
        self.__class__ = Buffer
        for view in _views_of(self):
            view._as_node()

    def _check(self, owner: Any) -> None:
        """Refuse to become a node where the numbers would be lost or outlive the function."""
        if self.dtype.kind not in "fc":
            raise TypeError(
                f"v[index] = element: an array of dtype {self.dtype} would cut a Value to a whole "
                "number, which has no gradient; make it of floats, as in np.zeros(n)"
            )
        memory = owner.base
        if memory is not None and (memory.base is not None or sys.getrefcount(memory) > _ALONE):
            raise TypeError(
                "v[index] = element: the array has the memory of one that NumPy made elsewhere, "
                "into which no Value can be put; work on a copy, as in w = w.copy() before it"
            )
        if run.get() is not None and owner._made is not run.get():
            raise TypeError(
                f"v[index] = element: the array of shape {self.shape} was made outside of the "
                "function, which would leave Values in it; work on a copy, as in w = w.copy() "
                "inside of the function"
            )

    def _lend(self, node: Value) -> None:
        """Take note that a constant of a graph has the memory of this array."""
        _owner(self).__dict__.setdefault("_lent", []).append(ref(node))


#: What is counted where an array and a variable hold memory, and nothing else does.
_array = np.empty(0).view(Array)
_memory = _array.base
_ALONE = sys.getrefcount(_memory)

#: NumPy's functions that change their first argument.
_CHANGING = {np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal}


def _owner(array: Any) -> Any:
    """Return the first array that shows the memory that an array sees, or itself."""
    while type(array.base) in (Array, Buffer):
        array = array.base
    return array


#: So many views of an array are noted before those that are gone are taken out.
_FEW = 16


def _note_view(array: Any) -> None:
    """Let the owner of the memory know of a view, which is to become a node together with it."""
    views = _owner(array).__dict__.setdefault("_seen", [])
    if len(views) >= _FEW and not len(views) & (len(views) - 1):  # each time they have doubled
        views[:] = [each for each in views if each() is not None]
    views.append(ref(array))


def _views_of(owner: Any) -> list[Any]:
    """List the views of an array that are still there, and have numbers of its dtype."""
    views = [each() for each in owner.__dict__.pop("_seen", ())]
    return [each for each in views if type(each) is Array and each.dtype == owner.dtype]


def _release(array: Any) -> None:
    """Before numbers change, give constants that have the same memory one of their own."""
    if type(array) is not Array:
        return
    lent = getattr(_owner(array), "_lent", None)
    if lent:
        for each in lent:
            node = each()
            if node is not None:
                node._data = node._data.copy()
        lent.clear()


def plain(array: Any) -> Any:
    """Return an array as NumPy's own class, with the same memory."""
    return array.view(np.ndarray) if type(array) is Array else array


def _plain_in(keyword: Any) -> Any:
    return tuple(map(plain, keyword)) if isinstance(keyword, tuple) else plain(keyword)


def wrap(result: Any) -> Any:
    """Let arrays that NumPy gives take Values."""
    if type(result) is np.ndarray:
        return result.view(Array)
    if isinstance(result, tuple | list) and any(type(each) is np.ndarray for each in result):
        parts = [wrap(each) for each in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result


def connect(argument: Any) -> Any:
    """Return the node of an array that is one or a view of one; look into containers."""
    if isinstance(argument, tuple | list) and not hasattr(argument, "_fields"):
        parts = [connect(each) for each in argument]
        changed = any(new is not old for new, old in zip(parts, argument))
        return type(argument)(parts) if changed else argument
    if isinstance(argument, dict):
        return {key: connect(item) for key, item in argument.items()}
    if type(argument) is Array and type(_owner(argument)) is Buffer:
        return argument._as_node()
    return argument._node if type(argument) is Buffer else argument


def _view(array: Array, owner: Array) -> Value:
    """Make a view, of the owner's node, of the places that an array sees of the owner's memory."""
    numbers = np.empty_like(owner, dtype=np.intp, subok=False)
    numbers[...] = np.arange(owner.size).reshape(owner.shape)
    start = array.ctypes.data - owner.ctypes.data
    places = np.lib.stride_tricks.as_strided(
        numbers.ravel(order="K")[start // owner.itemsize :],
        array.shape,
        [step // owner.itemsize * numbers.itemsize for step in array.strides],
    )
    index = _slices(array, owner, start // owner.itemsize)
    if not np.array_equal(numbers[index], places):  # a view by other steps than slices take
        index = np.unravel_index(places, owner.shape)
    node: Value = indexing(owner._node, index=index)
    ties_of(node).window = Window(owner._node, indexing, {"index": index}, node.scope)
    return node


def _slices(array: Any, owner: Any, start: int) -> tuple[Any, ...]:
    """Guess the slices that a view was taken by: what they give has its layout in memory."""
    first = np.unravel_index(start, owner.shape) if owner.size else (0,) * owner.ndim
    steps = [stride // owner.itemsize for stride in owner.strides]
    index: list[Any] = []
    k = 0
    for length, stride in zip(array.shape, array.strides):
        step = stride // owner.itemsize
        if length == 1:
            index.append(None)
            continue
        while k < owner.ndim and (not steps[k] or step % steps[k] or abs(step) < steps[k]):
            index.append(int(first[k]))
            k += 1
        if k < owner.ndim:
            by, begin = step // steps[k], int(first[k])
            end = begin + by * length
            index.append(slice(begin, None if end < 0 else end, by))
            k += 1
    return (*index, *map(int, first[k:]), ...)


# --- methods that write ------------------------------------------------------------------------


def _writing(name: str) -> Callable[..., Any]:
    """Let a method write into the memory of an array after constants have been given their own."""
    of_memory = getattr(np.ndarray, name)

    @wraps(of_memory)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        _release(self)
        return of_memory(self, *args, **kwargs)

    method.__doc__ = f"As `numpy.ndarray.{name}`."  # whose examples may give other numbers
    return method


for _name in ("sort", "partition", "resize", "setfield", "byteswap"):
    setattr(Array, _name, _writing(_name))


class Buffer(Array):
    """An array that has become a node: isinstance says Value, and the node answers."""

    __class__ = property(lambda self: Value)
    __hash__ = object.__hash__  # type: ignore[assignment]
    # Later than any use, so that a graph has the node among its operands, as it was then.
    _version = property(lambda self: float("inf"))
    _former = property(lambda self: self._node)
    _parents = property(lambda self: settle_operands(self._node))

    @property
    def _data(self) -> Any:
        # Who reads the data makes a node of them, whose operand has to be settled.
        settled_from[0] = clock[0] + 1
        return self._node._data


def _ask_node(name: str) -> property:
    def ask(self: Any) -> Any:
        return getattr(self._node, name)

    def tell(self: Any, new: Any) -> None:
        setattr(self._node, name, new)

    return property(ask, tell)


def _call_node(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._node, name)(*args, **kwargs)

    return call


def _change_node(name: str) -> Callable[..., Any]:
    def change(self: Any, other: Any) -> Any:
        node = self._node
        result = getattr(node, name)(connect(other))
        if result is not node:  # a number is not changed, but an array of shape () is
            setitem(node, ..., result)
        return self

    return change


_OWN = set(dir(object)) | {"__slots__", "__module__", "__weakref__", "__annotations__", "__dict__"}
_OWN |= {"__array_ufunc__", "__array_function__", "_former", "_parents", "_version", "_data"}
_COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__repr__", "__str__"}
for _name in set(dir(Value)) - _OWN | _COMPARISONS | {"__format__"}:
    if _name.startswith("__i") and _name not in ("__iter__", "__int__", "__init__"):
        setattr(Buffer, _name, _change_node(_name))
    elif _name.startswith("__"):
        setattr(Buffer, _name, _call_node(_name))
    else:
        setattr(Buffer, _name, _ask_node(_name))
#: What is true of the memory, whatever it holds.
_OF_MEMORY = {
    "base",
    "ctypes",
    "flags",
    "itemsize",
    "nbytes",
    "put",
    "setflags",
    "strides",
    "device",
}
for _name in set(dir(np.ndarray)) - set(dir(Value)) - _OF_MEMORY:
    if _name[0] != "_":
        setattr(Buffer, _name, _ask_node(_name))  # which a node has not, and says so


class _ArrayOrValue(type):
    """Says that a Value is an array, as programs ask by isinstance."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is ndarray and isinstance(instance, np.ndarray | Value):
            return True
        return super().__instancecheck__(instance)


class ndarray(np.ndarray[Any, Any], metaclass=_ArrayOrValue):  # noqa: N801 - named as in NumPy
    """``np.ndarray``, as programs ask for it: Values are such, too."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an array that takes Values."""
        made = super().__new__(cls, *args, **kwargs)
        return wrap(made.view(np.ndarray)) if cls is ndarray else made
