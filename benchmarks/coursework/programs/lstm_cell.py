"""One LSTM cell step, columns, each gate with a matrix of its own on the stacked [h, x]."""

import numpy as np

rng = np.random.RandomState(34)
n_a, n_x, m = 3, 2, 7
a_prev = rng.randn(n_a, m)
c_prev = rng.randn(n_a, m)
xt = rng.randn(n_x, m)
y = rng.randn(1, m)
concat = np.concatenate([a_prev, xt])

params = {
    "Wf": 0.5 * rng.randn(n_a, n_a + n_x),
    "bf": 0.3 * rng.randn(n_a, 1),
    "Wi": 0.5 * rng.randn(n_a, n_a + n_x),
    "bi": 0.3 * rng.randn(n_a, 1),
    "Wc": 0.5 * rng.randn(n_a, n_a + n_x),
    "bc": 0.3 * rng.randn(n_a, 1),
    "Wo": 0.5 * rng.randn(n_a, n_a + n_x),
    "bo": 0.3 * rng.randn(n_a, 1),
    "Wy": 0.8 * rng.randn(1, n_a),
}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cell(params):
    ft = sigmoid(params["Wf"] @ concat + params["bf"])
    it = sigmoid(params["Wi"] @ concat + params["bi"])
    cct = np.tanh(params["Wc"] @ concat + params["bc"])
    c_next = ft * c_prev + it * cct
    ot = sigmoid(params["Wo"] @ concat + params["bo"])
    a_next = ot * np.tanh(c_next)
    return ft, it, cct, c_next, ot, a_next


def loss(params):
    a_next = cell(params)[-1]
    y_pred = params["Wy"] @ a_next
    return np.sum((y_pred - y) ** 2) / (2 * m)


def manual_gradients(params, mistake=None):
    Wy = params["Wy"]
    ft, it, cct, c_next, ot, a_next = cell(params)
    dy = (Wy @ a_next - y) / m
    dWy = dy @ a_next.T
    if mistake == "dWy with the cell state":
        dWy = dy @ c_next.T
    da_next = Wy.T @ dy
    tc = np.tanh(c_next)
    dot = da_next * tc * ot * (1 - ot)
    if mistake == "output gate without sigmoid'":
        dot = da_next * tc
    elif mistake == "output gate with ot (1 - ot) of tanh":
        dot = da_next * tc * (1 - ot**2)
    elif mistake == "output gate without tanh(c)":
        dot = da_next * ot * (1 - ot)
    dc = da_next * ot * (1 - tc**2)
    if mistake == "dc without ot":
        dc = da_next * (1 - tc**2)
    elif mistake == "dc without 1 - tanh^2":
        dc = da_next * ot
    elif mistake == "dc with 1 - c^2":
        dc = da_next * ot * (1 - c_next**2)
    dcct = dc * it * (1 - cct**2)
    dit = dc * cct * it * (1 - it)
    dft = dc * c_prev * ft * (1 - ft)
    if mistake == "candidate without the input gate":
        dcct = dc * (1 - cct**2)
    elif mistake == "candidate's square forgotten":
        dcct = dc * it * (1 - cct)
    elif mistake == "candidate's tanh taken twice":
        dcct = dc * it * (1 - np.tanh(cct) ** 2)
    elif mistake == "input gate with c_prev":
        dit = dc * c_prev * it * (1 - it)
    elif mistake == "input gate without candidate":
        dit = dc * it * (1 - it)
    elif mistake == "forget gate with c_next":
        dft = dc * c_next * ft * (1 - ft)
    elif mistake == "forget gate with it":
        dft = dc * c_prev * it * (1 - it)
    elif mistake == "forget gate's 1 - ft forgotten":
        dft = dc * c_prev * ft
    elif mistake == "forget and input gate exchanged":
        dft, dit = dit, dft
    db = {k: np.sum(d, axis=1, keepdims=True) for k, d in zip("fico", (dft, dit, dcct, dot))}
    if mistake == "biases are means":
        db = {k: v / m for k, v in db.items()}
    return {
        "Wf": dft @ concat.T,
        "bf": db["f"],
        "Wi": dit @ concat.T,
        "bi": db["i"],
        "Wc": dcct @ concat.T,
        "bc": db["c"],
        "Wo": dot @ concat.T,
        "bo": db["o"],
        "Wy": dWy,
    }


MISTAKES = {
    "dWy with the cell state": ("weight-from-preactivation factor-replaced", "Wy"),
    "output gate without sigmoid'": ("missing-activation-derivative factor-missing", "ot"),
    "output gate with ot (1 - ot) of tanh": (
        "activation-derivative-wrong-argument factor-replaced exponent",
        "ot",
    ),
    "output gate without tanh(c)": ("factor-missing", "ot"),
    "dc without ot": ("factor-missing", "c_next a_next"),
    "dc without 1 - tanh^2": ("missing-activation-derivative factor-missing", "c_next a_next"),
    "dc with 1 - c^2": ("activation-derivative-wrong-argument factor-replaced", "c_next a_next"),
    "candidate without the input gate": ("factor-missing", "cct"),
    "candidate's square forgotten": ("exponent factor-replaced", "cct"),
    "candidate's tanh taken twice": ("activation-derivative-wrong-argument factor-replaced", "cct"),
    "input gate with c_prev": ("factor-replaced wrong-matrix", "it"),
    "input gate without candidate": ("factor-missing", "it"),
    "forget gate with c_next": ("factor-replaced index-shifted", "ft"),
    "forget gate with it": ("activation-derivative-wrong-argument factor-replaced", "ft"),
    "forget gate's 1 - ft forgotten": ("factor-missing", "ft"),
    "forget and input gate exchanged": ("swapped order factor-replaced", "ft it"),
    "biases are means": ("bias-mean constant-factor", "bf bi bc bo"),
}
