"""First principal component by three power iterations; the variance it explains is the score."""

import numpy as np

rng = np.random.RandomState(113)
n, D = 6, 4
X = rng.randn(n, D) * np.array([2.0, 1.0, 0.7, 0.5])

params = {"scale": np.array([0.8, 1.2, 1.0, 0.9]), "v0": rng.randn(D)}


def loss(params):
    Z = X * params["scale"]
    C = Z.T @ Z / n
    v = params["v0"]
    for _ in range(3):
        u = C @ v
        v = u / np.sqrt(np.sum(u**2))
    return -(v @ C @ v)


def manual_gradients(params, mistake=None):
    Z = X * params["scale"]
    C = Z.T @ Z / n
    vs, us = [params["v0"]], []
    for _ in range(3):
        us.append(C @ vs[-1])
        vs.append(us[-1] / np.linalg.norm(us[-1]))
    v = vs[-1]
    dC = -np.outer(v, v)
    dv = -2 * C @ v
    if mistake == "quadratic form without its 2":
        dv = -C @ v
    if mistake == "component taken as converged":
        dv = np.zeros(D)
    for k in reversed(range(3)):
        norm = np.linalg.norm(us[k])
        if mistake == "norm taken as a constant":
            du = dv / norm
        elif mistake == "projected on u, not on its direction":
            du = (dv - us[k] * (us[k] @ dv)) / norm
        else:
            du = (dv - vs[k + 1] * (vs[k + 1] @ dv)) / norm
        dC += np.outer(du, vs[k])
        dv = C.T @ du
    dZ = Z @ (dC + dC.T) / n
    if mistake == "dC taken as symmetric":
        dZ = 2 * Z @ dC / n
    return {"scale": np.sum(dZ * X, axis=0), "v0": dv}


MISTAKES = {
    "quadratic form without its 2": ("constant-factor term-missing fan-out-overwritten", "v"),
    "component taken as converged": (
        "treated-as-constant term-missing fan-out-overwritten",
        "v",
    ),
    "norm taken as a constant": ("treated-as-constant term-missing", "u v"),
    "projected on u, not on its direction": ("factor-missing factor-replaced", "u v"),
    "dC taken as symmetric": ("transposed term-twice", "C Z"),
}
