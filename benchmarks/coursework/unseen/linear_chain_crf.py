"""Conditional random field over the tags of a sentence: emissions, transitions, log partition."""

import numpy as np

rng = np.random.RandomState(117)
T, D, K = 5, 3, 3
x = rng.randn(T, D)
tags = np.array([0, 2, 2, 1, 0])

params = {"W": 0.7 * rng.randn(D, K), "trans": 0.6 * rng.randn(K, K), "start": 0.5 * rng.randn(K)}


def loss(params):
    emit = x @ params["W"]
    score = params["start"][tags[0]] + emit[0, tags[0]]
    alpha = params["start"] + emit[0]
    for t in range(1, T):
        score = score + params["trans"][tags[t - 1], tags[t]] + emit[t, tags[t]]
        alpha = np.log(np.sum(np.exp(alpha[:, None] + params["trans"]), axis=0)) + emit[t]
    return np.log(np.sum(np.exp(alpha))) - score


def manual_gradients(params, mistake=None):
    trans = params["trans"]
    emit = x @ params["W"]
    alpha = np.zeros((T, K))
    alpha[0] = params["start"] + emit[0]
    for t in range(1, T):
        alpha[t] = np.log(np.sum(np.exp(alpha[t - 1][:, None] + trans), axis=0)) + emit[t]
    logz = np.log(np.sum(np.exp(alpha[-1])))
    beta = np.zeros((T, K))
    for t in range(T - 2, -1, -1):
        beta[t] = np.log(np.sum(np.exp(trans + emit[t + 1] + beta[t + 1]), axis=1))
        if mistake == "beta without the emissions":
            beta[t] = np.log(np.sum(np.exp(trans + beta[t + 1]), axis=1))
    marginal = np.exp(alpha + beta - logz)
    if mistake == "filtered, not smoothed":
        marginal = np.exp(alpha) / np.exp(alpha).sum(axis=1, keepdims=True)
    demit = marginal.copy()
    demit[np.arange(T), tags] -= 1
    dtrans = np.zeros((K, K))
    for t in range(1, T):
        pair = np.exp(alpha[t - 1][:, None] + trans + emit[t] + beta[t] - logz)
        if mistake == "pairs as if the tags were independent":
            pair = np.outer(marginal[t - 1], marginal[t])
        dtrans += pair
        if mistake == "transitions counted the other way":
            dtrans[tags[t], tags[t - 1]] -= 1
        elif mistake != "transitions of the true tags forgotten":
            dtrans[tags[t - 1], tags[t]] -= 1
    return {"W": x.T @ demit, "trans": dtrans, "start": demit[0]}


MISTAKES = {
    "beta without the emissions": ("term-missing factor-missing", "alpha emit"),
    "filtered, not smoothed": ("factor-replaced", "alpha emit"),
    "pairs as if the tags were independent": ("factor-replaced", "trans alpha"),
    "transitions counted the other way": ("transposed order index-shifted", "trans score"),
    "transitions of the true tags forgotten": (
        "target-missing term-missing fan-out-overwritten",
        "trans score",
    ),
}
