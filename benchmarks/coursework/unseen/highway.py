"""Highway network: the same gated layer three times, then a linear score and logistic loss."""

import numpy as np

rng = np.random.RandomState(109)
N, D = 4, 3
X = rng.randn(N, D)
y = np.array([1.0, 0, 0, 1])

params = {
    "W_h": 0.7 * rng.randn(D, D), "b_h": 0.2 * rng.randn(D),
    "W_t": 0.7 * rng.randn(D, D), "b_t": -0.5 + 0.2 * rng.randn(D),
    "w": 0.8 * rng.randn(D),
}  # fmt: skip


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def loss(params):
    x = X
    for _ in range(3):
        h = np.tanh(x @ params["W_h"] + params["b_h"])
        t = sigmoid(x @ params["W_t"] + params["b_t"])
        x = t * h + (1 - t) * x
    p = sigmoid(x @ params["w"])
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def manual_gradients(params, mistake=None):
    W_h, W_t = params["W_h"], params["W_t"]
    x, cache = X, []
    for _ in range(3):
        a = x @ W_t + params["b_t"]
        h = np.tanh(x @ W_h + params["b_h"])
        t = sigmoid(a)
        cache.append((x, h, t, a))
        x = t * h + (1 - t) * x
    ds = (sigmoid(x @ params["w"]) - y) / N
    dw = x.T @ ds
    dx = np.outer(ds, params["w"])
    dW_h, db_h = np.zeros_like(W_h), np.zeros(D)
    dW_t, db_t = np.zeros_like(W_t), np.zeros(D)
    for x, h, t, a in reversed(cache):
        dt = dx * (h - x)
        if mistake == "gate only through the transform":
            dt = dx * h
        dah = dx * t * (1 - h**2)
        dat = dt * t * (1 - t)
        if mistake == "sigmoid' at the score instead of the gate":
            dat = dt * a * (1 - a)
        if mistake == "shared weights keep the first layer's gradient":
            dW_h, db_h = x.T @ dah, dah.sum(axis=0)
            dW_t, db_t = x.T @ dat, dat.sum(axis=0)
        else:
            dW_h += x.T @ dah
            db_h += dah.sum(axis=0)
            dW_t += x.T @ dat
            db_t += dat.sum(axis=0)
        carry = dx * (1 - t)
        if mistake == "carry forgotten":
            carry = 0
        elif mistake == "carry as in a residual net":
            carry = dx
        dx = carry + dah @ W_h.T + dat @ W_t.T
    return {"W_h": dW_h, "b_h": db_h, "W_t": dW_t, "b_t": db_t, "w": dw}


MISTAKES = {
    "gate only through the transform": ("term-missing fan-out-overwritten", "t x"),
    "sigmoid' at the score instead of the gate": (
        "activation-derivative-wrong-argument factor-replaced",
        "t",
    ),
    "shared weights keep the first layer's gradient": (
        "fan-out-overwritten term-missing",
        "W_h b_h W_t b_t h t",
    ),
    "carry forgotten": ("term-missing fan-out-overwritten", "x"),
    "carry as in a residual net": ("factor-missing", "x"),
}
