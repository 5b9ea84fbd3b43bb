# Cox proportional hazards, partial likelihood without ties
import numpy as np

time = np.array([5.0, 2.0, 9.0, 3.5, 7.0, 1.0, 6.0])
event = np.array([1, 1, 0, 1, 1, 0, 1])
Z = np.array([[0.1, 1], [0.5, 0], [-0.3, 1], [1.2, 0], [0.0, 1], [0.7, 1], [-0.9, 0]])
order = np.argsort(-time)          # longest time first
event, Z = event[order], Z[order]


def partial_loglik(beta):
    eta = Z @ beta
    risk = np.cumsum(np.exp(eta))
    total = 0
    for i in range(len(event)):
        if event[i] == 1:
            total += eta[i] - np.log(risk[i])
    return total


def score(beta):
    w = np.exp(Z @ beta)
    U = np.zeros(2)
    for i in np.flatnonzero(event):
        in_risk = slice(0, i + 1)
        zbar = np.average(Z[in_risk], axis=0, weights=w[in_risk])
        U += Z[i] - zbar
    return U


params = np.array([0.4, -0.2])
