"""Layer normalization over the last axis of (batch, time, features), then a linear head."""

import numpy as np

rng = np.random.RandomState(11)
B, T, C = 3, 2, 5
x = rng.randn(B, T, 4)
target = rng.randn(B, T, 2)

params = {
    "Wx": rng.randn(4, C),
    "weight": rng.uniform(0.6, 1.7, C),
    "bias": 0.2 * rng.randn(C),
    "Wo": 0.6 * rng.randn(C, 2),
}


def loss(params):
    inp = x @ params["Wx"]
    mean = inp.mean(axis=-1, keepdims=True)
    var = ((inp - mean) ** 2).mean(axis=-1, keepdims=True)
    rstd = (var + 1e-5) ** -0.5
    norm = (inp - mean) * rstd
    out = norm * params["weight"] + params["bias"]
    y = out @ params["Wo"]
    return ((y - target) ** 2).mean()


def manual_gradients(params, mistake=None):
    inp = x @ params["Wx"]
    mean = inp.mean(axis=-1, keepdims=True)
    var = ((inp - mean) ** 2).mean(axis=-1, keepdims=True)
    rstd = (var + 1e-5) ** -0.5
    norm = (inp - mean) * rstd
    out = norm * params["weight"] + params["bias"]
    y = out @ params["Wo"]

    dy = 2 * (y - target) / y.size
    if mistake == "mean over the batch alone":
        dy = 2 * (y - target) / B
    dWo = np.einsum("btc,btk->ck", out, dy)
    dout = dy @ params["Wo"].T
    if mistake == "Wo not from the affine output":
        dWo = np.einsum("btc,btk->ck", norm, dy)
    dbias = dout.sum(axis=(0, 1))
    dweight = (dout * norm).sum(axis=(0, 1))
    if mistake == "bias over the batch is a mean":
        dbias = dout.sum(axis=1).mean(axis=0)
    elif mistake == "dweight with inp":
        dweight = (dout * inp).sum(axis=(0, 1))
    elif mistake == "dweight keeps the last step":
        dweight = (dout * norm)[:, -1].sum(axis=0)
        dbias = dout[:, -1].sum(axis=0)
    dnorm = dout * params["weight"]
    if mistake == "weight forgotten in dinp":
        dnorm = dout
    elif mistake == "weight twice in dinp":
        dnorm = dout * params["weight"] ** 2

    axis = -1
    if mistake == "statistics over time":
        axis = 1
    elif mistake == "statistics over the whole block":
        axis = None
    elif mistake == "statistics over the batch":
        axis = 0
    first = dnorm.mean(axis=axis, keepdims=True)
    second = (dnorm * norm).mean(axis=axis, keepdims=True)
    if mistake == "sum for mean in the second term":
        second = (dnorm * norm).sum(axis=-1, keepdims=True)
    elif mistake == "sum for mean in both terms":
        first, second = first * C, second * C
    if mistake == "no first term":
        dinp = (dnorm - norm * second) * rstd
    elif mistake == "no second term":
        dinp = (dnorm - first) * rstd
    elif mistake == "first term twice":
        dinp = (dnorm - 2 * first - norm * second) * rstd
    elif mistake == "second term without norm":
        dinp = (dnorm - first - second) * rstd
    elif mistake == "second term with the centred input":
        dinp = (dnorm - first - (inp - mean) * second) * rstd
    elif mistake == "second term is added":
        dinp = (dnorm - first + norm * second) * rstd
    elif mistake == "rstd forgotten":
        dinp = dnorm - first - norm * second
    elif mistake == "divided by the variance":
        dinp = (dnorm - first - norm * second) * rstd**2
    elif mistake == "multiplied by the deviation":
        dinp = (dnorm - first - norm * second) / rstd
    elif mistake == "rstd on the first term alone":
        dinp = dnorm * rstd - first - norm * second
    else:
        dinp = (dnorm - first - norm * second) * rstd
    dWx = np.einsum("btd,btc->dc", x, dinp)
    return {"Wx": dWx, "weight": dweight, "bias": dbias, "Wo": dWo}


MISTAKES = {
    "mean over the batch alone": ("constant-factor", "y loss"),
    "Wo not from the affine output": ("weight-from-preactivation factor-replaced", "Wo out"),
    "bias over the batch is a mean": ("bias-mean constant-factor", "bias"),
    "dweight with inp": ("factor-replaced", "weight"),
    "dweight keeps the last step": (
        "index-overwritten not-reduced term-missing axis",
        "weight bias",
    ),
    "weight forgotten in dinp": ("factor-missing", "norm out"),
    "weight twice in dinp": ("factor-twice", "norm out"),
    "statistics over time": ("axis", "mean var norm inp"),
    "statistics over the whole block": ("axis", "mean var norm inp"),
    "statistics over the batch": ("axis", "mean var norm inp"),
    "sum for mean in the second term": ("constant-factor factor-missing", "var rstd"),
    "sum for mean in both terms": ("constant-factor factor-missing", "mean var rstd"),
    "no first term": ("treated-as-constant term-missing", "mean"),
    "no second term": ("treated-as-constant term-missing", "var rstd"),
    "first term twice": ("term-twice constant-factor fan-out-counted-twice", "mean"),
    "second term without norm": ("factor-missing", "var rstd"),
    "second term with the centred input": ("factor-replaced factor-missing", "var rstd"),
    "second term is added": ("constant-factor sign", "var rstd"),
    "rstd forgotten": ("factor-missing", "norm inp rstd"),
    "divided by the variance": ("factor-twice exponent factor-replaced", "norm inp rstd"),
    "multiplied by the deviation": ("factor-replaced exponent", "norm inp rstd"),
    "rstd on the first term alone": ("factor-missing", "norm inp mean rstd"),
}
