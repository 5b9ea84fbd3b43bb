"""Linear algebra: inverses, systems of equations, determinants, powers; batched as NumPy's.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear
least squares problems whose variables separate" (1973); Petersen and Pedersen, "The matrix
cookbook" (2012). Factorisations stand in `decompositions`, norms in `norms`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..kernel.dispatch import data_of, implements, on_data, refuse_keywords
from ..kernel.op import Op
from ..kernel.value import Value
from .complexes import is_complex, refuse_complex_values
from .decompositions import svdvals
from .products import as_operands
from .shaping import matrix_transpose

implements(np.linalg.matrix_transpose)(matrix_transpose)

on_data(np.linalg.matrix_rank)


@implements(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset=offset, axis1=-2, axis2=-1)


@implements(np.linalg.trace)
def _trace(x: Any, /, *, offset: int = 0, dtype: None = None) -> Any:
    refuse_keywords("trace", {"dtype": dtype})
    return np.sum(_diagonal(x, offset=offset), axis=-1)


# --- inverses and systems --------------------------------------------------------------------

inv = implements(np.linalg.inv)(
    Op("inv", np.linalg.inv, lambda g, y, a: -(y.mT @ g @ y.mT))  # Giles, 2.2.3
)


def _pinv_rule(g: Any, y: Any, a: Any, **cut: Any) -> Any:
    h, turned = g.mT, y.mT.conj()
    return (
        -(y.mT @ g @ y.mT)
        + ((h - a @ (y @ h)) @ (y @ turned)).conj()
        + ((turned @ y) @ (h - (h @ y) @ a)).conj()
    )


# Golub and Pereyra (1973), equation 4.12, transposed; the rank is constant.
_pinv = Op("pinv", np.linalg.pinv, _pinv_rule)


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, **rtol: Any) -> Any:
    """Compute the pseudo-inverse, as `numpy.linalg.pinv`.

    The derivative exists where the rank does not change: singular values that count as 0 are
    taken to remain 0.
    """
    if hermitian:
        raise ValueError(
            "pinv: hermitian=True is not differentiable on Values; leave it out, the result is "
            "the same"
        )
    return _pinv(a, rcond=rcond, **rtol)


_solve = Op(  # Giles, 2.3.1
    "solve",
    np.linalg.solve,
    lambda g, y, a, b: -(np.linalg.solve(a.mT, g) @ y.mT),
    lambda g, y, a, b: np.linalg.solve(a.mT, g),
)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """Solve a @ x = b, as `numpy.linalg.solve`; `b` is a vector only where it has one axis."""
    a, b = as_operands(a, b)
    return _solve(a, b[:, None])[..., 0] if b.ndim == 1 else _solve(a, b)


def _forward_lstsq(a: Any, b: Any, rcond: float | None) -> Any:
    return np.linalg.lstsq(a, b, rcond=rcond)[0]


def _lstsq_matrix_rule(g: Any, y: Any, a: Any, b: Any, rcond: float | None) -> Any:
    z = _lstsq(a.mT, g, rcond=rcond)
    missed_b, missed_g = b - a @ y, g - a.mT @ z  # what the columns and the rows cannot reach
    return (
        -(z @ y.mT)
        + missed_b @ _lstsq(a, z, rcond=rcond).mT
        + _lstsq(a.mT, y, rcond=rcond) @ missed_g.mT
    )


# Golub and Pereyra (1973), applied to b: with z the solution for the transposed matrix.
_lstsq: Op = Op(
    "lstsq",
    _forward_lstsq,
    _lstsq_matrix_rule,
    lambda g, y, a, b, rcond: _lstsq(a.mT, g, rcond=rcond),
    text="np.linalg.lstsq({0}, {1}, rcond={rcond})[0]",
    word="solution",
)


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, int, Any]:
    """Solve least squares problems, as `numpy.linalg.lstsq`.

    Parameters
    ----------
    a : array_like or Value
        Shape (M, N).
    b : array_like or Value
        Shape (M,) or (M, K).
    rcond : float, optional
        Singular values below this part of the largest count as 0; by default max(M, N) times the
        precision.

    Returns
    -------
    solution : Value
        Shape (N,) or (N, K), the shortest of all solutions.
    residuals : Value or array
        Sums of squares, (1,) or (K,); an empty array where the rank is less than N or M is not
        more than N.
    rank : int
        A plain number. The derivative of the solution exists where it does not change.
    s : Value
        The singular values of `a`, (min(M, N),).

    Raises
    ------
    numpy.linalg.LinAlgError
        If the shapes do not fit.
    """
    a, b = as_operands(a, b)
    for each in (a, b):
        refuse_complex_values("lstsq", each, "multiply with np.linalg.pinv(a)")
    columns = b[:, None] if b.ndim == 1 else b
    solution = _lstsq(a, columns, rcond=rcond)
    s = svdvals(a)
    singular = data_of(s)
    limit = np.finfo(singular.dtype).eps * max(a.shape) if rcond is None else rcond
    rank = int(np.count_nonzero(singular > limit * singular[:1]))
    if rank == a.shape[1] < a.shape[0]:
        residuals = np.sum((columns - a @ solution) ** 2, axis=0)
    else:
        residuals = np.empty(0, data_of(solution).dtype)
    return (solution[:, 0] if b.ndim == 1 else solution), residuals, rank, s


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Invert a tensor as the matrix of its first `ind` axes, as `numpy.linalg.tensorinv`."""
    if ind <= 0:
        raise ValueError(f"tensorinv: expected ind at least 1, got {ind}")
    shape = np.shape(a)
    matrix = np.reshape(a, (math.prod(shape[:ind]), -1))
    return np.reshape(np.linalg.inv(matrix), shape[ind:] + shape[:ind])


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """Solve tensordot(a, x, x.ndim) = b, as `numpy.linalg.tensorsolve`."""
    a, b = as_operands(a, b)
    last = [axis % a.ndim for axis in axes or ()]
    a = np.transpose(a, [k for k in range(a.ndim) if k not in last] + last)
    shape = a.shape[b.ndim :]
    matrix = np.reshape(a, (b.size, math.prod(shape)))
    return np.reshape(np.linalg.solve(matrix, np.reshape(b, -1)), shape)


