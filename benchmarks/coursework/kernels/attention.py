"""Causal attention, heads first, with the backward pass of the memory-saving kernels."""

import numpy as np

rng = np.random.RandomState(203)
H, S, d = 2, 4, 3
scale = 1 / np.sqrt(d)
visible = np.tril(np.ones((S, S), dtype=bool))

inputs = {"q": rng.randn(H, S, d), "k": rng.randn(H, S, d), "v": rng.randn(H, S, d)}
upstream = rng.randn(H, S, d)


def forward(inputs):
    s = np.einsum("hid,hjd->hij", inputs["q"], inputs["k"]) * scale
    s = np.where(visible, s, -np.inf)
    p = np.exp(s - np.max(s, axis=-1, keepdims=True))
    p = p / np.sum(p, axis=-1, keepdims=True)
    return np.einsum("hij,hjd->hid", p, inputs["v"])


def backward(inputs, do, mistake=None):
    q, k, v = inputs["q"], inputs["k"], inputs["v"]
    s = np.einsum("hid,hjd->hij", q, k) * scale
    lse = np.log(np.where(visible, np.exp(s), 0).sum(axis=-1, keepdims=True))
    p = np.where(visible, np.exp(s - lse), 0)
    if mistake == "mask left out of the recomputed p":
        p = np.exp(s - lse)
    elif mistake == "strict mask in the recomputed p":
        p = np.where(np.tril(visible, -1), np.exp(s - lse), 0)
    o = np.einsum("hij,hjd->hid", p, v)
    dv = np.einsum("hij,hid->hjd", p, do)
    dp = np.einsum("hid,hjd->hij", do, v)
    delta = np.sum(o * do, axis=-1, keepdims=True)
    if mistake == "delta from v":
        delta = np.sum(v * do, axis=-1, keepdims=True)
    elif mistake == "delta forgotten":
        delta = 0
    elif mistake == "delta over the rows":
        delta = np.sum(p * dp, axis=1, keepdims=True)
    elif mistake == "delta of the first head":
        delta = delta[:1]
    ds = p * (dp - delta)
    if mistake == "p forgotten in ds":
        ds = np.where(visible, dp - delta, 0)
    dq = np.einsum("hij,hjd->hid", ds, k) * scale
    dk = np.einsum("hij,hid->hjd", ds, q) * scale
    if mistake == "scale not applied to dk":
        dk = dk / scale
    elif mistake == "scale twice in dq":
        dq = dq * scale
    elif mistake == "ds not transposed for dk":
        dk = np.einsum("hij,hjd->hid", ds, q) * scale
    elif mistake == "last block of queries alone in dv":
        dv = np.einsum("hij,hid->hjd", p[:, 2:], do[:, 2:])
    return {"q": dq, "k": dk, "v": dv}


MISTAKES = {
    "mask left out of the recomputed p": ("mask-missing factor-missing", "s p"),
    "strict mask in the recomputed p": ("mask-replaced", "s p"),
    "delta from v": ("factor-replaced factor-missing", "p s"),
    "delta forgotten": ("treated-as-constant term-missing", "p s"),
    "delta over the rows": ("axis", "p s"),
    "delta of the first head": ("index-shifted factor-replaced", "p s"),
    "p forgotten in ds": ("factor-missing missing-activation-derivative softmax-copied", "p s"),
    "scale not applied to dk": ("constant-factor factor-missing", "k s"),
    "scale twice in dq": ("constant-factor factor-twice", "q s"),
    "ds not transposed for dk": ("transposed", "k s"),
    "last block of queries alone in dv": ("term-missing index-overwritten not-reduced", "v p"),
}
