"""Parametric t-SNE: a linear map to two dimensions, Student's t, divergence from given pairs."""

import numpy as np

rng = np.random.RandomState(118)
n, D = 6, 4
X = rng.randn(n, D)
P = np.exp(-0.3 * np.sum((X[:, None] - X[None]) ** 2, axis=2))
np.fill_diagonal(P, 0)
P = P / P.sum()
off = 1 - np.eye(n)

params = {"W": 0.6 * rng.randn(D, 2)}


def loss(params):
    Y = X @ params["W"]
    dist = np.sum((Y[:, None, :] - Y[None, :, :]) ** 2, axis=2)
    num = off / (1 + dist)
    Q = num / np.sum(num)
    return np.sum(P * np.log((P + 1e-12) / (Q + 1e-12)))


def manual_gradients(params, mistake=None):
    Y = X @ params["W"]
    dist = np.sum((Y[:, None, :] - Y[None, :, :]) ** 2, axis=2)
    num = off / (1 + dist)
    Q = num / np.sum(num)
    PQ = P - Q
    if mistake == "normalizer taken as a constant":
        PQ = P
    elif mistake == "sign as in ascent":
        PQ = Q - P
    weight = PQ * num
    if mistake == "the t's factor forgotten":
        weight = PQ
    dY = np.zeros_like(Y)
    for i in range(n):
        for j in range(n):
            dY[i] += 4 * weight[i, j] * (Y[i] - Y[j])
    if mistake == "each pair once":
        dY = dY / 2
    elif mistake == "the other point does not move away":
        dY = 4 * np.sum(weight, axis=1)[:, None] * Y
    return {"W": X.T @ dY}


MISTAKES = {
    "normalizer taken as a constant": (
        "treated-as-constant term-missing fan-out-overwritten",
        "num Q",
    ),
    "sign as in ascent": ("constant-factor sign", "Q num loss"),
    "the t's factor forgotten": ("factor-missing exponent", "num dist"),
    "each pair once": ("constant-factor term-missing fan-out-overwritten", "Y dist"),
    "the other point does not move away": ("term-missing factor-replaced", "Y dist"),
}
