"""RMS normalization with a weight, before a residual and a linear layer; three tokens."""

import numpy as np

rng = np.random.RandomState(12)
n_tokens, dim = 3, 6
tokens = rng.randn(n_tokens, dim)
target = rng.randn(n_tokens, dim)

params = {
    "Win": np.eye(dim) + 0.4 * rng.randn(dim, dim),
    "g": rng.uniform(0.5, 1.6, dim),
    "Wout": 0.5 * rng.randn(dim, dim),
}


def loss(params):
    x = tokens @ params["Win"]
    ms = np.mean(x * x, axis=-1, keepdims=True)
    rms = np.sqrt(ms + 1e-6)
    n = x / rms
    y = x + (n * params["g"]) @ params["Wout"]
    return 0.5 * np.sum((y - target) ** 2)


def manual_gradients(params, mistake=None):
    Win, g, Wout = params["Win"], params["g"], params["Wout"]
    x = tokens @ Win
    ms = np.mean(x * x, axis=-1, keepdims=True)
    rms = np.sqrt(ms + 1e-6)
    n = x / rms
    scaled = n * g
    y = x + scaled @ Wout

    dy = y - target
    dWout = scaled.T @ dy
    if mistake == "Wout used untransposed":
        dscaled = dy @ Wout
    elif mistake == "Win for Wout":
        dscaled = dy @ Win.T
    else:
        dscaled = dy @ Wout.T
    if mistake == "dWout without g":
        dWout = n.T @ dy
    dg = np.sum(dscaled * n, axis=0)
    if mistake == "dg with x":
        dg = np.sum(dscaled * x, axis=0)
    elif mistake == "dg is None, so zero":
        dg = np.zeros_like(g)
    dn = dscaled * g
    if mistake == "g forgotten":
        dn = dscaled
    dot = np.mean(dn * n, axis=-1, keepdims=True)
    if mistake == "dot is a sum":
        dot = np.sum(dn * n, axis=-1, keepdims=True)
    elif mistake == "dot with x":
        dot = np.mean(dn * x, axis=-1, keepdims=True)
    elif mistake == "dot over the tokens":
        dot = np.mean(dn * n, axis=0, keepdims=True)
    elif mistake == "dot with dy":
        dot = np.mean(dscaled * n, axis=-1, keepdims=True)
    if mistake == "rms is a constant":
        dx = dn / rms
    elif mistake == "ms for rms":
        dx = (dn - n * dot) / ms
    elif mistake == "times rms":
        dx = (dn - n * dot) * rms
    elif mistake == "dot is added":
        dx = (dn + n * dot) / rms
    elif mistake == "half of the second term":
        dx = (dn - 0.5 * n * dot) / rms
    elif mistake == "mean subtracted as in layernorm":
        dx = (dn - np.mean(dn, axis=-1, keepdims=True) - n * dot) / rms
    else:
        dx = (dn - n * dot) / rms
    if mistake == "residual forgotten":
        pass
    elif mistake == "residual multiplied into the norm":
        dx = (dy + dscaled) * g / rms
    elif mistake == "residual alone":
        dx = dy
    elif mistake == "residual twice":
        dx = dx + 2 * dy
    else:
        dx = dx + dy
    return {"Win": tokens.T @ dx, "g": dg, "Wout": dWout}


MISTAKES = {
    "Wout used untransposed": ("transposed-weight transposed", "Wout"),
    "Win for Wout": ("wrong-matrix factor-replaced", "Wout"),
    "dWout without g": ("factor-missing factor-replaced weight-from-preactivation", "Wout"),
    "dg with x": ("factor-replaced factor-missing", "g"),
    "dg is None, so zero": ("all-zero", "g"),
    "g forgotten": ("factor-missing", "n g"),
    "dot is a sum": ("constant-factor factor-missing", "ms rms"),
    "dot with x": ("factor-replaced factor-missing", "ms rms n"),
    "dot over the tokens": ("axis", "ms rms"),
    "dot with dy": ("factor-missing factor-replaced", "ms rms n"),
    "rms is a constant": ("treated-as-constant term-missing", "ms rms n"),
    "ms for rms": ("factor-replaced factor-twice exponent", "rms n"),
    "times rms": ("factor-replaced exponent", "rms n"),
    "dot is added": ("constant-factor sign second-operand-sign", "ms rms"),
    "half of the second term": ("constant-factor", "ms rms"),
    "mean subtracted as in layernorm": ("term-added", "n x"),
    "residual forgotten": ("fan-out-overwritten term-missing", "x"),
    "residual multiplied into the norm": ("order term-replaced", "x n"),
    "residual alone": ("fan-out-overwritten term-missing", "x n"),
    "residual twice": ("fan-out-counted-twice term-twice", "x"),
}
