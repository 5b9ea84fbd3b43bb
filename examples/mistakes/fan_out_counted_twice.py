"""A value is used twice, and one of the gradients is added once too often.

h goes into the next layer and around it. What comes back around the layer is added before and
after the layer.
"""

import numpy as np

rng = np.random.default_rng(0)
x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
params = {
    "w_1": rng.normal(size=(3, 3)),
    "b_1": rng.normal(size=3),
    "w_2": rng.normal(size=(3, 3)),
    "b_2": rng.normal(size=3),
}


def forward(params):
    h = np.tanh(x @ params["w_1"] + params["b_1"])
    u = np.tanh(h @ params["w_2"] + params["b_2"])
    o = h + u
    return h, u, o


def loss(params):
    *_, o = forward(params)
    return np.mean((o - t) ** 2)


def manual_gradients(params):
    h, u, o = forward(params)
    d_o = 2 * (o - t) / o.size
    d_z_2 = d_o * (1 - u**2)
    d_w_2 = h.T @ d_z_2
    d_b_2 = d_z_2.sum(axis=0)
    d_h = d_o
    d_h = d_h + d_z_2 @ params["w_2"].T + d_o  # MISTAKE: d_h + d_z_2 @ params["w_2"].T
    d_z_1 = d_h * (1 - h**2)
    d_w_1 = x.T @ d_z_1
    d_b_1 = d_z_1.sum(axis=0)
    return {"w_1": d_w_1, "b_1": d_b_1, "w_2": d_w_2, "b_2": d_b_2}
