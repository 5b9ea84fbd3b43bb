# inverse problem: initial temperature from a measurement at the end; adjoint by hand
import numpy as np
import matplotlib.pyplot as plt

nx, nt = 12, 8
dx, dt, kappa = 1.0 / (nx - 1), 0.002, 1.0
r = kappa * dt / dx**2
xgrid = np.linspace(0, 1, nx)
measured = np.exp(-30 * (xgrid - 0.4) ** 2)


def solve(u0):
    u = u0.copy()
    for n in range(nt):
        un = u.copy()
        u[1:-1] = un[1:-1] + r * (un[2:] - 2 * un[1:-1] + un[:-2])
    return u


def loss(u0):
    u = solve(u0)
    return 0.5 * dx * np.sum((u - measured) ** 2)


def adjoint(u0):
    lam = dx * (solve(u0) - measured)
    for n in range(nt):
        new = lam.copy()
        inner = lam[1:-1]
        new[1:-1] = inner * (1 - 2 * r)
        new[2:] += r * inner
        new[:-2] += r * inner
        lam = new
    return lam


u0 = np.sin(np.pi * xgrid) + 0.3

if __name__ == '__main__':
    for it in range(200):
        u0 = u0 - 5.0 * adjoint(u0)
        if it % 50 == 0:
            print(it, '%.3e' % loss(u0))
    plt.plot(xgrid, u0)
    plt.show()
