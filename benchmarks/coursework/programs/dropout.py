"""Inverted dropout with fixed masks after each of two hidden layers (tanh, gelu), squared error."""

import numpy as np

rng = np.random.RandomState(25)
N, D, H1, H2 = 7, 3, 6, 5
X = rng.randn(N, D)
target = rng.randn(N, 1)
keep = 0.7
mask1 = (rng.rand(N, H1) < keep) / keep
mask2 = (rng.rand(N, H2) < keep) / keep

params = {
    "W1": 0.7 * rng.randn(D, H1),
    "W2": 0.6 * rng.randn(H1, H2),
    "b2": 0.3 * rng.randn(H2),
    "w3": 0.7 * rng.randn(H2, 1),
}
c = np.sqrt(2 / np.pi)


def gelu(a):
    return 0.5 * a * (1 + np.tanh(c * (a + 0.044715 * a**3)))


def gelu_slope(a):
    t = np.tanh(c * (a + 0.044715 * a**3))
    return 0.5 * (1 + t) + 0.5 * a * (1 - t**2) * c * (1 + 3 * 0.044715 * a**2)


def loss(params):
    h1 = np.tanh(X @ params["W1"])
    d1 = h1 * mask1
    a2 = d1 @ params["W2"] + params["b2"]
    h2 = gelu(a2)
    d2 = h2 * mask2
    out = d2 @ params["w3"]
    return 0.5 * np.mean((out - target) ** 2)


def manual_gradients(params, mistake=None):
    W1, W2, b2, w3 = params["W1"], params["W2"], params["b2"], params["w3"]
    h1 = np.tanh(X @ W1)
    d1 = h1 * mask1
    a2 = d1 @ W2 + b2
    h2 = gelu(a2)
    d2 = h2 * mask2
    out = d2 @ w3
    dout = (out - target) / N
    dw3 = d2.T @ dout
    if mistake == "dw3 without dropout":
        dw3 = h2.T @ dout
    dd2 = dout @ w3.T
    if mistake == "second mask forgotten":
        dh2 = dd2
    elif mistake == "second mask inverted":
        dh2 = dd2 * (mask2 == 0) / keep
    elif mistake == "second mask without the scale":
        dh2 = dd2 * (mask2 > 0)
    elif mistake == "the scale without the second mask":
        dh2 = dd2 / keep
    elif mistake == "the scale twice":
        dh2 = dd2 * mask2 / keep
    elif mistake == "first mask for the second":
        dh2 = dd2 * mask1[:, :H2]
    else:
        dh2 = dd2 * mask2
    t = np.tanh(c * (a2 + 0.044715 * a2**3))
    if mistake == "gelu's second term missing":
        da2 = dh2 * 0.5 * (1 + t)
    elif mistake == "gelu without the inner derivative":
        da2 = dh2 * (0.5 * (1 + t) + 0.5 * a2 * (1 - t**2))
    elif mistake == "gelu's cube without its 3":
        da2 = dh2 * (0.5 * (1 + t) + 0.5 * a2 * (1 - t**2) * c * (1 + 0.044715 * a2**2))
    elif mistake == "gelu as relu":
        da2 = dh2 * (a2 > 0)
    elif mistake == "gelu's value for its slope":
        da2 = dh2 * h2
    elif mistake == "gelu's slope after dropout":
        da2 = dh2 * gelu_slope(d2)
    else:
        da2 = dh2 * gelu_slope(a2)
    dW2 = d1.T @ da2
    if mistake == "dW2 from h1":
        dW2 = h1.T @ da2
    db2 = da2.sum(axis=0)
    dd1 = da2 @ W2.T
    if mistake == "tanh' after dropout":
        da1 = dd1 * mask1 * (1 - d1**2)
    elif mistake == "first mask forgotten":
        da1 = dd1 * (1 - h1**2)
    elif mistake == "mask drawn anew":
        again = (np.random.RandomState(99).rand(N, H1) < keep) / keep
        da1 = dd1 * again * (1 - h1**2)
    else:
        da1 = dd1 * mask1 * (1 - h1**2)
    return {"W1": X.T @ da1, "W2": dW2, "b2": db2, "w3": dw3}


MISTAKES = {
    "dw3 without dropout": ("weight-from-preactivation factor-replaced mask-missing", "w3"),
    "second mask forgotten": ("mask-missing factor-missing", "d2 h2"),
    "second mask inverted": ("mask-replaced", "d2 h2"),
    "second mask without the scale": ("constant-factor factor-missing mask-replaced", "d2 h2"),
    "the scale without the second mask": ("mask-missing mask-replaced", "d2 h2"),
    "the scale twice": ("constant-factor factor-twice", "d2 h2"),
    "first mask for the second": ("mask-replaced factor-replaced", "d2 h2"),
    "gelu's second term missing": ("term-missing treated-as-constant fan-out-overwritten", "a2 h2"),
    "gelu without the inner derivative": ("factor-missing", "a2 h2"),
    "gelu's cube without its 3": ("constant-factor factor-missing exponent", "a2 h2"),
    "gelu as relu": ("mask-replaced factor-replaced activation-derivative-wrong-argument", "a2 h2"),
    "gelu's value for its slope": ("activation-derivative-wrong-argument factor-replaced", "a2 h2"),
    "gelu's slope after dropout": ("activation-derivative-wrong-argument factor-replaced", "a2 h2"),
    "dW2 from h1": ("weight-from-preactivation mask-missing factor-replaced", "W2"),
    "tanh' after dropout": ("activation-derivative-wrong-argument factor-replaced", "h1 d1"),
    "first mask forgotten": ("mask-missing factor-missing", "d1 h1"),
    "mask drawn anew": ("mask-replaced", "d1 h1"),
}
