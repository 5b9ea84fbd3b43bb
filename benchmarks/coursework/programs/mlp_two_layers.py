"""Two-layer net: affine, relu, affine, softmax, with L2 regularization; the first assignment."""

import numpy as np

rng = np.random.RandomState(0)
N, D, H, C = 7, 4, 5, 3
X = rng.randn(N, D)
y = np.array([0, 1, 2, 2, 1, 0, 2])
reg = 0.1

params = {
    "W1": 0.6 * rng.randn(D, H),
    "b1": 0.1 * rng.randn(H),
    "W2": 0.6 * rng.randn(H, C),
    "b2": 0.1 * rng.randn(C),
}


def loss(params):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z1 = X @ W1 + b1
    h1 = np.maximum(0, z1)
    scores = h1 @ W2 + b2
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    probs = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
    data_loss = -np.mean(np.log(probs[np.arange(N), y]))
    return data_loss + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)


def manual_gradients(params, mistake=None):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z1 = X @ W1 + b1
    h1 = np.maximum(0, z1)
    scores = h1 @ W2 + b2
    probs = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)

    dscores = probs.copy()
    if mistake == "target not subtracted":
        pass
    elif mistake == "target subtracted twice":
        dscores[np.arange(N), y] -= 2
    elif mistake == "target subtracted from every row":
        dscores[:, y] -= 1
    else:
        dscores[np.arange(N), y] -= 1
    if mistake == "not divided by N":
        pass
    elif mistake == "divided by N * C":
        dscores /= scores.size
    else:
        dscores /= N

    if mistake == "dW2 from z1":
        dW2 = z1.T @ dscores
    else:
        dW2 = h1.T @ dscores
    if mistake == "db2 is a mean":
        db2 = np.mean(dscores, axis=0)
    else:
        db2 = np.sum(dscores, axis=0)
    dh1 = dscores @ W2.T
    if mistake == "no relu":
        dz1 = dh1
    elif mistake == "relu mask inverted":
        dz1 = dh1 * (z1 < 0)
    elif mistake == "relu mask from dh1":
        dz1 = dh1 * (dh1 > 0)
    elif mistake == "relu itself for its derivative":
        dz1 = dh1 * h1
    else:
        dz1 = dh1 * (z1 > 0)
    dW1 = X.T @ dz1
    if mistake == "db1 before the relu mask":
        db1 = np.sum(dh1, axis=0)
    else:
        db1 = np.sum(dz1, axis=0)

    if mistake == "reg without the 2":
        dW1 += reg * W1
        dW2 += reg * W2
    elif mistake == "reg for W2 alone":
        dW2 += 2 * reg * W2
    elif mistake == "no reg":
        pass
    elif mistake == "reg of W1 with its mean":
        dW1 += 2 * reg * np.mean(W1)
        dW2 += 2 * reg * W2
    else:
        dW1 += 2 * reg * W1
        dW2 += 2 * reg * W2
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


MISTAKES = {
    "target not subtracted": ("target-missing term-missing", "scores probs shifted"),
    "target subtracted twice": ("term-twice fan-out-counted-twice", "scores probs shifted"),
    "target subtracted from every row": ("index-shifted term-twice", "scores probs shifted"),
    "not divided by N": ("constant-factor factor-missing", "data_loss scores probs"),
    "divided by N * C": ("constant-factor", "data_loss scores probs"),
    "dW2 from z1": ("weight-from-preactivation factor-replaced", "W2 h1"),
    "db2 is a mean": ("bias-mean constant-factor", "b2"),
    "no relu": ("relu-mask-missing factor-missing", "z1 h1"),
    "relu mask inverted": ("relu-mask-inverted mask-replaced", "z1 h1"),
    "relu mask from dh1": ("relu-mask-wrong-source mask-replaced", "z1 h1"),
    "relu itself for its derivative": (
        "activation-derivative-wrong-argument factor-replaced mask-replaced",
        "z1 h1",
    ),
    "db1 before the relu mask": (
        "leaf-without-activation-derivative mask-missing factor-missing",
        "b1",
    ),
    "reg without the 2": ("constant-factor weight-decay-missing-or-extra exponent", "W1 W2"),
    "reg for W2 alone": ("weight-decay-missing-or-extra term-missing", "W1"),
    "no reg": ("weight-decay-missing-or-extra term-missing", "W1 W2"),
    "reg of W1 with its mean": ("factor-replaced axis", "W1"),
}
