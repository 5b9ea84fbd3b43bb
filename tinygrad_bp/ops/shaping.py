"""Shapes and places: reshape and transpose and their kin, broadcasting, indexing, where, clip."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from ..kernel.typed import of_values
from ..kernel.value import Value
from ..kernel.views import VIEW, ReadOnly, Sharing, Window
from .lookups import take_at
from .places import has_values, parts_of

# --- shapes ----------------------------------------------------------------------------------

_reshape = Op(
    "reshape",
    lambda a, shape: a.reshape(shape)[()],
    lambda g, y, a, shape: g.reshape(a.shape),
    shares=VIEW,
    text="np.reshape({0}, {shape})",
    word="reshaped",
    moves=True,
)
_flattened = Op(  # in memory of its own, for ndarray.flatten
    "reshape",
    lambda a, shape: np.array(a).reshape(shape),
    lambda g, y, a, shape: _reshape(g, shape=a.shape),
    shares=False,
    text="np.reshape({0}, {shape})",
    word="reshaped",
    moves=True,
)
_transpose = Op(
    "transpose",
    lambda a, axes: a.transpose(axes),
    lambda g, y, a, axes: g.transpose(None if axes is None else np.argsort(axes)),
    shares=VIEW,
    text="np.transpose({0}, {axes})",
    math=("sup", 0, "⊤"),
    word="transposed",
    moves=True,
)
_DTYPES = (np.float32, np.float64, np.complex64, np.complex128)
_astype = Op(
    "astype",
    lambda a, dtype: a.astype(dtype),
    # places, which are integers, have no derivative: what comes to them goes no further
    lambda g, y, a, dtype: g.astype(a.dtype) if a.dtype.kind == g.dtype.kind else g,
    text="{0}.astype({dtype})",
    math=0,
    word="converted",
    elementwise=True,
)


def _broadcast_copy(a: Any, shape: tuple[int, ...]) -> Any:
    """Repeat by broadcasting, into memory of its own (NumPy's view is read-only and slower)."""
    full = np.empty(shape, a.dtype)
    full[...] = a
    return full[()]


class _Repeated(ReadOnly):
    """NumPy's broadcast_to, whose result is a view."""

    def is_view(self, node: Value, base: Value, metadata: dict[str, Any]) -> bool:
        return True


# The cotangent is added up by the loop, as after any broadcasting.
_FACTS: Any = {
    "numpy": np.broadcast_to,
    "text": "np.broadcast_to({0}, {shape})",
    "math": 0,
    "word": "repeated",
    "moves": True,
}
broadcast_to = Op("broadcast_to", _broadcast_copy, lambda g, y, a, shape: g, **_FACTS)
_repeated = Op(
    "broadcast_to",
    lambda a, shape: np.broadcast_to(a, shape),  # a view, so that its own views are NumPy's
    lambda g, y, a, shape: g,
    shares=_Repeated(),
    **_FACTS,
)


@implements(np.broadcast_to)
def _broadcast_to(a: Any, shape: int | tuple[int, ...]) -> Any:
    return _repeated(a, shape=(shape,) if isinstance(shape, int) else tuple(shape))


@implements(np.broadcast_arrays)
def _broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*map(shape_of, arrays))
    return tuple(_repeated(a, shape=shape) for a in arrays)


def shape_of(a: Any) -> tuple[int, ...]:
    """Return the shape of an array, number or Value."""
    return a.shape if isinstance(a, Value) else np.shape(a)


@implements(np.reshape)
@of_values
def reshape(a: Any, shape: int | tuple[int, ...], order: str = "C", **refused: Any) -> Any:
    """Give the elements another shape, as `numpy.reshape`."""
    refuse_keywords("reshape", refused)
    if order == "C":
        return _reshape(a, shape=shape)
    if order != "F":
        raise ValueError(f"reshape: order must be 'C' or 'F' on Values, got {order!r}")
    backwards = shape if isinstance(shape, int) else tuple(shape)[::-1]
    return transpose(_reshape(transpose(a), shape=backwards))


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """Put the elements in one row without gaps, as `numpy.ravel`."""
    if isinstance(a, Value) and a.size in a.shape and not a._data.flags.c_contiguous:
        a = np.copy(a)  # one row with gaps, which reshape would give a view of
    return reshape(a, -1, order)


@implements(np.ndarray.flatten)
def flatten(a: Any, order: str = "C") -> Any:
    """Put the elements in one row of their own, as `numpy.ndarray.flatten`."""
    return _flattened(a if order == "C" else transpose(a), shape=(-1,))


@implements(np.transpose)
@of_values
def transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    """Permute the axes, as `numpy.transpose`; by default reverse them."""
    ndim = len(shape_of(a))
    return _transpose(a, axes=None if axes is None else tuple(k + ndim * (k < 0) for k in axes))


def _by_its_shape(function: Callable[..., Any]) -> None:
    """Register a function that inserts and removes axes of length 1: the shape says it all."""

    def reshaped(a: Any, *args: Any, **kwargs: Any) -> Any:
        shape = function(np.broadcast_to(False, shape_of(a)), *args, **kwargs).shape
        return _reshape(a, shape=shape)

    implements(function)(reshaped)


