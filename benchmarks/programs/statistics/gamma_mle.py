# maximum likelihood for the gamma distribution by Newton / gradient ascent
import numpy as np
from scipy import special

data = np.array([1.2, 0.4, 2.3, 0.9, 3.1, 0.7, 1.8, 1.1])


def loss(params):
    """Negative log likelihood; shape k and rate r on the log scale."""
    k, r = np.exp(params["log_k"]), np.exp(params["log_r"])
    ll = 0.0
    for x in data:
        ll += k * np.log(r) - special.gammaln(k) + (k - 1) * np.log(x) - r * x
    return -ll


def manual_gradients(params):
    k, r = np.exp(params["log_k"]), np.exp(params["log_r"])
    n = len(data)
    d_k = n * np.log(r) - n * special.digamma(k) + np.log(data).sum()
    d_r = n * k / r - data.sum()
    return {"log_k": -d_k * k, "log_r": -d_r * r}


params = {"log_k": 0.3, "log_r": 0.1}

if __name__ == "__main__":
    for i in range(500):
        g = manual_gradients(params)
        for key in params:
            params[key] -= 0.02 * g[key]
    print("k = {:.3f}, rate = {:.3f}".format(np.exp(params["log_k"]), np.exp(params["log_r"])))
