"""Learning to learn: three steps of RMSprop on a small problem, unrolled, scored on another."""

import numpy as np

rng = np.random.RandomState(115)
A, b = rng.randn(4, 3), rng.randn(4)  # what is learned
C, d = rng.randn(3, 3), rng.randn(3)  # what it is good for
steps, eps = 3, 0.1

params = {"w0": rng.randn(3), "log_rate": np.array([-1.5, -1.2, -2.0]), "decay": 0.4}


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def loss(params):
    rate, rho = np.exp(params["log_rate"]), sigmoid(params["decay"])
    w = params["w0"]
    s = np.ones(3)
    for _ in range(steps):
        g = A.T @ (A @ w - b)
        s = rho * s + (1 - rho) * g**2
        w = w - rate * g / (np.sqrt(s) + eps)
    return 0.5 * np.sum((C @ w - d) ** 2)


def manual_gradients(params, mistake=None):
    rate, rho = np.exp(params["log_rate"]), sigmoid(params["decay"])
    w, s, tape = params["w0"], np.ones(3), []
    for _ in range(steps):
        g = A.T @ (A @ w - b)
        old = s
        s = rho * s + (1 - rho) * g**2
        root = np.sqrt(s)
        tape.append((g, old, root))
        w = w - rate * g / (root + eps)
    dw = C.T @ (C @ w - d)
    ds = np.zeros(3)
    drate, drho = np.zeros(3), 0.0
    for g, old, root in reversed(tape):
        drate -= dw * g / (root + eps)
        dg = -dw * rate / (root + eps)
        droot = dw * rate * g / (root + eps) ** 2
        if mistake == "root without its half":
            ds = ds + droot / root
        elif mistake == "moments of later steps forgotten":
            ds = droot / (2 * root)
        else:
            ds = ds + droot / (2 * root)
        drho += np.sum(ds * (old - g**2))
        if mistake != "step size taken as given":
            dg = dg + ds * (1 - rho) * 2 * g
        if mistake != "first order only":
            dw = dw + A.T @ (A @ dg)
        ds = ds if mistake == "moments carried without the decay" else ds * rho
    return {"w0": dw, "log_rate": drate * rate, "decay": drho * rho * (1 - rho)}


MISTAKES = {
    "root without its half": ("constant-factor exponent factor-missing", "s"),
    "moments of later steps forgotten": ("term-missing fan-out-overwritten", "s"),
    "step size taken as given": ("treated-as-constant term-missing fan-out-overwritten", "g s"),
    "first order only": ("treated-as-constant term-missing fan-out-overwritten", "w g"),
    "moments carried without the decay": ("factor-missing", "s"),
}
