"""Elementwise product, elu, average pooling with windows of 2 and stride 1, a dense layer."""

import numpy as np

rng = np.random.RandomState(24)
N, L, size = 7, 6, 2
x = rng.randn(N, L)
y = rng.randn(N)

params = {"s": rng.uniform(0.5, 1.5, L), "b": 0.2 * rng.randn(L), "v": 0.7 * rng.randn(L - 1)}


def loss(params):
    z = x * params["s"] + params["b"]
    e = np.where(z > 0, z, np.exp(z) - 1)
    pooled = (e[:, :-1] + e[:, 1:]) / size
    prediction = pooled @ params["v"]
    return np.mean(np.log(np.cosh(prediction - y)))


def manual_gradients(params, mistake=None):
    s, b, v = params["s"], params["b"], params["v"]
    z = x * s + b
    e = np.where(z > 0, z, np.exp(z) - 1)
    pooled = (e[:, :-1] + e[:, 1:]) / size
    residual = pooled @ v - y
    if mistake == "residual without tanh":
        dprediction = residual / N
    elif mistake == "log cosh taken for cosh":
        dprediction = np.sinh(residual) / N
    elif mistake == "1/cosh for tanh":
        dprediction = 1 / np.cosh(residual) / N
    else:
        dprediction = np.tanh(residual) / N
    dv = pooled.T @ dprediction
    dpooled = np.outer(dprediction, v)
    de = np.zeros_like(e)
    if mistake == "left neighbours only":
        de[:, :-1] += dpooled / size
    elif mistake == "right neighbours overwrite":
        de[:, :-1] = dpooled / size
        de[:, 1:] = dpooled / size
    elif mistake == "not divided by the size":
        de[:, :-1] += dpooled
        de[:, 1:] += dpooled
    elif mistake == "divided by the windows":
        de[:, :-1] += dpooled / (L - 1)
        de[:, 1:] += dpooled / (L - 1)
    elif mistake == "pooling's second term subtracted":
        de[:, :-1] += dpooled / size
        de[:, 1:] -= dpooled / size
    elif mistake == "divided by how many windows hold it":
        de[:, :-1] += dpooled / size
        de[:, 1:] += dpooled / size
        de[:, 1:-1] /= 2
    else:
        de[:, :-1] += dpooled / size
        de[:, 1:] += dpooled / size
    if mistake == "elu's value for its slope":
        dz = de * np.where(z > 0, 1, e)
    elif mistake == "elu as relu":
        dz = de * (z > 0)
    elif mistake == "elu forgotten":
        dz = de
    elif mistake == "exp(e) for exp(z)":
        dz = de * np.where(z > 0, 1, np.exp(e))
    elif mistake == "elu with z on the right side":
        dz = de * np.where(z > 0, z, np.exp(z))
    else:
        dz = de * np.where(z > 0, 1, np.exp(z))
    ds = np.sum(dz * x, axis=0)
    if mistake == "ds with z":
        ds = np.sum(dz * z, axis=0)
    elif mistake == "ds averaged":
        ds = np.mean(dz * x, axis=0)
    elif mistake == "ds without x":
        ds = np.sum(dz, axis=0)
    return {"s": ds, "b": dz.sum(axis=0), "v": dv}


MISTAKES = {
    "residual without tanh": (
        "missing-activation-derivative factor-missing factor-replaced",
        "prediction",
    ),
    "log cosh taken for cosh": ("factor-missing missing-activation-derivative", "prediction loss"),
    "1/cosh for tanh": (
        "factor-missing factor-replaced missing-activation-derivative",
        "prediction loss",
    ),
    "left neighbours only": ("fan-out-overwritten term-missing", "e pooled"),
    "right neighbours overwrite": (
        "index-overwritten fan-out-overwritten term-missing",
        "e pooled",
    ),
    "not divided by the size": ("constant-factor factor-missing", "e pooled"),
    "divided by the windows": ("constant-factor", "e pooled"),
    "pooling's second term subtracted": ("second-operand-sign constant-factor sign", "e pooled"),
    "divided by how many windows hold it": ("constant-factor index-overwritten", "e pooled"),
    "elu's value for its slope": ("activation-derivative-wrong-argument factor-replaced", "z e"),
    "elu as relu": ("term-missing mask-replaced", "z e"),
    "elu forgotten": ("missing-activation-derivative factor-missing", "z e"),
    "exp(e) for exp(z)": ("activation-derivative-wrong-argument factor-replaced", "z e"),
    "elu with z on the right side": ("activation-derivative-wrong-argument factor-replaced", "z e"),
    "ds with z": ("factor-replaced weight-from-preactivation", "s"),
    "ds averaged": ("constant-factor bias-mean", "s"),
    "ds without x": ("factor-missing", "s"),
}
