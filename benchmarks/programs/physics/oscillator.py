# spring constant and damping of an oscillator from its motion (semi-implicit Euler)
import numpy as np

dt, steps, m = 0.05, 40, 1.0
t = dt * np.arange(steps)
data = np.exp(-0.1 * t) * np.cos(2.0 * t)


def integrate(k, c):
    x = np.zeros(steps)
    v = np.zeros(steps)
    x[0] = 1.0
    for i in range(steps - 1):
        a = -k / m * x[i] - c / m * v[i]
        v[i + 1] = v[i] + a * dt
        x[i + 1] = x[i] + v[i + 1] * dt
    return x, v


def chi2(params):
    x, v = integrate(params['k'], params['c'])
    return np.sum((x - data) ** 2)


def dchi2(params):
    k, c = params['k'], params['c']
    x, v = integrate(k, c)
    # sensitivities of x and v by k and c
    xk = vk = xc = vc = 0.0
    gk = gc = 0.0
    for i in range(steps - 1):
        vk, vc = (vk + dt * (-x[i] - k * xk - c * vk) / m,
                  vc + dt * (-v[i] - k * xc - c * vc) / m)
        xk += vk * dt
        xc += vc * dt
        gk += 2 * (x[i + 1] - data[i + 1]) * xk
        gc += 2 * (x[i + 1] - data[i + 1]) * xc
    return {'k': gk, 'c': gc}


params = {'k': 3.5, 'c': 0.3}
