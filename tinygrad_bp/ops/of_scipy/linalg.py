"""``scipy.linalg``: triangular and Cholesky solvers, the exponential of a matrix; NumPy's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg

from ...kernel.dispatch import implements, refuse_keywords
from ...kernel.op import HOMES, Op
from ..axes import as_operand

HOMES[linalg] = "scipy.linalg"


def _as_numpy(theirs: Callable[..., Any], ours: Callable[..., Any]) -> None:
    """Register a function of SciPy's that is NumPy's; its hints for speed mean nothing here."""

    def call(*args: Any, **hints: Any) -> Any:
        known = {k: h for k, h in hints.items() if k in ("ord", "axis", "keepdims")}
        changing = {k: h for k, h in hints.items() if k not in (*known, *_HINTS)}
        refuse_keywords(theirs.__name__, {k: h or None for k, h in changing.items()})
        return ours(*map(as_operand, args[:2]), *args[2:], **known)

    implements(theirs)(call)


_HINTS = ("overwrite_a", "overwrite_b", "check_finite", "assume_a", "lower")
for _name in ("inv", "det", "solve", "pinv", "norm"):
    _as_numpy(getattr(linalg, _name), getattr(np.linalg, _name))


def _triangle(a: Any, lower: bool, unit_diagonal: bool = False) -> Any:
    if unit_diagonal:
        strict = np.tril(a, -1) if lower else np.triu(a, 1)
        return strict + np.eye(a.shape[-1], dtype=a.dtype)
    return np.tril(a) if lower else np.triu(a)


@implements(linalg.solve_triangular)
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    **hints: Any,
) -> Any:
    """Solve with one triangle of a matrix, as `scipy.linalg.solve_triangular`."""
    matrix = _triangle(as_operand(a), lower, unit_diagonal)
    return np.linalg.solve(matrix if trans in (0, "N") else matrix.mT, as_operand(b))


@implements(linalg.cholesky)
def cholesky(a: Any, lower: bool = False, **hints: Any) -> Any:
    """Factor a positive definite matrix given by one triangle, as `scipy.linalg.cholesky`."""
    a = as_operand(a)
    triangle = np.tril(a) if lower else np.triu(a).mT
    strict = np.tril(triangle, -1)
    factor = np.linalg.cholesky(triangle + strict.mT)
    return factor if lower else factor.mT


@implements(linalg.cho_factor)
def cho_factor(a: Any, lower: bool = False, **hints: Any) -> tuple[Any, bool]:
    """Factor for `cho_solve`, as `scipy.linalg.cho_factor`; the other triangle is 0."""
    return cholesky(a, lower), lower


@implements(linalg.cho_solve)
def cho_solve(c_and_lower: tuple[Any, bool], b: Any, **hints: Any) -> Any:
    """Solve with a matrix that was factored, as `scipy.linalg.cho_solve`."""
    factor, lower = c_and_lower
    first = solve_triangular(factor, b, trans=0 if lower else 1, lower=lower)
    return solve_triangular(factor, first, trans=1 if lower else 0, lower=lower)


def _frechet(a: Any, e: Any) -> Any:
    """Compute the derivative of expm at `a` in the direction `e`, from a matrix of blocks.

    Van Loan, "Computing integrals involving the matrix exponential", 1978.
    """
    n = a.shape[-1]
    return expm(np.block([[a, e], [np.zeros((n, n)), a]]))[:n, n:]


expm: Op = implements(linalg.expm)(
    Op("expm", linalg.expm, lambda g, y, a: _frechet(a.mT, g), doc="As `scipy.linalg.expm`.")
)

# Kao and Hennequin, "Automatic differentiation of Sylvester, Lyapunov, and algebraic Riccati
# equations" (2020): a @ x + x @ b = q.
solve_sylvester: Op = implements(linalg.solve_sylvester)(
    Op(
        "solve_sylvester",
        linalg.solve_sylvester,
        lambda g, y, a, b, q: -solve_sylvester(a.mT, b.mT, g) @ y.mT,
        lambda g, y, a, b, q: -y.mT @ solve_sylvester(a.mT, b.mT, g),
        lambda g, y, a, b, q: solve_sylvester(a.mT, b.mT, g),
        word="solution",
    )
)
implements(linalg.sqrtm)(
    Op("sqrtm", linalg.sqrtm, lambda g, y, a: solve_sylvester(y.mT, y.mT, g), word="root")
)
