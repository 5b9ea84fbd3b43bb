"""Factorisations of matrices: cholesky, qr, eigh, svd, and the spectra alone; batched as NumPy's.

A node has one output. A factorisation of several is one node that holds them below each other,
packed along the last but one axis; NumPy's named tuple is cut out of it. So there is one rule,
which sees the cotangents of all the factors, and its own derivatives come with it.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); Murray, "Differentiation of the Cholesky decomposition" (2016); Walter and
Lehmann, "Algorithmic differentiation of linear algebra functions" (2010), for qr; Wan and Zhang,
"Automatic differentiation for complex valued SVD" (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel.dispatch import implements
from ..kernel.op import Op
from .complexes import is_complex
from .products import as_operands

# NumPy's named tuples, which have no public name.
_Eig: Any = type(np.linalg.eig(np.eye(1)))
_Eigh: Any = type(np.linalg.eigh(np.eye(1)))
_SVD: Any = type(np.linalg.svd(np.eye(1)))
_QR: Any = type(np.linalg.qr(np.eye(1)))


def _pack(*blocks: Any) -> Any:
    """Put matrices below each other."""
    return np.concatenate(blocks, axis=-2)


def _half_lower(a: Any) -> Any:
    """Keep the lower triangle, and half of the diagonal: Murray's capital phi."""
    n = a.shape[-1]
    return a * (np.tri(n) - np.eye(n) / 2).astype(a.dtype)


def _fold(a: Any) -> Any:
    """Turn the cotangent of a Hermitian matrix into that of its lower triangle, which is read."""
    return _half_lower(a + a.mT.conj())


def _off_diagonal(a: Any) -> Any:
    return a * (1 - np.eye(a.shape[-1], dtype=a.dtype))


def _over(a: Any, b: Any) -> Any:
    """Divide, with 0 / 0 = 0: what does not depend on a direction needs no derivative there."""
    return a / (b + (b == 0) * (a == 0))


# --- triangular factors ----------------------------------------------------------------------


def _cholesky_rule(g: Any, y: Any, a: Any) -> Any:
    inverse = np.linalg.inv(y)
    return _fold(inverse.mT @ _half_lower(y.mT @ g) @ inverse.conj())  # Murray (2016), eq. 9


_cholesky = Op("cholesky", np.linalg.cholesky, _cholesky_rule)


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Factor a positive definite matrix, as `numpy.linalg.cholesky`.

    NumPy reads the lower triangle alone (the upper with ``upper=True``), and the gradient belongs
    to what is read: entries of the other triangle have 0.
    """
    return _cholesky(np.matrix_transpose(a)).mT if upper else _cholesky(a)


def _qr_rule(g: Any, y: Any, a: Any) -> Any:
    rows = a.shape[-2]
    q, r, of_q, of_r = y[..., :rows, :], y[..., rows:, :], g[..., :rows, :], g[..., rows:, :]
    lower = _half_lower(r @ of_r.mT - of_q.mT @ q)
    inner = q @ (lower + lower.mT.conj())
    return (of_q + inner.conj()) @ np.linalg.inv(r).mT  # Walter and Lehmann (2010)


def _forward_qr(a: Any) -> Any:
    return _pack(*np.linalg.qr(a))


_qr = Op("qr", _forward_qr, _qr_rule, word="factors")


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Factor into an orthogonal and an upper triangular matrix, as `numpy.linalg.qr`.

    Parameters
    ----------
    a : array_like or Value
        Shape (..., M, N), with min(M, N) columns at the left that are linearly independent: the
        derivative exists there alone.
    mode : {"reduced", "r", "complete"}
        "complete" only where it is the same as "reduced", for M at most N.

    Returns
    -------
    QRResult or Value
        Q (..., M, K) and R (..., K, N), K = min(M, N); in the mode "r" only R.

    Raises
    ------
    ValueError
        If the mode is another one.
    """
    (a,) = as_operands(a)
    rows, columns = _matrix_shape("qr", a)
    if mode not in ("reduced", "r") and not (mode == "complete" and rows <= columns):
        raise ValueError(
            f"qr: the mode {mode!r} of a matrix of shape {rows, columns} is not differentiable "
            "on Values; use 'reduced' or 'r'"
        )
    packed = _qr(a[..., :rows] if rows < columns else a)
    q, r = packed[..., :rows, :], packed[..., rows:, :]
    if rows < columns:  # the columns that are left over are combinations of q
        r = np.concatenate([r, q.mT.conj() @ a[..., rows:]], axis=-1)
    return r if mode == "r" else _QR(q, r)


