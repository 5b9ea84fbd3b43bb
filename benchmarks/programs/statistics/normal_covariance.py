# multivariate normal, covariance through its Cholesky factor (as in mixed models)
import numpy as np
from scipy.linalg import solve_triangular

np.random.seed(8)
d = 3
data = np.random.multivariate_normal(np.zeros(d), np.eye(d) + 0.5, size=12)
n = len(data)
rows, cols = np.tril_indices(d)


def unpack(vech):
    L = np.zeros((d, d))
    L[rows, cols] = vech
    return L


def loss(params):
    L = unpack(params['vech'])
    r = (data - params['mu']).T
    z = solve_triangular(L, r, lower=True)
    return 0.5 * np.sum(z**2) + n * np.sum(np.log(np.diag(L)))


def manual_gradients(params):
    L = unpack(params['vech'])
    r = (data - params['mu']).T
    Li = np.linalg.inv(L)
    z = Li @ r
    u = Li.T @ z
    dL = -u @ z.T + n * np.diag(1 / np.diag(L))
    return {'mu': -u.sum(axis=1), 'vech': dL[rows, cols]}


params = {'mu': np.array([0.1, 0.0, -0.1]), 'vech': np.array([1.2, 0.3, 0.9, -0.2, 0.4, 1.1])}
