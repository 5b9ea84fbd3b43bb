"""Rearranging: flip, roll, tile, repeat, pad, take, sort, select, diag and their kin.

A function that only moves elements is known by where it moves the numbers of their places. So
the functions in the table below have no derivative of their own: one op adds each element of
the cotangent to the place that it came from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel.dispatch import data_of, implements, on_data, refuse_keywords
from ..kernel.op import Op
from ..kernel.value import Value
from ..kernel.views import READ_ONLY, VIEW, Sharing
from .axes import part
from .joining import as_array, concatenate
from .shaping import accumulate_at, astype, broadcast_to, ravel, shape_of, where

# --- moving elements -------------------------------------------------------------------------


def number_places(shape: tuple[int, ...], first: int = 1) -> Any:
    """Return an array of a shape with its places numbered from 1; 0 is none of them."""
    return np.arange(first, first + math.prod(shape)).reshape(shape)


def _forward_scatter(g: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """Add each element of `g` to the place that it came from."""
    total = accumulate_at(np.zeros(1 + math.prod(shape), g.dtype), np.ravel(places), np.ravel(g))
    return total[1:].reshape(shape)[()]


def _forward_gather(a: Any, places: Any) -> Any:
    """Take the elements at numbered places, and 0 where there is none."""
    return np.concatenate([np.zeros(1, a.dtype), np.ravel(a)])[places]


# Each is the other's transpose.
_gather: Op = Op(
    "gather",
    _forward_gather,
    lambda g, y, a, places: _scatter(g, places=places, shape=shape_of(a)),
    word="gathered",
    moves=True,
)
_scatter: Op = Op(
    "scatter",
    _forward_scatter,
    lambda g, y, a, places, shape: _gather(g, places=places),
    word="scattered",
    fills=True,
)


def move_places(
    function: Callable[..., Any], arguments: str, shares: bool | Sharing = True
) -> Callable[..., Any]:
    """Make an op of a NumPy function that only moves elements of its first argument, or fills in 0.

    Parameters
    ----------
    function : callable
        The function. Its op is called like it, and calls it.
    arguments : str
        The names of its arguments, as NumPy has them.
    shares : bool or Sharing, optional
        What its op says: that it gives a view, if NumPy's function does.

    Returns
    -------
    callable
        What computes the function on Values.
    """
    operand, *names = arguments.split()
    op = Op(
        function.__name__,
        lambda a, **metadata: function(a, **metadata)[()],
        lambda g, y, a, **metadata: _scatter(
            g, places=function(number_places(shape_of(a)), **metadata), shape=shape_of(a)
        ),
        shares=shares,
        numpy=function,
        moves=True,
    )

    def move(*args: Any, **metadata: Any) -> Any:
        metadata |= zip([operand, *names], args)
        a = metadata.pop(operand)
        refuse_keywords(op.name, {"out": metadata.pop("out", None)})
        _refuse_values(op.name, metadata)
        return op(a, **metadata)

    move.op = op  # type: ignore[attr-defined]
    globals()[f"_op_{op.name}"] = op  # where pickle finds it again
    return move


def _refuse_values(name: str, metadata: dict[str, Any]) -> None:
    for key, given in metadata.items():
        if isinstance(given, Value):
            raise TypeError(f"{name}: {key} must be plain numbers, got a Value; use its .data")


_function: Any
for _function, _arguments in {
    np.flip: "m axis",
    np.flipud: "m",
    np.fliplr: "m",
    np.rot90: "m k axes",
}.items():
    implements(_function)(move_places(_function, _arguments, VIEW))
for _function, _arguments in {np.diag: "v k", np.diagonal: "a offset axis1 axis2"}.items():
    implements(_function)(move_places(_function, _arguments, READ_ONLY))
for _function, _arguments in {
    np.roll: "a shift axis",
    np.tile: "A reps",
    np.repeat: "a repeats axis",
    np.resize: "a new_shape",
    np.delete: "arr obj axis",
    np.diagflat: "v k",
}.items():
    implements(_function)(move_places(_function, _arguments))

_take_plain_places = move_places(np.take, "a indices axis out mode")


@implements(np.take)
def _take(a: Any, indices: Any, *given: Any, **options: Any) -> Any:
    if not isinstance(indices, Value) or given[1:] or options.keys() - {"axis"}:
        return _take_plain_places(a, indices, *given, **options)
    axis = given[0] if given else options.get("axis")
    return ravel(a)[indices] if axis is None else part(a, indices, axis)


def _moving_together(function: Callable[..., Any], *operands: Any) -> Any:
    """Compute a function that moves elements of several operands into one array."""
    # Python's numbers take the type of what they meet.
    dtype = np.result_type(*(a if type(a) in (int, float) else as_array(a).dtype for a in operands))
    arrays = [np.asarray(a, dtype) if type(a) in (int, float) else as_array(a) for a in operands]
    ends = accumulate((a.size for a in arrays), initial=1)
    places = function(*(number_places(a.shape, first) for a, first in zip(arrays, ends)))
    return _gather(concatenate([ravel(a) for a in arrays]), places=places)


def _of_the_type_of(a: Any, others: Any) -> Any:
    """Convert what is to be put into `a`, as NumPy does; but floats are not cut to integers."""
    others, dtype = as_array(others), as_array(a).dtype
    return astype(others, dtype) if dtype in (np.float32, np.float64) else others


@implements(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    _refuse_values("insert", {"obj": obj})
    values = _of_the_type_of(arr, values)
    return _moving_together(lambda a, v: np.insert(a, obj, v, axis), arr, values)


_pad_from_itself = move_places(np.pad, "array pad_width mode")
_PADDINGS = ("constant", "edge", "reflect", "symmetric", "wrap")


@implements(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if mode not in _PADDINGS or options.get("reflect_type", "even") != "even":
        asked = " with reflect_type='odd'" if mode in _PADDINGS else ""
        raise TypeError(
            f"pad: mode {mode!r}{asked} is not supported on Values; expected one of "
            f"{', '.join(_PADDINGS)}, or join the parts with np.concatenate"
        )
    if "constant_values" not in options:
        return _pad_from_itself(array, pad_width, mode, **options)
    fill = _of_the_type_of(array, options["constant_values"])
    return _moving_together(lambda a, v: np.pad(a, pad_width, mode, constant_values=v), array, fill)


@implements(np.meshgrid)
def _meshgrid(*xi: Any, **options: Any) -> tuple[Any, ...]:
    places = np.meshgrid(*(number_places((math.prod(shape_of(x)),)) for x in xi), **options)
    return tuple(_gather(x, places=each) for x, each in zip(xi, places))


@implements(np.choose)
def _choose(a: Any, choices: Any, out: None = None, mode: Any = "raise") -> Any:
    refuse_keywords("choose", {"out": out})
    _refuse_values("choose", {"a": a})
    return _moving_together(lambda *places: np.choose(a, places, mode=mode), *choices)


@implements(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None, out: None = None) -> Any:
    refuse_keywords("compress", {"out": out})
    return np.take(a, np.flatnonzero(data_of(condition)), axis)


@implements(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return np.take(ravel(arr), np.flatnonzero(data_of(condition)))


@implements(np.trace)
def _trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: None = None, out: None = None
) -> Any:
    refuse_keywords("trace", {"dtype": dtype, "out": out})
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


@implements(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return where(_below(m, k), m, 0)


@implements(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return where(_below(m, k - 1), 0, m)


def _below(m: Any, k: int) -> Any:
    """Return where the last two axes are on or below a diagonal; a vector counts as rows of it."""
    shape: Any = (shape_of(m) * 2)[-2:]
    return np.tri(*shape, k=k, dtype=bool)  # type: ignore[call-overload]


# --- unique: among equals the first, so that the gradient has a place to go -------------------


@implements(np.unique)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    **options: Any,
) -> Any:
    wanted = (True, return_inverse, return_counts, axis)
    _, first, *others = np.unique(data_of(ar), *wanted, **options)  # type: ignore[call-overload]
    found = (np.take(ar, first, axis), *([first] if return_index else []), *others)
    return found if len(found) > 1 else found[0]


# --- choosing and filling --------------------------------------------------------------------


@implements(np.select)
def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    if any(isinstance(condition, Value) for condition in condlist):  # traced to be written out
        for condition, choice in reversed([*zip(condlist, choicelist, strict=True)]):
            default = where(condition, choice, default)
        return default
    return _moving_together(
        lambda *places: np.select(data_of(list(condlist)), places[:-1], places[-1]),
        *choicelist,
        default,
    )


@implements(np.full)
def _full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", device: Any = None
) -> Any:
    filled = broadcast_to(fill_value, shape=(shape,) if isinstance(shape, int) else tuple(shape))
    return filled if dtype is None else astype(filled, dtype)


@implements(np.full_like)
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: npt.DTypeLike | None = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    device: Any = None,
) -> Any:
    shape = shape_of(a) if shape is None else shape
    if not isinstance(fill_value, Value):
        return np.full(shape, fill_value, dtype or a.dtype)
    return _full(shape, fill_value, dtype or a.dtype)


@implements(np.bincount)
def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    counts = np.bincount(data_of(x), minlength=minlength)
    if weights is None:
        return counts
    return _scatter(astype(weights, float), places=np.asarray(data_of(x)) + 1, shape=counts.shape)


# --- where elements are, and what has no gradient: plain arrays -------------------------------

for _function in (
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.argpartition,
    np.argwhere,
    np.flatnonzero,
    np.lexsort,
    np.searchsorted,
    np.digitize,
    np.histogram_bin_edges,
    np.isin,
    np.tril_indices_from,
    np.triu_indices_from,
    np.diag_indices_from,
    np.unique_counts,
    np.unique_inverse,
    np.result_type,
    np.can_cast,
    np.min_scalar_type,
    np.shares_memory,
    np.may_share_memory,
):
    on_data(_function)


@implements(np.histogram)
def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    _refuse_values("histogram", {"weights": weights})
    return np.histogram(*data_of([a, bins, range, density]))
