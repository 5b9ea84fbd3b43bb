"""Weight decay is in the loss, and not in the gradient.

The biases are right. What is missing in a weight's gradient is a multiple of the weight itself.
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
    return h, o


def loss(params):
    *_, o = forward(params)
    return np.mean((o - t) ** 2) + 0.01 * (np.sum(params["w_1"] ** 2) + np.sum(params["w_2"] ** 2))


def manual_gradients(params):
    h, o = forward(params)
    d_o = 2 * (o - t) / o.size
    d_w_2 = h.T @ d_o + 0.02 * params["w_2"]
    d_b_2 = d_o.sum(axis=0)
    d_h = d_o @ params["w_2"].T
    d_z = d_h * (1 - h**2)
    d_w_1 = x.T @ d_z  # MISTAKE: x.T @ d_z + 0.02 * params["w_1"]
    d_b_1 = d_z.sum(axis=0)
    return {"w_1": d_w_1, "b_1": d_b_1, "w_2": d_w_2, "b_2": d_b_2}
