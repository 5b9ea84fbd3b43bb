"""Least squares of two radioactive decays over a background."""
from math import log

import numpy as np

t = np.linspace(0, 10, 21)
N = np.array([212, 180, 149, 131, 109, 98, 88, 74, 70, 60, 58, 49, 47, 44, 40, 38, 35, 36, 31, 30, 30])
err = np.sqrt(N)


def model(t, A1, tau1, A2, tau2, bg):
    return A1 * np.exp(-t / tau1) + A2 * np.exp(-t / tau2) + bg


def chisq(p):
    r = (N - model(t, *p)) / err
    return np.sum(r**2)


def jacobian(p):
    A1, tau1, A2, tau2, bg = p
    J = np.zeros((len(t), 5))
    J[:, 0] = np.exp(-t / tau1)
    J[:, 1] = A1 * t / tau1**2 * np.exp(-t / tau1)
    J[:, 2] = np.exp(-t / tau2)
    J[:, 3] = A2 * t / tau2**2 * np.exp(-t / tau2)
    J[:, 4] = 1
    return J


def grad_chisq(p):
    r = (N - model(t, *p)) / err
    return -2 * jacobian(p).T @ (r / err)


p0 = [120.0, 1.5, 70.0, 6.0, 15.0]
print("half-life of the first: %.2f" % (p0[1] * log(2)))
