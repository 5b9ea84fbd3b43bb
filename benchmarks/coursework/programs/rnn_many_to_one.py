"""Elman network that reads three steps of a batch of 3 and predicts once, at the end."""

import numpy as np

rng = np.random.RandomState(31)
N, T, D, H = 3, 3, 2, 4
x = rng.randn(N, T, D)
y = np.array([[0.5], [-0.3], [0.8]])

params = {
    "Wx": 0.6 * rng.randn(D, H),
    "Wh": 0.5 * rng.randn(H, H),
    "b": 0.2 * rng.randn(H),
    "V": 0.8 * rng.randn(H, 1),
    "h0": 0.3 * rng.randn(1, H),
}


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return np.tanh(x @ Wx + prev_h @ Wh + b)


def loss(params):
    h = np.ones((N, 1)) * params["h0"]
    for t in range(T):
        h = rnn_step_forward(x[:, t], h, params["Wx"], params["Wh"], params["b"])
    prediction = h @ params["V"]
    return np.mean((prediction - y) ** 2)


def rnn_step_backward(dnext_h, cache, mistake=None):
    x, prev_h, next_h, Wx, Wh = cache
    if mistake == "tanh' forgotten in the step":
        da = dnext_h
    elif mistake == "sign inside tanh'":
        da = dnext_h * (1 + next_h**2)
    elif mistake == "tanh' twice in the step":
        da = dnext_h * (1 - next_h**2) ** 2
    elif mistake == "tanh value for its derivative":
        da = dnext_h * next_h
    else:
        da = dnext_h * (1 - next_h**2)
    if mistake == "prev_h through Wx's place":
        dprev_h = dnext_h @ Wh.T
    elif mistake == "Wh untransposed in the step":
        dprev_h = da @ Wh
    else:
        dprev_h = da @ Wh.T
    if mistake == "dWh with next_h":
        dWh = next_h.T @ da
    else:
        dWh = prev_h.T @ da
    if mistake == "db is a mean in the step":
        db = da.mean(axis=0)
    elif mistake == "db of the upstream":
        db = dnext_h.sum(axis=0)
    else:
        db = da.sum(axis=0)
    return dprev_h, x.T @ da, dWh, db


def manual_gradients(params, mistake=None):
    Wx, Wh, b, V = params["Wx"], params["Wh"], params["b"], params["V"]
    states = [np.ones((N, 1)) * params["h0"]]
    for t in range(T):
        states.append(rnn_step_forward(x[:, t], states[-1], Wx, Wh, b))
    error = states[-1] @ V - y
    dprediction = error if mistake == "no 2/N" else 2 * error / N
    dV = states[-1].T @ dprediction
    if mistake == "dV from the state before":
        dV = states[-2].T @ dprediction
    dh = dprediction @ V.T
    dWx, dWh, db = 0, 0, 0
    for t in reversed(range(T)):
        read = x[:, t]
        if mistake == "inputs in the order of the forward pass":
            read = x[:, T - 1 - t]
        cache = (read, states[t], states[t + 1], Wx, Wh)
        dh, gWx, gWh, gb = rnn_step_backward(dh, cache, mistake)
        if mistake == "gradients of the first step alone":
            dWx, dWh, db = gWx, gWh, gb
        elif mistake == "gradients of the last step alone":
            if t == T - 1:
                dWx, dWh, db = gWx, gWh, gb
        else:
            dWx, dWh, db = dWx + gWx, dWh + gWh, db + gb
        if mistake == "h0 after one step" and t == T - 1:
            dh0 = dh.sum(axis=0, keepdims=True)
    if mistake != "h0 after one step":
        dh0 = dh.sum(axis=0, keepdims=True)
    if mistake == "h0 is a mean":
        dh0 = dh.mean(axis=0, keepdims=True)
    elif mistake == "h0 of the first sample":
        dh0 = dh[:1]
    return {"Wx": dWx, "Wh": dWh, "b": db, "V": dV, "h0": dh0}


MISTAKES = {
    "tanh' forgotten in the step": ("missing-activation-derivative factor-missing", "h"),
    "sign inside tanh'": ("sign factor-replaced constant-factor", "h"),
    "tanh' twice in the step": ("activation-derivative-twice factor-twice", "h"),
    "tanh value for its derivative": ("activation-derivative-wrong-argument factor-replaced", "h"),
    "prev_h through Wx's place": (
        "missing-activation-derivative factor-missing factor-replaced",
        "h",
    ),
    "Wh untransposed in the step": ("transposed-weight transposed", "Wh h"),
    "dWh with next_h": ("index-shifted factor-replaced weight-from-preactivation", "Wh"),
    "db is a mean in the step": ("bias-mean constant-factor", "b"),
    "db of the upstream": ("leaf-without-activation-derivative factor-missing", "b"),
    "no 2/N": ("constant-factor factor-missing", "prediction loss"),
    "dV from the state before": ("index-shifted factor-replaced weight-from-preactivation", "V"),
    "inputs in the order of the forward pass": ("index-shifted order factor-replaced", "Wx"),
    "gradients of the first step alone": (
        "fan-out-overwritten index-overwritten term-missing",
        "Wx Wh b",
    ),
    "gradients of the last step alone": (
        "fan-out-overwritten index-overwritten term-missing",
        "Wx Wh b",
    ),
    "h0 after one step": ("index-shifted term-missing factor-replaced", "h0"),
    "h0 is a mean": ("bias-mean constant-factor", "h0"),
    "h0 of the first sample": ("not-reduced index-overwritten term-missing", "h0"),
}
