"""Cross-entropy with label smoothing and class weights over logits of a two-layer net."""

import numpy as np

rng = np.random.RandomState(72)
N, D, H, K = 7, 3, 4, 4
X = rng.randn(N, D)
y = rng.randint(K, size=N)
smoothing = 0.2
onehot = np.eye(K)[y]
soft = (1 - smoothing) * onehot + smoothing / K
class_weight = np.array([1.2, 0.5, 2.3, 1.6])

params = {"W1": 0.7 * rng.randn(D, H), "b1": 0.2 * rng.randn(H), "W2": 0.7 * rng.randn(H, K)}


def loss(params):
    h = np.log(1 + np.exp(X @ params["W1"] + params["b1"]))
    z = h @ params["W2"]
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    w = class_weight[y]
    return -np.sum(w[:, None] * soft * logp) / np.sum(w)


def manual_gradients(params, mistake=None):
    a = X @ params["W1"] + params["b1"]
    h = np.log(1 + np.exp(a))
    z = h @ params["W2"]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    w = class_weight[y][:, None]
    total = w.sum()
    target = soft
    if mistake == "labels not smoothed":
        target = onehot
    elif mistake == "smoothing without its uniform part":
        target = (1 - smoothing) * onehot
    elif mistake == "smoothing over K - 1":
        target = (1 - smoothing) * onehot + smoothing / (K - 1) * (1 - onehot)
    elif mistake == "uniform part not divided by K":
        target = (1 - smoothing) * onehot + smoothing
    elif mistake == "target forgotten":
        target = 0
    dz = w * (p - target) / total
    if mistake == "class weights forgotten":
        dz = (p - target) / total
    elif mistake == "divided by N":
        dz = w * (p - target) / N
    elif mistake == "weights of the columns":
        dz = class_weight * (p - target) / total
    elif mistake == "weights on the target alone":
        dz = (p - w * target) / total
    elif mistake == "softmax' once more":
        dz = w * (p - target) * p * (1 - p) / total
    elif mistake == "log softmax left out":
        dz = -w * target / total
    elif mistake == "softmax over the samples":
        q = np.exp(z) / np.exp(z).sum(axis=0)
        dz = w * (q - target) / total
    dW2 = h.T @ dz
    if mistake == "dW2 from the preactivation":
        dW2 = a.T @ dz
    dh = dz @ params["W2"].T
    slope = 1 / (1 + np.exp(-a))
    if mistake == "softplus as relu":
        slope = a > 0
    elif mistake == "softplus' of its output":
        slope = 1 / (1 + np.exp(-h))
    elif mistake == "softplus' without exp(a)":
        slope = 1 / (1 + np.exp(a))
    elif mistake == "softplus for its slope":
        slope = h
    elif mistake == "softplus' is sigmoid's slope":
        slope = slope * (1 - slope)
    da = dh * slope
    db1 = da.sum(axis=0)
    if mistake == "b1 of the first sample":
        db1 = da[0]
    return {"W1": X.T @ da, "b1": db1, "W2": dW2}


MISTAKES = {
    "labels not smoothed": ("target-replaced factor-replaced term-missing", "z logp"),
    "smoothing without its uniform part": ("term-missing target-missing factor-replaced", "z logp"),
    "smoothing over K - 1": ("constant-factor factor-replaced", "z logp"),
    "uniform part not divided by K": ("constant-factor factor-missing factor-replaced", "z logp"),
    "target forgotten": ("target-missing term-missing", "z logp"),
    "class weights forgotten": ("factor-missing", "z logp"),
    "divided by N": ("constant-factor factor-replaced", "z logp loss"),
    "weights of the columns": ("factor-replaced axis", "z logp"),
    "weights on the target alone": ("factor-missing", "z logp"),
    "softmax' once more": (
        "cross-entropy-twice activation-derivative-twice factor-added",
        "z logp",
    ),
    "log softmax left out": (
        "treated-as-constant term-missing softmax-copied missing-activation-derivative",
        "z logp",
    ),
    "softmax over the samples": ("axis", "z logp"),
    "dW2 from the preactivation": ("weight-from-preactivation factor-replaced", "W2"),
    "softplus as relu": ("mask-replaced factor-replaced activation-derivative-wrong-argument", "h"),
    "softplus' of its output": ("activation-derivative-wrong-argument factor-replaced", "h"),
    "softplus' without exp(a)": ("factor-missing missing-activation-derivative", "h"),
    "softplus for its slope": ("activation-derivative-wrong-argument factor-replaced", "h"),
    "softplus' is sigmoid's slope": ("factor-added activation-derivative-wrong-argument", "h"),
    "b1 of the first sample": ("not-reduced index-overwritten term-missing", "b1"),
}
