"""Triplet loss on embeddings of unit length: anchor, positive, negative, margin."""

import numpy as np

rng = np.random.RandomState(70)
N, D, E = 7, 4, 3
anchors, positives, negatives = rng.randn(N, D), rng.randn(N, D), rng.randn(N, D)
margin = 1.2

params = {"W": 0.8 * rng.randn(D, E), "b": 0.3 * rng.randn(E)}


def loss(params):
    def embed(x):
        u = x @ params["W"] + params["b"]
        return u / np.sqrt(np.sum(u**2, axis=1, keepdims=True))

    a, p, n = embed(anchors), embed(positives), embed(negatives)
    near = np.sum((a - p) ** 2, axis=1)
    far = np.sum((a - n) ** 2, axis=1)
    return np.mean(np.maximum(near - far + margin, 0))


def manual_gradients(params, mistake=None):
    W, b = params["W"], params["b"]

    def embed(x):
        u = x @ W + b
        length = np.sqrt(np.sum(u**2, axis=1, keepdims=True))
        return u / length, length

    (a, la), (p, lp), (n, ln) = embed(anchors), embed(positives), embed(negatives)
    hinge = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin
    active = (hinge > 0)[:, None] / N
    if mistake == "margin's hinge forgotten":
        active = np.ones((N, 1)) / N
    elif mistake == "margin's sign in the hinge":
        active = (hinge > 2 * margin)[:, None] / N
    elif mistake == "averaged over the active ones":
        active = (hinge > 0)[:, None] / np.sum(hinge > 0)
    elif mistake == "hinge's value for its slope":
        active = np.maximum(hinge, 0)[:, None] / N
    da = 2 * (n - p) * active
    dp = -2 * (a - p) * active
    dn = 2 * (a - n) * active
    if mistake == "square's 2 forgotten":
        da, dp, dn = da / 2, dp / 2, dn / 2
    elif mistake == "positive's sign":
        dp = -dp
    elif mistake == "negative's sign":
        dn = -dn
    elif mistake == "anchor without the negative":
        da = 2 * (a - p) * active
    elif mistake == "anchor is a constant":
        da = np.zeros_like(a)
    elif mistake == "negative is a constant":
        dn = np.zeros_like(n)
    elif mistake == "anchor's two terms added":
        da = 2 * (a - p) * active + 2 * (a - n) * active
    dW, db = np.zeros_like(W), np.zeros_like(b)
    triples = ((anchors, a, la, da), (positives, p, lp, dp), (negatives, n, ln, dn))
    for x, e, length, de in triples:
        if mistake == "length is a constant":
            du = de / length
        elif mistake == "length forgotten":
            du = de - e * np.sum(de * e, axis=1, keepdims=True)
        elif mistake == "normalization forgotten":
            du = de
        elif mistake == "projection over the samples":
            du = (de - e * np.sum(de * e, axis=0, keepdims=True)) / length
        elif mistake == "projection with u":
            du = (de - e * length * np.sum(de * e, axis=1, keepdims=True)) / length
        elif mistake == "projection is a mean":
            du = (de - e * np.mean(de * e, axis=1, keepdims=True)) / length
        else:
            du = (de - e * np.sum(de * e, axis=1, keepdims=True)) / length
        if mistake == "dW overwritten":
            dW = x.T @ du
        else:
            dW += x.T @ du
        db += du.sum(axis=0)
    return {"W": dW, "b": db}


MISTAKES = {
    "margin's hinge forgotten": ("relu-mask-missing mask-missing factor-missing", "near far loss"),
    "margin's sign in the hinge": ("relu-mask-wrong-source mask-replaced", "near far loss"),
    "averaged over the active ones": ("constant-factor", "near far loss"),
    "hinge's value for its slope": (
        "activation-derivative-wrong-argument mask-replaced factor-replaced",
        "near far loss",
    ),
    "square's 2 forgotten": ("constant-factor factor-missing exponent", "near far a p n"),
    "positive's sign": ("second-operand-sign constant-factor sign", "p near"),
    "negative's sign": ("second-operand-sign constant-factor sign", "n far"),
    "anchor without the negative": (
        "fan-out-overwritten term-missing treated-as-constant",
        "a far",
    ),
    "anchor is a constant": ("treated-as-constant term-missing fan-out-overwritten", "a W"),
    "negative is a constant": ("treated-as-constant term-missing fan-out-overwritten", "n far W"),
    "anchor's two terms added": ("second-operand-sign constant-factor sign", "a far"),
    "length is a constant": ("treated-as-constant term-missing fan-out-overwritten", "u"),
    "length forgotten": ("factor-missing", "u"),
    "normalization forgotten": (
        "factor-missing missing-activation-derivative treated-as-constant",
        "u",
    ),
    "projection over the samples": ("axis", "u"),
    "projection with u": ("factor-missing factor-replaced", "u"),
    "projection is a mean": ("constant-factor", "u"),
    "dW overwritten": ("fan-out-overwritten index-overwritten term-missing", "W"),
}
