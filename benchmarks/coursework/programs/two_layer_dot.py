"""A two-layer net as in the older tutorials: X.dot(W), np.c_ and an assignment into the margins."""

import numpy as np

rng = np.random.RandomState(78)
N, D, H, K = 7, 3, 4, 3
X = rng.randn(N, D)
y = rng.randint(K, size=N)

params = {"W1": 0.7 * rng.randn(D, H), "b1": 0.2 * rng.randn(H), "W2": 0.7 * rng.randn(H + 1, K)}


def loss(params):
    h = X.dot(params["W1"]) + params["b1"]
    h[h < 0] = 0
    h = np.c_[h, np.ones(N)]
    scores = h.dot(params["W2"])
    margins = np.maximum(0, scores - scores[np.arange(N), y].reshape(N, 1) + 1.0)
    margins[np.arange(N), y] = 0
    return np.sum(margins) / N


def manual_gradients(params, mistake=None):
    W1, b1, W2 = params["W1"], params["b1"], params["W2"]
    z = X.dot(W1) + b1
    h = np.c_[np.maximum(z, 0), np.ones(N)]
    scores = h.dot(W2)
    margins = scores - scores[np.arange(N), y].reshape(N, 1) + 1.0
    dscores = (margins > 0).astype(float)
    dscores[np.arange(N), y] = 0
    if mistake == "correct class forgotten":
        pass
    elif mistake == "correct class 1 - K":
        dscores[np.arange(N), y] = 1 - K
    elif mistake == "correct class -1":
        dscores[np.arange(N), y] = -1
    else:
        dscores[np.arange(N), y] = -dscores.sum(axis=1)
    if mistake != "not averaged":
        dscores /= N
    dW2 = h.T.dot(dscores)
    if mistake == "dW2 without relu":
        dW2 = np.c_[z, np.ones(N)].T.dot(dscores)
    elif mistake == "the ones' row is a mean":
        dW2[-1] = dscores.mean(axis=0)
    dh = dscores.dot(W2.T)
    if mistake == "the first column cut off":
        dh = dh[:, 1:]
    else:
        dh = dh[:, :-1]
    if mistake == "relu forgotten":
        pass
    elif mistake == "relu inverted":
        dh = dh * (z < 0)
    elif mistake == "relu's mask by dh":
        dh[dh < 0] = 0
    else:
        dh[z < 0] = 0
    db1 = dh.sum(axis=0)
    if mistake == "db1 is a mean":
        db1 = dh.mean(axis=0)
    return {"W1": X.T.dot(dh), "b1": db1, "W2": dW2}


MISTAKES = {
    "correct class forgotten": ("term-missing treated-as-constant", "scores margins"),
    "correct class 1 - K": ("constant-factor mask-missing", "scores margins"),
    "correct class -1": ("constant-factor not-reduced", "scores margins"),
    "not averaged": ("constant-factor factor-missing", "scores margins loss"),
    "dW2 without relu": ("weight-from-preactivation factor-replaced", "W2"),
    "the ones' row is a mean": ("constant-factor bias-mean", "W2"),
    "the first column cut off": ("index-shifted", "h"),
    "relu forgotten": ("relu-mask-missing factor-missing", "h"),
    "relu inverted": ("relu-mask-inverted mask-replaced", "h"),
    "relu's mask by dh": ("relu-mask-wrong-source mask-replaced", "h"),
    "db1 is a mean": ("bias-mean constant-factor", "b1"),
}
