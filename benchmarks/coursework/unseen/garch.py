"""GARCH(1, 1): likelihood of returns whose variance follows the last return and variance."""

import numpy as np

r = np.array([0.4, -1.1, 0.8, 1.9, -0.6, -0.2, 1.2])
params = {"mu": 0.15, "omega": 0.3, "alpha": 0.25, "beta": 0.5}


def loss(params):
    e = r - params["mu"]
    v = 1.0
    total = 0.0
    for t in range(1, len(r)):
        v = params["omega"] + params["alpha"] * e[t - 1] ** 2 + params["beta"] * v
        total = total + 0.5 * (np.log(v) + e[t] ** 2 / v)
    return total


def manual_gradients(params, mistake=None):
    mu, omega, alpha, beta = params["mu"], params["omega"], params["alpha"], params["beta"]
    e = r - mu
    v = 1.0
    dv = np.zeros(4)  # of the variance by mu, omega, alpha, beta
    grad = np.zeros(4)
    for t in range(1, len(r)):
        own = np.array([-2 * alpha * e[t - 1], 1.0, e[t - 1] ** 2, v])
        if mistake == "mu only through the mean":
            own[0] = 0
        old_v = v
        v = omega + alpha * e[t - 1] ** 2 + beta * old_v
        if mistake == "beta times the new variance":
            own[3] = v
        dv = own if mistake == "no recursion" else own + beta * dv
        by_v = 0.5 * (1 / v - e[t] ** 2 / v**2)
        if mistake == "variance of the quotient not squared":
            by_v = 0.5 * (1 / v - e[t] ** 2 / v)
        elif mistake == "logarithm's part forgotten":
            by_v = -0.5 * e[t] ** 2 / v**2
        grad += by_v * dv
        grad[0] -= e[t] / v
    return dict(zip(["mu", "omega", "alpha", "beta"], [float(g) for g in grad]))


MISTAKES = {
    "mu only through the mean": ("term-missing treated-as-constant fan-out-overwritten", "e mu v"),
    "beta times the new variance": ("index-shifted factor-replaced", "beta v"),
    "no recursion": ("treated-as-constant term-missing fan-out-overwritten", "v"),
    "variance of the quotient not squared": ("exponent factor-missing", "v total"),
    "logarithm's part forgotten": ("term-missing fan-out-overwritten", "v total"),
}