# --- determinants ----------------------------------------------------------------------------


def _cofactors(y: Any, a: Any) -> Any:
    """Return the derivative of the determinant; Petersen and Pedersen, 2.1, if it is not 0."""
    regular: Any = np.all(y != 0)
    if isinstance(regular, Value) or regular:  # what is written out cannot choose: inv may raise
        return y[..., None, None] * np.linalg.inv(a).mT
    # The determinants of what remains without a row and a column: n**2 of them, O(n**5), but
    # polynomials, so that every further derivative is right too.
    n = a.shape[-1]
    others = np.array([[k for k in range(n) if k != gone] for gone in range(n)], int)
    others = others.reshape(n, n - 1)
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    minors = a[..., others[:, None, :, None], others[None, :, None, :]]
    return np.linalg.det(minors) * signs.astype(a.dtype)


det = implements(np.linalg.det)(
    Op("det", np.linalg.det, lambda g, y, a: g[..., None, None] * _cofactors(y, a))
)

_logabsdet = Op(  # Giles, 2.2.4
    "logabsdet",
    lambda a: np.linalg.slogdet(a)[1],
    lambda g, y, a: g.real[..., None, None] * np.linalg.inv(a).mT,
    text="np.linalg.slogdet({0})[1]",
    word="logarithm",
)
_Slogdet: Any = type(np.linalg.slogdet(np.eye(1)))  # NumPy's, which has no public name


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """Compute sign and logarithm of the determinant, as `numpy.linalg.slogdet`.

    The sign is a plain array: its derivative is 0; not so of a complex matrix. A singular matrix
    has no gradient, and the backward pass raises `numpy.linalg.LinAlgError`.
    """
    sign = np.sign(det(a)) if is_complex(a) else np.linalg.slogdet(data_of(a)).sign
    return _Slogdet(sign, _logabsdet(a))


# --- powers and chains -----------------------------------------------------------------------


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """Multiply a matrix n times with itself, as `numpy.linalg.matrix_power`; n may be negative."""
    (a,) = as_operands(a)
    n = operator.index(n)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"matrix_power: expected square matrices, got shape {a.shape}")
    if n == 0:  # constant, but a Value like any other power
        return np.where(False, a, np.eye(a.shape[-1], dtype=a.dtype))
    power, n = (np.linalg.inv(a), -n) if n < 0 else (a, n)
    result = None
    while n:  # the binary digits of n, from the smallest
        n, digit = divmod(n, 2)
        if digit:
            result = power if result is None else result @ power
        if n:
            power = power @ power
    return result


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: None = None) -> Any:
    """Multiply a chain of matrices in the cheapest order, as `numpy.linalg.multi_dot`.

    The first and the last may be vectors. The order is found by dynamic programming (Cormen et
    al., *Introduction to Algorithms*, 4th edition, section 14.2).
    """
    refuse_keywords("multi_dot", {"out": out})
    chain = as_operands(*arrays)
    if len(chain) < 2:
        raise ValueError(f"multi_dot: expected at least two matrices, got {len(chain)}")
    ends = (0, len(chain) - 1)
    for k, a in enumerate(chain):
        if a.ndim != 2 and not (k in ends and a.ndim == 1):
            raise np.linalg.LinAlgError(
                "multi_dot: expected matrices, and perhaps a vector first or last, got shapes "
                f"{[a.shape for a in chain]}"
            )
    sizes = [1 if chain[0].ndim == 1 else chain[0].shape[0], *(a.shape[-1] for a in chain)]
    if chain[-1].ndim == 1:
        sizes[-2:] = [chain[-1].shape[0], 1]

    @cache
    def cheapest(first: int, last: int) -> tuple[int, int]:
        """Return the number of products of the chain, and after which matrix to cut it."""
        if first == last:
            return 0, first
        return min(
            (
                cheapest(first, cut)[0]
                + cheapest(cut + 1, last)[0]
                + sizes[first] * sizes[cut + 1] * sizes[last + 1],
                cut,
            )
            for cut in range(first, last)
        )

    def product(first: int, last: int) -> Any:
        if first == last:
            return chain[first]
        cut = cheapest(first, last)[1]
        return product(first, cut) @ product(cut + 1, last)

    return product(*ends)
