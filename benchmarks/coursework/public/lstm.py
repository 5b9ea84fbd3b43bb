"""LSTM over four steps: five mistakes that were reported.

apache/mxnet#4057, ooples/AiDotNet#722, lzwjava's notes on LSTM bugs, CaptainE/RNN-LSTM-in-numpy#2,
and truncated backpropagation that only takes two steps from the last state (rsokl/MyGrad#4).
"""

import numpy as np

rng = np.random.RandomState(108)
N, T, D, H = 3, 4, 2, 3
x = rng.randn(T, N, D)
probe = rng.randn(T, N, H)
h_init, c_init = 0.5 * rng.randn(N, H), 0.8 * rng.randn(N, H)

params = {
    "W": 0.5 * rng.randn(D, 4 * H),
    "U": 0.5 * rng.randn(H, 4 * H),
    "b": 0.3 * rng.randn(4 * H),
}


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def step(params, xt, h, c):
    a = xt @ params["W"] + h @ params["U"] + params["b"]
    f, i, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    c = f * c + i * g
    return f, i, o, g, c, o * np.tanh(c)


def loss(params):
    h, c, total = h_init, c_init, 0.0
    for t in range(T):
        f, i, o, g, c, h = step(params, x[t], h, c)
        total = total + np.sum(h * probe[t])
    return total


def manual_gradients(params, mistake=None):
    hs, cs, gates = [h_init], [c_init], []
    for t in range(T):
        f, i, o, g, c, h = step(params, x[t], hs[-1], cs[-1])
        gates.append((f, i, o, g))
        hs.append(h)
        cs.append(c)
    dW, dU, db = (np.zeros_like(params[k]) for k in "WUb")
    dh, dC = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        f, i, o, g = gates[t]
        if mistake == "truncated: only the last state, two steps":
            dh = probe[t] if t == T - 1 else dh
            if t < T - 2:
                break
        elif mistake == "recurrent dh set to zero":
            dh = probe[t]
        else:
            dh = dh + probe[t]
        c_before, c_now = cs[t], cs[t + 1]
        if mistake == "cell states shifted by one":
            c_before, c_now = cs[t + 1], cs[min(t + 2, T)]
        elif mistake == "c of t - 1 wraps around":
            c_before = cs[-1] if t == 0 else cs[t]
        tanh_c = np.tanh(c_now)
        if mistake == "dC = for +=":
            dC = dh * o * (1 - tanh_c**2)
        else:
            dC = dC + dh * o * (1 - tanh_c**2)
        df, di, dg, do = dC * c_before, dC * g, dC * i, dh * tanh_c
        if mistake == "activations again for their derivatives":
            da = np.hstack([df * sigmoid(f), di * sigmoid(i), do * sigmoid(o), dg * np.tanh(g)])
        else:
            da = np.hstack([df * f * (1 - f), di * i * (1 - i), do * o * (1 - o), dg * (1 - g**2)])
        dW += x[t].T @ da
        if mistake == "h shifted by one":
            dU += hs[t + 1].T @ da
        else:
            dU += hs[t].T @ da
        db += da.sum(axis=0)
        dh, dC = da @ params["U"].T, dC * f
    return {"W": dW, "U": dU, "b": db}


MISTAKES = {
    "truncated: only the last state, two steps": ("term-missing treated-as-constant", "h c total"),
    "recurrent dh set to zero": ("term-missing fan-out-overwritten treated-as-constant", "h a"),
    "cell states shifted by one": ("index-shifted factor-replaced", "c f"),
    "c of t - 1 wraps around": ("index-shifted factor-replaced", "c f"),
    "dC = for +=": ("fan-out-overwritten term-missing", "c"),
    "activations again for their derivatives": (
        "activation-derivative-wrong-argument factor-replaced",
        "f i o g a",
    ),
    "h shifted by one": ("index-shifted factor-replaced", "U"),
}
