import numpy as np
from scipy import stats

np.random.seed(4)
x = np.random.randn(14)
level = np.random.randint(0, 3, 14)   # three ordered answers


def cuts(p):
    # increasing thresholds, with -inf and inf at the ends
    return np.array([-np.inf, p[1], p[1] + np.exp(p[2]), np.inf])


def loss(p):
    eta = p[0] * x
    c = cuts(p)
    prob = stats.norm.cdf(c[level + 1] - eta) - stats.norm.cdf(c[level] - eta)
    return -np.log(prob).sum()


def manual_gradients(p):
    eta = p[0] * x
    c = cuts(p)
    up, low = c[level + 1] - eta, c[level] - eta
    prob = stats.norm.cdf(up) - stats.norm.cdf(low)
    fu, fl = stats.norm.pdf(up) / prob, stats.norm.pdf(low) / prob
    g0 = ((fu - fl) * x).sum()
    dcut = np.array([fu[level == 0].sum() - fl[level == 1].sum(),
                     fu[level == 1].sum() - fl[level == 2].sum()])
    return np.array([g0, -dcut.sum(), -dcut[1] * np.exp(p[2])])


params = np.array([0.5, -0.4, 0.1])
