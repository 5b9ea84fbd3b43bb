"""Cox regression by a small net: the partial likelihood of who failed when, some are censored."""

import numpy as np

rng = np.random.RandomState(112)
n, D, H = 7, 3, 4
X = rng.randn(n, D)  # in the order of their times
event = np.array([1, 0, 1, 1, 0, 1, 0])
ridge = 0.05

params = {"W": 0.7 * rng.randn(D, H), "b": 0.2 * rng.randn(H), "beta": 0.8 * rng.randn(H)}


def loss(params):
    h = np.tanh(X @ params["W"] + params["b"])
    eta = h @ params["beta"]
    total = 0.0
    for i in range(n):
        if event[i]:
            total = total + eta[i] - np.log(np.sum(np.exp(eta[i:])))
    return -total / event.sum() + 0.5 * ridge * np.sum(params["beta"] ** 2)


def manual_gradients(params, mistake=None):
    h = np.tanh(X @ params["W"] + params["b"])
    eta = h @ params["beta"]
    deta = np.zeros(n)
    for i in range(n):
        if not event[i] and mistake != "the censored fail too":
            continue
        first = i
        if mistake == "risk set without the one who fails":
            first = i + 1
        elif mistake == "all are at risk all the time":
            first = 0
        weights = np.exp(eta[first:])
        deta[i] -= 1
        if mistake == "weights of the risk set not normalized":
            deta[first:] += weights
        else:
            deta[first:] += weights / weights.sum()
    deta /= event.sum()
    if mistake == "averaged over all, not over events":
        deta *= event.sum() / n
    da = np.outer(deta, params["beta"]) * (1 - h**2)
    return {
        "W": X.T @ da,
        "b": da.sum(axis=0),
        "beta": h.T @ deta + ridge * params["beta"],
    }


MISTAKES = {
    "the censored fail too": ("mask-missing term-added", "eta total"),
    "risk set without the one who fails": ("index-shifted factor-replaced", "eta total"),
    "all are at risk all the time": ("routed-to-all mask-missing factor-replaced", "eta total"),
    "weights of the risk set not normalized": ("factor-missing", "eta total"),
    "averaged over all, not over events": ("constant-factor", "eta total"),
}
