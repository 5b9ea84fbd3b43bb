import numpy as np

epsilon, sigma = 1.0, 1.0
pos = np.array([[0.0, 0.0, 0.0], [1.1, 0.1, 0.0], [0.4, 1.2, -0.1], [0.6, 0.3, 1.0]])
N = pos.shape[0]


def energy(pos):
    E = 0
    for i in range(N):
        for j in range(i + 1, N):
            rij = pos[i] - pos[j]
            r = np.sqrt(np.dot(rij, rij))
            sr6 = (sigma / r) ** 6
            E += 4 * epsilon * (sr6 ** 2 - sr6)
    return E


def forces(pos):
    F = np.zeros((N, 3))
    for i in range(N):
        for j in range(i + 1, N):
            rij = pos[i] - pos[j]
            r2 = np.dot(rij, rij)
            sr6 = (sigma ** 2 / r2) ** 3
            f = 24 * epsilon / r2 * (2 * sr6 ** 2 - sr6) * rij
            F[i] += f
            F[j] -= f
    return F


def gradient(pos):
    return -forces(pos)


print('E = {0:.4f}'.format(energy(pos)))
