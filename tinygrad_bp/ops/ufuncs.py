"""What NumPy's ufuncs can do beside being called: reduce, accumulate, outer, at; out= and where=.

None of it has a derivative of its own: it is composed of calls, of reductions and of assignment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernel.data import as_node
from ..kernel.dispatch import data_of, implements, refuse_keywords
from ..kernel.value import Value
from .assigning import replace, setitem
from .axes import MISSING, as_operand, part
from .in_place import copyto
from .places import Index, own_arrays
from .reductions import logsumexp
from .shaping import broadcast_to, getitem, scatter_add, shape_of

#: What reduces and what accumulates by a ufunc, where it is more than a loop.
_REDUCED: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logaddexp: logsumexp,
}
_ACCUMULATED: dict[np.ufunc, Callable[..., Any]] = {np.add: np.cumsum, np.multiply: np.cumprod}


@implements(np.ufunc.reduce)
def reduce(
    ufunc: np.ufunc,
    array: Any,
    /,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = True,
) -> Any:
    """Reduce along axes, as `numpy.ufunc.reduce`: by one element after the other if need be."""
    array = as_operand(array)
    given = {"dtype": dtype, "initial": None if initial is MISSING else initial}
    given |= {"where": None if where is True else where}
    if ufunc in _REDUCED:
        known = {key: item for key, item in given.items() if item is not None}
        result = _REDUCED[ufunc](array, axis=axis, keepdims=keepdims, **known)
    else:
        refuse_keywords(f"{ufunc.__name__}.reduce", given)
        result = _one_by_one(ufunc, array, axis)[-1]
        result = np.expand_dims(result, axis) if keepdims else result
    return _into(ufunc, out, result)


def _one_by_one(ufunc: np.ufunc, array: Any, axis: Any) -> list[Any]:
    """Return the results so far, along one axis."""
    if not isinstance(axis, int) or not shape_of(array)[axis]:
        raise TypeError(
            f"{ufunc.__name__}: expected one axis that is not empty, got axis {axis} of shape "
            f"{shape_of(array)}"
        )
    axis = int(axis)
    results = [part(array, 0, axis)]
    for k in range(1, shape_of(array)[axis]):
        results.append(ufunc(results[-1], part(array, k, axis)))
    return results


@implements(np.ufunc.accumulate)
def accumulate(
    ufunc: np.ufunc, array: Any, /, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    """Apply to all elements so far, as `numpy.ufunc.accumulate`."""
    array = as_operand(array)
    if ufunc in _ACCUMULATED:
        return _into(ufunc, out, _ACCUMULATED[ufunc](array, axis=axis, dtype=dtype))
    refuse_keywords(f"{ufunc.__name__}.accumulate", {"dtype": dtype})
    return _into(ufunc, out, np.stack(_one_by_one(ufunc, array, axis), axis=axis))


@implements(np.ufunc.reduceat)
def reduceat(
    ufunc: np.ufunc, array: Any, /, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    """Reduce slices, as `numpy.ufunc.reduceat`."""
    array = as_operand(array)
    starts = np.asarray(data_of(indices))
    stops = np.append(starts[1:], shape_of(array)[axis])
    parts = [
        reduce(ufunc, part(array, slice(start, stop), axis), axis=axis, dtype=dtype)
        if start < stop
        else part(array, start, axis)
        for start, stop in zip(starts.tolist(), stops.tolist())
    ]
    return _into(ufunc, out, np.stack(parts, axis=axis))


@implements(np.ufunc.outer)
def outer(ufunc: np.ufunc, a: Any, b: Any, /, **keywords: Any) -> Any:
    """Apply to each element of one with each of the other, as `numpy.ufunc.outer`."""
    out = keywords.pop("out", None)
    refuse_keywords(f"{ufunc.__name__}.outer", keywords)
    a, b = as_operand(a), as_operand(b)
    return _into(ufunc, out, ufunc(np.reshape(a, a.shape + (1,) * b.ndim), b))


@implements(np.ufunc.at)
def at(ufunc: np.ufunc, a: Any, indices: Index, b: Any = MISSING, /) -> None:
    """Change places in an array, those that are meant twice twice, as `numpy.ufunc.at`."""
    what = f"numpy.{ufunc.__name__}.at"
    a, indices = as_node(what, a), own_arrays(indices)
    if ufunc in (np.add, np.subtract) and isinstance(b, Value):
        shape = np.broadcast_to(False, a.shape)[indices].shape
        added = scatter_add(broadcast_to(b, shape=shape), index=indices, shape=a.shape)
        replace(a, ufunc(a, added), what)
        return
    places = np.arange(a.size).reshape(a.shape)[indices]
    elements = () if b is MISSING else (broadcast_to(as_operand(b), shape=places.shape),)
    for which in _rounds(np.ravel(places)):
        index = np.unravel_index(np.ravel(places)[which], a.shape)
        chosen = (np.ravel(each)[which] for each in elements)
        setitem(a, index, ufunc(getitem(a, index), *chosen))


def _rounds(places: Any) -> list[Any]:
    """Put positions into groups in none of which a place is meant twice, in their order."""
    order = np.argsort(places, kind="stable")
    line = places[order]
    first = np.searchsorted(line, line)
    turn = np.arange(len(line)) - first
    return [order[turn == k] for k in range(turn.max(initial=-1) + 1)]


@implements(np.ufunc.__call__)
def call(ufunc: np.ufunc, *inputs: Any, out: Any = None, where: Any = True, **keywords: Any) -> Any:
    """Call with ``out=`` and ``where=``: where not, what stands in `out` stays."""
    if isinstance(out, tuple):
        if len(out) > 1:
            raise TypeError(f"numpy.{ufunc.__name__}: several out= are not supported on Values")
        (out,) = out
    if where is True:
        return _into(ufunc, out, ufunc(*inputs, **keywords))
    if out is None:
        raise TypeError(
            f"numpy.{ufunc.__name__}: where= without out= leaves elements without a value; give "
            "out=np.zeros_like(a), or use np.where"
        )
    out = as_node(f"numpy.{ufunc.__name__}: out=", out)
    mask = np.broadcast_to(data_of(where), out.shape)
    chosen = (getitem(broadcast_to(as_operand(a), shape=out.shape), mask) for a in inputs)
    setitem(out, mask, ufunc(*chosen, **keywords))
    return out


def _into(ufunc: np.ufunc, out: Any, result: Any) -> Any:
    """Put a result into the array that was given for it."""
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return result
    copyto(as_node(f"numpy.{ufunc.__name__}: out=", out), result)
    return out
