"""NumPy's functions that change an array: each is an assignment to places that it knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel.data import as_node
from ..kernel.dispatch import data_of, implements
from ..kernel.value import Value
from .assigning import replace, setitem
from .joining import as_array
from .places import Index, own_arrays
from .shaping import broadcast_to, getitem

# --- whole arrays ----------------------------------------------------------------------------


@implements(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Put elements into an array, as `numpy.copyto`."""
    dst = as_node("copyto", dst)
    if where is True:
        setitem(dst, ..., src)
        return
    mask = np.broadcast_to(data_of(where), dst.shape)
    setitem(dst, mask, getitem(broadcast_to(src, shape=dst.shape), mask))


@implements(np.ndarray.sort)
def _sort(v: Value, axis: int = -1, kind: Any = None, order: None = None) -> None:
    replace(v, np.sort(v, axis=axis, kind=kind), "v.sort()")


@implements(np.ndarray.partition)
def _partition(v: Value, kth: Any, axis: int = -1) -> None:
    replace(v, np.partition(v, kth, axis=axis), "v.partition()")


# --- places ----------------------------------------------------------------------------------


def _flat(indices: Any, shape: tuple[int, ...]) -> Index:
    """Return the index of places that are numbered from 0."""
    return np.unravel_index(indices, shape)


def _resize(elements: Any, count: int) -> Any:
    """Take so many elements, from the start again where there are not enough."""
    elements = as_array(elements)
    if count and not elements.size:
        raise ValueError(f"expected elements for {count} places, got none")
    return np.resize(elements, count)


@implements(np.put)
def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    a = as_node("put", a)
    places = np.arange(a.size).take(np.ravel(data_of(ind)), mode=mode)
    setitem(a, _flat(places, a.shape), _resize(v, places.size))


@implements(np.place)
def _place(arr: Any, mask: Any, vals: Any) -> None:
    arr = as_node("place", arr)
    mask = np.asarray(data_of(mask), bool).reshape(arr.shape)
    setitem(arr, mask, _resize(vals, int(np.count_nonzero(mask))))


@implements(np.putmask)
def _putmask(a: Any, mask: Any, values: Any) -> None:
    a = as_node("putmask", a)
    mask = np.asarray(data_of(mask), bool).reshape(a.shape)
    setitem(a, mask, getitem(_resize(values, a.size), np.flatnonzero(mask)))


@implements(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    arr = as_node("put_along_axis", arr)
    numbers = np.arange(arr.size).reshape(arr.shape)
    places = np.take_along_axis(numbers, data_of(indices), axis)
    setitem(arr, _flat(places, arr.shape), values)


@implements(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    a = as_node("fill_diagonal", a)
    mask = np.zeros(a.shape, bool)
    np.fill_diagonal(mask, True, wrap)
    setitem(a, mask, _resize(val, int(np.count_nonzero(mask))))


class Flat:
    """The elements of a Value in one row, as `numpy.ndarray.flat`."""

    __slots__ = ("base",)

    def __init__(self, base: Value) -> None:
        self.base = base

    def __len__(self) -> int:
        return self.base.size

    def __getitem__(self, index: Index) -> Any:
        return getitem(self.base, self._places(index))

    def __setitem__(self, index: Index, element: Any) -> None:
        places = self._places(index)
        setitem(self.base, places, _resize(element, np.size(places[0])))

    def _places(self, index: Index) -> Index:
        places = np.arange(self.base.size)[own_arrays(index)]
        return _flat(np.atleast_1d(places) if np.ndim(places) else int(places), self.base.shape)


implements(np.flatiter)(Flat)
