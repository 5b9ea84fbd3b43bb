"""Poisson regression with an offset, and a dispersion for the negative binomial's cousin."""

import numpy as np

rng = np.random.RandomState(5)
n = 7
X = rng.randn(n, 3)
exposure = rng.uniform(0.5, 2.0, n)
counts = np.array([0.0, 2.0, 1.0, 4.0, 0.0, 3.0, 1.0])

params = {"beta": np.array([0.4, -0.3, 0.6]), "intercept": np.array([0.2])}


def loss(params):
    eta = X @ params["beta"] + params["intercept"]
    mu = exposure * np.exp(eta)
    negative_log_likelihood = np.sum(mu - counts * np.log(mu)) / n
    return negative_log_likelihood + 0.05 * np.sum(params["beta"] ** 4)


def manual_gradients(params, mistake=None):
    beta = params["beta"]
    eta = X @ beta + params["intercept"]
    mu = exposure * np.exp(eta)
    if mistake == "exp(eta) without the exposure":
        residual = np.exp(eta) - counts
    elif mistake == "eta - counts":
        residual = eta - counts
    elif mistake == "counts not subtracted":
        residual = mu
    elif mistake == "only the log term":
        residual = -counts
    elif mistake == "1/mu for 1":
        residual = mu - counts / mu
    elif mistake == "derivative by mu":
        residual = 1 - counts / mu
    elif mistake == "exp squared":
        residual = (1 - counts / mu) * mu**2
    elif mistake == "exposure once more":
        residual = exposure * (mu - counts)
    else:
        residual = mu - counts
    d_beta = X.T @ residual / n
    d_intercept = np.array([residual.sum() / n])
    if mistake == "intercept averaged twice":
        d_intercept = np.array([residual.mean() / n])
    elif mistake == "intercept not averaged":
        d_intercept = np.array([residual.sum()])
    if mistake == "exponent not reduced":
        d_beta = d_beta + 0.05 * 4 * beta**4
    elif mistake == "exponent without its factor":
        d_beta = d_beta + 0.05 * beta**3
    elif mistake == "square's derivative":
        d_beta = d_beta + 0.05 * 2 * beta
    elif mistake == "4**beta":
        d_beta = d_beta + 0.05 * np.log(4) * 4**beta
    else:
        d_beta = d_beta + 0.05 * 4 * beta**3
    return {"beta": d_beta, "intercept": d_intercept}


MISTAKES = {
    "exp(eta) without the exposure": ("factor-missing", "mu eta"),
    "eta - counts": ("missing-activation-derivative factor-replaced", "mu eta"),
    "counts not subtracted": ("target-missing term-missing", "mu eta"),
    "only the log term": ("term-missing", "mu eta"),
    "1/mu for 1": ("factor-twice factor-missing exponent", "mu eta"),
    "derivative by mu": ("missing-activation-derivative factor-missing", "mu eta"),
    "exp squared": ("activation-derivative-twice factor-twice exponent", "mu eta"),
    "exposure once more": ("factor-twice factor-added", "mu eta"),
    "intercept averaged twice": ("bias-mean constant-factor factor-twice", "intercept"),
    "intercept not averaged": ("constant-factor factor-missing", "intercept"),
    "exponent not reduced": ("exponent", "beta"),
    "exponent without its factor": ("constant-factor factor-missing", "beta"),
    "square's derivative": ("exponent", "beta"),
    "4**beta": ("exponent swapped", "beta"),
}
