"""One step of a recurrent cell on one sample, with a gate between old and new state."""

import numpy as np

rng = np.random.RandomState(32)
x = rng.randn(1, 3)
h0 = rng.randn(1, 4)
target = rng.randn(1, 4)

params = {
    "U": 0.6 * rng.randn(3, 4),
    "R": 0.5 * rng.randn(4, 4),
    "b": 0.2 * rng.randn(4),
    "Ug": 0.6 * rng.randn(3, 4),
    "bg": 0.4 * rng.randn(4),
}


def loss(params):
    new = np.tanh(x @ params["U"] + h0 @ params["R"] + params["b"])
    gate = 1 / (1 + np.exp(-(x @ params["Ug"] + params["bg"])))
    h = gate * new + (1 - gate) * h0
    return np.sum(np.abs(h - target) ** 3) / 3


def manual_gradients(params, mistake=None):
    new = np.tanh(x @ params["U"] + h0 @ params["R"] + params["b"])
    gate = 1 / (1 + np.exp(-(x @ params["Ug"] + params["bg"])))
    h = gate * new + (1 - gate) * h0
    error = h - target
    if mistake == "sign of the error forgotten":
        dh = error**2
    elif mistake == "exponent not reduced":
        dh = np.abs(error) ** 3 * np.sign(error)
    elif mistake == "3 not cancelled":
        dh = 3 * error**2 * np.sign(error)
    elif mistake == "square's gradient":
        dh = error
    else:
        dh = error**2 * np.sign(error)
    if mistake == "1 - gate for new":
        dnew = dh * (1 - gate)
    elif mistake == "gate forgotten for new":
        dnew = dh
    else:
        dnew = dh * gate
    if mistake == "old state forgotten in dgate":
        dgate = dh * new
    elif mistake == "old state added in dgate":
        dgate = dh * (new + h0)
    elif mistake == "dgate without new":
        dgate = -dh * h0
    elif mistake == "dgate by h":
        dgate = dh * h
    else:
        dgate = dh * (new - h0)
    if mistake == "tanh' forgotten":
        da = dnew
    elif mistake == "tanh' of h":
        da = dnew * (1 - h**2)
    elif mistake == "tanh' is sigmoid's":
        da = dnew * new * (1 - new)
    else:
        da = dnew * (1 - new**2)
    if mistake == "sigmoid' forgotten":
        dz = dgate
    elif mistake == "sigmoid' without the gate":
        dz = dgate * (1 - gate)
    elif mistake == "sigmoid' is tanh's":
        dz = dgate * (1 - gate**2)
    else:
        dz = dgate * gate * (1 - gate)
    dR = h0.T @ da
    if mistake == "dR with the new state":
        dR = new.T @ da
    elif mistake == "dR transposed":
        dR = da.T @ h0
    return {"U": x.T @ da, "R": dR, "b": da[0], "Ug": x.T @ dz, "bg": dz[0]}


MISTAKES = {
    "sign of the error forgotten": (
        "factor-missing mask-missing missing-activation-derivative",
        "h",
    ),
    "exponent not reduced": ("exponent", "h loss"),
    "3 not cancelled": ("constant-factor factor-missing", "h loss"),
    "square's gradient": ("exponent factor-missing factor-replaced", "h loss"),
    "1 - gate for new": ("factor-replaced", "new h"),
    "gate forgotten for new": ("factor-missing", "new h"),
    "old state forgotten in dgate": ("term-missing fan-out-overwritten", "gate h"),
    "old state added in dgate": ("second-operand-sign constant-factor sign", "gate h"),
    "dgate without new": ("term-missing fan-out-overwritten", "gate h"),
    "dgate by h": ("factor-replaced", "gate h"),
    "tanh' forgotten": ("missing-activation-derivative factor-missing", "new"),
    "tanh' of h": ("activation-derivative-wrong-argument factor-replaced", "new"),
    "tanh' is sigmoid's": ("activation-derivative-wrong-argument factor-replaced", "new"),
    "sigmoid' forgotten": ("missing-activation-derivative factor-missing", "gate"),
    "sigmoid' without the gate": ("factor-missing", "gate"),
    "sigmoid' is tanh's": ("activation-derivative-wrong-argument factor-replaced exponent", "gate"),
    "dR with the new state": ("index-shifted factor-replaced weight-from-preactivation", "R"),
    "dR transposed": ("transposed", "R"),
}
