"""The derivative of the activation is taken at the wrong place.

1 - a**2 is the derivative of tanh in terms of what comes out, h. Here it is computed from what
goes in, z. The ratio to the right gradient differs from unit to unit, and can be negative.
"""

import numpy as np

rng = np.random.default_rng(0)
x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
params = {
    "w_1": rng.normal(size=(3, 4)),
    "b_1": rng.normal(size=4),
    "w_2": rng.normal(size=(4, 2)),
    "b_2": rng.normal(size=2),
}


def forward(params):
    z = x @ params["w_1"] + params["b_1"]
    h = np.tanh(z)
    o = h @ params["w_2"] + params["b_2"]
    return z, h, o


def loss(params):
    *_, o = forward(params)
    return np.mean((o - t) ** 2)


def manual_gradients(params):
    z, h, o = forward(params)
    d_o = 2 * (o - t) / o.size
    d_w_2 = h.T @ d_o
    d_b_2 = d_o.sum(axis=0)
    d_h = d_o @ params["w_2"].T
    d_z = d_h * (1 - z**2)  # MISTAKE: d_h * (1 - h**2)
    d_w_1 = x.T @ d_z
    d_b_1 = d_z.sum(axis=0)
    return {"w_1": d_w_1, "b_1": d_b_1, "w_2": d_w_2, "b_2": d_b_2}
