"""RMS normalization with a residual: four mistakes that were reported.

karpathy/llm.c#763, unslothai/unsloth#4533, flagos-ai/FlagGems#5771, Dao-AILab/quack#53.
"""

import numpy as np

rng = np.random.RandomState(102)
rows, dim = 3, 5
probe = rng.randn(rows, dim)
out_probe = rng.randn(rows, dim)

params = {"x": 1.5 * rng.randn(rows, dim), "weight": rng.uniform(0.5, 1.6, dim)}


def loss(params):
    x, weight = params["x"], params["weight"]
    rstd = 1 / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-6)
    xhat = x * rstd
    y = xhat * weight
    return np.sum(y * probe) + np.sum(np.cos(x) * out_probe)


def manual_gradients(params, mistake=None):
    x, weight = params["x"], params["weight"]
    ms = np.mean(x**2, axis=1, keepdims=True) + 1e-6
    rstd = 1 / np.sqrt(ms)
    if mistake == "mean of squares stored where rstd is expected":
        rstd = ms
    xhat = x * rstd
    dout, dres = probe, -np.sin(x) * out_probe
    dweight = np.sum(dout * xhat, axis=0)
    wdy = dout if mistake == "weight forgotten in dx" else dout * weight
    if mistake == "dweight never returned":
        dweight = np.zeros(dim)
    if mistake == "residual's gradient put through the norm":
        wdy = wdy + dres
    c = np.mean(wdy * xhat, axis=1, keepdims=True)
    dx = (wdy - xhat * c) * rstd
    if mistake != "residual's gradient put through the norm":
        dx = dx + dres
    return {"x": dx, "weight": dweight}


MISTAKES = {
    "mean of squares stored where rstd is expected": ("factor-replaced exponent", "rstd xhat"),
    "weight forgotten in dx": ("factor-missing", "xhat y"),
    "dweight never returned": ("all-zero", "weight"),
    "residual's gradient put through the norm": ("order term-replaced", "x xhat"),
}
