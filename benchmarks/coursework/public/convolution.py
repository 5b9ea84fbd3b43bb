"""Convolution in two dimensions: a dX that is all wrong while dW and db are right.

parasdahal/deepnet#8, and the recurring doubt of ddbourgin/numpy-ml#27 (is the kernel flipped?).
"""

import numpy as np

rng = np.random.RandomState(105)
N, S, k = 2, 5, 3
O = S - k + 1
probe = rng.randn(N, O, O)

params = {"X": rng.randn(N, S, S), "W": rng.randn(k, k), "b": 0.3}


def loss(params):
    X, W = params["X"], params["W"]
    out = params["b"]
    for i in range(k):
        for j in range(k):
            out = out + W[i, j] * X[:, i : i + O, j : j + O]
    return np.sum(np.tanh(out) * probe)


def manual_gradients(params, mistake=None):
    X, W, b = params["X"], params["W"], params["b"]
    windows = [(i, j, X[:, i : i + O, j : j + O]) for i in range(k) for j in range(k)]
    out = b + sum(W[i, j] * window for i, j, window in windows)
    dout = (1 - np.tanh(out) ** 2) * probe
    dW, dX = np.zeros_like(W), np.zeros_like(X)
    for i, j, window in windows:
        dW[i, j] = np.sum(dout * window)
        if mistake == "dX with the kernel flipped":
            dX[:, i : i + O, j : j + O] += W[k - 1 - i, k - 1 - j] * dout
        elif mistake == "dX with the kernel transposed":
            dX[:, i : i + O, j : j + O] += W[j, i] * dout
        elif mistake == "dX overwritten":
            dX[:, i : i + O, j : j + O] = W[i, j] * dout
        else:
            dX[:, i : i + O, j : j + O] += W[i, j] * dout
    if mistake == "dX by a correlation without padding":
        dX = np.zeros_like(X)
        for i in range(k):
            for j in range(k):
                dX[:, :O, :O] += W[i, j] * np.roll(dout, (-i, -j), axis=(1, 2))
    if mistake == "dW flipped":
        dW = dW[::-1, ::-1]
    return {"X": dX, "W": dW, "b": float(dout.sum())}


MISTAKES = {
    "dX with the kernel flipped": ("order index-shifted factor-replaced", "X"),
    "dX with the kernel transposed": ("transposed factor-replaced", "X W"),
    "dX overwritten": ("index-overwritten fan-out-overwritten term-missing", "X"),
    "dX by a correlation without padding": ("index-shifted order", "X"),
    "dW flipped": ("order index-shifted", "W"),
}
