"""Assignment into what was computed."""

from .idiom import Idiom

TITLE = "Assignment into what was computed, views, `out=`"

IDIOMS = [
    Idiom(
        "`np.fill_diagonal(K, v)`",
        """
def loss(A):
    K = A @ A.T
    np.fill_diagonal(K, 0)
    return np.sum(K ** 2)
""",
    ),
    Idiom(
        "`K[np.diag_indices(n)] += jitter`",
        """
def loss(A, s):
    K = A @ A.T
    K[np.diag_indices(3)] += s
    return np.linalg.slogdet(K)[1]
""",
    ),
    Idiom(
        "`K.flat[::n + 1] += jitter`",
        """
def loss(A, s):
    K = A @ A.T
    K.flat[::4] += s
    return np.linalg.det(K)
""",
    ),
    Idiom(
        "`L[np.tril_indices(n)] = v`",
        """
def loss(v):
    L = np.zeros((2, 2))
    L[np.tril_indices(2)] = v
    return np.sum((L @ L.T) ** 2)
""",
    ),
    Idiom(
        "`h[h < 0] = 0`",
        """
def loss(W, b):
    h = X @ W + b
    h[h < 0] = 0
    return np.sum(h ** 2)
""",
    ),
    Idiom(
        "`h[h < 0] *= 0.01`, a leaky relu",
        """
def loss(W, b):
    h = X.dot(W) + b
    h[h < 0] *= 0.01
    return np.sum(h ** 2)
""",
    ),
    Idiom(
        "`out[mask] = a[mask]; out[~mask] = b[~mask]`",
        """
def loss(W):
    z = X @ W
    out = np.zeros_like(z)
    mask = z >= 0
    out[mask] = 1 / (1 + np.exp(-z[mask]))
    out[~mask] = np.exp(z[~mask]) / (1 + np.exp(z[~mask]))
    return np.sum((out - T) ** 2)
""",
    ),
    Idiom(
        "`margins[np.arange(n), y] = 0`, the hinge of courses",
        """
def loss(W):
    scores = X.dot(W)
    correct = scores[np.arange(5), y][:, np.newaxis]
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(5), y] = 0
    return np.sum(margins) / 5 + 0.1 * np.sum(W * W)
""",
    ),
    Idiom(
        "`scores[range(n), y] -= 1`",
        """
def loss(W):
    scores = X.dot(W)
    scores[range(5), y] -= 1
    return np.sum(scores ** 2)
""",
    ),
    Idiom(
        "`shifted = scores.copy(); shifted[...] = ...`",
        """
def loss(W):
    scores = X.dot(W)
    shifted = scores.copy()
    shifted[np.arange(5), y] *= 2
    return np.sum(scores * shifted)
""",
    ),
    Idiom(
        "`scores -= np.max(scores)`",
        """
def loss(W):
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(5), y]).mean()
""",
    ),
    Idiom(
        "`h *= mask`, `h /= 2`, `h **= 2`",
        """
def loss(W):
    h = X @ W
    h *= T > 0.2
    h /= 2
    h **= 2
    h += 1
    return h.sum()
""",
    ),
    Idiom(
        "an earlier use keeps the earlier numbers",
        """
def loss(v):
    h = v * 2
    before = np.sin(h)
    h[0] = 5.0
    h += 1
    return np.sum(before * h)
""",
    ),
    Idiom(
        "assigning through a view: `row = H[1]; row[0] = ...`",
        """
def loss(W):
    H = W * 2
    row = H[1]
    row[0] = 7.0
    return np.sum(H ** 2)
""",
    ),
    Idiom(
        "assigning through `.T`, `.reshape`, `.ravel()`",
        """
def loss(W):
    H = W * 2
    H.T[0] = W[:, 1]
    H.reshape(-1)[5] = 0.5
    return np.sum(H ** 2)
""",
    ),
    Idiom(
        "a view that sees a later assignment",
        """
def loss(W):
    H = W * 2
    last = H[-1]
    H[-1] = W[0] ** 2
    return np.sum(last)
""",
    ),
    Idiom(
        "`np.maximum(a, 0, out=h)`",
        """
def loss(W):
    h = X @ W
    np.maximum(h, 0, out=h)
    return np.sum(h ** 2)
""",
    ),
    Idiom(
        "`np.exp(h, out=h)`, `np.add(a, b, out=buffer)`",
        """
def loss(W):
    h = X @ W
    buffer = np.empty((5, 3))
    np.exp(h, out=h)
    np.add(h, T, out=buffer)
    return np.sum(buffer ** 2)
""",
    ),
    Idiom(
        "`np.dot(X, W, out=buffer)`",
        """
def loss(W):
    buffer = np.empty((5, 3))
    np.dot(X, W, out=buffer)
    return np.sum(buffer ** 2)
""",
    ),
    Idiom(
        "`np.log(p, where=p > 0, out=np.zeros_like(p))`",
        """
def loss(W):
    p = np.maximum(X @ W, 0)
    return np.sum(p * np.log(p, where=p > 0, out=np.zeros_like(p)))
""",
    ),
    Idiom(
        "`np.divide(a, b, out=np.zeros_like(a), where=b != 0)`",
        """
def loss(W):
    a = X @ W
    return np.sum(np.divide(a, T, out=np.zeros_like(a), where=T != 0))
""",
    ),
    Idiom(
        "`np.copyto(buffer, h)`, `np.place`, `np.putmask`, `np.put`",
        """
def loss(W):
    buffer = np.zeros((4, 3))
    np.copyto(buffer, W)
    np.putmask(buffer, W > 0.55, 0.1)
    return np.sum(buffer ** 2)
""",
    ),
    Idiom(
        "`h.fill(0)`",
        """
def loss(v):
    h = np.empty(3)
    h.fill(v[0])
    return np.sum(h * v)
""",
    ),
    Idiom(
        "`h.sort()` of what was computed",
        """
def loss(v):
    h = v ** 2
    h.sort()
    return np.sum(h * np.arange(3))
""",
    ),
    Idiom(
        "`np.random.shuffle`d indices, `X[idx]`",
        """
def loss(W):
    np.random.seed(3)
    idx = np.arange(5)
    np.random.shuffle(idx)
    return np.sum((X[idx[:3]] @ W - T[idx[:3]]) ** 2)
""",
    ),
    Idiom(
        "swapping `a[i], a[j] = a[j], a[i]`",
        """
def loss(v):
    a = v * 1.0
    a[0], a[2] = a[2] * 2, a[0] * 3
    return a @ x
""",
    ),
    Idiom(
        "`for row in H: row *= 2`",
        """
def loss(W):
    H = W + 0
    for row in H:
        row *= 2
    return np.sum(H ** 2)
""",
    ),
    Idiom(
        "`for i, row in enumerate(H): H[i] = row / row.sum()`",
        """
def loss(W):
    H = np.exp(W)
    for i, row in enumerate(H):
        H[i] = row / row.sum()
    return np.sum(H[:, 0] ** 2)
""",
    ),
    Idiom(
        "`u[1:-1] += dt * (u[2:] - 2 * u[1:-1] + u[:-2])`, a heat equation",
        """
def loss(v):
    u = np.zeros(8)
    u[2:5] = v
    for step in range(4):
        u[1:-1] += 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum((u - 0.1) ** 2)
""",
    ),
    Idiom(
        "`u_new[i] = ...; u = u_new.copy()` in a time loop",
        """
def loss(v):
    u = np.array([0.0, 1.0, 0.5, 0.2, 0.0])
    for step in range(3):
        u_new = u.copy()
        for i in range(1, 4):
            u_new[i] = u[i] + v[0] * (u[i + 1] - 2 * u[i] + u[i - 1])
        u = u_new.copy()
    return np.sum(u ** 2)
""",
    ),
    Idiom(
        "changing the parameter itself: `W[0] = 0`",
        """
def loss(W):
    W[0] = 0
    return np.sum(W ** 2)
""",
        refused="copy",
    ),
    Idiom(
        "changing the parameter itself: `W *= 2`",
        """
def loss(W):
    W *= 2
    return np.sum(W ** 2)
""",
        refused="copy",
    ),
    Idiom(
        "writing into data that stands outside of the loss",
        """
def loss(v):
    X[0, :3] = v
    return np.sum(X ** 2)
""",
        refused="copy",
    ),
]
