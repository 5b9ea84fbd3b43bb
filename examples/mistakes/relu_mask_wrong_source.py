"""The mask of relu is made of the gradient.

Relu lets through what had a positive input in the forward pass. Here it lets through what is
positive in the backward pass.
"""

import numpy as np

rng = np.random.default_rng(1)
x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
params = {
    "w_1": rng.normal(size=(3, 4)),
    "b_1": rng.normal(size=4),
    "w_2": rng.normal(size=(4, 2)),
    "b_2": rng.normal(size=2),
}


def forward(params):
    z = x @ params["w_1"] + params["b_1"]
    h = np.maximum(z, 0)
    o = h @ params["w_2"] + params["b_2"]
    return h, o


def loss(params):
    *_, o = forward(params)
    return np.mean((o - t) ** 2)


def manual_gradients(params):
    h, o = forward(params)
    d_o = 2 * (o - t) / o.size
    d_w_2 = h.T @ d_o
    d_b_2 = d_o.sum(axis=0)
    d_h = d_o @ params["w_2"].T
    d_z = d_h * (d_h > 0)  # MISTAKE: d_h * (h > 0)
    d_w_1 = x.T @ d_z
    d_b_1 = d_z.sum(axis=0)
    return {"w_1": d_w_1, "b_1": d_b_1, "w_2": d_w_2, "b_2": d_b_2}
