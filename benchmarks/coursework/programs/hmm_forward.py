"""Forward algorithm of a hidden Markov model with scaling; softmax rows on the parameters."""

import numpy as np

rng = np.random.RandomState(63)
S, V, T = 3, 4, 5
obs = [1, 3, 0, 2, 1]

params = {"A": rng.randn(S, S), "B": rng.randn(S, V), "start": 0.5 * rng.randn(S)}


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=-1, keepdims=True)


def loss(params):
    A, B, start = softmax(params["A"]), softmax(params["B"]), softmax(params["start"])
    alpha = start * B[:, obs[0]]
    c = np.sum(alpha)
    nll = -np.log(c)
    alpha = alpha / c
    for t in range(1, T):
        alpha = (alpha @ A) * B[:, obs[t]]
        c = np.sum(alpha)
        nll = nll - np.log(c)
        alpha = alpha / c
    return nll


def softmax_backward(d, p, mistake):
    if mistake == "softmax' without its sum":
        return p * d
    if mistake == "softmax' left out":
        return d
    if mistake == "softmax' over the columns" and p.ndim == 2:
        return p * (d - np.sum(d * p, axis=0, keepdims=True))
    return p * (d - np.sum(d * p, axis=-1, keepdims=True))


def manual_gradients(params, mistake=None):
    A, B, start = softmax(params["A"]), softmax(params["B"]), softmax(params["start"])
    raw = [start * B[:, obs[0]]]
    scaled = [raw[0] / raw[0].sum()]
    for t in range(1, T):
        raw.append((scaled[-1] @ A) * B[:, obs[t]])
        scaled.append(raw[-1] / raw[-1].sum())

    dA, dB = np.zeros_like(A), np.zeros_like(B)
    dalpha = np.zeros(S)
    for t in reversed(range(T)):
        c = raw[t].sum()
        if mistake == "scaling is a constant":
            draw = dalpha / c - 1 / c
        elif mistake == "log c forgotten":
            draw = (dalpha - np.sum(dalpha * scaled[t])) / c
        elif mistake == "scale forgotten":
            draw = dalpha - np.sum(dalpha * scaled[t]) - 1 / c
        elif mistake == "scaled for raw":
            draw = (dalpha - np.sum(dalpha * raw[t])) / c - 1 / c
        elif mistake == "1 for 1/c":
            draw = (dalpha - np.sum(dalpha * scaled[t])) / c - 1
        elif mistake == "only the last step's c":
            draw = (dalpha - np.sum(dalpha * scaled[t])) / c - (1 / c if t == T - 1 else 0)
        else:
            draw = (dalpha - np.sum(dalpha * scaled[t])) / c - 1 / c
        before = start if t == 0 else scaled[t - 1] @ A
        if mistake == "dB overwritten":
            dB[:, obs[t]] = draw * before
        elif mistake == "dB of the next symbol":
            dB[:, obs[(t + 1) % T]] += draw * before
        elif mistake == "dB with the state after":
            dB[:, obs[t]] += draw * raw[t]
        else:
            dB[:, obs[t]] += draw * before
        dpredicted = draw * B[:, obs[t]]
        if mistake == "emission forgotten":
            dpredicted = draw
        elif mistake == "emission of the step before":
            dpredicted = draw * B[:, obs[t - 1]]
        if t == 0:
            dstart = dpredicted
        else:
            if mistake == "dA overwritten":
                dA = np.outer(scaled[t - 1], dpredicted)
            elif mistake == "dA transposed":
                dA += np.outer(dpredicted, scaled[t - 1])
            elif mistake == "dA with the state after":
                dA += np.outer(scaled[t], dpredicted)
            elif mistake == "dA with the raw state":
                dA += np.outer(raw[t - 1], dpredicted)
            else:
                dA += np.outer(scaled[t - 1], dpredicted)
            dalpha = A.T @ dpredicted if mistake == "A transposed" else A @ dpredicted
            if mistake == "not carried back":
                dalpha = np.zeros(S)
    return {
        "A": softmax_backward(dA, A, mistake),
        "B": softmax_backward(dB, B, mistake),
        "start": softmax_backward(dstart, start, mistake),
    }


MISTAKES = {
    "softmax' without its sum": ("treated-as-constant term-missing", "A B start"),
    "softmax' left out": (
        "softmax-copied missing-activation-derivative factor-missing",
        "A B start",
    ),
    "softmax' over the columns": ("axis", "A B"),
    "scaling is a constant": ("treated-as-constant fan-out-overwritten term-missing", "c alpha"),
    "log c forgotten": ("fan-out-overwritten term-missing treated-as-constant", "c nll"),
    "scale forgotten": ("factor-missing", "c alpha"),
    "scaled for raw": ("factor-replaced factor-missing exponent", "c alpha"),
    "1 for 1/c": ("factor-missing missing-activation-derivative", "c nll"),
    "only the last step's c": ("fan-out-overwritten term-missing", "c nll"),
    "dB overwritten": ("index-overwritten fan-out-overwritten term-missing", "B"),
    "dB of the next symbol": ("index-shifted", "B"),
    "dB with the state after": ("factor-replaced index-shifted factor-added", "B"),
    "emission forgotten": ("factor-missing", "alpha"),
    "emission of the step before": ("index-shifted factor-replaced", "alpha"),
    "dA overwritten": ("fan-out-overwritten index-overwritten term-missing", "A"),
    "dA transposed": ("transposed", "A"),
    "dA with the state after": ("index-shifted factor-replaced", "A"),
    "dA with the raw state": ("factor-replaced factor-missing weight-from-preactivation", "A"),
    "A transposed": ("transposed-weight transposed", "A alpha"),
    "not carried back": ("treated-as-constant fan-out-overwritten term-missing", "alpha"),
}
