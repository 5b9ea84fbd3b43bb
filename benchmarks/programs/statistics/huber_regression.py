import numpy as np

np.random.seed(2)
X = np.random.randn(15, 3)
y = X @ np.array([1.0, -2.0, 0.5]) + np.random.standard_t(2, size=15)
delta, lam = 1.0, 0.3


def huber(r):
    out = np.empty_like(r)
    small = np.abs(r) <= delta
    out[small] = 0.5 * r[small] ** 2
    out[~small] = delta * (np.abs(r[~small]) - 0.5 * delta)
    return out


def objective(beta):
    return huber(y - X @ beta).mean() + lam * np.abs(beta).sum()


def subgradient(beta):
    r = y - X @ beta
    psi = np.clip(r, -delta, delta)
    return -X.T @ psi / len(y) + lam * np.sign(beta)


beta = np.array([0.8, -1.5, 0.2])
