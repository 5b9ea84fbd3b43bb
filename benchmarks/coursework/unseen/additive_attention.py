"""Additive attention of a decoder over the words of a sentence, one of which comes twice."""

import numpy as np

rng = np.random.RandomState(116)
words = np.array([3, 1, 4, 1])
E, H, S = 3, 4, 2
state = rng.randn(S)
target = rng.randn(2)

params = {
    "table": 0.8 * rng.randn(5, E),
    "Wa": 0.8 * rng.randn(H, E), "Ua": 0.8 * rng.randn(H, S), "va": rng.randn(H),
    "Wo": 0.7 * rng.randn(2, E + S),
}  # fmt: skip


def loss(params):
    memory = params["table"][words]
    q = np.tanh(memory @ params["Wa"].T + params["Ua"] @ state)
    e = q @ params["va"]
    e = np.exp(e - np.max(e))
    alpha = e / np.sum(e)
    context = alpha @ memory
    out = params["Wo"] @ np.concatenate([context, state])
    return 0.5 * np.sum((out - target) ** 2)


def manual_gradients(params, mistake=None):
    memory = params["table"][words]
    q = np.tanh(memory @ params["Wa"].T + params["Ua"] @ state)
    e = np.exp(q @ params["va"])
    alpha = e / e.sum()
    context = alpha @ memory
    joined = np.concatenate([context, state])
    dout = params["Wo"] @ joined - target

    dWo = np.outer(dout, joined)
    dcontext = (params["Wo"].T @ dout)[:E]
    if mistake == "the joined halves mixed up":
        dcontext = (params["Wo"].T @ dout)[S:]
    dalpha = memory @ dcontext
    de = alpha * (dalpha - alpha @ dalpha)
    if mistake == "softmax' as a sigmoid's":
        de = dalpha * alpha * (1 - alpha)
    dva = q.T @ de
    dpre = np.outer(de, params["va"]) * (1 - q**2)
    dWa = dpre.T @ memory
    dUa = np.outer(dpre.sum(axis=0), state)
    if mistake == "state's gradient from the mean word":
        dUa = np.outer(dpre.mean(axis=0), state)
    dmemory = np.outer(alpha, dcontext)
    if mistake != "words only through the context":
        dmemory = dmemory + dpre @ params["Wa"]
    dtable = np.zeros_like(params["table"])
    for word, row in zip(words, dmemory):
        if mistake == "the word that comes twice":
            dtable[word] = row
        else:
            dtable[word] += row
    return {"table": dtable, "Wa": dWa, "Ua": dUa, "va": dva, "Wo": dWo}


MISTAKES = {
    "the joined halves mixed up": ("index-shifted order factor-replaced", "context joined"),
    "softmax' as a sigmoid's": ("softmax-diagonal-only term-missing", "alpha"),
    "state's gradient from the mean word": ("constant-factor bias-mean", "Ua q"),
    "words only through the context": (
        "term-missing fan-out-overwritten treated-as-constant",
        "memory",
    ),
    "the word that comes twice": ("index-overwritten fan-out-overwritten", "memory table"),
}
