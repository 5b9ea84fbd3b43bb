"""A weight that is used twice: its later share replaces the earlier.

NVIDIA/TransformerEngine#3552, callummcdougall/ARENA_3.0#127.
"""

import numpy as np

rng = np.random.RandomState(112)
x = rng.randn(3, 4)
probe = rng.randn(3, 4)

params = {"W": 0.6 * rng.randn(4, 4), "v": 0.5 * rng.randn(4)}


def loss(params):
    h = np.tanh(x @ params["W"] + params["v"])
    out = h @ params["W"].T + params["v"]
    return np.sum(out * probe) + 0.5 * np.sum(out**2)


def manual_gradients(params, mistake=None):
    W, v = params["W"], params["v"]
    h = np.tanh(x @ W + v)
    out = h @ W.T + v
    dout = probe + out
    dW_out, dv_out = dout.T @ h, dout.sum(axis=0)
    da = dout @ W * (1 - h**2)
    dW_in, dv_in = x.T @ da, da.sum(axis=0)
    if mistake == "W's later share replaces the earlier":
        return {"W": dW_in, "v": dv_out + dv_in}
    if mistake == "both are replaced":
        return {"W": dW_in, "v": dv_in}
    if mistake == "the square's share of out is lost":
        da = probe @ W * (1 - h**2)
        return {"W": probe.T @ h + x.T @ da, "v": probe.sum(axis=0) + da.sum(axis=0)}
    return {"W": dW_out + dW_in, "v": dv_out + dv_in}


MISTAKES = {
    "W's later share replaces the earlier": ("fan-out-overwritten term-missing", "W"),
    "both are replaced": ("fan-out-overwritten term-missing", "W v"),
    "the square's share of out is lost": ("fan-out-overwritten term-missing", "out"),
}
