# Gaussian linear model, theta = (b0, b1, b2, log sigma)
import numpy as np
from scipy.optimize import minimize

rng = np.random.default_rng(0)
n = 25
x1 = rng.normal(size=n)
x2 = rng.uniform(0, 2, n)
Xmat = np.c_[np.ones(n), x1, x2]
yobs = Xmat @ [1.0, 2.0, -0.5] + 0.3 * rng.normal(size=n)


def negloglik(theta):
    beta = theta[:-1]
    sigma = np.exp(theta[-1])
    resid = yobs - Xmat.dot(beta)
    ll = -n / 2 * np.log(2 * np.pi) - n * np.log(sigma) - np.sum(resid**2) / (2 * sigma**2)
    return -ll


def score(theta):
    beta, sigma = theta[:-1], np.exp(theta[-1])
    resid = yobs - Xmat.dot(beta)
    dbeta = -Xmat.T.dot(resid) / sigma**2
    dlogs = n - resid.dot(resid) / sigma**2
    return np.append(dbeta, dlogs)


theta0 = np.array([0.1, 0.2, 0.3, 0.4])

if __name__ == "__main__":
    fit = minimize(negloglik, theta0, jac=score, method="BFGS")
    print(fit.x)
    print("SE:", np.sqrt(np.diag(fit.hess_inv)))
