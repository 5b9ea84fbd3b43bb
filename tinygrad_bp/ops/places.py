"""Indices: which places they mean, and whether two of them are the same."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..kernel.value import Value

Index = Any


def parts_of(index: Index) -> tuple[Any, ...]:
    """Return an index as the tuple that it stands for."""
    return index if isinstance(index, tuple) else (index,)


def has_values(index: Index) -> bool:
    """Say whether a part of an index is a Value."""
    return any(isinstance(part, Value) for part in parts_of(index))


def own_arrays(index: Index) -> Index:
    """Copy the arrays in an index, which their owner may change."""
    if isinstance(index, tuple):
        return tuple(map(own_arrays, index))
    return np.array(index) if isinstance(index, np.ndarray | list) and np.ndim(index) else index


def is_basic(index: Index) -> bool:
    """Say whether an index consists of integers, slices, None and ..., and so gives a view."""
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, slice)
        or (isinstance(part, int | np.integer) and not isinstance(part, bool))
        for part in parts_of(index)
    )


def key_of(index: Index, shape: tuple[int, ...]) -> Any:
    """Return what is equal for indices that mean the same places in the same order.

    None where that is not known.
    """
    if not is_basic(index):
        arrays = [np.asarray(part) for part in parts_of(index) if not isinstance(part, slice)]
        if len(arrays) < len(parts_of(index)) or any(a.dtype.kind not in "iub" for a in arrays):
            return None
        return tuple((a.dtype.str, a.shape, a.tobytes()) for a in arrays)
    parts = list(parts_of(index))
    if None in parts:
        return None
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    dots = parts.index(Ellipsis)
    parts[dots : dots + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    return tuple(
        part.indices(length) if isinstance(part, slice) else operator.index(part) % length
        for part, length in zip(parts, shape)
    )


def last_of_each(index: Index, shape: tuple[int, ...]) -> tuple[Index, Any] | None:
    """Where an index means some places twice, return one without, and which elements last.

    Returns
    -------
    index, winners
        An index of each place once, and the positions, among the elements in a row, of those that
        are the last for their place. None where no place is meant twice.
    """
    if is_basic(index) or all(np.asarray(p).dtype == bool for p in parts_of(index)):
        return None
    places = np.ravel(np.arange(int(np.prod(shape))).reshape(shape)[index])
    each, first_from_behind = np.unique(places[::-1], return_index=True)
    if len(each) == len(places):
        return None
    return np.unravel_index(each, shape), len(places) - 1 - first_from_behind
