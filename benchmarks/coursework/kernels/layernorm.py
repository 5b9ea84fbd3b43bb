"""Layer normalization over the last axis of rows, with weight and bias."""

import numpy as np

rng = np.random.RandomState(200)
M, N, eps = 7, 6, 1e-5

inputs = {
    "x": rng.randn(M, N) + 0.5,
    "weight": rng.uniform(0.5, 1.6, N),
    "bias": 0.3 * rng.randn(N),
}
upstream = rng.randn(M, N)


def forward(inputs):
    x = inputs["x"]
    mean = np.mean(x, axis=-1, keepdims=True)
    var = np.mean((x - mean) ** 2, axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * rstd
    return x_hat * inputs["weight"] + inputs["bias"]


def backward(inputs, dy, mistake=None):
    x, w = inputs["x"], inputs["weight"]
    mean = x.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    x_hat = (x - mean) * rstd
    wdy = w * dy
    if mistake == "weight left out of dx":
        wdy = dy
    c1 = np.sum(x_hat * wdy, axis=-1, keepdims=True) / N
    c2 = np.sum(wdy, axis=-1, keepdims=True) / N
    if mistake == "sums divided by the padded block of 8":
        c1, c2 = c1 * N / 8, c2 * N / 8
    elif mistake == "c1 without x_hat":
        c1 = c2
    elif mistake == "c1 of the unweighted upstream":
        c1 = np.sum(x_hat * dy, axis=-1, keepdims=True) / N
    elif mistake == "c2 subtracted twice":
        c2 = 2 * c2
    elif mistake == "c2 is not subtracted":
        c2 = 0
    elif mistake == "means over the whole block":
        c1, c2 = np.mean(x_hat * wdy), np.mean(wdy)
    dx = (wdy - (x_hat * c1 + c2)) * rstd
    if mistake == "rstd applied to one term":
        dx = wdy * rstd - x_hat * c1 - c2
    dw, db = np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0)
    if mistake == "partial sums of the last group alone":
        dw, db = np.sum((dy * x_hat)[4:], axis=0), np.sum(dy[4:], axis=0)
    elif mistake == "dw of x, not of x_hat":
        dw = np.sum(dy * x, axis=0)
    elif mistake == "locks missing: last row wins":
        dw, db = (dy * x_hat)[-1], dy[-1]
    return {"x": dx, "weight": dw, "bias": db}


MISTAKES = {
    "weight left out of dx": ("factor-missing", "x_hat"),
    "sums divided by the padded block of 8": ("constant-factor", "mean var rstd x"),
    "c1 without x_hat": ("factor-missing", "rstd var x_hat"),
    "c1 of the unweighted upstream": ("factor-missing factor-replaced", "rstd var x_hat"),
    "c2 subtracted twice": ("term-twice constant-factor", "mean x"),
    "c2 is not subtracted": ("treated-as-constant term-missing", "mean x"),
    "means over the whole block": ("axis", "mean var rstd x"),
    "rstd applied to one term": ("factor-missing", "rstd mean var x x_hat"),
    "partial sums of the last group alone": ("term-missing not-reduced", "weight bias"),
    "dw of x, not of x_hat": ("factor-replaced", "weight"),
    "locks missing: last row wins": ("index-overwritten not-reduced term-missing", "weight bias"),
}
