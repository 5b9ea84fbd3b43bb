"""Layer normalization of (batch, sequence, hidden): four mistakes that were reported.

tenstorrent/tt-metal#53215, flagos-ai/FlagGems#59 and #5392, state-spaces/mamba#1023 (with a scale
for each row and dropout before the norm).
"""

import numpy as np

rng = np.random.RandomState(101)
B, S, H = 3, 2, 4
x = rng.randn(B, S, H)
residual = rng.randn(B, S, H)
rowscale = rng.uniform(0.4, 1.6, (B, S, 1))
keep = rng.rand(B, S, H) < 0.75
probe = rng.randn(B, S, H)

params = {
    "x1": x,
    "weight": rng.uniform(0.5, 1.5, H),
    "bias": 0.3 * rng.randn(H),
}


def loss(params):
    x1 = params["x1"] * rowscale
    z = np.where(keep, x1 / 0.75, 0) + residual
    mean = np.mean(z, axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(np.mean((z - mean) ** 2, axis=-1, keepdims=True) + 1e-5)
    zhat = (z - mean) * rstd
    out = zhat * params["weight"] + params["bias"]
    return np.sum(np.tanh(out) * probe)


def manual_gradients(params, mistake=None):
    z = np.where(keep, params["x1"] * rowscale / 0.75, 0) + residual
    mean = z.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(z.var(axis=-1, keepdims=True) + 1e-5)
    zhat = (z - mean) * rstd
    out = zhat * params["weight"] + params["bias"]
    dout = (1 - np.tanh(out) ** 2) * probe
    dweight, dbias = (dout * zhat).sum(axis=(0, 1)), dout.sum(axis=(0, 1))
    wdy = dout * params["weight"]
    c1 = (wdy * zhat).mean(axis=-1, keepdims=True)
    c2 = wdy.mean(axis=-1, keepdims=True)
    if mistake == "row mean subtracted twice":
        c2 = c2 + c2
    elif mistake == "row sums over the whole block":
        c1, c2 = np.sum(wdy * zhat) / H, np.sum(wdy) / H
    elif mistake == "rows taken as shape[0], columns as the rest":
        flat, flat_hat = wdy.reshape(B, -1), zhat.reshape(B, -1)
        c1 = (flat * flat_hat).mean(axis=1)[:, None, None]
        c2 = flat.mean(axis=1)[:, None, None]
    dz = (wdy - c1 * zhat - c2) * rstd
    scale = rowscale
    mask = keep
    if mistake == "rowscale forgotten in dx1":
        scale = 1
    elif mistake == "dropout drawn anew in the backward pass":
        mask = np.random.RandomState(5).rand(B, S, H) < 0.75
    return {"x1": np.where(mask, dz / 0.75, 0) * scale, "weight": dweight, "bias": dbias}


MISTAKES = {
    "row mean subtracted twice": ("term-twice constant-factor", "mean z zhat"),
    "row sums over the whole block": ("axis", "mean rstd z zhat"),
    "rows taken as shape[0], columns as the rest": ("axis", "mean rstd z zhat"),
    "rowscale forgotten in dx1": ("factor-missing", "x1"),
    "dropout drawn anew in the backward pass": ("mask-replaced", "x1 z"),
}