# --- spectra of matrices that are not symmetric ----------------------------------------------


def _eig_rule(g: Any, y: Any, a: Any) -> Any:
    w, v, of_w, of_v = y[..., 0, :], y[..., 1:, :], g[..., 0, :], g[..., 1:, :]
    gaps = w[..., None, :] - w[..., :, None]
    inner = of_w[..., None, :] * np.eye(a.shape[-1]) + _over(_off_diagonal(v.mT @ of_v), gaps)
    return np.linalg.solve(v.mT, inner @ v.mT)  # Giles (2008), 3.1


def _forward_eig(a: Any) -> Any:
    w, v = np.linalg.eig(a)
    return _pack(w[..., None, :], v)


# Of eigenvectors of any length and phase: `eig` says which NumPy gives.
_eig = Op("eig", _forward_eig, _eig_rule, word="spectrum")


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    """Compute eigenvalues and eigenvectors, as `numpy.linalg.eig`; complex where one of them is.

    Parameters
    ----------
    a : array_like or Value
        Shape (..., N, N).

    Returns
    -------
    EigResult
        The eigenvalues (..., N), and the eigenvectors (..., N, N) as columns of length 1, of
        which the largest component is real.

    Notes
    -----
    Of equal eigenvalues the same is true as for `eigh`.
    """
    packed = _eig(a)
    v = packed[..., 1:, :]
    v = v / np.linalg.norm(v, axis=-2, keepdims=True)
    if is_complex(v):
        largest = np.argmax(np.abs(v), axis=-2)[..., None, :]
        v = v * np.sign(np.take_along_axis(v, largest, axis=-2)).conj()
    return _Eig(packed[..., 0, :], v)


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Compute the eigenvalues, as `numpy.linalg.eigvals`, in the order of `eig`."""
    return _eig(a)[..., 0, :]


# --- spectra ---------------------------------------------------------------------------------


def _eigh_rule(g: Any, y: Any, a: Any, UPLO: Any) -> Any:
    w, v, of_w, of_v = y[..., 0, :], y[..., 1:, :], g[..., 0, :], g[..., 1:, :]
    gaps = w[..., None, :] - w[..., :, None]
    inner = of_w.real[..., None, :] * np.eye(a.shape[-1], dtype=a.dtype)
    inner = inner + _over(_off_diagonal(v.mT @ of_v), gaps)
    lower = _fold(v.conj() @ inner @ v.mT)  # Giles (2008), 3.1
    return lower if UPLO == "L" else lower.mT.conj()


def _forward_eigh(a: Any, UPLO: Any) -> Any:
    w, v = np.linalg.eigh(a, UPLO)
    return _pack(w[..., None, :], v)


_eigh = Op("eigh", _forward_eigh, _eigh_rule, word="spectrum")


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Compute eigenvalues and eigenvectors of a symmetric matrix, as `numpy.linalg.eigh`.

    Parameters
    ----------
    a : array_like or Value
        Shape (..., N, N).
    UPLO : {"L", "U"}
        Which triangle is read; the gradient belongs to it, and the other triangle has 0.

    Returns
    -------
    EighResult
        The eigenvalues (..., N), ascending, and the eigenvectors (..., N, N) as columns.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not square, or the iteration does not converge.

    Notes
    -----
    Equal eigenvalues have no eigenvectors of their own. A gradient through the eigenvalues is
    right there for functions that do not tell them apart, such as their sum of squares. One
    through the eigenvectors does not exist, and is infinite or NaN with NumPy's warning; so is
    a second derivative.
    """
    packed = _eigh(a, UPLO=UPLO.upper())
    return _Eigh(packed[..., 0, :].real, packed[..., 1:, :])


def _eigvalsh_rule(g: Any, y: Any, a: Any, UPLO: Any) -> Any:
    v = np.linalg.eigh(a, UPLO).eigenvectors
    lower = _fold((v.conj() * g.real[..., None, :]) @ v.mT)
    return lower if UPLO == "L" else lower.mT.conj()


