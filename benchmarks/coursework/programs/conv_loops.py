"""Two convolutions in one dimension, written with loops that fill an array, tanh between them."""

import numpy as np

np_random = np.random.RandomState(21)
signal = np_random.randn(9)
wanted = np_random.randn(2, 5)

params = {
    "k1": 0.6 * np_random.randn(3),
    "c1": 0.1,
    "k2": 0.6 * np_random.randn(2, 3),
    "c2": 0.2 * np_random.randn(2),
}


def loss(params):
    hidden = np.zeros(7)
    for i in range(7):
        hidden[i] = np.sum(signal[i : i + 3] * params["k1"]) + params["c1"]
    hidden = np.tanh(hidden)
    out = np.zeros((2, 5))
    for f in range(2):
        for i in range(5):
            out[f, i] = np.sum(hidden[i : i + 3] * params["k2"][f]) + params["c2"][f]
    return np.mean((out - wanted) ** 2)


def manual_gradients(params, mistake=None):
    k1, c1, k2, c2 = params["k1"], params["c1"], params["k2"], params["c2"]
    z = np.array([signal[i : i + 3] @ k1 + c1 for i in range(7)])
    hidden = np.tanh(z)
    out = np.array([[hidden[i : i + 3] @ k2[f] + c2[f] for i in range(5)] for f in range(2)])

    dout = 2 * (out - wanted) / out.size
    if mistake == "mean over the positions alone":
        dout = 2 * (out - wanted) / 5
    dk2 = np.zeros_like(k2)
    dc2 = np.zeros_like(c2)
    dhidden = np.zeros(7)
    for f in range(2):
        for i in range(5):
            if mistake == "dk2 overwritten":
                dk2[f] = dout[f, i] * hidden[i : i + 3]
            elif mistake == "dk2 from z":
                dk2[f] += dout[f, i] * z[i : i + 3]
            elif mistake == "dk2 of the window at 0":
                dk2[f] += dout[f, i] * hidden[:3]
            else:
                dk2[f] += dout[f, i] * hidden[i : i + 3]
            if mistake == "dc2 overwritten":
                dc2[f] = dout[f, i]
            else:
                dc2[f] += dout[f, i]
            if mistake == "dhidden overwritten in overlapping windows":
                dhidden[i : i + 3] = dout[f, i] * k2[f]
            elif mistake == "dhidden with the flipped kernel":
                dhidden[i : i + 3] += dout[f, i] * k2[f][::-1]
            elif mistake == "dhidden of the last filter":
                dhidden[i : i + 3] += dout[f, i] * k2[-1]
            elif mistake == "dhidden at the window's start":
                dhidden[i] += dout[f, i] * np.sum(k2[f])
            else:
                dhidden[i : i + 3] += dout[f, i] * k2[f]
    if mistake == "one filter's dhidden":
        dhidden[:] = 0
        for i in range(5):
            dhidden[i : i + 3] += dout[0, i] * k2[0]
    if mistake == "tanh' of the activation":
        dz = dhidden * (1 - np.tanh(hidden) ** 2)
    elif mistake == "tanh forgotten":
        dz = dhidden
    elif mistake == "tanh' not squared":
        dz = dhidden * (1 - hidden)
    else:
        dz = dhidden * (1 - hidden**2)
    dk1 = np.zeros_like(k1)
    for i in range(7):
        if mistake == "dk1 from the next window":
            dk1 += dz[i] * signal[min(i + 1, 6) : min(i + 1, 6) + 3]
        else:
            dk1 += dz[i] * signal[i : i + 3]
    if mistake == "dk1 flipped":
        dk1 = dk1[::-1]
    dc1 = float(np.sum(dz))
    if mistake == "dc1 is a mean":
        dc1 = float(np.mean(dz))
    elif mistake == "dc1 before tanh":
        dc1 = float(np.sum(dhidden))
    return {"k1": dk1, "c1": dc1, "k2": dk2, "c2": dc2}


MISTAKES = {
    "mean over the positions alone": ("constant-factor", "out loss"),
    "dk2 overwritten": ("index-overwritten fan-out-overwritten term-missing", "k2"),
    "dk2 from z": ("weight-from-preactivation factor-replaced", "k2"),
    "dk2 of the window at 0": ("index-shifted factor-replaced", "k2"),
    "dc2 overwritten": ("index-overwritten fan-out-overwritten term-missing", "c2"),
    "dhidden overwritten in overlapping windows": (
        "index-overwritten fan-out-overwritten term-missing",
        "hidden",
    ),
    "dhidden with the flipped kernel": ("order index-shifted factor-replaced", "hidden"),
    "dhidden of the last filter": ("wrong-matrix factor-replaced index-shifted", "hidden"),
    "dhidden at the window's start": ("index-shifted index-overwritten", "hidden"),
    "one filter's dhidden": ("term-missing fan-out-overwritten not-reduced", "hidden"),
    "tanh' of the activation": ("activation-derivative-wrong-argument factor-replaced", "hidden"),
    "tanh forgotten": ("missing-activation-derivative factor-missing", "hidden"),
    "tanh' not squared": ("exponent factor-replaced", "hidden"),
    "dk1 from the next window": ("index-shifted factor-replaced", "k1"),
    "dk1 flipped": ("order index-shifted", "k1"),
    "dc1 is a mean": ("bias-mean constant-factor", "c1"),
    "dc1 before tanh": ("leaf-without-activation-derivative factor-missing", "c1"),
}
