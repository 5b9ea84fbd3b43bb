"""Deep sets: padded sets of up to four points, an encoder, a masked mean and a decoder."""

import numpy as np

rng = np.random.RandomState(102)
B, M, D, H = 3, 4, 2, 5
X = rng.randn(B, M, D)
mask = np.array([[1.0, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
count = mask.sum(axis=1, keepdims=True)
target = rng.randn(B, 2)

params = {
    "W1": 0.7 * rng.randn(D, H), "b1": 0.2 * rng.randn(H),
    "W2": 0.7 * rng.randn(H, H), "b2": 0.2 * rng.randn(H),
    "W3": 0.7 * rng.randn(H, 2), "b3": 0.2 * rng.randn(2),
}  # fmt: skip


def loss(params):
    h = np.tanh(X @ params["W1"] + params["b1"])
    pooled = np.sum(h * mask[:, :, None], axis=1) / count
    hidden = np.maximum(0, pooled @ params["W2"] + params["b2"])
    out = hidden @ params["W3"] + params["b3"]
    return np.sum((out - target) ** 2) / B


def manual_gradients(params, mistake=None):
    W2, W3 = params["W2"], params["W3"]
    a = X @ params["W1"] + params["b1"]
    h = np.tanh(a)
    pooled = np.sum(h * mask[:, :, None], axis=1) / count
    pre = pooled @ W2 + params["b2"]
    hidden = np.maximum(0, pre)
    out = hidden @ W3 + params["b3"]

    grads = {}
    dout = 2 * (out - target) / B
    grads["W3"] = hidden.T @ dout
    grads["b3"] = dout.sum(axis=0)
    dpre = (dout @ W3.T) * (pre > 0)
    if mistake == "relu's mask from the pooled features":
        dpre = (dout @ W3.T) * (pooled > 0)
    grads["W2"] = pooled.T @ dpre
    grads["b2"] = dpre.sum(axis=0)
    if mistake == "averaged over the batch again":
        grads["W2"] = pooled.T @ dpre / B
        grads["b2"] = dpre.sum(axis=0) / B
    dpooled = dpre @ W2.T
    if mistake == "mean over the padded size":
        dh = np.repeat(dpooled[:, None, :] / M, M, axis=1)
    else:
        dh = np.repeat((dpooled / count)[:, None, :], M, axis=1)
    if mistake != "padding gets a gradient":
        dh = dh * mask[:, :, None]
    da = dh * (1 - h**2)
    if mistake == "tanh' of what was pooled":
        da = dh * (1 - pooled**2)[:, None, :]
    grads["W1"] = X.reshape(-1, D).T @ da.reshape(-1, H)
    grads["b1"] = da.sum(axis=(0, 1))
    return grads


MISTAKES = {
    "relu's mask from the pooled features": ("relu-mask-wrong-source mask-replaced", "hidden pre"),
    "averaged over the batch again": ("constant-factor", "W2 b2"),
    "mean over the padded size": ("constant-factor factor-replaced", "pooled h"),
    "padding gets a gradient": ("mask-missing factor-missing", "pooled h"),
    "tanh' of what was pooled": (
        "activation-derivative-wrong-argument factor-replaced",
        "h",
    ),
}
