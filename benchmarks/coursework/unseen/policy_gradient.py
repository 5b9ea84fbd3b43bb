"""Actor and critic on one episode: REINFORCE with fixed advantages, entropy bonus, value loss."""

import numpy as np

rng = np.random.RandomState(106)
T, D, H, K = 6, 3, 5, 3
states = rng.randn(T, D)
actions = np.array([0, 2, 1, 1, 0, 2])
advantage = rng.randn(T)
returns = rng.randn(T)
beta, c = 0.1, 0.5

params = {
    "W": 0.7 * rng.randn(D, H), "b": 0.2 * rng.randn(H),
    "Wp": 0.7 * rng.randn(H, K), "bp": 0.2 * rng.randn(K),
    "Wv": 0.7 * rng.randn(H, 1), "bv": 0.2 * rng.randn(1),
}  # fmt: skip


def loss(params):
    h = np.maximum(states @ params["W"] + params["b"], 0)
    logits = h @ params["Wp"] + params["bp"]
    logits = logits - np.max(logits, axis=1, keepdims=True)
    logp = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    value = (h @ params["Wv"] + params["bv"])[:, 0]
    actor = -np.mean(logp[np.arange(T), actions] * advantage)
    entropy = -np.mean(np.sum(np.exp(logp) * logp, axis=1))
    critic = np.mean((value - returns) ** 2)
    return actor - beta * entropy + c * critic


def manual_gradients(params, mistake=None):
    h = np.maximum(states @ params["W"] + params["b"], 0)
    logits = h @ params["Wp"] + params["bp"]
    p = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    p = p / np.sum(p, axis=1, keepdims=True)
    value = (h @ params["Wv"] + params["bv"])[:, 0]

    dlogits = p.copy()
    dlogits[np.arange(T), actions] -= 1
    if mistake == "advantages forgotten":
        dlogits /= T
    elif mistake == "advantage of the chosen action only":
        dlogits = p.copy()
        dlogits[np.arange(T), actions] -= advantage
        dlogits /= T
    else:
        dlogits *= advantage[:, None] / T
    logp = np.log(p)
    H_ = -np.sum(p * logp, axis=1, keepdims=True)
    if mistake == "entropy by the probabilities, not the logits":
        dlogits += beta * (logp + 1) / T
    elif mistake == "entropy bonus with the wrong sign":
        dlogits -= beta * p * (logp + H_) / T
    else:
        dlogits += beta * p * (logp + H_) / T
    dvalue = 2 * c * (value - returns)[:, None] / T
    dh = dlogits @ params["Wp"].T
    if mistake != "critic does not train the shared layer":
        dh = dh + dvalue @ params["Wv"].T
    dh[h <= 0] = 0
    return {
        "W": states.T @ dh,
        "b": dh.sum(axis=0),
        "Wp": h.T @ dlogits,
        "bp": dlogits.sum(axis=0),
        "Wv": h.T @ dvalue,
        "bv": dvalue.sum(axis=0),
    }


MISTAKES = {
    "advantages forgotten": ("factor-missing", "actor logp"),
    "advantage of the chosen action only": (
        "factor-missing term-missing factor-replaced",
        "logp logits",
    ),
    "entropy by the probabilities, not the logits": (
        "missing-activation-derivative factor-missing",
        "logp entropy",
    ),
    "entropy bonus with the wrong sign": ("constant-factor sign", "entropy"),
    "critic does not train the shared layer": (
        "term-missing fan-out-overwritten treated-as-constant",
        "h value",
    ),
}
