"""Character RNN over six steps with a softmax at every step, column vectors, batch 1."""

import numpy as np

rng = np.random.RandomState(30)
vocab_size, hidden_size, T = 4, 5, 6
inputs = [0, 2, 1, 3, 2, 0]
targets = [2, 1, 3, 2, 0, 1]
hprev = 0.5 * rng.randn(hidden_size, 1)

params = {
    "Wxh": 0.5 * rng.randn(hidden_size, vocab_size),
    "Whh": 0.4 * rng.randn(hidden_size, hidden_size),
    "Why": 0.6 * rng.randn(vocab_size, hidden_size),
    "bh": 0.1 * rng.randn(hidden_size, 1),
    "by": 0.1 * rng.randn(vocab_size, 1),
}


def one_hot(k):
    x = np.zeros((vocab_size, 1))
    x[k] = 1
    return x


def loss(params):
    h, total = hprev, 0.0
    for t in range(T):
        x = one_hot(inputs[t])
        h = np.tanh(params["Wxh"] @ x + params["Whh"] @ h + params["bh"])
        y = params["Why"] @ h + params["by"]
        p = np.exp(y) / np.sum(np.exp(y))
        total = total - np.log(p[targets[t], 0])
    return total


def manual_gradients(params, mistake=None):
    Wxh, Whh, Why = params["Wxh"], params["Whh"], params["Why"]
    bh, by = params["bh"], params["by"]
    xs, hs, ps = {}, {-1: hprev}, {}
    for t in range(T):
        xs[t] = one_hot(inputs[t])
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        y = Why @ hs[t] + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hprev)
    for t in reversed(range(T)):
        dy = ps[t].copy()
        if mistake == "target of the step before":
            dy[targets[t - 1]] -= 1
        elif mistake != "target not subtracted":
            dy[targets[t]] -= 1
        if mistake == "dWhy overwritten":
            dWhy = dy @ hs[t].T
        elif mistake == "dWhy with the state before":
            dWhy += dy @ hs[t - 1].T
        else:
            dWhy += dy @ hs[t].T
        dby += dy
        if mistake == "dhnext forgotten":
            dh = Why.T @ dy
        elif mistake == "dhnext twice":
            dh = Why.T @ dy + 2 * dhnext
        elif mistake == "only the last step's output":
            dh = dhnext + (Why.T @ dy if t == T - 1 else 0)
        else:
            dh = Why.T @ dy + dhnext
        if mistake == "tanh' forgotten":
            dhraw = dh
        elif mistake == "1 - h":
            dhraw = (1 - hs[t]) * dh
        elif mistake == "sigmoid's derivative":
            dhraw = hs[t] * (1 - hs[t]) * dh
        elif mistake == "tanh' of h":
            dhraw = (1 - np.tanh(hs[t]) ** 2) * dh
        elif mistake == "tanh' of the state before":
            dhraw = (1 - hs[t - 1] ** 2) * dh
        else:
            dhraw = (1 - hs[t] ** 2) * dh
        if mistake == "dbh before tanh'":
            dbh += dh
        elif mistake == "dbh overwritten":
            dbh = dhraw
        else:
            dbh += dhraw
        dWxh += dhraw @ xs[t].T
        if mistake == "dWhh with the present state":
            dWhh += dhraw @ hs[t].T
        elif mistake == "dWhh transposed":
            dWhh += hs[t - 1] @ dhraw.T
        elif mistake == "dWhh without the first step":
            dWhh += dhraw @ hs[t - 1].T if t > 0 else 0
        else:
            dWhh += dhraw @ hs[t - 1].T
        if mistake == "Whh not transposed":
            dhnext = Whh @ dhraw
        elif mistake == "dhnext from dh":
            dhnext = Whh.T @ dh
        elif mistake == "truncated after three steps" and t == T - 3:
            dhnext = np.zeros_like(hprev)
        else:
            dhnext = Whh.T @ dhraw
    gradients = {"Wxh": dWxh, "Whh": dWhh, "Why": dWhy, "bh": dbh, "by": dby}
    if mistake == "clipped to 0.4":
        for name in gradients:
            gradients[name] = np.clip(gradients[name], -0.4, 0.4)
    elif mistake == "averaged over time":
        for name in gradients:
            gradients[name] = gradients[name] / T
    return gradients


MISTAKES = {
    "target of the step before": ("index-shifted target-missing", "y p"),
    "target not subtracted": ("target-missing term-missing", "y p"),
    "dWhy overwritten": ("fan-out-overwritten index-overwritten term-missing", "Why"),
    "dWhy with the state before": ("index-shifted factor-replaced", "Why"),
    "dhnext forgotten": ("fan-out-overwritten term-missing treated-as-constant", "h"),
    "dhnext twice": ("fan-out-counted-twice term-twice constant-factor", "h"),
    "only the last step's output": ("term-missing fan-out-overwritten", "h y"),
    "tanh' forgotten": ("missing-activation-derivative factor-missing", "h"),
    "1 - h": ("exponent factor-replaced activation-derivative-wrong-argument", "h"),
    "sigmoid's derivative": ("activation-derivative-wrong-argument factor-replaced", "h"),
    "tanh' of h": ("activation-derivative-wrong-argument factor-replaced", "h"),
    "tanh' of the state before": (
        "index-shifted activation-derivative-wrong-argument factor-replaced",
        "h",
    ),
    "dbh before tanh'": ("leaf-without-activation-derivative factor-missing", "bh"),
    "dbh overwritten": ("fan-out-overwritten index-overwritten term-missing", "bh"),
    "dWhh with the present state": ("index-shifted factor-replaced", "Whh"),
    "dWhh transposed": ("transposed", "Whh"),
    "dWhh without the first step": ("term-missing", "Whh"),
    "Whh not transposed": ("transposed-weight transposed", "Whh h"),
    "dhnext from dh": ("factor-missing missing-activation-derivative factor-replaced", "h"),
    "truncated after three steps": ("term-missing treated-as-constant fan-out-overwritten", "h"),
    "clipped to 0.4": ("clipped", "Wxh Whh Why bh by"),
    "averaged over time": ("constant-factor", "total loss"),
}
