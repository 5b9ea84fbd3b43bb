import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

rng = np.random.default_rng(5)
x = np.concatenate([rng.normal(-2, 0.5, 10), rng.normal(1, 1.0, 15)])
K = 2


def log_joint(p):
    logw = p["alpha"] - logsumexp(p["alpha"])
    lj = np.zeros((len(x), K))
    for k in range(K):
        lj[:, k] = logw[k] + norm.logpdf(x, p["mu"][k], np.exp(p["rho"][k]))
    return lj


def loss(p):
    return -logsumexp(log_joint(p), axis=1).sum()


def manual_gradients(p):
    lj = log_joint(p)
    resp = np.exp(lj - logsumexp(lj, axis=1, keepdims=True))  # responsibilities
    w = np.exp(p["alpha"] - logsumexp(p["alpha"]))
    sd = np.exp(p["rho"])
    diff = x[:, None] - p["mu"]
    return {
        "alpha": -(resp.sum(axis=0) - len(x) * w),
        "mu": -(resp * diff / sd**2).sum(axis=0),
        "rho": -(resp * (diff**2 / sd**2 - 1)).sum(axis=0),
    }


params = {"alpha": np.array([0.1, -0.2]), "mu": np.array([-1.0, 0.5]), "rho": np.array([0.0, 0.2])}
