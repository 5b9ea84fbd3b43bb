"""Variational ground state of the quartic oscillator with a trial function on a grid."""
import numpy as np

x = np.linspace(-6, 6, 121)
dx = x[1] - x[0]


def psi(a, b):
    return np.exp(-a * x**2 - b * x**4)


def loss(params):
    p = psi(params['a'], params['b'])
    d2 = np.zeros_like(p)
    d2[1:-1] = (p[2:] - 2 * p[1:-1] + p[:-2]) / dx**2
    Hp = -0.5 * d2 + 0.5 * x**2 * p + 0.1 * x**4 * p
    return np.trapezoid(p * Hp, x) / np.trapezoid(p**2, x)


def manual_gradients(params):
    p = psi(params['a'], params['b'])
    d2 = np.zeros_like(p)
    d2[1:-1] = (p[2:] - 2 * p[1:-1] + p[:-2]) / dx**2
    Hp = -0.5 * d2 + 0.5 * x**2 * p + 0.1 * x**4 * p
    norm = np.trapezoid(p**2, x)
    E = np.trapezoid(p * Hp, x) / norm
    # H is symmetric up to the ends, where psi vanishes
    dE_dp = 2 * (Hp - E * p) * dx / norm
    return {'a': np.sum(dE_dp * -x**2 * p), 'b': np.sum(dE_dp * -x**4 * p)}


params = {'a': 0.5, 'b': 0.02}
