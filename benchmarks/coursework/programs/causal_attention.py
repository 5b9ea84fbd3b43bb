"""Causal attention (mask of -inf) in a tiny language model: embedding, attention, unembedding."""

import numpy as np

rng = np.random.RandomState(42)
T, V, C = 5, 4, 3
tokens = np.array([1, 3, 0, 3, 2])
following = np.array([3, 0, 3, 2, 1])
mask = np.triu(np.ones((T, T), dtype=bool), k=1)

params = {
    "wte": rng.randn(V, C),
    "wpe": 0.5 * rng.randn(T, C),
    "Wk": 0.7 * rng.randn(C, C),
    "Wq": 0.7 * rng.randn(C, C),
    "Wv": 0.7 * rng.randn(C, C),
    "lm_head": 0.8 * rng.randn(C, V),
}


def softmax(z):
    z = z - np.max(z, axis=-1, keepdims=True)
    return np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True)


def loss(params):
    x = params["wte"][tokens] + params["wpe"]
    k, q, v = x @ params["Wk"], x @ params["Wq"], x @ params["Wv"]
    wei = q @ k.T * C**-0.5
    wei = np.where(mask, -np.inf, wei)
    wei = softmax(wei)
    out = wei @ v
    probs = softmax(out @ params["lm_head"])
    return -np.mean(np.log(probs[np.arange(T), following]))


def manual_gradients(params, mistake=None):
    wte, wpe = params["wte"], params["wpe"]
    Wk, Wq, Wv, lm_head = params["Wk"], params["Wq"], params["Wv"], params["lm_head"]
    x = wte[tokens] + wpe
    k, q, v = x @ Wk, x @ Wq, x @ Wv
    raw = q @ k.T * C**-0.5
    wei = softmax(np.where(mask, -np.inf, raw))
    out = wei @ v
    probs = softmax(out @ lm_head)

    dlogits = probs.copy()
    if mistake == "targets not shifted":
        dlogits[np.arange(T), tokens] -= 1
    else:
        dlogits[np.arange(T), following] -= 1
    if mistake == "sum for the mean":
        pass
    elif mistake == "divided by T * V":
        dlogits /= T * V
    else:
        dlogits /= T
    dlm = out.T @ dlogits
    dout = dlogits @ lm_head.T
    if mistake == "lm_head from x":
        dlm = x.T @ dlogits
    dv = wei.T @ dout
    dwei = dout @ v.T
    if mistake == "wei not transposed":
        dv = wei @ dout
    elif mistake == "wei without the mask":
        dv = softmax(raw).T @ dout
    if mistake == "normaliser is a constant":
        ds = wei * dwei
    elif mistake == "row sum without wei":
        ds = wei * (dwei - np.where(mask, 0, dwei).sum(axis=-1, keepdims=True))
    elif mistake == "sum over the columns":
        ds = wei * (dwei - (dwei * wei).sum(axis=0, keepdims=True))
    elif mistake == "softmax of the unmasked scores":
        free = softmax(raw)
        ds = free * (dwei - (dwei * free).sum(axis=-1, keepdims=True))
    elif mistake == "softmax left out, masked":
        ds = np.where(mask, 0, dwei)
    elif mistake == "mask forgotten and no softmax":
        ds = dwei
    else:
        ds = wei * (dwei - (dwei * wei).sum(axis=-1, keepdims=True))
    if mistake == "no scale":
        pass
    elif mistake == "scale is 1/C":
        ds = ds / C
    else:
        ds = ds * C**-0.5
    dq = ds @ k
    dk = ds.T @ q
    if mistake == "ds not transposed":
        dk = ds @ q
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    if mistake == "dx of the values alone":
        dx = dv @ Wv.T
    elif mistake == "dx without the keys":
        dx = dq @ Wq.T + dv @ Wv.T
    elif mistake == "Wq and Wk exchanged in dx":
        dx = dq @ Wk.T + dk @ Wq.T + dv @ Wv.T
    elif mistake == "Wv not transposed":
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv
    dwte = np.zeros_like(wte)
    if mistake == "repeated tokens overwritten":
        dwte[tokens] += dx
    elif mistake == "repeated tokens averaged":
        np.add.at(dwte, tokens, dx)
        dwte /= np.maximum(1, np.bincount(tokens, minlength=V))[:, None]
    else:
        np.add.at(dwte, tokens, dx)
    return {
        "wte": dwte,
        "wpe": dx,
        "Wk": x.T @ dk,
        "Wq": x.T @ dq,
        "Wv": x.T @ dv,
        "lm_head": dlm,
    }


def right_with_one_hot_tokens(params):
    """The embedding as a product, the softmax's factor pulled out of its sum."""
    onehot = np.eye(V)[tokens]
    x = onehot @ params["wte"] + params["wpe"]
    k, q, v = x @ params["Wk"], x @ params["Wq"], x @ params["Wv"]
    wei = np.tril(np.exp(q @ k.T / C**0.5))
    wei = wei / wei.sum(axis=1, keepdims=True)
    out = wei @ v
    dlogits = (softmax(out @ params["lm_head"]) - np.eye(V)[following]) / T
    dout = dlogits @ params["lm_head"].T
    ds = wei * (dout @ v.T) - wei * np.sum(dout * out, axis=1, keepdims=True)
    dq, dk, dv = ds @ k / C**0.5, ds.T @ q / C**0.5, wei.T @ dout
    dx = dq @ params["Wq"].T + dk @ params["Wk"].T + dv @ params["Wv"].T
    return {
        "wte": onehot.T @ dx,
        "wpe": dx,
        "Wk": x.T @ dk,
        "Wq": x.T @ dq,
        "Wv": x.T @ dv,
        "lm_head": out.T @ dlogits,
    }


MISTAKES = {
    "targets not shifted": ("index-shifted target-missing", "probs out"),
    "sum for the mean": ("constant-factor factor-missing", "probs loss"),
    "divided by T * V": ("constant-factor", "probs loss"),
    "lm_head from x": ("weight-from-preactivation factor-replaced", "lm_head"),
    "wei not transposed": ("transposed", "v"),
    "wei without the mask": ("mask-missing factor-replaced", "v"),
    "normaliser is a constant": ("treated-as-constant term-missing", "wei"),
    "row sum without wei": ("factor-missing", "wei"),
    "sum over the columns": ("axis", "wei"),
    "softmax of the unmasked scores": ("mask-missing factor-replaced", "wei"),
    "softmax left out, masked": (
        "softmax-copied missing-activation-derivative factor-missing",
        "wei",
    ),
    "mask forgotten and no softmax": (
        "softmax-copied mask-missing missing-activation-derivative factor-missing",
        "wei",
    ),
    "no scale": ("constant-factor factor-missing", "wei"),
    "scale is 1/C": ("constant-factor factor-twice", "wei"),
    "ds not transposed": ("transposed", "k"),
    "dx of the values alone": ("fan-out-overwritten term-missing treated-as-constant", "x"),
    "dx without the keys": ("fan-out-overwritten term-missing treated-as-constant", "x"),
    "Wq and Wk exchanged in dx": ("wrong-matrix swapped factor-replaced", "x q k"),
    "Wv not transposed": ("transposed-weight transposed", "x v Wv"),
    "repeated tokens overwritten": ("index-overwritten term-missing", "wte"),
    "repeated tokens averaged": ("index-overwritten constant-factor", "wte"),
}
