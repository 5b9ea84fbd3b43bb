"""Loops, branches and Python's own functions."""

from .idiom import Idiom

TITLE = "Loops, branches and Python's own functions"

IDIOMS = [
    Idiom(
        "`for xi, ti in zip(X, T)`",
        """
def loss(W, b):
    total = 0.0
    for xi, ti in zip(X, T):
        total += np.sum((xi @ W + b - ti) ** 2)
    return total / len(X)
""",
    ),
    Idiom(
        "`for row in W`, `for a, b in zip(W, W[1:])`",
        """
def loss(W):
    return sum(np.sum((a - c) ** 2) for a, c in zip(W, W[1:])) + sum(row[0] for row in W)
""",
    ),
    Idiom(
        "`for i, vi in enumerate(v)`",
        """
def loss(v):
    total = 0
    for i, vi in enumerate(v):
        total = total + vi ** (i + 1)
    return total
""",
    ),
    Idiom(
        "`for i in range(W.shape[0]): for j in range(W.shape[1]): W[i, j]`",
        """
def loss(W):
    total = 0.0
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            total += W[i, j] ** 2 * (i - j)
    return total
""",
    ),
    Idiom(
        "`W[i][j]`",
        """
def loss(W):
    return sum(W[i][j] ** 2 * (i + j) for i in range(len(W)) for j in range(len(W[0])))
""",
    ),
    Idiom(
        "`for index in np.ndindex(W.shape)`",
        """
def loss(W):
    return sum(np.sin(W[index]) * sum(index) for index in np.ndindex(W.shape))
""",
    ),
    Idiom(
        "`for index, w in np.ndenumerate(W)`",
        """
def loss(W):
    return sum(np.sin(w) * sum(index) for index, w in np.ndenumerate(W))
""",
    ),
    Idiom(
        "`np.nditer(W, flags=['multi_index'])`",
        """
def loss(W):
    total, it = 0.0, np.nditer(W, flags=["multi_index"])
    while not it.finished:
        total += W[it.multi_index] ** 2
        it.iternext()
    return total
""",
    ),
    Idiom(
        "`for w in W.flat`, `W.flatten()`",
        """
def loss(W):
    return sum(w ** 2 for w in W.flat) + W.flatten().sum()
""",
    ),
    Idiom(
        "`sum(list)`, `max(list)`, `min(list)`",
        """
def loss(v):
    parts = [v[0] * v[1], v[1] * v[2], v[2] ** 2]
    return sum(parts) + 2 * max(parts) - min(parts)
""",
    ),
    Idiom(
        "`sorted(list)`, `abs(a)`, `pow(a, 2)`, `round(a, 2)`",
        """
def loss(v):
    first, *rest = sorted(vi ** 2 for vi in v)
    return abs(first - rest[0]) * pow(rest[1], 2) + round(v[0], 2)
""",
    ),
    Idiom(
        "`functools.reduce(np.dot, matrices)`",
        """
from functools import reduce

def loss(A, W):
    return np.sum(reduce(np.dot, [X, W, A]))
""",
    ),
    Idiom(
        "`*args`, unpacking `a, b, c = v`",
        """
def loss(v):
    a, c, d = v
    return a * np.exp(-c) + d ** 2
""",
    ),
    Idiom(
        "`if v > 0:`, `a if a > b else b`",
        """
def loss(v):
    total = v[0] ** 2 if v[0] > v[1] else v[1]
    if total < v[2] and not v.sum() < 0:
        total = total * v[2]
    return total
""",
    ),
    Idiom(
        "`while error > 1e-10:`, Newton's method",
        """
def loss(v):
    root = v[2]
    while abs(root ** 2 - v[0]) > 1e-13:
        root = (root + v[0] / root) / 2
    return root
""",
    ),
    Idiom(
        "`assert h.shape == (5, 3)`, `np.all`, `np.any(np.isnan(h))`",
        """
def loss(W):
    h = X @ W
    assert h.shape == (5, 3) and h.ndim == 2 and h.size == 15 and h.dtype == float
    if np.any(np.isnan(h)) or not np.all(np.isfinite(h)):
        raise ValueError("not finite")
    return (h ** 2).mean()
""",
    ),
]
