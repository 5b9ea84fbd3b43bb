"""The second operand of a difference has the sign of the first.

o = u - v, so what goes back to v is minus what goes back to u. Everything below v has the wrong
sign, and nothing else is wrong.
"""

import numpy as np

rng = np.random.default_rng(0)
x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
params = {
    "w_u": rng.normal(size=(3, 2)),
    "w_v": rng.normal(size=(3, 2)),
}


def forward(params):
    w_u, w_v = params["w_u"], params["w_v"]
    u = np.tanh(x @ w_u)
    v = np.tanh(x @ w_v)
    o = u - v
    return u, v, o


def loss(params):
    o = forward(params)[-1]
    return np.mean((o - t) ** 2)


def manual_gradients(params):
    w_u, w_v = params["w_u"], params["w_v"]
    u, v, o = forward(params)
    d_o = 2 * (o - t) / o.size
    d_u = d_o
    d_v = d_o  # MISTAKE: -d_o
    d_w_u = x.T @ (d_u * (1 - u**2))
    d_w_v = x.T @ (d_v * (1 - v**2))
    return {"w_u": d_w_u, "w_v": d_w_v}
