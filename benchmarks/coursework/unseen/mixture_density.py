"""Mixture density network: a hidden layer gives weights, means and widths of two Gaussians."""

import numpy as np

rng = np.random.RandomState(104)
N, H, K = 5, 4, 2
x = rng.randn(N, 1)
y = rng.randn(N, 1)

params = {
    "W": 0.8 * rng.randn(1, H), "b": 0.2 * rng.randn(H),
    "W_pi": 0.6 * rng.randn(H, K), "b_pi": 0.2 * rng.randn(K),
    "W_mu": 0.6 * rng.randn(H, K), "b_mu": 0.5 * rng.randn(K),
    "W_sigma": 0.4 * rng.randn(H, K), "b_sigma": 0.2 * rng.randn(K),
}  # fmt: skip


def heads(params):
    h = np.tanh(x @ params["W"] + params["b"])
    logits = h @ params["W_pi"] + params["b_pi"]
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    pi = e / e.sum(axis=1, keepdims=True)
    mu = h @ params["W_mu"] + params["b_mu"]
    sigma = np.exp(h @ params["W_sigma"] + params["b_sigma"])
    return h, pi, mu, sigma


def loss(params):
    h, pi, mu, sigma = heads(params)
    density = np.exp(-((y - mu) ** 2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return -np.mean(np.log(np.sum(pi * density, axis=1)))


def manual_gradients(params, mistake=None):
    h, pi, mu, sigma = heads(params)
    density = np.exp(-((y - mu) ** 2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    gamma = pi * density
    if mistake == "responsibilities without the weights":
        gamma = density
    gamma = gamma / gamma.sum(axis=1, keepdims=True)

    dlogits = (pi - gamma) / N
    dmu = gamma * (mu - y) / sigma**2 / N
    if mistake == "mean's gradient divided by the width once":
        dmu = gamma * (mu - y) / sigma / N
    dlog = gamma * (1 - (y - mu) ** 2 / sigma**2) / N
    if mistake == "the width's normalizer forgotten":
        dlog = -gamma * (y - mu) ** 2 / sigma**2 / N
    elif mistake == "exp of the width forgotten":
        dlog = gamma * (1 / sigma - (y - mu) ** 2 / sigma**3) / N
    grads = {}
    for name, d in (("pi", dlogits), ("mu", dmu), ("sigma", dlog)):
        grads["W_" + name] = h.T @ d
        grads["b_" + name] = d.sum(axis=0)
    dh = dlogits @ params["W_pi"].T + dmu @ params["W_mu"].T + dlog @ params["W_sigma"].T
    if mistake == "the last head's gradient overwrites the others":
        dh = dlog @ params["W_sigma"].T
    da = dh * (1 - h**2)
    grads["W"] = x.T @ da
    grads["b"] = da.sum(axis=0)
    return grads


MISTAKES = {
    "responsibilities without the weights": ("factor-missing factor-replaced", "pi density"),
    "mean's gradient divided by the width once": ("exponent factor-replaced", "mu density"),
    "the width's normalizer forgotten": (
        "term-missing fan-out-overwritten treated-as-constant",
        "sigma density",
    ),
    "exp of the width forgotten": (
        "missing-activation-derivative factor-missing",
        "sigma",
    ),
    "the last head's gradient overwrites the others": ("fan-out-overwritten term-missing", "h"),
}
