"""NumPy's functions and the ways to call them."""

from .idiom import Idiom

TITLE = "NumPy's functions and the ways to call them"

IDIOMS = [
    Idiom(
        "`np.sum(h, where=mask)`",
        """
def loss(W):
    return np.sum((X @ W) ** 2, where=T > 0.2)
""",
    ),
    Idiom(
        "`np.mean(h, where=mask)`",
        """
def loss(W):
    return np.mean((X @ W) ** 2, where=T > 0.2)
""",
    ),
    Idiom(
        "`np.sum(h, initial=1)`, `np.max(h, initial=0)`",
        """
def loss(W):
    return np.sum(W, initial=1.0) * np.max(W, initial=0.0)
""",
    ),
    Idiom(
        "`np.add.reduce(W, axis=0)`, `np.multiply.reduce`",
        """
def loss(W):
    return np.sum(np.add.reduce(W, axis=0) ** 2) + np.multiply.reduce(W[0])
""",
    ),
    Idiom(
        "`np.maximum.reduce([a, b, c])`",
        """
def loss(v):
    return np.sum(np.maximum.reduce([v, x, v ** 2]))
""",
        refused="stack()",
    ),
    Idiom(
        "`np.multiply.outer(v, x)`, `np.subtract.outer(v, v)`",
        """
def loss(v):
    return np.sum(np.subtract.outer(v, x) ** 2 * np.multiply.outer(v, v))
""",
    ),
    Idiom(
        "`np.add.accumulate(v)`, `np.multiply.accumulate`",
        """
def loss(v):
    return np.sum(np.add.accumulate(v) * np.multiply.accumulate(v))
""",
    ),
    Idiom(
        "`h.sum(1)`, `h.mean(0, keepdims=True)`, `h.max(axis=-1)`",
        """
def loss(W):
    h = X @ W
    return h.sum(1).std() + (h.mean(0, keepdims=True) ** 2).sum() + h.max(axis=-1).mean()
""",
    ),
    Idiom(
        "`np.einsum('ni,ij->nj', X, W)`",
        """
def loss(W):
    return np.einsum("ni,ij,nj->", X, W, T) + np.einsum("ij,ij", W, W)
""",
    ),
    Idiom(
        "`np.tensordot`, `np.inner`, `np.vdot`, `np.kron`",
        """
def loss(A):
    return np.tensordot(A, A, axes=([0], [1])).sum() + np.inner(A, A).sum() + np.kron(A, A).mean()
""",
    ),
    Idiom(
        "`np.linalg.norm(h, axis=1)`",
        """
def loss(W):
    h = X @ W
    return np.sum(h / np.linalg.norm(h, axis=1, keepdims=True) * T)
""",
    ),
    Idiom(
        "`np.linalg.solve`, `np.linalg.inv`, `np.linalg.det`",
        """
def loss(A, b):
    return b @ np.linalg.solve(A, b) + np.linalg.inv(A).sum() + np.log(np.linalg.det(A))
""",
    ),
    Idiom(
        "`np.linalg.cholesky`, a normal log density",
        """
def loss(A, b):
    L = np.linalg.cholesky(A @ A.T)
    z = np.linalg.solve(L, b)
    return -0.5 * z @ z - np.log(np.diag(L)).sum() - 1.5 * np.log(2 * np.pi)
""",
    ),
    Idiom(
        "`np.linalg.svd`, `np.linalg.eigh`, `np.linalg.lstsq`",
        """
def loss(W, A):
    u, s, vt = np.linalg.svd(W, full_matrices=False)
    lam, Q = np.linalg.eigh(A + A.T)
    beta, *_ = np.linalg.lstsq(W, X[0], rcond=None)
    return s.sum() + lam[-1] + np.sum(beta ** 2)
""",
    ),
    Idiom(
        "`np.linalg.eigvals(A).real.max()`",
        """
def loss(A):
    return np.linalg.eigvals(A - 2 * A.T).real.max()
""",
    ),
    Idiom(
        "`np.linalg.eig(A)`, the leading vector",
        """
def loss(A):
    lam, Q = np.linalg.eig(A - A.T)
    k = np.argmax(lam.imag)
    return lam.imag[k] * np.sum(np.abs(Q[:, k]) ** 4 * A[0])
""",
    ),
    Idiom(
        "`np.linalg.matrix_power`, `np.linalg.multi_dot`",
        """
def loss(A):
    return np.linalg.matrix_power(A, 3).sum() + np.linalg.multi_dot([X[:, :3], A, A]).sum()
""",
    ),
    Idiom(
        "`np.linalg.pinv(W) @ v`",
        """
def loss(W):
    return np.sum((np.linalg.pinv(W) @ X[0]) ** 2)
""",
    ),
    Idiom(
        "`np.where(z > 0, z, a * (np.exp(z) - 1))`",
        """
def loss(W):
    z = X @ W
    return np.sum(np.where(z > 0, z, 0.5 * (np.exp(z) - 1)))
""",
    ),
    Idiom(
        "`np.piecewise(z, [z < 0, z >= 0], [f, g])`",
        """
def loss(W):
    z = X @ W
    return np.sum(np.piecewise(z, [z < 0, z >= 0], [lambda z: 0.1 * z, lambda z: z ** 2]))
""",
    ),
    Idiom(
        "`np.select(conditions, choices)`",
        """
def loss(v):
    return np.sum(np.select([v < 0.5, v < 1], [v ** 2, np.sin(v)], default=np.log(v)))
""",
    ),
    Idiom(
        "`np.clip(p, 1e-12, 1)`, `p.clip(min=...)`",
        """
def loss(W):
    p = np.clip(X @ W, 0.1, 0.9)
    return -np.sum(T * np.log(p)) + p.clip(min=0.3).sum()
""",
    ),
    Idiom(
        "`np.vectorize(f)(W)`",
        """
def relu(z):
    if z > 0:
        return z
    return 0.1 * z

def loss(W):
    return np.sum(np.vectorize(relu)(X @ W) ** 2)
""",
    ),
    Idiom(
        "`@np.vectorize`, `np.vectorize(f, otypes=[float])`",
        """
@np.vectorize
def clipped(z):
    return min(z, 0.5)

def loss(v):
    return np.sum(clipped(v) * np.vectorize(lambda a: a ** 2, otypes=[float])(v))
""",
    ),
    Idiom(
        "`np.apply_along_axis(f, 1, W)`",
        """
def softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()

def loss(W):
    return np.sum((np.apply_along_axis(softmax, 1, X @ W) - T) ** 2)
""",
    ),
    Idiom(
        "`np.array(list(map(f, v)))`",
        """
def loss(v):
    return np.sum(np.array(list(map(lambda a: np.sin(a), v))) ** 2)
""",
    ),
    Idiom(
        "`np.fromiter((f(a) for a in v), float)`",
        """
def loss(v):
    return np.sum(np.fromiter((a ** 2 for a in v), float))
""",
    ),
    Idiom(
        "`np.polyval(v, x)`",
        """
def loss(v):
    return np.sum((np.polyval(v, x) - np.array([1.0, 0.5, 2.0])) ** 2)
""",
    ),
    Idiom(
        "`np.poly1d(v)(x)`",
        """
def loss(v):
    return np.sum((np.poly1d(v)(x) - 1) ** 2)
""",
    ),
    Idiom(
        "`np.polynomial.polynomial.polyval(x, v)`",
        """
from numpy.polynomial import polynomial

def loss(v):
    return np.sum((polynomial.polyval(x, v) - 1) ** 2)
""",
    ),
    Idiom(
        "`np.polyfit(x, v, 1)`",
        """
def loss(v):
    slope, level = np.polyfit(x, v, 1)
    return slope * level
""",
    ),
    Idiom(
        "`np.vander(v, 3)`",
        """
def loss(v):
    return np.linalg.det(np.vander(v, 3))
""",
    ),
]
