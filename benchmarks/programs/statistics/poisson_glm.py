import numpy as np
from scipy.special import gammaln

rng = np.random.RandomState(3)
exposure = rng.uniform(0.5, 2.0, 20)
Z = np.vstack((np.ones(20), rng.randn(20), rng.binomial(1, 0.4, 20))).T
counts = rng.poisson(exposure * np.exp(Z @ [0.3, 0.5, -0.4]))


def loglik(beta):
    eta = Z.dot(beta) + np.log(exposure)
    mu = np.exp(eta)
    return (counts * eta - mu - gammaln(counts + 1)).sum()


def gradient(beta):
    mu = np.exp(Z.dot(beta))        # the offset is missing here
    return Z.T.dot(counts - mu)


beta = np.array([0.1, 0.2, 0.0])
