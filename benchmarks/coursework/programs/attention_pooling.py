"""Attention pooling: softmax of a learned vector over positions, mixture of experts on top."""

import numpy as np

rng = np.random.RandomState(77)
N, T, D = 3, 4, 3
x = rng.randn(N, T, D)
y = rng.randn(N)

params = {
    "position": 0.7 * rng.randn(T),
    "experts": 0.8 * rng.randn(D, 2),
    "gate": 0.8 * rng.randn(D, 2),
}


def softmax(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def loss(params):
    attention = softmax(params["position"])
    pooled = np.einsum("t,ntd->nd", attention, x)
    outputs = pooled @ params["experts"]
    mixture = softmax(pooled @ params["gate"])
    prediction = np.sum(mixture * outputs, axis=1)
    return np.mean((prediction - y) ** 2)


def manual_gradients(params, mistake=None):
    attention = softmax(params["position"])
    pooled = np.einsum("t,ntd->nd", attention, x)
    outputs = pooled @ params["experts"]
    mixture = softmax(pooled @ params["gate"])
    prediction = np.sum(mixture * outputs, axis=1)
    dprediction = (2 * (prediction - y) / N)[:, None]
    doutputs = dprediction * mixture
    if mistake == "mixture forgotten for the experts":
        doutputs = dprediction * np.ones_like(mixture)
    elif mistake == "outputs for the mixture":
        doutputs = dprediction * outputs
    dmixture = dprediction * outputs
    if mistake == "gate's upstream is the mixture":
        dmixture = dprediction * mixture
    inner = np.sum(dmixture * mixture, axis=1, keepdims=True)
    dgate_logits = mixture * (dmixture - inner)
    if mistake == "gate's softmax copied":
        dgate_logits = mixture * dmixture
    elif mistake == "gate's softmax over the samples":
        dgate_logits = mixture * (dmixture - np.sum(dmixture * mixture, axis=0, keepdims=True))
    elif mistake == "gate's softmax left out":
        dgate_logits = dmixture
    elif mistake == "gate's sigmoid":
        dgate_logits = mixture * (1 - mixture) * dmixture
    dpooled = doutputs @ params["experts"].T + dgate_logits @ params["gate"].T
    if mistake == "gate's path forgotten":
        dpooled = doutputs @ params["experts"].T
    elif mistake == "experts' path forgotten":
        dpooled = dgate_logits @ params["gate"].T
    elif mistake == "gate and experts exchanged":
        dpooled = doutputs @ params["gate"].T + dgate_logits @ params["experts"].T
    dattention = np.einsum("nd,ntd->t", dpooled, x)
    if mistake == "attention of the first sample":
        dattention = x[0] @ dpooled[0]
    elif mistake == "attention is a mean over the samples":
        dattention = dattention / N
    dposition = attention * (dattention - np.sum(dattention * attention))
    if mistake == "softmax left out":
        dposition = dattention
    elif mistake == "softmax without its sum":
        dposition = attention * dattention
    elif mistake == "softmax with a mean":
        dposition = attention * (dattention - np.mean(dattention * attention))
    elif mistake == "softmax subtracts attention":
        dposition = attention * (dattention - attention)
    elif mistake == "softmax' with 1 - attention":
        dposition = attention * (1 - attention) * dattention
    elif mistake == "softmax' sum unweighted":
        dposition = attention * (dattention - np.sum(dattention))
    dexperts = pooled.T @ doutputs
    if mistake == "experts from the mean of x":
        dexperts = x.mean(axis=1).T @ doutputs
    return {"position": dposition, "experts": dexperts, "gate": pooled.T @ dgate_logits}


MISTAKES = {
    "mixture forgotten for the experts": ("factor-missing", "outputs"),
    "outputs for the mixture": ("factor-replaced swapped", "outputs"),
    "gate's upstream is the mixture": ("factor-replaced swapped", "mixture"),
    "gate's softmax copied": ("treated-as-constant term-missing", "mixture"),
    "gate's softmax over the samples": ("axis", "mixture"),
    "gate's softmax left out": (
        "softmax-copied missing-activation-derivative factor-missing",
        "mixture",
    ),
    "gate's sigmoid": ("softmax-diagonal-only term-missing", "mixture"),
    "gate's path forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "pooled mixture",
    ),
    "experts' path forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "pooled outputs",
    ),
    "gate and experts exchanged": ("wrong-matrix swapped factor-replaced", "pooled"),
    "attention of the first sample": ("not-reduced index-overwritten term-missing", "attention"),
    "attention is a mean over the samples": ("constant-factor bias-mean", "attention position"),
    "softmax left out": (
        "softmax-copied missing-activation-derivative factor-missing",
        "position attention",
    ),
    "softmax without its sum": ("treated-as-constant term-missing", "position attention"),
    "softmax with a mean": ("constant-factor", "position attention"),
    "softmax subtracts attention": ("factor-replaced term-replaced", "position attention"),
    "softmax' with 1 - attention": ("softmax-diagonal-only term-missing", "position attention"),
    "softmax' sum unweighted": ("factor-missing", "position attention"),
    "experts from the mean of x": ("factor-replaced", "experts"),
}
