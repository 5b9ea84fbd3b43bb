"""Arrays filled, joined and drawn at random."""

from .idiom import Idiom

TITLE = "Arrays filled, joined and drawn at random"

IDIOMS = [
    Idiom(
        "`np.full(n, v)`",
        """
def loss(s):
    return np.sum(np.full(3, s) * x)
""",
    ),
    Idiom(
        "`np.full_like(x, v)`",
        """
def loss(s):
    return np.sum(np.full_like(x, s ** 2) * x)
""",
    ),
    Idiom(
        "`s * np.ones(n)`, `np.ones(n) * s`",
        """
def loss(s):
    return np.sum((np.ones(3) * s - x) ** 2 + s * np.ones((3,)))
""",
    ),
    Idiom(
        "`np.eye(n) * s`",
        """
def loss(s, A):
    return np.linalg.slogdet(A + s * np.eye(3))[1]
""",
    ),
    Idiom(
        "`np.zeros_like(W) + W`",
        """
def loss(W):
    return ((np.zeros_like(W) + W) ** 2).sum()
""",
    ),
    Idiom(
        "`np.c_[a, b]`",
        """
def loss(v):
    return np.sum(np.c_[v, v ** 2] @ np.array([1.0, -2.0]))
""",
    ),
    Idiom(
        "`np.c_[np.ones(n), X] @ theta`",
        """
def loss(W):
    return np.sum((np.c_[np.ones(5), X[:, :3]] @ W - T) ** 2)
""",
    ),
    Idiom(
        "`np.r_[a, b]`",
        """
def loss(v, s):
    return np.sum(np.r_[v, s, 1.0] ** 2)
""",
    ),
    Idiom(
        "`np.append(v, s)`, `np.insert`",
        """
def loss(v, s):
    return np.prod(np.insert(np.append(v, s), 1, s))
""",
    ),
    Idiom(
        "`np.linspace(a, b, n)` between computed ends",
        """
def loss(v):
    grid = np.linspace(v[1], v[2], 5)
    return np.sum(np.exp(-grid ** 2))
""",
    ),
    Idiom(
        "`a + (b - a) * np.arange(n) / n`",
        """
def loss(v):
    grid = v[1] + (v[2] - v[1]) * np.arange(5) / 4
    return np.sum(np.exp(-grid ** 2))
""",
    ),
    Idiom(
        "`np.hstack`, `np.vstack` of lists",
        """
def loss(W, b):
    return (np.hstack([np.vstack([W, b]), np.ones((5, 1))]) ** 2).mean()
""",
    ),
    Idiom(
        "`np.stack([np.sin(t), np.cos(t)], axis=-1)`",
        """
def loss(v):
    return np.sum(np.stack([np.sin(v), np.cos(2 * v)], axis=-1).prod(axis=1))
""",
    ),
    Idiom(
        "`np.concatenate((h, x))` in a recurrent cell",
        """
def loss(W, b):
    h = np.zeros(1)
    z = np.concatenate((h, x))
    return np.sum(np.tanh(z @ W + b) ** 2)
""",
    ),
    Idiom(
        "`np.block([[A, B], [C, D]])`",
        """
def loss(A, v):
    M = np.block([[A, v[:, None]], [v[None, :], np.eye(1)]])
    return np.linalg.det(M)
""",
    ),
    Idiom(
        "`np.diag(v)`",
        """
def loss(v, A):
    return np.trace(A @ np.diag(v) @ A.T)
""",
    ),
    Idiom(
        "`np.meshgrid(v, x)`",
        """
def loss(v):
    a, c = np.meshgrid(v, x)
    return np.sum(np.sin(a * c))
""",
    ),
    Idiom(
        "`np.outer(v, v)`, `v[:, None] * v`, `v[:, np.newaxis]`",
        """
def loss(v):
    return np.sum((np.outer(v, x) + v[:, None] * v - v[:, np.newaxis]) ** 2)
""",
    ),
    Idiom(
        "`np.tile`, `np.repeat`",
        """
def loss(v):
    return np.sum(np.tile(v, (2, 1)) * np.repeat(v, 2).reshape(2, 3))
""",
    ),
    Idiom(
        "`np.eye(K)[y]`, one-hot targets",
        """
def loss(W):
    P = np.exp(X @ W) / np.exp(X @ W).sum(axis=1, keepdims=True)
    return -np.sum(np.eye(3)[y] * np.log(P)) / len(y)
""",
    ),
    Idiom(
        "`np.random.seed(0)`, then noise in the loss",
        """
def loss(W):
    np.random.seed(0)
    return np.sum((np.random.randn(5, 4) @ W) ** 2)
""",
    ),
    Idiom(
        "`np.random.rand(*h.shape) < p`, dropout",
        """
def loss(W):
    np.random.seed(1)
    h = np.maximum(0, X @ W)
    mask = (np.random.rand(*h.shape) < 0.8) / 0.8
    return np.sum((h * mask) ** 2)
""",
    ),
    Idiom(
        "`mu + sigma * rng.standard_normal(n)`",
        """
def loss(v):
    rng = np.random.default_rng(0)
    z = v[0] + v[1] * rng.standard_normal(6)
    return np.mean(np.sin(z))
""",
    ),
    Idiom(
        "`np.random.normal(mu, sigma)` with computed parameters",
        """
def loss(v):
    np.random.seed(0)
    return np.sum(np.random.normal(v[0], v[1], 6) ** 2)
""",
    ),
]
