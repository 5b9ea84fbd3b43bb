"""Bag-of-words language model whose unembedding is the embedding transposed; a scale on top."""

import numpy as np

rng = np.random.RandomState(75)
V, E, N, L = 5, 3, 7, 4
context = rng.randint(V, size=(N, L))
following = rng.randint(V, size=N)

params = {
    "emb": 0.8 * rng.randn(V, E),
    "W": 0.6 * rng.randn(E, E),
    "scale": np.array(1.3),
    "bias": 0.2 * rng.randn(V),
}


def loss(params):
    emb = params["emb"]
    bag = np.mean(emb[context], axis=1)
    hidden = np.tanh(bag @ params["W"])
    logits = params["scale"] * (hidden @ emb.T) + params["bias"]
    peak = np.max(logits, axis=1, keepdims=True)
    lse = np.log(np.sum(np.exp(logits - peak), axis=1)) + peak[:, 0]
    return np.mean(lse - logits[np.arange(N), following])


def manual_gradients(params, mistake=None):
    emb, W, scale = params["emb"], params["W"], params["scale"]
    bag = emb[context].mean(axis=1)
    hidden = np.tanh(bag @ W)
    product = hidden @ emb.T
    logits = scale * product + params["bias"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(N), following] -= 1
    dlogits = p / N
    dscale = np.sum(dlogits * product)
    if mistake == "dscale with the logits":
        dscale = np.sum(dlogits * logits)
    elif mistake == "dscale is a mean":
        dscale = np.mean(dlogits * product)
    dproduct = dlogits * scale
    if mistake == "scale forgotten":
        dproduct = dlogits
    dhidden = dproduct @ emb
    demb = dproduct.T @ hidden
    if mistake == "unembedding's share from the bag":
        demb = dproduct.T @ bag
    elif mistake == "unembedding's share without the scale":
        demb = dlogits.T @ hidden
    dpre = dhidden * (1 - hidden**2)
    if mistake == "tanh' forgotten":
        dpre = dhidden
    elif mistake == "tanh' of the bag":
        dpre = dhidden * (1 - bag**2)
    dW = bag.T @ dpre
    dbag = dpre @ W.T
    if mistake == "W not transposed":
        dbag = dpre @ W
    dwords = np.repeat(dbag[:, None, :], L, axis=1) / L
    if mistake == "mean over the words not divided":
        dwords = dwords * L
    elif mistake == "divided by N as well":
        dwords = dwords / N
    if mistake == "embedding's share forgotten":
        pass
    elif mistake == "unembedding's share forgotten":
        demb = np.zeros_like(emb)
        np.add.at(demb, context, dwords)
    elif mistake == "repeated words overwritten":
        share = np.zeros_like(emb)
        share[context] = dwords
        demb = demb + share
    elif mistake == "first word only":
        np.add.at(demb, context[:, 0], dwords[:, 0])
    elif mistake == "words of the targets":
        np.add.at(demb, following, dbag)
    elif mistake == "embedding's share twice":
        np.add.at(demb, context, 2 * dwords)
    else:
        np.add.at(demb, context, dwords)
    return {"emb": demb, "W": dW, "scale": dscale, "bias": dlogits.sum(axis=0)}


MISTAKES = {
    "dscale with the logits": ("factor-replaced", "scale"),
    "dscale is a mean": ("constant-factor bias-mean", "scale"),
    "scale forgotten": ("factor-missing", "hidden emb logits"),
    "unembedding's share from the bag": ("factor-replaced weight-from-preactivation", "emb"),
    "unembedding's share without the scale": ("factor-missing", "emb"),
    "tanh' forgotten": ("missing-activation-derivative factor-missing", "hidden"),
    "tanh' of the bag": ("activation-derivative-wrong-argument factor-replaced", "hidden"),
    "W not transposed": ("transposed-weight transposed", "W bag"),
    "mean over the words not divided": ("constant-factor factor-missing", "bag"),
    "divided by N as well": ("constant-factor factor-twice", "bag"),
    "embedding's share forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "emb bag",
    ),
    "unembedding's share forgotten": ("fan-out-overwritten term-missing", "emb"),
    "repeated words overwritten": ("index-overwritten", "emb bag"),
    "first word only": ("term-missing not-reduced index-overwritten", "emb bag"),
    "words of the targets": ("index-shifted", "emb bag"),
    "embedding's share twice": ("fan-out-counted-twice term-twice constant-factor", "emb bag"),
}
