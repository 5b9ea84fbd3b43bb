"""Two-head self-attention on a batch of 3, split by reshape and transpose, residual, mse."""

import numpy as np

rng = np.random.RandomState(41)
B, T, C, nh = 3, 3, 4, 2
hs = C // nh
x = rng.randn(B, T, C)
target = rng.randn(B, T, C)

params = {
    "Wqkv": 0.6 * rng.randn(C, 3 * C),
    "bqkv": 0.2 * rng.randn(3 * C),
    "Wproj": 0.6 * rng.randn(C, C),
    "bproj": 0.1 * rng.randn(C),
}


def split(z):
    return z.reshape(B, T, nh, hs).transpose(0, 2, 1, 3)


def merge(z):
    return z.transpose(0, 2, 1, 3).reshape(B, T, C)


def forward(params):
    qkv = x @ params["Wqkv"] + params["bqkv"]
    q, k, v = split(qkv[..., :C]), split(qkv[..., C : 2 * C]), split(qkv[..., 2 * C :])
    att = q @ np.swapaxes(k, -1, -2) / np.sqrt(hs)
    att = np.exp(att - np.max(att, axis=-1, keepdims=True))
    att = att / np.sum(att, axis=-1, keepdims=True)
    y = merge(att @ v)
    out = x + y @ params["Wproj"] + params["bproj"]
    return q, k, v, att, y, out


def loss(params):
    out = forward(params)[-1]
    return np.sum((out - target) ** 2) / (B * T)


def manual_gradients(params, mistake=None):
    Wproj = params["Wproj"]
    q, k, v, att, y, out = forward(params)
    dout = 2 * (out - target) / (B * T)
    if mistake == "mean over the batch alone":
        dout = 2 * (out - target) / B
    dWproj = np.einsum("btc,btd->cd", y, dout)
    if mistake == "dWproj with the residual":
        dWproj = np.einsum("btc,btd->cd", x + y, dout)
    elif mistake == "dWproj averaged over the batch":
        dWproj = dWproj / B
    elif mistake == "dWproj of the last sample":
        dWproj = y[-1].T @ dout[-1]
    dbproj = dout.sum(axis=(0, 1))
    dy = dout @ Wproj.T
    if mistake == "Wproj not transposed":
        dy = dout @ Wproj
    elif mistake == "residual added to dy":
        dy = dy + dout
    dheads = split(dy)
    if mistake == "heads split without the transpose":
        dheads = dy.reshape(B, nh, T, hs)
    elif mistake == "heads interleaved":
        dheads = dy.reshape(B, T, hs, nh).transpose(0, 3, 1, 2)
    datt = dheads @ np.swapaxes(v, -1, -2)
    dv = np.swapaxes(att, -1, -2) @ dheads
    if mistake == "att not transposed in dv":
        dv = att @ dheads
    axis = -1
    if mistake == "softmax over the queries":
        axis = -2
    elif mistake == "softmax over the heads":
        axis = 1
    dot = np.sum(datt * att, axis=axis, keepdims=True)
    if mistake == "normaliser is a constant":
        dot = 0
    ds = att * (datt - dot)
    if mistake == "softmax's diagonal":
        ds = att * (1 - att) * datt
    if mistake == "scale with C":
        ds = ds / np.sqrt(C)
    elif mistake != "no scale":
        ds = ds / np.sqrt(hs)
    dq = ds @ k
    dk = np.swapaxes(ds, -1, -2) @ q
    if mistake == "ds not transposed in dk":
        dk = ds @ q
    if mistake == "packed as k, q, v":
        parts = (dk, dq, dv)
    elif mistake == "packed as v, k, q":
        parts = (dv, dk, dq)
    elif mistake == "dk of the heads in the other order":
        parts = (dq, dk[:, ::-1], dv)
    else:
        parts = (dq, dk, dv)
    if mistake == "merged without the transpose":
        dqkv = np.concatenate([part.reshape(B, T, C) for part in parts], axis=-1)
    else:
        dqkv = np.concatenate([merge(part) for part in parts], axis=-1)
    dWqkv = np.einsum("btc,btd->cd", x, dqkv)
    dbqkv = dqkv.sum(axis=(0, 1))
    if mistake == "dbqkv of the first token":
        dbqkv = dqkv[:, 0].sum(axis=0)
    return {"Wqkv": dWqkv, "bqkv": dbqkv, "Wproj": dWproj, "bproj": dbproj}


MISTAKES = {
    "mean over the batch alone": ("constant-factor", "out loss"),
    "dWproj with the residual": ("factor-replaced term-added", "Wproj"),
    "dWproj averaged over the batch": ("constant-factor", "Wproj"),
    "dWproj of the last sample": (
        "index-overwritten fan-out-overwritten not-reduced term-missing",
        "Wproj",
    ),
    "Wproj not transposed": ("transposed-weight transposed", "Wproj y"),
    "residual added to dy": ("term-added", "y"),
    "heads split without the transpose": ("order axis transposed", "y"),
    "heads interleaved": ("order axis transposed", "y"),
    "att not transposed in dv": ("transposed", "v"),
    "softmax over the queries": ("axis", "att"),
    "softmax over the heads": ("axis", "att"),
    "normaliser is a constant": ("treated-as-constant term-missing", "att"),
    "softmax's diagonal": ("softmax-diagonal-only term-missing", "att"),
    "scale with C": ("constant-factor factor-twice", "att"),
    "no scale": ("constant-factor factor-missing", "att"),
    "ds not transposed in dk": ("transposed", "k"),
    "packed as k, q, v": ("order swapped", "qkv q k"),
    "packed as v, k, q": ("order swapped", "qkv q v"),
    "dk of the heads in the other order": ("order index-shifted", "k"),
    "merged without the transpose": ("order axis transposed", "qkv q k v"),
    "dbqkv of the first token": ("axis not-reduced term-missing", "bqkv"),
}
