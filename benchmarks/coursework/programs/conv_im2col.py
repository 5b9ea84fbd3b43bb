"""Convolution by im2col with padding 1 and stride 2, relu, a dense layer and softmax."""

import numpy as np

rng = np.random.RandomState(20)
N, C, H, W = 3, 2, 5, 5
F, HH, stride, pad = 3, 3, 2, 1
OUT = (H + 2 * pad - HH) // stride + 1
x = rng.randn(N, C, H, W)
y = np.array([1, 0, 1])

params = {
    "w": 0.4 * rng.randn(F, C, HH, HH),
    "b": 0.2 * rng.randn(F),
    "Wfc": 0.4 * rng.randn(F * OUT * OUT, 2),
    "bfc": 0.1 * rng.randn(2),
}


def im2col(x):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = []
    for i in range(OUT):
        for j in range(OUT):
            window = padded[:, :, i * stride : i * stride + HH, j * stride : j * stride + HH]
            cols.append(window.reshape(N, -1))
    return np.stack(cols, axis=1)  # N, OUT * OUT, C * HH * HH


cols = im2col(x)


def forward(params):
    w_row = params["w"].reshape(F, -1)
    out = cols @ w_row.T + params["b"]
    act = np.maximum(out, 0)
    flat = act.transpose(0, 2, 1).reshape(N, -1)
    scores = flat @ params["Wfc"] + params["bfc"]
    return out, act, flat, scores


def loss(params):
    scores = forward(params)[-1]
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.sum(log_probs[np.arange(N), y]) / N


def manual_gradients(params, mistake=None):
    w, Wfc = params["w"], params["Wfc"]
    out, act, flat, scores = forward(params)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dscores = p
    if mistake == "minus one in the first column":
        dscores[np.arange(N), 0] -= 1
    else:
        dscores[np.arange(N), y] -= 1
    dscores /= N
    dWfc = flat.T @ dscores
    dbfc = dscores.sum(axis=0)
    if mistake == "dWfc of the channels-last activations":
        dWfc = act.reshape(N, -1).T @ dscores
    dflat = dscores @ Wfc.T
    if mistake == "reshape without the transpose":
        dact = dflat.reshape(N, OUT * OUT, F)
    else:
        dact = dflat.reshape(N, F, OUT * OUT).transpose(0, 2, 1)
    if mistake == "relu forgotten":
        dout = dact
    elif mistake == "mask is out >= 1":
        dout = dact * (out >= 1)
    elif mistake == "mask of the upstream":
        dout = dact * (dact > 0)
    else:
        dout = dact * (out > 0)
    if mistake == "db divided by the positions":
        db = dout.mean(axis=1).sum(axis=0)
    elif mistake == "db of the first sample":
        db = dout[0].sum(axis=0)
    elif mistake == "db overwritten by the last sample":
        for n in range(N):
            db = dout[n].sum(axis=0)
    elif mistake == "db before relu":
        db = dact.sum(axis=(0, 1))
    else:
        db = dout.sum(axis=(0, 1))
    dw_row = np.einsum("npf,npk->fk", dout, cols)
    if mistake == "dw keeps the last sample":
        dw_row = dout[-1].T @ cols[-1]
    elif mistake == "dw averaged over the samples":
        dw_row = dw_row / N
    elif mistake == "windows with stride 1":
        dw_row = dw_row * 0
        padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        for i in range(OUT):
            for j in range(OUT):
                window = padded[:, :, i : i + HH, j : j + HH].reshape(N, -1)
                dw_row += dout[:, i * OUT + j].T @ window
    dw = dw_row.reshape(w.shape)
    if mistake == "kernel flipped":
        dw = dw[:, :, ::-1, ::-1]
    elif mistake == "kernel transposed":
        dw = dw.transpose(0, 1, 3, 2)
    elif mistake == "channels last in the reshape":
        dw = dw_row.reshape(F, HH, HH, C).transpose(0, 3, 1, 2)
    return {"w": dw, "b": db, "Wfc": dWfc, "bfc": dbfc}


MISTAKES = {
    "minus one in the first column": ("index-shifted target-missing", "scores shifted log_probs"),
    "dWfc of the channels-last activations": ("order axis transposed", "Wfc flat"),
    "reshape without the transpose": ("order axis transposed", "flat act"),
    "relu forgotten": ("relu-mask-missing factor-missing", "out act"),
    "mask is out >= 1": ("mask-replaced relu-mask-wrong-source", "out act"),
    "mask of the upstream": ("relu-mask-wrong-source mask-replaced", "out act"),
    "db divided by the positions": ("constant-factor bias-mean", "b"),
    "db of the first sample": ("not-reduced term-missing index-overwritten", "b"),
    "db overwritten by the last sample": (
        "index-overwritten fan-out-overwritten term-missing not-reduced",
        "b",
    ),
    "db before relu": ("leaf-without-activation-derivative mask-missing factor-missing", "b"),
    "dw keeps the last sample": (
        "index-overwritten fan-out-overwritten term-missing not-reduced",
        "w w_row",
    ),
    "dw averaged over the samples": ("constant-factor", "w w_row"),
    "windows with stride 1": ("index-shifted factor-replaced", "w w_row"),
    "kernel flipped": ("order index-shifted", "w w_row"),
    "kernel transposed": ("transposed axis order", "w w_row"),
    "channels last in the reshape": ("order axis", "w w_row"),
}
