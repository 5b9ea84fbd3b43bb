"""Products of vectors, matrices and tensors, composed of `matmul`, `mul` and reshaping.

`matmul` itself stands in `arithmetic`, `einsum` in a file of its own. Only the cross product has
a rule: the other products need none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..kernel.dispatch import implements, refuse_keywords
from ..kernel.op import Op
from .arithmetic import matmul
from .axes import as_operand


def as_operands(*given: Any) -> tuple[Any, ...]:
    """Return what was given as arrays or Values, so that it has a shape."""
    return tuple(map(as_operand, given))


def axis_to_end(a: Any, axis: int) -> Any:
    """Make an axis the last one."""
    order = list(range(a.ndim))
    order.append(order.pop(normalize_axis_index(axis, a.ndim)))
    return np.transpose(a, order)


def axis_from_end(a: Any, axis: int) -> Any:
    """Make the last axis that of a given number."""
    order = list(range(a.ndim))
    order.insert(normalize_axis_index(axis, a.ndim), order.pop())
    return np.transpose(a, order)


implements(np.linalg.matmul)(matmul)


@implements(np.dot)
def dot(a: Any, b: Any, out: None = None) -> Any:
    """Multiply as `numpy.dot`: scalars, vectors, matrices, or the last axis with the last but one.

    Unlike those of `matmul`, the stacks of `a` and `b` are not broadcast: every matrix of one
    meets every matrix of the other.
    """
    refuse_keywords("dot", {"out": out})
    a, b = as_operands(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim == 1 or a.ndim <= 2 == b.ndim:
        return a @ b
    return tensordot(a, b, (-1, -2))


@implements(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """Multiply and add up over the last axes, as `numpy.inner`."""
    a, b = as_operands(a, b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, (-1, -1))


@implements(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """Multiply and add up over all elements, as `numpy.vdot`."""
    a, b = as_operands(a, b)
    return np.reshape(a, -1).conj() @ np.reshape(b, -1)


@implements(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Multiply the conjugate of vectors along an axis and add up, as `numpy.vecdot`."""
    x1, x2 = (axis_to_end(x, axis) for x in as_operands(x1, x2))
    return (x1[..., None, :].conj() @ x2[..., :, None])[..., 0, 0]


@implements(np.matvec)
def matvec(x1: Any, x2: Any, /) -> Any:
    """Multiply stacks of matrices with stacks of vectors, as `numpy.matvec`."""
    x1, x2 = as_operands(x1, x2)
    return (x1 @ x2[..., :, None])[..., 0]


@implements(np.vecmat)
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Multiply stacks of vectors with stacks of matrices, as `numpy.vecmat`."""
    x1, x2 = as_operands(x1, x2)
    return (x1[..., None, :].conj() @ x2)[..., 0, :]


@implements(np.outer)
def outer(a: Any, b: Any, out: None = None) -> Any:
    """Multiply every element of one with every element of the other, as `numpy.outer`."""
    refuse_keywords("outer", {"out": out})
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@implements(np.linalg.outer)
def _outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(
            f"outer: expected two vectors, got shapes {np.shape(x1)} and {np.shape(x2)}"
        )
    return outer(x1, x2)


@implements(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Multiply and add up over pairs of axes, as `numpy.tensordot`.

    Parameters
    ----------
    a, b : array_like or Value
        Of any shape.
    axes : int or pair of int or pair of sequences of int, optional
        A number n stands for the last n axes of `a` and the first n of `b`.

    Returns
    -------
    array or Value
        The other axes of `a`, then those of `b`.

    Raises
    ------
    ValueError
        If the axes do not have the same lengths, or one is named twice.
    """
    a, b = as_operands(a, b)
    of_a, of_b = axes if isinstance(axes, Iterable) else (range(-axes, 0), range(axes))
    of_a, of_b = _normalize_axes(of_a, a), _normalize_axes(of_b, b)
    lengths = [a.shape[k] for k in of_a]
    if lengths != [b.shape[k] for k in of_b]:
        raise ValueError(
            f"tensordot: expected axes of equal lengths, got {of_a} of shape {a.shape} and "
            f"{of_b} of shape {b.shape}"
        )
    rows = [k for k in range(a.ndim) if k not in of_a]
    columns = [k for k in range(b.ndim) if k not in of_b]
    kept_a, kept_b = [a.shape[k] for k in rows], [b.shape[k] for k in columns]
    size = math.prod(lengths)
    left = np.reshape(np.transpose(a, rows + of_a), (math.prod(kept_a), size))
    right = np.reshape(np.transpose(b, of_b + columns), (size, math.prod(kept_b)))
    return np.reshape(left @ right, (*kept_a, *kept_b))


def _normalize_axes(axes: int | Sequence[int], a: Any) -> list[int]:
    """Return axes as a list of numbers from 0."""
    several = axes if isinstance(axes, Iterable) else [axes]
    numbers = [normalize_axis_index(int(axis), a.ndim) for axis in several]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"tensordot: expected each axis once, got {list(several)}")
    return numbers


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Compute the Kronecker product, as `numpy.kron`: a copy of `b` for each element of `a`."""
    a, b = as_operands(a, b)
    ndim = max(a.ndim, b.ndim)
    of_a = (1,) * (ndim - a.ndim) + a.shape
    of_b = (1,) * (ndim - b.ndim) + b.shape
    # the axes of a and b in turn, each with length 1 where the other has its own
    blocks = np.reshape(a, [n for length in of_a for n in (length, 1)])
    inside = np.reshape(b, [n for length in of_b for n in (1, length)])
    return np.reshape(blocks * inside, tuple(m * n for m, n in zip(of_a, of_b)))


# g . (a x b) = a . (b x g) = b . (g x a), the triple product
_cross = Op("cross", np.cross, lambda g, y, a, b: np.cross(b, g), lambda g, y, a, b: np.cross(g, a))


@implements(np.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Compute the vector product along an axis, as `numpy.cross`.

    Vectors of two elements lie in the plane, and the product of two of them is the component
    upright to it. NumPy deprecates them, and its own warning or error comes through.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_operands(a, b)
    a, b = axis_to_end(a, axisa), axis_to_end(b, axisb)
    lengths = a.shape[-1], b.shape[-1]
    if not {*lengths} <= {2, 3}:
        raise ValueError(f"cross: expected vectors of 2 or 3 elements, got {lengths}")
    if 2 in lengths:
        np.cross(np.zeros(lengths[0]), np.zeros(lengths[1]))
    product = _cross(_upright(a), _upright(b))
    return product[..., 2] if lengths == (2, 2) else axis_from_end(product, axisc)


def _upright(a: Any) -> Any:
    """Give vectors in the plane a third element, 0."""
    if a.shape[-1] == 3:
        return a
    return np.concatenate([a, np.zeros((*a.shape[:-1], 1), a.dtype)], axis=-1)


@implements(np.linalg.cross)
def _cross_in_space(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(
            f"cross: expected vectors of 3 elements, got {np.shape(x1)[axis]} and "
            f"{np.shape(x2)[axis]}; numpy.cross takes 2 as well"
        )
    return cross(x1, x2, axis=axis)
