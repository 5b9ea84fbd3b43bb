"""A test whose loss has the gradient zero: sum(BN(x)); the code was right and long suspected.

HomericIntelligence/Odyssey#2882.
"""

import numpy as np

rng = np.random.RandomState(113)
N, C = 7, 3

params = {"x": rng.randn(N, C), "gamma": np.array([1.3, 0.7, 1.1]), "beta": np.zeros(3) + 0.1}


def loss(params):
    x = params["x"]
    mean = np.mean(x, axis=0)
    xhat = (x - mean) / np.sqrt(np.mean((x - mean) ** 2, axis=0) + 1e-5)
    return np.sum(params["gamma"] * xhat + params["beta"])


def manual_gradients(params, mistake=None):
    x, gamma = params["x"], params["gamma"]
    std = np.sqrt(x.var(axis=0) + 1e-5)
    xhat = (x - x.mean(axis=0)) / std
    dy = np.ones((N, C))
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    if mistake == "statistics are constants":
        dx = dxhat / std
    return {"x": dx, "gamma": (dy * xhat).sum(axis=0), "beta": dy.sum(axis=0)}


MISTAKES = {"statistics are constants": ("treated-as-constant term-missing", "x xhat mean")}
