"""Marginal likelihood of a Gaussian process and its gradient by the trace formula."""
import numpy as np
from scipy.linalg import cho_factor, cho_solve

np.random.seed(0)
X = np.sort(np.random.uniform(-3, 3, (10, 1)), axis=0)
y = np.sin(X[:, 0]) + 0.1 * np.random.randn(10)


def kernel(X, length, amp):
    sq = np.sum(X**2, 1).reshape(-1, 1) + np.sum(X**2, 1) - 2 * X.dot(X.T)
    return amp**2 * np.exp(-0.5 * sq / length**2), sq


def nlml(theta):
    length, amp, noise = np.exp(theta)
    K, _ = kernel(X, length, amp)
    K[np.diag_indices_from(K)] += noise**2
    L, lower = cho_factor(K, lower=True)
    alpha = cho_solve((L, lower), y)
    return 0.5 * y.dot(alpha) + np.sum(np.log(np.diag(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def grad_nlml(theta):
    length, amp, noise = np.exp(theta)
    Kf, sq = kernel(X, length, amp)
    K = Kf + noise**2 * np.eye(len(X))
    Kinv = np.linalg.inv(K)
    alpha = Kinv.dot(y)
    grads = []
    for dK in (Kf * sq / length**2, 2 * Kf, 2 * noise**2 * np.eye(len(X))):
        grads.append(-0.5 * np.trace((np.outer(alpha, alpha) - Kinv).dot(dK)))
    return grads


theta = np.array([0.1, -0.2, -1.0])
