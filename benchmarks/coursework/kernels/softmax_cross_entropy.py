"""Softmax cross-entropy of each row, with an ignored label and smoothing."""

import numpy as np

rng = np.random.RandomState(201)
B, V, smoothing, ignore = 7, 5, 0.1, -100
labels = np.array([1, 4, ignore, 0, 2, 2, 3])
valid = labels != ignore
onehot = np.where(valid[:, None], np.eye(V)[np.where(valid, labels, 0)], 0)

inputs = {"logits": 1.5 * rng.randn(B, V)}
upstream = rng.uniform(0.3, 1.8, B)


def forward(inputs):
    logits = inputs["logits"]
    m = np.max(logits, axis=1, keepdims=True)
    lse = m + np.log(np.sum(np.exp(logits - m), axis=1, keepdims=True))
    target = (1 - smoothing) * onehot + smoothing / V
    return np.where(valid, np.sum(target * (lse - logits), axis=1), 0.0)


def backward(inputs, dloss, mistake=None):
    logits = inputs["logits"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    target = (1 - smoothing) * onehot + smoothing / V
    if mistake == "smoothing left out":
        target = onehot
    elif mistake == "smoothing of V - 1 classes":
        target = (1 - smoothing) * onehot + smoothing / (V - 1)
    elif mistake == "one subtracted before smoothing":
        target = onehot + smoothing / V
    elif mistake == "target not subtracted":
        target = 0
    d = (p - target) * np.where(valid, dloss, 0)[:, None]
    if mistake == "ignored rows not masked":
        d = (p - target) * dloss[:, None]
    elif mistake == "upstream of the first row":
        d = (p - target) * np.where(valid, dloss[0], 0)[:, None]
    elif mistake == "upstream not multiplied":
        d = (p - target) * valid[:, None]
    elif mistake == "mean over the batch":
        d = d / B
    elif mistake == "target's upstream not scaled":
        d = np.where(valid[:, None], p * dloss[:, None] - target, 0)
    return {"logits": d}


MISTAKES = {
    "smoothing left out": ("term-missing target-replaced factor-replaced", "logits lse target"),
    "smoothing of V - 1 classes": ("constant-factor factor-replaced", "logits target"),
    "one subtracted before smoothing": ("constant-factor factor-replaced", "logits target"),
    "target not subtracted": ("target-missing term-missing", "logits lse"),
    "ignored rows not masked": ("mask-missing factor-missing", "logits"),
    "upstream of the first row": ("index-shifted factor-replaced", "logits"),
    "upstream not multiplied": ("upstream-dropped factor-missing", "logits"),
    "mean over the batch": ("constant-factor", "logits"),
    "target's upstream not scaled": ("factor-missing upstream-dropped", "logits target"),
}
