"""Squeeze and excitation: channels of a feature map are weighed by what their means say."""

import numpy as np

rng = np.random.RandomState(121)
N, L, D, C, R = 3, 4, 2, 4, 2
x = rng.randn(N, L, D)
y = rng.randn(N, C)

params = {
    "conv": 0.8 * rng.randn(D, C), "bias": 0.2 * rng.randn(C),
    "down": 0.8 * rng.randn(C, R), "up": 0.8 * rng.randn(R, C),
    "head": 0.7 * rng.randn(C, C),
}  # fmt: skip


def loss(params):
    F = np.tanh(x @ params["conv"] + params["bias"])
    z = F.mean(axis=1)
    e = np.maximum(z @ params["down"], 0)
    s = 1 / (1 + np.exp(-(e @ params["up"])))
    out = (F * s[:, None, :]).mean(axis=1) @ params["head"]
    return 0.5 * np.sum((out - y) ** 2) / N


def manual_gradients(params, mistake=None):
    F = np.tanh(x @ params["conv"] + params["bias"])
    z = F.mean(axis=1)
    e = np.maximum(z @ params["down"], 0)
    s = 1 / (1 + np.exp(-(e @ params["up"])))
    scaled = F * s[:, None, :]
    pooled = scaled.mean(axis=1)
    dout = (pooled @ params["head"] - y) / N

    dhead = pooled.T @ dout
    dscaled = np.repeat((dout @ params["head"].T / L)[:, None, :], L, axis=1)
    dF = dscaled * s[:, None, :]
    ds = np.sum(dscaled * F, axis=1)
    if mistake == "gate from the scaled features":
        ds = np.sum(dscaled * scaled, axis=1)
    elif mistake == "gate averaged over positions":
        ds = np.mean(dscaled * F, axis=1)
    dgate = ds * s * (1 - s)
    dup = e.T @ dgate
    de = dgate @ params["up"].T * (e > 0)
    ddown = z.T @ de
    dz = de @ params["down"].T
    if mistake == "gate taken as a constant for the features":
        pass
    elif mistake == "squeeze as a sum":
        dF = dF + dz[:, None, :]
    elif mistake == "squeeze's gradient at the first position":
        dF[:, 0] += dz
    else:
        dF = dF + dz[:, None, :] / L
    dpre = dF * (1 - F**2)
    dconv = x.reshape(-1, D).T @ dpre.reshape(-1, C)
    return {
        "conv": dconv,
        "bias": dpre.sum(axis=(0, 1)),
        "down": ddown,
        "up": dup,
        "head": dhead,
    }


MISTAKES = {
    "gate from the scaled features": ("factor-replaced", "s F"),
    "gate averaged over positions": ("constant-factor bias-mean", "s F"),
    "gate taken as a constant for the features": (
        "treated-as-constant term-missing fan-out-overwritten",
        "F z",
    ),
    "squeeze as a sum": ("constant-factor factor-missing", "z F"),
    "squeeze's gradient at the first position": ("not-reduced routed-to-all term-missing", "z F"),
}
