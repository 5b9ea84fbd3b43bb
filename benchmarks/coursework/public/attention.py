"""Grouped-query attention, causal with more keys than queries: four mistakes in three reports.

xlite-dev/ffpa-attn#300, marin-community/levanter#449, XunhaoLai/native-sparse-attention-triton#27.
"""

import numpy as np

rng = np.random.RandomState(103)
heads, kv_heads, Sq, Sk, d = 6, 2, 3, 5, 3
share = heads // kv_heads
probe = rng.randn(heads, Sq, d)
# query i sees keys up to i + Sk - Sq: the mask stands at the bottom right
hidden = np.arange(Sk)[None, :] > np.arange(Sq)[:, None] + Sk - Sq

params = {
    "Q": rng.randn(heads, Sq, d),
    "K": rng.randn(kv_heads, Sk, d),
    "V": rng.randn(kv_heads, Sk, d),
}


def loss(params):
    Q, K, V = params["Q"], params["K"], params["V"]
    K_all = np.repeat(K, share, axis=0)
    V_all = np.repeat(V, share, axis=0)
    S = np.where(hidden, -np.inf, Q @ np.swapaxes(K_all, 1, 2) / np.sqrt(d))
    E = np.exp(S - np.max(S, axis=-1, keepdims=True))
    P = E / np.sum(E, axis=-1, keepdims=True)
    return np.sum(P @ V_all * probe)


def manual_gradients(params, mistake=None):
    Q, K, V = params["Q"], params["K"], params["V"]
    K_all, V_all = np.repeat(K, share, axis=0), np.repeat(V, share, axis=0)
    scores = Q @ np.swapaxes(K_all, 1, 2) / np.sqrt(d)
    S = np.where(hidden, -np.inf, scores)
    P = np.exp(S - S.max(axis=-1, keepdims=True))
    P /= P.sum(axis=-1, keepdims=True)
    if mistake == "mask at the top left in the backward pass":
        seen = np.arange(Sk)[None, :] <= np.arange(Sq)[:, None]
        lse = np.log(np.exp(np.where(hidden, -np.inf, scores)).sum(axis=-1, keepdims=True))
        P = np.where(seen, np.exp(scores - lse), 0)
    dO = probe
    dV = np.swapaxes(P, 1, 2) @ dO
    dP = dO @ np.swapaxes(V_all, 1, 2)
    D = np.sum(dP * P, axis=-1, keepdims=True)
    dS = P * (dP - D) / np.sqrt(d)
    dQ = dS @ K_all
    dK = np.swapaxes(dS, 1, 2) @ Q
    if mistake == "heads of a group not summed":
        dK, dV = dK[::share], dV[::share]
    elif mistake == "last head of a group overwrites":
        dK, dV = dK[share - 1 :: share], dV[share - 1 :: share]
    elif mistake == "heads assigned by the remainder":
        owner = np.arange(heads) % kv_heads
        dK = np.stack([dK[owner == k].sum(axis=0) for k in range(kv_heads)])
        dV = np.stack([dV[owner == k].sum(axis=0) for k in range(kv_heads)])
    else:
        dK = dK.reshape(kv_heads, share, Sk, d).sum(axis=1)
        dV = dV.reshape(kv_heads, share, Sk, d).sum(axis=1)
    return {"Q": dQ, "K": dK, "V": dV}


MISTAKES = {
    "mask at the top left in the backward pass": ("mask-replaced", "S P E"),
    "heads of a group not summed": (
        "not-reduced term-missing fan-out-overwritten",
        "K V K_all V_all",
    ),
    "last head of a group overwrites": (
        "index-overwritten not-reduced term-missing fan-out-overwritten",
        "K V K_all V_all",
    ),
    "heads assigned by the remainder": ("order axis index-shifted", "K V K_all V_all"),
}
