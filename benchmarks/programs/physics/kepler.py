# orbit from angles: Kepler's equation solved by Newton's method
import numpy as np

times = np.array([0.1, 0.7, 1.9, 3.2])
seen = np.array([[0.55, 0.3], [-0.2, 0.95], [-1.4, 0.4], [-1.3, -0.5]])


def eccentric_anomaly(M, e):
    E = M
    while np.max(np.abs(E - e * np.sin(E) - M)) > 1e-14:
        E = E - (E - e * np.sin(E) - M) / (1 - e * np.cos(E))
    return E


def orbit(p):
    E = eccentric_anomaly(p['n'] * times, p['e'])
    return np.c_[p['a'] * (np.cos(E) - p['e']), p['a'] * np.sqrt(1 - p['e'] ** 2) * np.sin(E)], E


def loss(p):
    xy, _ = orbit(p)
    return ((xy - seen) ** 2).sum()


def manual_gradients(p):
    a, e, n = p['a'], p['e'], p['n']
    xy, E = orbit(p)
    r = 2 * (xy - seen)
    b = np.sqrt(1 - e**2)
    denom = 1 - e * np.cos(E)
    dx_dE, dy_dE = -a * np.sin(E), a * b * np.cos(E)
    along = r[:, 0] * dx_dE + r[:, 1] * dy_dE
    dE_de = np.sin(E) / denom
    dE_dn = times / denom
    ga = np.sum(r * xy) / a
    ge = np.sum(along * dE_de - r[:, 0] * a - r[:, 1] * a * e / b * np.sin(E))
    gn = np.sum(along * dE_dn)
    return ga, ge, gn


params = {'a': 1.1, 'e': 0.3, 'n': 0.9}
