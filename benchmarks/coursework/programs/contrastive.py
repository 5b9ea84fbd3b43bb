"""Contrastive loss of two towers: scaled similarities, cross-entropy in both directions."""

import numpy as np

rng = np.random.RandomState(71)
N, D, E = 3, 4, 3
images, texts = rng.randn(N, D), rng.randn(N, D)

params = {
    "Wi": 0.6 * rng.randn(D, E),
    "Wt": 0.6 * rng.randn(D, E),
    "log_scale": np.array(0.3),
}


def log_softmax(z, axis):
    return z - np.log(np.sum(np.exp(z), axis=axis, keepdims=True))


def loss(params):
    zi, zt = images @ params["Wi"], texts @ params["Wt"]
    logits = np.exp(params["log_scale"]) * (zi @ zt.T)
    rows = -np.mean(np.diagonal(log_softmax(logits, 1)))
    columns = -np.mean(np.diagonal(log_softmax(logits, 0)))
    return (rows + columns) / 2


def manual_gradients(params, mistake=None):
    Wi, Wt, log_scale = params["Wi"], params["Wt"], params["log_scale"]
    zi, zt = images @ Wi, texts @ Wt
    scale = np.exp(log_scale)
    similarity = zi @ zt.T
    logits = scale * similarity
    by_row = np.exp(log_softmax(logits, 1))
    by_column = np.exp(log_softmax(logits, 0))
    eye = np.eye(N)
    dlogits = ((by_row - eye) + (by_column - eye)) / (2 * N)
    if mistake == "rows alone":
        dlogits = (by_row - eye) / N
    elif mistake == "rows alone, halved":
        dlogits = (by_row - eye) / (2 * N)
    elif mistake == "rows and their transpose":
        dlogits = ((by_row - eye) + (by_row.T - eye)) / (2 * N)
    elif mistake == "targets subtracted once":
        dlogits = (by_row + by_column - eye) / (2 * N)
    elif mistake == "targets forgotten":
        dlogits = (by_row + by_column) / (2 * N)
    elif mistake == "not halved":
        dlogits = (by_row + by_column - 2 * eye) / N
    elif mistake == "divided by all pairs":
        dlogits = (by_row + by_column - 2 * eye) / (2 * N * N)
    elif mistake == "diagonal alone":
        dlogits = dlogits * eye
    elif mistake == "off the diagonal alone":
        dlogits = dlogits * (1 - eye)
    dsimilarity = dlogits * scale
    if mistake == "scale forgotten":
        dsimilarity = dlogits
    elif mistake == "log scale for the scale":
        dsimilarity = dlogits * log_scale
    elif mistake == "divided by the scale":
        dsimilarity = dlogits / scale
    dscale = np.sum(dlogits * similarity)
    dlog_scale = dscale * scale
    if mistake == "by the scale, not its log":
        dlog_scale = dscale
    elif mistake == "scale twice":
        dlog_scale = np.sum(dlogits * logits) * scale
    dzi = dsimilarity @ zt
    dzt = dsimilarity.T @ zi
    if mistake == "similarity not transposed for the texts":
        dzt = dsimilarity @ zi
    elif mistake == "zi for both":
        dzi = dsimilarity @ zi
    elif mistake == "texts are constants":
        dzt = np.zeros_like(zt)
    return {"Wi": images.T @ dzi, "Wt": texts.T @ dzt, "log_scale": dlog_scale}


MISTAKES = {
    "rows alone": ("fan-out-overwritten term-missing", "logits"),
    "rows alone, halved": (
        "fan-out-overwritten term-missing treated-as-constant",
        "logits columns",
    ),
    "rows and their transpose": ("transposed axis", "logits columns"),
    "targets subtracted once": ("target-missing term-missing", "logits"),
    "targets forgotten": ("target-missing term-missing", "logits"),
    "not halved": ("constant-factor factor-missing", "logits loss rows columns"),
    "divided by all pairs": ("constant-factor", "logits loss rows columns"),
    "diagonal alone": ("mask-added factor-added", "logits"),
    "off the diagonal alone": ("mask-added target-missing factor-added", "logits"),
    "scale forgotten": ("factor-missing", "zi zt logits"),
    "log scale for the scale": ("factor-replaced missing-activation-derivative", "zi zt logits"),
    "divided by the scale": ("factor-replaced exponent", "zi zt logits"),
    "by the scale, not its log": ("missing-activation-derivative factor-missing", "log_scale"),
    "scale twice": ("factor-twice activation-derivative-twice constant-factor", "log_scale"),
    "similarity not transposed for the texts": ("transposed", "zt"),
    "zi for both": ("factor-replaced wrong-matrix", "zi"),
    "texts are constants": ("treated-as-constant term-missing all-zero", "zt Wt"),
}
