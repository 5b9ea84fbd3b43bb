"""Products with plain arrays in front, and arrays made of numbers."""

from .idiom import Idiom

TITLE = "Products, and `np.array` of what was computed"

IDIOMS = [
    Idiom(
        "`X @ W + b`",
        """
def loss(W, b):
    return np.mean((X @ W + b - T) ** 2)
""",
    ),
    Idiom(
        "`X.dot(W)` with plain data in front",
        """
def loss(W, b):
    return np.sum((X.dot(W) + b - T) ** 2)
""",
    ),
    Idiom(
        "`W.T.dot(...)`, `np.dot(X, W)`",
        """
def loss(W):
    return np.sum(W.T.dot(X.T) * np.dot(X, W).T)
""",
    ),
    Idiom(
        "`X.T.dot(...)` of a view of the data",
        """
def loss(W):
    return np.sum(X[:4].T.dot(W) ** 2)
""",
    ),
    Idiom(
        "`np.matrix(X) * W`",
        """
def loss(W):
    return np.sum(np.square(np.matrix(X) * W))
""",
        refused="np.asarray(m)",
    ),
    Idiom(
        "`np.multiply(W, W)`",
        """
def loss(W):
    return np.multiply(W, np.multiply(2, W)).sum()
""",
    ),
    Idiom(
        "`np.array([a, b])` of two numbers",
        """
def loss(v):
    p = np.array([v[0] * v[1], np.sin(v[2])])
    return np.sum(p ** 2)
""",
    ),
    Idiom(
        "`np.array([[cos, -sin], [sin, cos]])`, a rotation",
        """
def loss(s):
    R = np.array([[np.cos(s), -np.sin(s)], [np.sin(s), np.cos(s)]])
    return np.sum((R @ np.array([1.0, 2.0]) - np.array([0.3, 1.9])) ** 2)
""",
    ),
    Idiom(
        "`np.array` of numbers and plain numbers mixed",
        """
def loss(s):
    M = np.array([[1.0, s, 0], [0, 1, s ** 2], [0, 0, 1]])
    return np.sum(M.dot(x) ** 2)
""",
    ),
    Idiom(
        "`np.array(list)` of what a loop appended",
        """
def loss(v):
    states = []
    h = 0.1
    for k in range(4):
        h = np.tanh(v[0] * h + v[1])
        states.append(h)
    return np.array(states).var()
""",
    ),
    Idiom(
        "`np.array([f(row) for row in W])`",
        """
def loss(W):
    norms = np.array([np.sqrt(np.sum(row ** 2)) for row in W])
    return np.sum(norms * np.arange(4))
""",
    ),
    Idiom(
        "`np.array(list_of_rows)`",
        """
def loss(W, b):
    rows = [np.tanh(xi @ W + b) for xi in X]
    H = np.array(rows)
    return np.sum((H - T) ** 2)
""",
    ),
    Idiom(
        "`np.array(W)` to copy",
        """
def loss(W):
    V = np.array(W)
    return np.sum(V * V)
""",
    ),
    Idiom(
        "`np.array(W, dtype=float)`",
        """
def loss(W):
    V = np.array(W, dtype=float)
    return np.sum(V ** 3)
""",
    ),
    Idiom(
        "`np.asarray(W)` at the start of a function",
        """
def softplus(z):
    z = np.asarray(z)
    return np.log1p(np.exp(z))

def loss(W):
    return softplus(W).sum()
""",
    ),
    Idiom(
        "`np.asarray(W, dtype=np.float64)`",
        """
def loss(W):
    return (np.asarray(W, dtype=np.float64) ** 2).sum()
""",
    ),
    Idiom(
        "`np.asanyarray`, `np.ascontiguousarray`",
        """
def loss(W):
    return (np.ascontiguousarray(np.asanyarray(W).T) ** 2).sum()
""",
    ),
    Idiom(
        "`np.atleast_2d(v)`",
        """
def loss(v):
    return np.sum(np.atleast_2d(v).T @ np.atleast_2d(v))
""",
    ),
    Idiom(
        "`np.mean(list)`",
        """
def loss(W):
    losses = []
    for i in range(len(X)):
        losses.append(np.sum((X[i] @ W - T[i]) ** 2))
    return np.mean(losses)
""",
    ),
    Idiom(
        "`np.sum([... for ...])`",
        """
def loss(v):
    return np.sum([np.log(vi) * vi for vi in v])
""",
    ),
    Idiom(
        "`sum(vi ** 2 for vi in v)`",
        """
def loss(v):
    return sum(vi ** 2 for vi in v)
""",
    ),
    Idiom(
        "`np.max([a, b])`",
        """
def loss(v):
    return np.max([v[0] ** 2, v[1], v[2] / 2])
""",
    ),
    Idiom(
        "`np.maximum(0, z)`",
        """
def loss(W, b):
    return np.maximum(0, X @ W + b).sum()
""",
    ),
]
