import math
import numpy as np
import matplotlib.pyplot as plt

h, steps = 0.1, 15
g = 9.81
angles = [0.5 * math.cos(2.9 * h * k) for k in range(steps + 1)]


def f(state, length):
    theta, omega = state
    return np.array([omega, -g / length * math.sin(theta)])


def rk4(length, theta0):
    state = np.array([theta0, 0.0])
    path = [state]
    for k in range(steps):
        k1 = f(state, length)
        k2 = f(state + h / 2 * k1, length)
        k3 = f(state + h / 2 * k2, length)
        k4 = f(state + h * k3, length)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        path.append(state)
    return np.array(path)


def loss(params):
    length, theta0 = params
    theta = rk4(length, theta0)[:, 0]
    return np.mean((theta - angles) ** 2)


def tangent(state, d, length, dlength):
    theta, omega = state
    return np.array([d[1], -g / length * math.cos(theta) * d[0] + g / length**2 * math.sin(theta) * dlength])


def manual_gradients(params):
    # variational equations, integrated along with the motion
    length, theta0 = params
    residual = 2 * (rk4(length, theta0)[:, 0] - angles) / (steps + 1)
    grads = []
    for dlength, d in ((1.0, np.zeros(2)), (0.0, np.array([1.0, 0.0]))):
        state = np.array([theta0, 0.0])
        grad = residual[0] * d[0]
        for k in range(steps):
            k1, e1 = f(state, length), tangent(state, d, length, dlength)
            s2 = state + h / 2 * k1
            k2, e2 = f(s2, length), tangent(s2, d + h / 2 * e1, length, dlength)
            s3 = state + h / 2 * k2
            k3, e3 = f(s3, length), tangent(s3, d + h / 2 * e2, length, dlength)
            s4 = state + h * k3
            k4, e4 = f(s4, length), tangent(s4, d + h * e3, length, dlength)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            d = d + h / 6 * (e1 + 2 * e2 + 2 * e3 + e4)
            grad += residual[k + 1] * d[0]
        grads.append(grad)
    return grads


params = [1.1, 0.45]

if __name__ == "__main__":
    plt.plot(rk4(*params)[:, 0])
    plt.plot(angles, 'o')
    plt.show()
