"""Focal loss of a binary detector: alpha, gamma, a sigmoid over a linear score."""

import numpy as np

rng = np.random.RandomState(73)
N = 7
X = rng.randn(N, 4)
y = np.array([1, 0, 0, 1, 0, 1, 0])
alpha, gamma = 0.25, 2.0

params = {"w": 0.6 * rng.randn(4), "b": np.array([0.2])}


def loss(params):
    logit = X @ params["w"] + params["b"]
    p = 1 / (1 + np.exp(-logit))
    pt = np.where(y == 1, p, 1 - p)
    at = np.where(y == 1, alpha, 1 - alpha)
    return np.mean(-at * (1 - pt) ** gamma * np.log(pt))


def manual_gradients(params, mistake=None):
    logit = X @ params["w"] + params["b"]
    p = 1 / (1 + np.exp(-logit))
    pt = np.where(y == 1, p, 1 - p)
    at = np.where(y == 1, alpha, 1 - alpha)
    if mistake == "alpha for all":
        at = alpha
    elif mistake == "alpha exchanged":
        at = np.where(y == 1, 1 - alpha, alpha)
    elif mistake == "alpha forgotten":
        at = 1.0
    modulation = gamma * (1 - pt) ** (gamma - 1) * np.log(pt)
    entropy = (1 - pt) ** gamma / pt
    if mistake == "modulation is a constant":
        dpt = -at * entropy
    elif mistake == "entropy's term forgotten":
        dpt = at * modulation
    elif mistake == "gamma not reduced":
        dpt = at * (gamma * (1 - pt) ** gamma * np.log(pt) - entropy)
    elif mistake == "gamma forgotten as a factor":
        dpt = at * (modulation / gamma - entropy)
    elif mistake == "inner sign of 1 - pt":
        dpt = at * (-modulation - entropy)
    elif mistake == "log for 1/pt":
        dpt = at * (modulation - (1 - pt) ** gamma * np.log(pt))
    elif mistake == "1/p for 1/pt":
        dpt = at * (modulation - (1 - pt) ** gamma / p)
    elif mistake == "plain cross-entropy":
        dpt = -at / pt
    else:
        dpt = at * (modulation - entropy)
    if mistake == "sign of the negatives":
        dp = dpt
    elif mistake == "positives alone":
        dp = np.where(y == 1, dpt, 0)
    elif mistake == "labels exchanged":
        dp = np.where(y == 1, -dpt, dpt)
    else:
        dp = np.where(y == 1, dpt, -dpt)
    if mistake == "sigmoid' forgotten":
        dlogit = dp
    elif mistake == "p for sigmoid'":
        dlogit = dp * p
    elif mistake == "sigmoid' with the square":
        dlogit = dp * (1 - p**2)
    else:
        dlogit = dp * p * (1 - p)
    if mistake != "not averaged":
        dlogit = dlogit / N
    db = np.array([dlogit.sum()])
    if mistake == "db averaged twice":
        db = np.array([dlogit.mean()])
    return {"w": X.T @ dlogit, "b": db}


MISTAKES = {
    "alpha for all": ("mask-missing mask-replaced factor-replaced", "at pt"),
    "alpha exchanged": ("mask-replaced factor-replaced", "at pt"),
    "alpha forgotten": ("factor-missing", "at pt"),
    "modulation is a constant": ("treated-as-constant fan-out-overwritten term-missing", "pt"),
    "entropy's term forgotten": ("treated-as-constant fan-out-overwritten term-missing", "pt"),
    "gamma not reduced": ("exponent", "pt"),
    "gamma forgotten as a factor": ("constant-factor factor-missing", "pt"),
    "inner sign of 1 - pt": ("second-operand-sign constant-factor sign", "pt"),
    "log for 1/pt": ("activation-derivative-wrong-argument factor-replaced", "pt"),
    "1/p for 1/pt": ("factor-replaced", "pt"),
    "plain cross-entropy": ("factor-missing treated-as-constant term-missing", "pt"),
    "sign of the negatives": ("second-operand-sign constant-factor sign mask-replaced", "p pt"),
    "positives alone": ("term-missing fan-out-overwritten mask-replaced", "p pt"),
    "labels exchanged": ("constant-factor sign mask-replaced", "p pt logit"),
    "sigmoid' forgotten": ("missing-activation-derivative factor-missing", "logit p"),
    "p for sigmoid'": ("factor-missing activation-derivative-wrong-argument", "logit p"),
    "sigmoid' with the square": (
        "activation-derivative-wrong-argument factor-replaced exponent",
        "logit p",
    ),
    "not averaged": ("constant-factor factor-missing", "logit loss pt p"),
    "db averaged twice": ("bias-mean constant-factor factor-twice", "b"),
}
