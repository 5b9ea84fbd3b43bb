"""Softmax classifier with one-hot targets and weight decay, rows are samples."""

import numpy as np

rng = np.random.RandomState(2)
X = rng.randn(7, 5)
labels = np.array([2, 0, 1, 3, 3, 0, 2])
T = np.eye(4)[labels]
lam = 0.05

params = {"W": 0.5 * rng.randn(5, 4), "b": 0.3 * rng.randn(4)}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def loss(params):
    logits = X @ params["W"] + params["b"]
    p = softmax(logits)
    cross_entropy = -np.sum(T * np.log(p)) / len(X)
    return cross_entropy + 0.5 * lam * np.sum(params["W"] ** 2)


def manual_gradients(params, mistake=None):
    W, b = params["W"], params["b"]
    n = len(X)
    logits = X @ W + b
    p = softmax(logits)
    if mistake == "softmax over the samples":
        e = np.exp(logits)
        p = e / e.sum(axis=0)
    if mistake == "only the softmax's diagonal":
        dlogits = -T / p * p * (1 - p)
    elif mistake == "log(p) taken for p":
        dlogits = np.log(p) - T
    elif mistake == "p (1 - p) once more":
        dlogits = (p - T) * p * (1 - p)
    elif mistake == "softmax left out":
        dlogits = -T / p
    elif mistake == "T not subtracted":
        dlogits = p
    elif mistake == "logits - T":
        dlogits = logits - T
    elif mistake == "clipped":
        dlogits = np.clip(p - T, -0.5, 0.5)
    else:
        dlogits = p - T
    if mistake == "labels of the next sample":
        dlogits = p - np.roll(T, 1, axis=0)
    dW = X.T @ dlogits / n
    db = dlogits.sum(axis=0) / n
    if mistake == "sum for mean in dW":
        dW = X.T @ dlogits
    elif mistake == "divided by the classes":
        dW = X.T @ dlogits / 4
        db = dlogits.sum(axis=0) / 4
    elif mistake == "db is a mean of a mean":
        db = dlogits.mean(axis=0) / n
    if mistake == "lam without W":
        dW += lam
    elif mistake == "lam twice":
        dW += 2 * lam * W
    elif mistake == "decay of b too":
        dW += lam * W
        db += lam * b
    elif mistake != "no decay":
        dW += lam * W
    if mistake == "all zero":
        dW, db = np.zeros_like(W), np.zeros_like(b)
    return {"W": dW, "b": db}


def right_with_the_jacobian(params):
    logits = X @ params["W"] + params["b"]
    p = softmax(logits)
    dp = -T / p / len(X)
    dlogits = np.empty_like(p)
    for i in range(len(X)):
        dlogits[i] = (np.diag(p[i]) - np.outer(p[i], p[i])) @ dp[i]
    return {"W": X.T @ dlogits + lam * params["W"], "b": dlogits.sum(axis=0)}


MISTAKES = {
    "softmax over the samples": ("axis", "logits p"),
    "only the softmax's diagonal": ("softmax-diagonal-only term-missing", "logits p"),
    "log(p) taken for p": ("factor-replaced term-replaced", "logits p"),
    "p (1 - p) once more": ("cross-entropy-twice activation-derivative-twice", "logits p"),
    "softmax left out": ("softmax-copied missing-activation-derivative factor-missing", "logits p"),
    "T not subtracted": ("target-missing term-missing", "logits p"),
    "logits - T": ("factor-replaced term-replaced missing-activation-derivative", "logits p"),
    "clipped": ("clipped", "logits p"),
    "labels of the next sample": ("index-shifted factor-replaced", "logits p"),
    "sum for mean in dW": ("constant-factor factor-missing", "W"),
    "divided by the classes": ("constant-factor", "loss cross_entropy logits p"),
    "db is a mean of a mean": ("bias-mean constant-factor factor-twice", "b"),
    "lam without W": ("factor-missing weight-decay-missing-or-extra", "W"),
    "lam twice": ("constant-factor weight-decay-missing-or-extra", "W"),
    "decay of b too": ("weight-decay-missing-or-extra term-added", "b"),
    "no decay": ("weight-decay-missing-or-extra term-missing", "W"),
    "all zero": ("all-zero", "W b"),
}