_eigvalsh = Op("eigvalsh", np.linalg.eigvalsh, _eigvalsh_rule)


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Compute the eigenvalues of a symmetric matrix, as `numpy.linalg.eigvalsh`; see `eigh`."""
    return _eigvalsh(a, UPLO=UPLO.upper())


def _cut(packed: Any, a: Any) -> tuple[Any, Any, Any]:
    """Return U, the singular values and V, not conjugated, from below each other."""
    rows = a.shape[-2]
    return packed[..., :rows, :], packed[..., rows, :], packed[..., rows + 1 :, :]


def _svd_rule(g: Any, y: Any, a: Any) -> Any:
    u, s, v = _cut(y, a)
    of_u, of_s, of_v = _cut(g, a)
    down, along = s[..., :, None], s[..., None, :]
    gaps = (along - down) * (along + down)
    turn_u, turn_v = u.mT @ of_u, v.mT @ of_v
    inner = of_s.real[..., None, :] * np.eye(s.shape[-1], dtype=a.dtype)
    inner = inner + _over(_off_diagonal(turn_u - turn_u.mT.conj()), gaps) * along
    inner = inner + _over(_off_diagonal(turn_v - turn_v.mT.conj()), gaps).conj() * down
    if is_complex(a):  # a phase that u and v have in common is arbitrary
        inner = inner + (turn_u - turn_u.conj()) * np.eye(s.shape[-1]) / (2 * along)
    total = u.conj() @ inner @ v.mT.conj()  # Wan and Zhang (2019)
    if u.shape[-2] > u.shape[-1]:  # and what leaves the space of the columns, or of the rows
        total = total + _over(of_u - u.conj() @ turn_u, along) @ v.mT.conj()
    if v.shape[-2] > v.shape[-1]:
        total = total + u.conj() @ _over(of_v - v.conj() @ turn_v, along).mT
    return total


def _forward_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return _pack(u, s[..., None, :], vh.mT)


_svd = Op("svd", _forward_svd, _svd_rule, word="factors")


@implements(np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Compute the thin singular value decomposition, as `numpy.linalg.svd`.

    Parameters
    ----------
    a : array_like or Value
        Shape (..., M, N); K = min(M, N).
    full_matrices : bool
        False, unless the matrix is square: the vectors that only fill up a basis are arbitrary.
    compute_uv : bool, optional
        Whether to return the vectors too.
    hermitian : bool, optional
        False; for symmetric matrices there is `eigh`.

    Returns
    -------
    SVDResult or Value
        U (..., M, K), the singular values (..., K), descending, and Vh (..., K, N); or the
        singular values alone.

    Raises
    ------
    ValueError
        If ``full_matrices`` is true for a matrix that is not square, or ``hermitian`` is true.

    Notes
    -----
    Equal singular values, and for the vectors those that are 0, have no vectors of their own: see
    `eigh`, of which the same is true.
    """
    (a,) = as_operands(a)
    if hermitian:
        raise ValueError("svd: hermitian=True is not differentiable on Values; use eigh")
    if not compute_uv:
        return svdvals(a)
    rows, columns = _matrix_shape("svd", a)
    if full_matrices and rows != columns:
        raise ValueError(
            f"svd: full_matrices=True of a matrix of shape {rows, columns} is not differentiable, "
            "because the vectors that fill up the basis are arbitrary; pass full_matrices=False"
        )
    u, s, v = _cut(_svd(a), a)
    return _SVD(u, s.real, v.mT)


def _svdvals_rule(g: Any, y: Any, a: Any) -> Any:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return (u.conj() * g.real[..., None, :]) @ vh.conj()


svdvals = implements(np.linalg.svdvals)(
    Op(
        "svdvals",
        lambda a: np.linalg.svd(a, compute_uv=False),
        _svdvals_rule,
        text="np.linalg.svd({0}, compute_uv=False)",
        word="spectrum",
    )
)


def _matrix_shape(name: str, a: Any) -> tuple[int, int]:
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"{name}: expected matrices, got shape {a.shape}")
    rows, columns = a.shape[-2:]
    return rows, columns
