"""Elman network that continues a curve: the teacher gives some of the inputs, it itself others."""

import numpy as np

rng = np.random.RandomState(110)
T, H = 6, 4
curve = np.sin(0.7 * np.arange(T + 1)) + 0.1 * rng.randn(T + 1)
forced = [True, True, False, True, False, False]

params = {
    "w_in": 0.8 * rng.randn(H), "W": 0.6 * rng.randn(H, H), "b": 0.2 * rng.randn(H),
    "w_out": 0.7 * rng.randn(H), "c": 0.1,
}  # fmt: skip


def loss(params):
    h = np.zeros(H)
    total = 0.0
    out = 0.0
    for t in range(T):
        u = curve[t] if forced[t] else out
        h = np.tanh(params["w_in"] * u + params["W"] @ h + params["b"])
        out = np.dot(params["w_out"], h) + params["c"]
        total = total + 0.5 * (out - curve[t + 1]) ** 2
    return total / T


def manual_gradients(params, mistake=None):
    w_in, W, w_out = params["w_in"], params["W"], params["w_out"]
    hs, us, outs = [np.zeros(H)], [], []
    out = 0.0
    for t in range(T):
        us.append(curve[t] if forced[t] else out)
        hs.append(np.tanh(w_in * us[t] + W @ hs[t] + params["b"]))
        out = w_out @ hs[t + 1] + params["c"]
        outs.append(out)
    dw_in, dW, db, dw_out, dc = np.zeros(H), np.zeros((H, H)), np.zeros(H), np.zeros(H), 0.0
    dh_next = np.zeros(H)
    du_next = 0.0
    for t in reversed(range(T)):
        dout = (outs[t] - curve[t + 1]) / T
        if mistake == "averaged in the last step only" and t < T - 1:
            dout = outs[t] - curve[t + 1]
        fed_back = t + 1 < T and not forced[t + 1]
        if mistake == "feedback in every step":
            fed_back = t + 1 < T
        if fed_back and mistake != "fed-back outputs taken as data":
            dout = dout + du_next
        dw_out += dout * hs[t + 1]
        dc += dout
        dh = dout * w_out + dh_next
        da = dh * (1 - hs[t + 1] ** 2)
        dw_in += da * us[t]
        if mistake == "dw_in from the curve always":
            dw_in += da * (curve[t] - us[t])
        dW += (
            np.outer(da, hs[t + 1])
            if mistake == "state after the step in dW"
            else np.outer(da, hs[t])
        )
        db += da
        dh_next = W.T @ da
        du_next = w_in @ da
    return {"w_in": dw_in, "W": dW, "b": db, "w_out": dw_out, "c": dc}


MISTAKES = {
    "averaged in the last step only": ("constant-factor factor-missing", "total out"),
    "feedback in every step": ("term-added", "out u"),
    "fed-back outputs taken as data": (
        "treated-as-constant term-missing fan-out-overwritten",
        "out u",
    ),
    "dw_in from the curve always": ("factor-replaced", "w_in u"),
    "state after the step in dW": ("index-shifted factor-replaced", "W h"),
}
