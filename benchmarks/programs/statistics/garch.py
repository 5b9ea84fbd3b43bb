import numpy as np
import matplotlib.pyplot as plt

np.random.seed(12)
returns = 0.01 * np.random.standard_t(5, size=30)
T = len(returns)


def garch_variance(omega, alpha, beta):
    sigma2 = np.zeros(T)
    sigma2[0] = np.var(returns)
    for t in range(1, T):
        sigma2[t] = omega + alpha * returns[t - 1] ** 2 + beta * sigma2[t - 1]
    return sigma2


def loss(params):
    omega, alpha, beta = params
    sigma2 = garch_variance(omega * 1e-4, alpha, beta)
    return 0.5 * np.sum(np.log(2 * np.pi * sigma2) + returns**2 / sigma2)


def manual_gradients(params):
    omega, alpha, beta = params
    sigma2 = garch_variance(omega * 1e-4, alpha, beta)
    grad = np.zeros(3)
    ds = np.zeros(3)                       # d sigma2[t] / d (omega, alpha, beta)
    for t in range(T):
        if t > 0:
            ds = np.array([1e-4, returns[t - 1] ** 2, sigma2[t - 1]])   # + beta * ds was forgotten
        grad += 0.5 * (1 / sigma2[t] - returns[t] ** 2 / sigma2[t] ** 2) * ds
    return grad


params = np.array([0.2, 0.1, 0.8])

if __name__ == "__main__":
    plt.plot(np.sqrt(garch_variance(*params * [1e-4, 1, 1])))
    plt.title(f"volatility, loss = {loss(params):.2f}")
    plt.show()
