"""Batch normalization in training: six mistakes that were reported, and one that is none.

facebookresearch/CrypTen#143, denizyuret/Knet.jl#288, flagos-ai/FlagGems#5223, ROCm/MIOpen#104,
vlfeat/matconvnet#1174, apache/mxnet#18499; pjreddie/darknet#1723 is the right one in other words.
"""

import numpy as np

rng = np.random.RandomState(100)
N, C = 7, 3
x = rng.randn(N, C)
r = rng.randn(N, C)
running_mean, running_var = np.array([0.1, -0.2, 0.3]), np.array([0.8, 1.3, 1.1])

params = {
    "x": x,
    "gamma": np.array([0.6, 1.5, 1.2]),
    "beta": np.array([0.2, -0.1, 0.4]),
}


def loss(params):
    mean = np.mean(params["x"], axis=0)
    var = np.mean((params["x"] - mean) ** 2, axis=0)
    inv = 1 / np.sqrt(var + 1e-5)
    xhat = (params["x"] - mean) * inv
    y = params["gamma"] * xhat + params["beta"]
    return np.sum(np.sin(y) * r)


def manual_gradients(params, mistake=None):
    x, gamma, beta = params["x"], params["gamma"], params["beta"]
    mean, var = x.mean(axis=0), x.var(axis=0)
    inv = 1 / np.sqrt(var + 1e-5)
    xhat = (x - mean) * inv
    dy = np.cos(gamma * xhat + beta) * r
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    dxhat = dy * gamma
    if mistake == "statistics are constants":
        dx = dxhat * inv
    elif mistake == "dx from dy, without gamma":
        dx = inv / N * (N * dy - dy.sum(axis=0) - xhat * (dy * xhat).sum(axis=0))
    elif mistake == "saved inverse deviation read as a variance":
        again = 1 / np.sqrt(inv + 1e-5)
        xhat = (x - mean) * again
        dgamma = (dy * xhat).sum(axis=0)
        dx = gamma * again / N * (N * dy - dbeta - xhat * dgamma)
    elif mistake == "first term without gamma":
        dx = inv / N * (N * dy - gamma * dbeta - gamma * xhat * dgamma)
    elif mistake == "the moments of the evaluation mode":
        scale = 1 / np.sqrt(running_var + 1e-5)
        xhat = (x - running_mean) * scale
        dgamma = (dy * xhat).sum(axis=0)
        dx = dxhat * scale
    elif mistake == "dgamma and dbeta not written":
        dx = inv / N * (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0))
        dgamma, dbeta = np.zeros(C), np.zeros(C)
    else:
        dx = inv / N * (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0))
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


def right_without_the_mean_in_the_variance(params):
    """The mean's share of the variance is left out: it is zero, for sum(x - mean) is."""
    x, gamma, beta = params["x"], params["gamma"], params["beta"]
    mean, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mean) / np.sqrt(var + 1e-5)
    delta = np.cos(gamma * xhat + beta) * r
    dgamma, dbeta = (delta * xhat).sum(axis=0), delta.sum(axis=0)
    delta = delta * gamma
    mean_delta = -delta.sum(axis=0) / np.sqrt(var + 1e-5)
    variance_delta = np.sum(delta * (x - mean), axis=0) * -0.5 * (var + 1e-5) ** -1.5
    dx = delta / np.sqrt(var + 1e-5) + variance_delta * 2 * (x - mean) / N + mean_delta / N
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


MISTAKES = {
    "statistics are constants": ("treated-as-constant term-missing", "mean var inv x xhat"),
    "dx from dy, without gamma": ("factor-missing", "xhat y"),
    "saved inverse deviation read as a variance": ("factor-replaced exponent", "inv var xhat"),
    "first term without gamma": ("factor-missing", "xhat y x"),
    "the moments of the evaluation mode": (
        "factor-replaced treated-as-constant",
        "mean var inv xhat",
    ),
    "dgamma and dbeta not written": ("all-zero", "gamma beta"),
}
