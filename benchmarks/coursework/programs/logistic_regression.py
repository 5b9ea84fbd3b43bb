"""Logistic regression with class weights and an elastic penalty."""

import numpy as np

rng = np.random.RandomState(4)
X = rng.randn(7, 3)
y = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0])
weight = np.where(y == 1, 0.7, 1.6)
l1, l2 = 0.05, 0.1

params = {"w": np.array([0.7, -0.4, 0.5]), "b": 0.3}


def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))


def loss(params):
    w, b = params["w"], params["b"]
    z = X @ w + b
    p = sigmoid(z)
    nll = -np.mean(weight * (y * np.log(p) + (1 - y) * np.log(1 - p)))
    return nll + l1 * np.sum(np.abs(w)) + l2 * np.sum(w**2)


def manual_gradients(params, mistake=None):
    w, b = params["w"], params["b"]
    n = len(y)
    z = X @ w + b
    p = sigmoid(z)
    error = weight * (p - y)
    if mistake == "class weights forgotten":
        error = p - y
    elif mistake == "class weights squared":
        error = weight**2 * (p - y)
    elif mistake == "z - y":
        error = weight * (z - y)
    elif mistake == "the negatives' term forgotten":
        error = weight * -y * (1 - p)
    elif mistake == "derivative of the sigmoid left out":
        error = weight * (p - y) / (p * (1 - p))
    elif mistake == "sigmoid's derivative of p":
        error = weight * (p - y) / (p * (1 - p)) * sigmoid(p) * (1 - sigmoid(p))
    gw = X.T @ error / n
    gb = np.sum(error) / n
    if mistake == "b gets the sum":
        gb = np.sum(error)
    if mistake == "divided by the sum of the weights":
        gw = X.T @ error / np.sum(weight)
        gb = np.sum(error) / np.sum(weight)
    if mistake == "abs(w) for its sign":
        gw = gw + l1 * np.abs(w) + l2 * 2 * w
    elif mistake == "l1 without the sign":
        gw = gw + l1 + l2 * 2 * w
    elif mistake == "l1 forgotten":
        gw = gw + l2 * 2 * w
    elif mistake == "l2 with w squared":
        gw = gw + l1 * np.sign(w) + l2 * 2 * w**2
    elif mistake == "l2 without the 2":
        gw = gw + l1 * np.sign(w) + l2 * w
    else:
        gw = gw + l1 * np.sign(w) + l2 * 2 * w
    if mistake == "rounded to three digits":
        gw, gb = np.round(gw, 3), np.round(gb, 3)
    return {"w": gw, "b": gb}


def right_sample_by_sample(params):
    """The margin's form of the loss, one sample after the other."""
    gw = l1 * np.sign(params["w"]) + 2 * l2 * params["w"]
    gb = 0.0
    for xi, yi, wi in zip(X, y, weight, strict=True):
        sign = 2 * yi - 1
        g = -sign * wi / (1 + np.exp(sign * (xi @ params["w"] + params["b"]))) / len(y)
        gw = gw + g * xi
        gb += g
    return {"w": gw, "b": gb}


MISTAKES = {
    "class weights forgotten": ("factor-missing", "nll z p"),
    "class weights squared": ("factor-twice constant-factor", "nll z p"),
    "z - y": ("missing-activation-derivative factor-replaced term-replaced", "z p"),
    "the negatives' term forgotten": ("term-missing", "nll p"),
    "derivative of the sigmoid left out": ("missing-activation-derivative factor-missing", "z p"),
    "sigmoid's derivative of p": ("activation-derivative-wrong-argument factor-replaced", "z p"),
    "b gets the sum": ("constant-factor factor-missing", "b"),
    "divided by the sum of the weights": ("constant-factor factor-replaced", "nll z p loss"),
    "abs(w) for its sign": ("factor-replaced activation-derivative-wrong-argument", "w"),
    "l1 without the sign": ("factor-missing", "w"),
    "l1 forgotten": ("term-missing", "w"),
    "l2 with w squared": ("exponent factor-replaced", "w"),
    "l2 without the 2": ("constant-factor exponent weight-decay-missing-or-extra", "w"),
    "rounded to three digits": ("rounded", "w b"),
}
