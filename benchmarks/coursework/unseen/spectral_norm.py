"""Discriminator with spectral normalization: a hidden layer divided by its largest stretch."""

import numpy as np

rng = np.random.RandomState(114)
N, D, H = 5, 3, 4
X = rng.randn(N, D)
sign = np.array([1.0, -1, 1, 1, -1])
u = rng.randn(H)
u /= np.linalg.norm(u)  # as the last power iteration left them
v = rng.randn(D)
v /= np.linalg.norm(v)

params = {
    "W": rng.randn(H, D) + 2 * np.outer(u, v),
    "b": 0.2 * rng.randn(H),
    "w": 0.8 * rng.randn(H),
}


def loss(params):
    sigma = u @ params["W"] @ v
    a = X @ (params["W"] / sigma).T + params["b"]
    h = np.where(a > 0, a, 0.2 * a)
    score = h @ params["w"]
    return np.mean(np.log(1 + np.exp(-sign * score)))


def manual_gradients(params, mistake=None):
    W = params["W"]
    sigma = u @ W @ v
    Wn = W / sigma
    a = X @ Wn.T + params["b"]
    h = np.where(a > 0, a, 0.2 * a)
    score = h @ params["w"]
    dscore = -sign / (1 + np.exp(sign * score)) / N
    da = np.outer(dscore, params["w"]) * np.where(a > 0, 1, 0.2)
    dWn = da.T @ X
    dW = (dWn - np.sum(dWn * Wn) * np.outer(u, v)) / sigma
    if mistake == "sigma taken as a constant":
        dW = dWn / sigma
    elif mistake == "division by sigma forgotten":
        dW = dWn
    elif mistake == "sigma's part added":
        dW = (dWn + np.sum(dWn * Wn) * np.outer(u, v)) / sigma
    elif mistake == "sigma's part not summed":
        dW = (dWn - dWn * Wn * np.outer(u, v)) / sigma
    elif mistake == "projected on W, not on sigma's direction":
        dW = (dWn - np.sum(dWn * Wn) * Wn) / sigma
    return {"W": dW, "b": da.sum(axis=0), "w": h.T @ dscore}


MISTAKES = {
    "sigma taken as a constant": (
        "treated-as-constant term-missing fan-out-overwritten",
        "W sigma",
    ),
    "division by sigma forgotten": ("factor-missing term-missing", "W sigma"),
    "sigma's part added": ("sign constant-factor", "W sigma"),
    "sigma's part not summed": ("not-reduced", "W sigma"),
    "projected on W, not on sigma's direction": ("factor-replaced", "W sigma"),
}
