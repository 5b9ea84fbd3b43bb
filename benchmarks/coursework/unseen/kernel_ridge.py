"""Kernel ridge regression with a Gaussian kernel: coefficients, the kernel's length, an offset."""

import numpy as np

rng = np.random.RandomState(111)
n = 6
X = rng.randn(n, 2)
y = rng.randn(n)
lam = 0.2
d2 = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)

params = {"a": 0.6 * rng.randn(n), "log_length": 0.3, "offset": 0.2}


def loss(params):
    length = np.exp(params["log_length"])
    K = np.exp(-d2 / (2 * length**2))
    f = K @ params["a"] + params["offset"]
    return np.mean((f - y) ** 2) + lam * params["a"] @ K @ params["a"]


def manual_gradients(params, mistake=None):
    a = params["a"]
    length = np.exp(params["log_length"])
    K = np.exp(-d2 / (2 * length**2))
    r = 2 * (K @ a + params["offset"] - y) / n
    da = K @ r + 2 * lam * K @ a
    if mistake == "penalty without its 2":
        da = K @ r + lam * K @ a
    elif mistake == "penalty without the kernel":
        da = K @ r + 2 * lam * a
    dK = np.outer(r, a) + lam * np.outer(a, a)
    if mistake == "length only through the fit":
        dK = np.outer(r, a)
    dlength = np.sum(dK * K * d2 / length**3)
    if mistake == "kernel's length not cubed":
        dlength = np.sum(dK * K * d2 / length**2)
    dlog = dlength * length
    if mistake == "gradient of the length, not of its logarithm":
        dlog = dlength
    return {"a": da, "log_length": dlog, "offset": r.sum()}


MISTAKES = {
    "penalty without its 2": (
        "constant-factor term-missing fan-out-overwritten weight-decay-missing-or-extra",
        "a loss",
    ),
    "penalty without the kernel": ("factor-missing weight-decay-missing-or-extra", "a loss"),
    "length only through the fit": (
        "term-missing fan-out-overwritten treated-as-constant",
        "K length",
    ),
    "kernel's length not cubed": ("exponent factor-replaced", "length K log_length"),
    "gradient of the length, not of its logarithm": (
        "missing-activation-derivative factor-missing",
        "length log_length",
    ),
}
