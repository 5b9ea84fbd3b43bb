"""Assignment into fresh arrays."""

from .idiom import Idiom

TITLE = "Buffers that a loop fills"

IDIOMS = [
    Idiom(
        "`out[k] = number` in `np.zeros`",
        """
def loss(v):
    out = np.zeros(3)
    for k in range(3):
        out[k] = v[k] ** 2 * (k + 1)
    return out.sum()
""",
    ),
    Idiom(
        "`out[k] = number` in `np.empty`, `np.empty_like`",
        """
def loss(v):
    out, other = np.empty(3), np.empty_like(x)
    for k in range(len(v)):
        out[k] = np.sin(v[k])
        other[k] = out[k] ** 2
    return np.dot(out, other)
""",
    ),
    Idiom(
        "`H[i] = row`",
        """
def loss(W, b):
    H = np.zeros((5, 3))
    for i in range(5):
        H[i] = np.tanh(X[i] @ W + b)
    return np.sum((H - T) ** 2)
""",
    ),
    Idiom(
        "`H[i, :] = row`, `H[:, t] = state`",
        """
def loss(A, b):
    H = np.zeros((3, 4))
    prev = np.zeros(3)
    for t in range(4):
        prev = np.tanh(A.dot(prev) * 0.3 + b * X[0, t])
        H[:, t] = prev
    return np.sum(H[0, :] * H[1, :]) + H[2, -1]
""",
    ),
    Idiom(
        "`h[t] = f(h[t - 1])`, read back from the buffer",
        """
def loss(v):
    h = np.zeros(6)
    h[0] = v[2]
    for t in range(1, 6):
        h[t] = np.tanh(v[0] * h[t - 1] + v[1])
    return np.sum(h ** 2)
""",
    ),
    Idiom(
        "`h = np.zeros((T + 1, n)); h[t + 1] = ...`, `h[-1]` as the first state",
        """
def loss(A, b):
    h = np.zeros((5, 3))
    for t in range(4):
        h[t] = np.tanh(h[t - 1] @ A * 0.2 + b + X[0, t])
    return np.sum(h[:-1] ** 2)
""",
    ),
    Idiom(
        "`states = {}; states[t] = ...`",
        """
def loss(v):
    states = {-1: 0.1}
    for t in range(4):
        states[t] = np.tanh(v[0] * states[t - 1] + v[1])
    return states[3] * v[2]
""",
    ),
    Idiom(
        "`out[n, f, i, j] = np.sum(patch * w)`, a convolution in loops",
        """
def loss(A):
    image = np.outer(np.arange(1.0, 6), X[0])
    out = np.zeros((1, 1, 3, 2))
    for i in range(3):
        for j in range(2):
            out[0, 0, i, j] = np.sum(image[i:i + 3, j:j + 3] * A)
    return np.sum(out ** 2)
""",
    ),
    Idiom(
        "`out[i, j] = np.max(window)`, max-pooling in loops",
        """
def loss(W):
    out = np.zeros((2, 2))
    for i in range(2):
        for j in range(2):
            out[i, j] = np.max(W[2 * i:2 * i + 2, j:j + 2])
    return np.sum(out * np.array([[1.0, 2.0], [3.0, 4.0]]))
""",
    ),
    Idiom(
        "`K[i, j] = k(x[i], x[j])`, a kernel matrix in loops",
        """
def loss(v):
    K = np.zeros((5, 5))
    for i in range(5):
        for j in range(5):
            K[i, j] = v[0] * np.exp(-np.sum((X[i] - X[j]) ** 2) / (2 * v[2] ** 2))
        K[i, i] += v[1]
    return np.linalg.slogdet(K)[1]
""",
    ),
    Idiom(
        "`padded[1:-1, 1:-1] = W`",
        """
def loss(W):
    padded = np.zeros((6, 5))
    padded[1:-1, 1:-1] = W
    return np.sum((padded[1:] - padded[:-1]) ** 2)
""",
    ),
    Idiom(
        "`Z[:, 0] = 1; Z[:, 1:] = ...`",
        """
def loss(W):
    Z = np.empty((5, 4))
    Z[:, 0] = 1
    Z[:, 1:] = np.tanh(X @ W)
    return np.sum(Z @ np.arange(1.0, 5)) ** 2
""",
    ),
    Idiom(
        "`Z[::2] = a; Z[1::2] = b`",
        """
def loss(W):
    Z = np.zeros((8, 3))
    Z[::2] = W
    Z[1::2] = np.sin(W)
    return np.sum(np.diff(Z, axis=0) ** 2)
""",
    ),
    Idiom(
        "`total = np.zeros(3); total += v`",
        """
def loss(W):
    total = np.zeros(3)
    for i in range(5):
        total += X[i] @ W
    return np.sum(total ** 2)
""",
    ),
    Idiom(
        "`total = 0; total += ...`",
        """
def loss(W):
    total = 0
    for i in range(5):
        total += np.sum((X[i] @ W - T[i]) ** 2)
    return total / 5
""",
    ),
    Idiom(
        "`out[k] += ...`",
        """
def loss(W):
    out = np.zeros(3)
    for i in range(5):
        out[y[i]] += np.sum(X[i] @ W)
    return np.sum(out ** 2)
""",
    ),
    Idiom(
        "`out[i, j] += a[i, k] * b[k, j]`, three loops",
        """
def loss(W):
    out = np.zeros((5, 3))
    for i in range(5):
        for j in range(3):
            for k in range(4):
                out[i, j] += X[i, k] * W[k, j]
    return np.sum((out - T) ** 2)
""",
    ),
    Idiom(
        "`np.add.at(out, index, values)`",
        """
def loss(W):
    out = np.zeros(3)
    np.add.at(out, y, np.sum(X @ W, axis=1))
    return np.sum(out ** 2)
""",
    ),
    Idiom(
        "`out[index] += values` with repeats, which count once",
        """
def loss(W):
    out = np.zeros(3)
    out[y] += np.sum(X @ W, axis=1)
    return np.sum(out ** 2)
""",
    ),
]
