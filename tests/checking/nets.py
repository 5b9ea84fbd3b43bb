"""The 7-6-5-2 net and its hand-derived gradients, for the tests of this folder."""

from itertools import pairwise

import numpy as np

import tinygrad_bp as bp

X = np.array([[0.4, -0.2, 0.1, 0.1, -0.15, 0.6, -0.9]]).T
T = np.array([[0.87503811], [0.83690408]])


def parameters(seed=12):
    state = np.random.RandomState(seed)
    sizes = (7, 6, 5, 2)
    params = {}
    for layer, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        params[f"w_{layer}"] = state.rand(n_out, n_in)
        params[f"b_{layer}"] = state.rand(n_out, 1)
    return params


def loss(p):
    a = bp.relu(p["w_1"] @ X + p["b_1"])
    a = bp.sigmoid(p["w_2"] @ a + p["b_2"])
    return bp.mse(bp.sigmoid(p["w_3"] @ a + p["b_3"]), T)


def manual(p, step=0.0):
    """Derived by hand; with a step, each w is updated before the error goes through it."""
    z_1 = p["w_1"] @ X + p["b_1"]
    a_1 = np.maximum(z_1, 0)
    a_2 = 1 / (1 + np.exp(-(p["w_2"] @ a_1 + p["b_2"])))
    o = 1 / (1 + np.exp(-(p["w_3"] @ a_2 + p["b_3"])))
    d_3 = (o - T) * o * (1 - o)
    d_2 = ((p["w_3"] - step * d_3 @ a_2.T).T @ d_3) * a_2 * (1 - a_2)
    d_1 = ((p["w_2"] - step * d_2 @ a_1.T).T @ d_2) * (z_1 > 0)
    return {
        "w_1": d_1 @ X.T,
        "b_1": d_1,
        "w_2": d_2 @ a_1.T,
        "b_2": d_2,
        "w_3": d_3 @ a_2.T,
        "b_3": d_3,
    }
