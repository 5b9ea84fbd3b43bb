"""LSTM with packed gates over three steps of a batch of 3; the loss is on every state."""

import numpy as np

rng = np.random.RandomState(33)
N, T, D, H = 3, 3, 3, 4
x = rng.randn(N, T, D)
target = 0.5 * rng.randn(N, T, H)
h0 = 0.5 * rng.randn(N, H)
c0 = 0.7 * rng.randn(N, H)

params = {
    "Wx": 0.5 * rng.randn(D, 4 * H),
    "Wh": 0.5 * rng.randn(H, 4 * H),
    "b": 0.3 * rng.randn(4 * H),
}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step_forward(xt, prev_h, prev_c, Wx, Wh, b):
    a = xt @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (xt, prev_h, prev_c, i, f, o, g, next_c)


def loss(params):
    h, c, total = h0, c0, 0.0
    for t in range(T):
        h, c, _ = lstm_step_forward(x[:, t], h, c, params["Wx"], params["Wh"], params["b"])
        total = total + np.sum((h - target[:, t]) ** 2)
    return total / (2 * N)


def lstm_step_backward(dnext_h, dnext_c, cache, params, mistake):
    xt, prev_h, prev_c, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    if mistake == "do with c":
        do = dnext_h * next_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    if mistake == "dc overwritten":
        dc = dnext_h * o * (1 - tanh_c**2)
    elif mistake == "dc only from the next step":
        dc = dnext_c
    elif mistake == "tanh(c)' forgotten":
        dc = dnext_c + dnext_h * o
    elif mistake == "output gate forgotten in dc":
        dc = dnext_c + dnext_h * (1 - tanh_c**2)
    elif mistake == "c for tanh(c)":
        dc = dnext_c + dnext_h * o * (1 - next_c**2)
    elif mistake == "tanh' over both":
        dc = (dnext_c + dnext_h * o) * (1 - tanh_c**2)
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    if mistake == "df with c":
        df = dc * next_c
    elif mistake == "di and dg exchanged":
        di, dg = dc * i, dc * g
    elif mistake == "dg without i":
        dg = dc
    dprev_c = dc * f
    if mistake == "dprev_c without f":
        dprev_c = dc
    elif mistake == "dprev_c with i":
        dprev_c = dc * i
    dai, daf, dao = di * i * (1 - i), df * f * (1 - f), do * o * (1 - o)
    dag = dg * (1 - g**2)
    if mistake == "tanh's derivative in the input gate":
        dai = di * (1 - i**2)
    elif mistake == "sigmoid' forgotten in the forget gate":
        daf = df
    elif mistake == "sigmoid's derivative in the candidate":
        dag = dg * g * (1 - g)
    elif mistake == "1 - g":
        dag = dg * (1 - g)
    elif mistake == "sigmoid of the gates once more":
        dai = di * sigmoid(i) * (1 - sigmoid(i))
        daf = df * sigmoid(f) * (1 - sigmoid(f))
        dao = do * sigmoid(o) * (1 - sigmoid(o))
    if mistake == "packed as i, f, g, o":
        da = np.hstack([dai, daf, dag, dao])
    elif mistake == "packed as f, i, o, g":
        da = np.hstack([daf, dai, dao, dag])
    else:
        da = np.hstack([dai, daf, dao, dag])
    dprev_h = da @ params["Wh"].T
    if mistake == "recurrent dh set to zero":
        dprev_h = np.zeros_like(dprev_h)
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    if mistake == "db is a mean":
        db = da.mean(axis=0)
    return dprev_h, dprev_c, xt.T @ da, dWh, db


def manual_gradients(params, mistake=None):
    Wx, Wh, b = params["Wx"], params["Wh"], params["b"]
    h, c, caches, states = h0, c0, [], []
    for t in range(T):
        h, c, cache = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        caches.append(cache)
        states.append(h)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dh, dc = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        dout = (states[t] - target[:, t]) / N
        if mistake == "only the last state's loss" and t < T - 1:
            dout = 0 * dout
        dh, dc, gWx, gWh, gb = lstm_step_backward(dh + dout, dc, caches[t], params, mistake)
        if mistake == "dWh overwritten":
            dWh = gWh
        else:
            dWh += gWh
        dWx += gWx
        db += gb
    return {"Wx": dWx, "Wh": dWh, "b": db}


MISTAKES = {
    "do with c": ("factor-replaced", "o next_h h"),
    "dc overwritten": ("fan-out-overwritten term-missing", "next_c c"),
    "dc only from the next step": ("fan-out-overwritten term-missing", "next_c next_h c h"),
    "tanh(c)' forgotten": ("missing-activation-derivative factor-missing", "next_c next_h c h"),
    "output gate forgotten in dc": ("factor-missing", "next_c next_h c h"),
    "c for tanh(c)": ("activation-derivative-wrong-argument factor-replaced", "next_c next_h c h"),
    "tanh' over both": ("order factor-added", "next_c next_h c h"),
    "df with c": ("index-shifted factor-replaced", "f next_c c"),
    "di and dg exchanged": ("swapped order factor-replaced", "i g"),
    "dg without i": ("factor-missing", "g"),
    "dprev_c without f": ("factor-missing", "prev_c next_c c"),
    "dprev_c with i": ("factor-replaced", "prev_c next_c c"),
    "tanh's derivative in the input gate": (
        "activation-derivative-wrong-argument factor-replaced",
        "i a",
    ),
    "sigmoid' forgotten in the forget gate": (
        "missing-activation-derivative factor-missing",
        "f a",
    ),
    "sigmoid's derivative in the candidate": (
        "activation-derivative-wrong-argument factor-replaced",
        "g a",
    ),
    "1 - g": ("exponent factor-replaced activation-derivative-wrong-argument", "g a"),
    "sigmoid of the gates once more": (
        "activation-derivative-wrong-argument factor-replaced",
        "i f o a",
    ),
    "packed as i, f, g, o": ("order swapped", "a o g"),
    "packed as f, i, o, g": ("order swapped", "a i f"),
    "recurrent dh set to zero": (
        "term-missing treated-as-constant fan-out-overwritten",
        "prev_h h a",
    ),
    "db is a mean": ("bias-mean constant-factor", "b"),
    "only the last state's loss": ("term-missing fan-out-overwritten", "h total"),
    "dWh overwritten": ("fan-out-overwritten index-overwritten term-missing", "Wh"),
}
