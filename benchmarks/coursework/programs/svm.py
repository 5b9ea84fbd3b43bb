"""Multiclass hinge loss on a linear classifier, with L2 regularization."""

import numpy as np

rng = np.random.RandomState(3)
num_train, num_classes = 7, 4
X = rng.randn(num_train, 5)
y = np.array([0, 3, 1, 2, 2, 0, 1])
reg = 0.2
delta = 1.0

params = {"W": 0.4 * rng.randn(5, 4), "b": 0.2 * rng.randn(4)}


def loss(params):
    W, b = params["W"], params["b"]
    scores = X @ W + b
    correct = scores[np.arange(num_train), y][:, None]
    margins = np.maximum(0, scores - correct + delta)
    # the correct class itself counts delta in each row
    data = (np.sum(margins) - num_train * delta) / num_train
    return data + 0.5 * reg * np.sum(W * W)


def manual_gradients(params, mistake=None):
    W, b = params["W"], params["b"]
    rows = np.arange(num_train)
    scores = X @ W + b
    margins = scores - scores[rows, y][:, None] + delta
    if mistake == "delta forgotten in the mask":
        margins = scores - scores[rows, y][:, None]
    binary = (margins > 0).astype(float)
    if mistake == "margins for their mask":
        binary = np.maximum(0, margins)
    binary[rows, y] = 0
    counts = binary.sum(axis=1)
    if mistake == "correct class gets -1":
        binary[rows, y] = -1
    elif mistake == "correct class gets 1 - K":
        binary[rows, y] = -(num_classes - 1)
    elif mistake == "correct class gets nothing":
        pass
    elif mistake == "sign of the correct class":
        binary[rows, y] = counts
    elif mistake == "correct class counts itself":
        binary[rows, y] = -(counts + 1)
    elif mistake == "only the largest margin":
        hot = np.zeros_like(binary)
        rest = np.where(binary > 0, margins, -1)
        hot[rows, np.argmax(rest, axis=1)] = 1
        binary = np.where(binary > 0, hot, 0)
        binary[rows, y] = -binary.sum(axis=1)
    else:
        binary[rows, y] = -counts
    dscores = binary / num_train
    if mistake == "not averaged":
        dscores = binary
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    if mistake == "db is a mean":
        db = dscores.mean(axis=0)
    if mistake == "reg doubled":
        dW += 2 * reg * W
    elif mistake == "reg W/N":
        dW += reg * W / num_train
    else:
        dW += reg * W
    return {"W": dW, "b": db}


MISTAKES = {
    "delta forgotten in the mask": ("mask-replaced relu-mask-wrong-source", "margins"),
    "margins for their mask": (
        "activation-derivative-wrong-argument mask-replaced factor-replaced",
        "margins",
    ),
    "correct class gets -1": (
        "constant-factor factor-replaced not-reduced",
        "correct margins scores",
    ),
    "correct class gets 1 - K": (
        "constant-factor factor-replaced mask-missing relu-mask-missing",
        "correct margins scores",
    ),
    "correct class gets nothing": ("term-missing treated-as-constant", "correct margins scores"),
    "sign of the correct class": (
        "second-operand-sign constant-factor sign",
        "correct margins scores",
    ),
    "correct class counts itself": (
        "constant-factor term-missing term-twice",
        "correct margins scores",
    ),
    "only the largest margin": ("mask-replaced term-missing", "margins"),
    "not averaged": ("constant-factor factor-missing", "data margins scores loss"),
    "db is a mean": ("bias-mean constant-factor", "b"),
    "reg doubled": ("constant-factor weight-decay-missing-or-extra", "W"),
    "reg W/N": ("constant-factor weight-decay-missing-or-extra", "W"),
}
