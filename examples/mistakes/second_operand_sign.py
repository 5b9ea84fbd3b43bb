"""The second operand of a difference has the sign of the first.

o = u - v, so what goes back to v is minus what goes back to u. Everything below v has the wrong
sign, and nothing else is wrong.
"""

import numpy as np

rng = np.random.default_rng(0)
x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
params = {
    "w_u": rng.normal(size=(3, 2)),
    "b_u": rng.normal(size=2),
    "w_v": rng.normal(size=(3, 2)),
    "b_v": rng.normal(size=2),
}


def forward(params):
    u = np.tanh(x @ params["w_u"] + params["b_u"])
    v = np.tanh(x @ params["w_v"] + params["b_v"])
    o = u - v
    return u, v, o


def loss(params):
    *_, o = forward(params)
    return np.mean((o - t) ** 2)


def manual_gradients(params):
    u, v, o = forward(params)
    d_o = 2 * (o - t) / o.size
    d_u = d_o
    d_v = d_o  # MISTAKE: -d_o
    d_z_u = d_u * (1 - u**2)
    d_w_u = x.T @ d_z_u
    d_b_u = d_z_u.sum(axis=0)
    d_z_v = d_v * (1 - v**2)
    d_w_v = x.T @ d_z_v
    d_b_v = d_z_v.sum(axis=0)
    return {"w_u": d_w_u, "b_u": d_b_u, "w_v": d_w_v, "b_v": d_b_v}
