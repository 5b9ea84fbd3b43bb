"""RMS normalization of rows with a weight, adding one to it as some models do."""

import numpy as np

rng = np.random.RandomState(205)
M, N, eps = 3, 5, 1e-6

inputs = {"x": 1.4 * rng.randn(M, N), "weight": 0.4 * rng.randn(N)}
upstream = rng.randn(M, N)


def forward(inputs):
    x = inputs["x"]
    rstd = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    return x * rstd * (1 + inputs["weight"])


def backward(inputs, dy, mistake=None):
    x, w = inputs["x"], inputs["weight"]
    ms = np.mean(x**2, axis=-1, keepdims=True) + eps
    rstd = 1 / np.sqrt(ms)
    m = dy * (1 + w)
    if mistake == "offset of the weight forgotten":
        m = dy * w
    elif mistake == "weight left out of dx":
        m = dy
    dot = np.sum(m * x, axis=-1, keepdims=True)
    if mistake == "dot over the batch":
        dot = np.sum(m * x, axis=0, keepdims=True)
    elif mistake == "dot of the upstream":
        dot = np.sum(dy * x, axis=-1, keepdims=True)
    dx = rstd * m - rstd**3 / N * dot * x
    if mistake == "rstd squared for cubed":
        dx = rstd * m - rstd**2 / N * dot * x
    elif mistake == "rstd's path left out":
        dx = rstd * m
    elif mistake == "1/N left out":
        dx = rstd * m - rstd**3 * dot * x
    elif mistake == "rstd is the mean square":
        dx = ms * m - ms**3 / N * dot * x
    elif mistake == "second term added":
        dx = rstd * m + rstd**3 / N * dot * x
    dw = np.sum(dy * x * rstd, axis=0)
    if mistake == "dw without rstd":
        dw = np.sum(dy * x, axis=0)
    elif mistake == "dw of the first row":
        dw = (dy * x * rstd)[0]
    return {"x": dx, "weight": dw}


MISTAKES = {
    "offset of the weight forgotten": ("term-missing factor-replaced", "x"),
    "weight left out of dx": ("factor-missing", "x"),
    "dot over the batch": ("axis", "rstd x"),
    "dot of the upstream": ("factor-missing factor-replaced", "rstd x"),
    "rstd squared for cubed": ("exponent factor-missing", "rstd x"),
    "rstd's path left out": ("treated-as-constant term-missing fan-out-overwritten", "rstd x"),
    "1/N left out": ("constant-factor factor-missing", "rstd x"),
    "rstd is the mean square": ("factor-replaced exponent", "rstd x"),
    "second term added": ("constant-factor sign", "rstd x"),
    "dw without rstd": ("factor-missing", "weight"),
    "dw of the first row": ("not-reduced index-overwritten term-missing", "weight"),
}