def _by_its_axes(function: Callable[..., Any]) -> None:
    """Register a function that permutes axes: see where it puts those of length 0, 1, 2..."""

    def transposed(a: Any, *args: Any, **kwargs: Any) -> Any:
        lengths = range(len(shape_of(a)))
        return _transpose(a, axes=function(np.empty(lengths, bool), *args, **kwargs).shape)

    implements(function)(transposed)


_function: Any
for _function in (np.squeeze, np.expand_dims):
    _by_its_shape(_function)
for _function in (np.swapaxes, np.moveaxis, np.rollaxis):
    _by_its_axes(_function)


@implements(np.matrix_transpose)
def matrix_transpose(a: Any) -> Any:
    """Swap the last two axes, as `numpy.matrix_transpose`."""
    return np.swapaxes(a, -1, -2)


def _at_least(function: Callable[..., Any]) -> None:
    """Register atleast_1d and its kin: one array gives one, several a tuple."""

    def padded(*arrays: Any) -> Any:
        found = [
            _reshape(a, shape=function(np.broadcast_to(False, shape_of(a))).shape) for a in arrays
        ]
        return found[0] if len(found) == 1 else tuple(found)

    implements(function)(padded)


for _function in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    _at_least(_function)


@implements(np.astype)
def astype(a: Any, dtype: npt.DTypeLike) -> Any:
    """Convert to floats or complex numbers; the gradient is converted back."""
    places = isinstance(a, Value) and a.dtype.kind not in "fc"  # and masks, without a gradient
    if np.dtype(dtype) not in _DTYPES and not places:
        raise TypeError(
            f"astype: expected float32, float64, complex64 or complex128, got {np.dtype(dtype)}"
        )
    return _astype(a, dtype=np.dtype(dtype))


@implements(np.copy)
def copy(a: Any, **memory: Any) -> Any:
    """Make a node with data of its own, as `numpy.copy`; layouts of memory mean nothing here."""
    return _astype(a, dtype=a.dtype)


# --- places ----------------------------------------------------------------------------------


def accumulate_at(full: Any, index: Any, g: Any) -> Any:
    """Add each element of `g` to its place in `full`."""
    if any(isinstance(part, list | np.ndarray) for part in parts_of(index)):
        np.add.at(full, index, g)
    else:  # no place can occur twice
        full[index] += g
    return full


def _forward_scatter_add(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Add each element of `g` to the place that `index` took it from."""
    return accumulate_at(np.zeros(shape, g.dtype), index, g)[()]


# Indexing and scattering are each other's transpose, repeated indices and all.
class _Part(Sharing):
    """A view of a part, by an index."""

    def is_view(self, node: Value, base: Value, metadata: dict[str, Any]) -> bool:
        """Say whether a result is a view: one number is only where the index has an ellipsis."""
        number = not node.ndim and not any(part is ... for part in parts_of(metadata["index"]))
        return not number and super().is_view(node, base, metadata)

    def write(self, element: Any, window: Window) -> None:
        window.base[window.metadata["index"]] = element


indexing: Op = Op(
    "getitem",
    lambda a, index: a[index],
    lambda g, y, a, index: scatter_add(g, index=index, shape=a.shape),
    shares=_Part(),
    text="{0}[{index}]",
    math=("row", 0, "[…]"),
    word="part",
    moves=True,
)
scatter_add: Op = Op(
    "scatter_add",
    _forward_scatter_add,
    lambda g, y, a, index, shape: g[index],
    word="scattered",
    fills=True,
)


@implements(operator.getitem)
def getitem(a: Any, index: Any) -> Any:
    """Take elements: integers, slices, None, ..., integer arrays and boolean masks, as NumPy."""
    if has_values(index):
        return take_at(a, index)
    return indexing(a, index=index)


# --- choices ---------------------------------------------------------------------------------

_where: Op = Op(
    "where",
    np.where,
    None,
    lambda g, y, condition, a, b: _where(condition, g, 0),
    lambda g, y, condition, a, b: _where(condition, 0, g),
    math=("cases", 1, 0, 2),
    word="choice",
    elementwise=True,
)


@implements(np.where)
@of_values
def where(condition: Any, *branches: Any) -> Any:
    """Choose `a` where the condition is true and `b` elsewhere, as `numpy.where`.

    Parameters
    ----------
    condition : array_like or Value
        Of any shape; not 0 is true.
    *branches : array_like or Value
        Two, `a` and `b`, of shapes that broadcast with that of the condition. Or none, to ask
        where the condition is true.

    Returns
    -------
    array or Value
        The choice, of the shape of all three broadcast; without branches a tuple of index arrays.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> bp.where([True, False], bp.Value([1.0, 2.0]), 0)
    Value([1., 0.], op=where)
    """
    return _where(condition, *branches) if branches else np.nonzero(condition)


@implements(np.clip)
@of_values
def clip(a: Any, a_min: Any = None, a_max: Any = None, **refused: Any) -> Any:
    """Limit to an interval, as `numpy.clip`; at a limit the gradient belongs to `a`."""
    low, high = refused.pop("min", a_min), refused.pop("max", a_max)
    refuse_keywords("clip", refused)
    if low is not None:
        a = _where(a < low, low, a)
    if high is not None:
        a = _where(a > high, high, a)
    return np.positive(a) if low is high is None else a
