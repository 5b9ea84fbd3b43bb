"""Matrix factorization with biases on observed ratings, the mean rating given, L2 terms."""

import numpy as np

rng = np.random.RandomState(52)
users, items, k = 5, 4, 2
R = rng.randint(1, 6, size=(users, items)).astype(float)
mask = (rng.rand(users, items) < 0.7).astype(float)
mean = 3.1
lam = 0.1

params = {
    "P": 0.8 * rng.randn(users, k),
    "Q": 0.8 * rng.randn(items, k),
    "bu": 0.3 * rng.randn(users),
    "bi": 0.3 * rng.randn(items),
}


def loss(params):
    P, Q, bu, bi = params["P"], params["Q"], params["bu"], params["bi"]
    predicted = mean + bu[:, None] + bi + P @ Q.T
    error = mask * (R - predicted)
    return np.sum(error**2) / np.sum(mask) + lam * (np.sum(P**2) + np.sum(Q**2))


def manual_gradients(params, mistake=None):
    P, Q, bu, bi = params["P"], params["Q"], params["bu"], params["bi"]
    predicted = mean + bu[:, None] + bi + P @ Q.T
    error = mask * (R - predicted)
    if mistake == "mask forgotten":
        error = R - predicted
    elif mistake == "mask inverted":
        error = (1 - mask) * (R - predicted)
    elif mistake == "sign of the error":
        error = -error
    elif mistake == "without the mean":
        error = mask * (R - (predicted - mean))
    elif mistake == "without the biases":
        error = mask * (R - mean - P @ Q.T)
    elif mistake == "ratings not subtracted":
        error = -mask * predicted
    n = mask.sum()
    if mistake == "averaged over all entries":
        n = mask.size
    elif mistake == "averaged over the users":
        n = users
    d = -2 * error / n
    if mistake == "square's 2 forgotten":
        d = -error / n
    dP, dQ = d @ Q, d.T @ P
    if mistake == "dP of the first item":
        dP = d[:, :1] @ Q[:1]
    elif mistake == "dP overwritten by the last item":
        for j in range(items):
            dP = d[:, j : j + 1] * Q[j]
    elif mistake == "Q after P's update":
        dQ = d.T @ (P - 0.1 * (dP + 2 * lam * P))
    dbu, dbi = d.sum(axis=1), d.sum(axis=0)
    if mistake == "bias of the users is a mean":
        dbu = d.mean(axis=1)
    elif mistake == "one bias for all items":
        dbi = np.full(items, d.sum())
    if mistake == "lam without its 2":
        dP, dQ = dP + lam * P, dQ + lam * Q
    elif mistake == "lam averaged too":
        dP, dQ = dP + 2 * lam * P / n, dQ + 2 * lam * Q / n
    elif mistake == "lam of the sum of P's rows":
        dP, dQ = dP + 2 * lam * np.sum(P, axis=0), dQ + 2 * lam * Q
    else:
        dP, dQ = dP + 2 * lam * P, dQ + 2 * lam * Q
    return {"P": dP, "Q": dQ, "bu": dbu, "bi": dbi}


MISTAKES = {
    "mask forgotten": ("mask-missing factor-missing", "error predicted"),
    "mask inverted": ("mask-replaced", "error predicted"),
    "sign of the error": ("constant-factor sign second-operand-sign", "error predicted"),
    "without the mean": ("term-missing target-missing", "error predicted"),
    "without the biases": ("term-missing", "error predicted"),
    "ratings not subtracted": ("target-missing term-missing", "error predicted"),
    "averaged over all entries": ("constant-factor factor-replaced", "error loss predicted"),
    "averaged over the users": ("constant-factor factor-replaced", "error loss predicted"),
    "square's 2 forgotten": ("constant-factor factor-missing exponent", "error loss predicted"),
    "dP of the first item": ("not-reduced term-missing", "P"),
    "dP overwritten by the last item": ("index-overwritten fan-out-overwritten term-missing", "P"),
    "Q after P's update": ("update-before-propagate factor-replaced", "Q P"),
    "bias of the users is a mean": ("bias-mean constant-factor", "bu"),
    "one bias for all items": ("bias-summed-over-units axis", "bi"),
    "lam without its 2": ("constant-factor exponent weight-decay-missing-or-extra", "P Q"),
    "lam averaged too": ("constant-factor weight-decay-missing-or-extra", "P Q"),
    "lam of the sum of P's rows": ("axis factor-replaced weight-decay-missing-or-extra", "P"),
}
