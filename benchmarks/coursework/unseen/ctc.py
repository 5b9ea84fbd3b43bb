"""Connectionist temporal classification: all alignments of two letters to four frames."""

import numpy as np

rng = np.random.RandomState(101)
T, D, K = 4, 3, 3  # class 0 is the blank
x = rng.randn(T, D)
ext = [0, 1, 0, 2, 0]  # the labels 1 and 2 with blanks around them
S = len(ext)

params = {"W": 0.7 * rng.randn(D, K), "b": 0.3 * rng.randn(K)}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def may_skip(s):
    return s >= 2 and ext[s] != 0 and ext[s] != ext[s - 2]


def forward(y):
    alpha = np.zeros((T, S))
    alpha[0, 0] = y[0, ext[0]]
    alpha[0, 1] = y[0, ext[1]]
    for t in range(1, T):
        for s in range(S):
            total = alpha[t - 1, s]
            if s >= 1:
                total = total + alpha[t - 1, s - 1]
            if may_skip(s):
                total = total + alpha[t - 1, s - 2]
            alpha[t, s] = total * y[t, ext[s]]
    return alpha


def loss(params):
    y = softmax(x @ params["W"] + params["b"])
    alpha = forward(y)
    return -np.log(alpha[T - 1, S - 1] + alpha[T - 1, S - 2])


def manual_gradients(params, mistake=None):
    y = softmax(x @ params["W"] + params["b"])
    alpha = forward(y)
    beta = np.zeros((T, S))
    beta[T - 1, S - 1] = y[T - 1, ext[S - 1]]
    if mistake != "ends in a blank only":
        beta[T - 1, S - 2] = y[T - 1, ext[S - 2]]
    for t in range(T - 2, -1, -1):
        for s in range(S):
            total = beta[t + 1, s]
            if s + 1 < S:
                total += beta[t + 1, s + 1]
            if s + 2 < S and may_skip(s + 2) and mistake != "no skipping backwards":
                total += beta[t + 1, s + 2]
            beta[t, s] = total * y[t, ext[s]]
    p = alpha[T - 1, S - 1] + alpha[T - 1, S - 2]
    post = np.zeros((T, K))
    for t in range(T):
        for s in range(S):
            share = alpha[t, s] * beta[t, s] / y[t, ext[s]]
            if mistake == "the frame's probability counted twice":
                share = alpha[t, s] * beta[t, s]
            if mistake == "only the last of the blanks":
                post[t, ext[s]] = share
            else:
                post[t, ext[s]] += share
    dz = y - post / p
    if mistake == "not divided by the total":
        dz = y - post
    return {"W": x.T @ dz, "b": dz.sum(axis=0)}


MISTAKES = {
    "ends in a blank only": ("term-missing fan-out-overwritten", "alpha"),
    "no skipping backwards": ("term-missing fan-out-overwritten", "alpha total"),
    "the frame's probability counted twice": ("factor-replaced factor-twice factor-added", "alpha"),
    "only the last of the blanks": ("index-overwritten fan-out-overwritten term-missing", "y"),
    "not divided by the total": ("factor-missing", "alpha"),
}
