"""Norms of vectors and matrices, and the condition number: composed."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..kernel.arraylike import Axis
from ..kernel.dispatch import implements
from .complexes import size_of
from .elementary import root
from .products import as_operands

Order = float | str | None


def _of_vectors(x: Any, ord: Order, axis: Axis, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"norm: expected a number as the order for vectors, got {ord!r}")
    if ord is None or ord == 2:
        size = size_of(x)
        return root(np.sum(size * size, axis=axis, keepdims=keepdims))
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims, dtype=x.real.dtype)
    size = np.abs(x)
    if ord == np.inf:
        return _largest(size, axis, keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    power = float(ord)
    if power < 0:
        return np.sum(size**power, axis=axis, keepdims=keepdims) ** (1 / power)
    # kinks at 0 again: an element, or all of them, that is 0 takes no part
    zero = size == 0
    total = np.sum((size + zero) ** power * ~zero, axis=axis, keepdims=keepdims)
    nothing = total == 0
    return (total + nothing) ** (1 / power) * ~nothing


def _of_matrices(x: Any, ord: Order) -> Any:
    """Compute the norms of the matrices in the last two axes."""
    if ord is None or ord in ("fro", "f"):
        size = size_of(x)
        return root(np.sum(size * size, axis=(-2, -1)))
    if ord == "nuc":
        return np.sum(np.linalg.svdvals(x), axis=-1)
    if ord == 2:
        return _largest(np.linalg.svdvals(x), -1)
    if ord == -2:
        return np.min(np.linalg.svdvals(x), axis=-1)
    if isinstance(ord, str) or abs(ord) not in (1, np.inf):
        raise ValueError(
            f"norm: expected 'fro', 'nuc', 1, -1, 2, -2, inf or -inf for matrices, got {ord!r}"
        )
    sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
    return _largest(sums, -1) if ord > 0 else np.min(sums, axis=-1)


def _largest(x: Any, axis: Axis, keepdims: bool = False) -> Any:
    """Take the maximum, or 0 where there are no elements."""
    reduction = np.max if x.size else np.sum
    return reduction(x, axis=axis, keepdims=keepdims)


@implements(np.linalg.norm)
def norm(x: Any, ord: Order = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Compute the norm of vectors or matrices, as `numpy.linalg.norm`.

    Parameters
    ----------
    x : array_like or Value
        Any shape; one or two axes if `ord` is given without `axis`.
    ord : number or str, optional
        For vectors any number, for matrices 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; by default
        the root of the sum of squares.
    axis : int or pair of int, optional
        One axis for vectors, two for matrices.
    keepdims : bool, optional
        Whether reduced axes are kept with length 1.

    Returns
    -------
    Value or array
        Of the reduced shape; a plain array for the order 0, which counts.

    Raises
    ------
    ValueError
        If the order or the number of axes does not exist.

    Notes
    -----
    At a vector or matrix of zeros the derivative is 0, also for other orders than 2. Elements
    that are the largest together share the derivative of the maximum.
    """
    (x,) = as_operands(x)
    if axis is None:
        if ord is None:
            return _of_vectors(x, None, None, keepdims)
        axes: tuple[int, ...] = tuple(range(x.ndim))
    else:
        given = axis if isinstance(axis, tuple) else (operator.index(axis),)
        axes = tuple(normalize_axis_index(k, x.ndim) for k in given)
    if len(axes) == 1:
        return _of_vectors(x, ord, axes[0], keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"norm: expected one axis or two different ones, got {axes}")
    rest = [k for k in range(x.ndim) if k not in axes]
    result = _of_matrices(np.transpose(x, (*rest, *axes)), ord)
    if not keepdims:
        return result
    return np.reshape(result, [1 if k in axes else n for k, n in enumerate(x.shape)])


@implements(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """Compute the norm of all elements along any axes, as `numpy.linalg.vector_norm`."""
    (x,) = as_operands(x)
    axes = None if axis is None else normalize_axis_tuple(axis, x.ndim)
    return _of_vectors(x, ord, axes, keepdims)


@implements(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Order = "fro") -> Any:
    """Compute the norm of the matrices in the last two axes, as `numpy.linalg.matrix_norm`."""
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.cond)
def cond(x: Any, p: Order = None) -> Any:
    """Compute the condition number, as `numpy.linalg.cond`; infinite for a singular matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is empty, or singular and `p` is none of None, 2 and -2.
    """
    (x,) = as_operands(x)
    if x.ndim < 2 or 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError(f"cond: expected matrices with elements, got shape {x.shape}")
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        first, last = s[..., 0], s[..., -1]
        if p == -2:
            return last / first
        singular = last == 0
        return np.where(singular, np.inf, first / (last + singular))
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
