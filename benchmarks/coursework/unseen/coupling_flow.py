"""Normalizing flow: two affine coupling layers, each moves one half by the other."""

import numpy as np

rng = np.random.RandomState(105)
N, D = 4, 2
x1, x2 = rng.randn(N, D), rng.randn(N, D)

params = {
    "Ws_1": 0.6 * rng.randn(D, D), "bs_1": 0.2 * rng.randn(D),
    "Wt_1": 0.6 * rng.randn(D, D), "bt_1": 0.2 * rng.randn(D),
    "Ws_2": 0.6 * rng.randn(D, D), "bs_2": 0.2 * rng.randn(D),
    "Wt_2": 0.6 * rng.randn(D, D), "bt_2": 0.2 * rng.randn(D),
}  # fmt: skip


def couple(p, k, fixed, moved):
    s = np.tanh(fixed @ p["Ws_" + k] + p["bs_" + k])
    t = fixed @ p["Wt_" + k] + p["bt_" + k]
    return s, moved * np.exp(s) + t


def loss(params):
    s1, z2 = couple(params, "1", x1, x2)
    s2, z1 = couple(params, "2", z2, x1)
    prior = 0.5 * np.sum(z1**2) + 0.5 * np.sum(z2**2)
    return (prior - np.sum(s1) - np.sum(s2)) / N


def manual_gradients(params, mistake=None):
    p = params
    s1, z2 = couple(p, "1", x1, x2)
    s2, z1 = couple(p, "2", z2, x1)
    g = {}

    dz1 = z1 / N
    dz2 = z2 / N
    logdet = -1 / N
    if mistake == "log-determinant forgotten":
        logdet = 0
    elif mistake == "log-determinant with the wrong sign":
        logdet = 1 / N
    elif mistake == "log-determinant not averaged":
        logdet = -1

    ds2 = dz1 * x1 * np.exp(s2) + logdet
    da2 = ds2 * (1 - s2**2)
    g["Ws_2"], g["bs_2"] = z2.T @ da2, da2.sum(axis=0)
    g["Wt_2"], g["bt_2"] = z2.T @ dz1, dz1.sum(axis=0)
    if mistake == "second layer's condition taken as given":
        pass
    elif mistake == "condition only through the shift":
        dz2 = dz2 + dz1 @ p["Wt_2"].T
    else:
        dz2 = dz2 + da2 @ p["Ws_2"].T + dz1 @ p["Wt_2"].T

    ds1 = dz2 * x2 * np.exp(s1) + logdet
    da1 = ds1 * (1 - s1**2)
    g["Ws_1"], g["bs_1"] = x1.T @ da1, da1.sum(axis=0)
    g["Wt_1"], g["bt_1"] = x1.T @ dz2, dz2.sum(axis=0)
    return g


MISTAKES = {
    "log-determinant forgotten": (
        "term-missing fan-out-overwritten treated-as-constant",
        "s s1 s2",
    ),
    "log-determinant with the wrong sign": ("constant-factor sign", "s s1 s2"),
    "log-determinant not averaged": ("constant-factor factor-missing", "s s1 s2"),
    "second layer's condition taken as given": (
        "treated-as-constant term-missing fan-out-overwritten",
        "z2 fixed",
    ),
    "condition only through the shift": ("term-missing fan-out-overwritten", "z2 fixed s2"),
}
