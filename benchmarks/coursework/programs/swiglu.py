"""A gated feed-forward block (swiglu) with a residual and a softplus penalty on the gate."""

import numpy as np

rng = np.random.RandomState(44)
N, D, F = 3, 4, 5
x = rng.randn(N, D)
target = rng.randn(N, D)

params = {
    "Win": np.eye(D) + 0.3 * rng.randn(D, D),
    "Wg": 0.7 * rng.randn(D, F),
    "Wu": 0.7 * rng.randn(D, F),
    "Wd": 0.6 * rng.randn(F, D),
}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss(params):
    h = x @ params["Win"]
    a = h @ params["Wg"]
    u = h @ params["Wu"]
    gated = a * sigmoid(a) * u
    out = h + gated @ params["Wd"]
    return np.mean((out - target) ** 2) + 0.1 * np.mean(np.log(1 + np.exp(a)))


def manual_gradients(params, mistake=None):
    Win, Wg, Wu, Wd = params["Win"], params["Wg"], params["Wu"], params["Wd"]
    h = x @ Win
    a, u = h @ Wg, h @ Wu
    s = sigmoid(a)
    gated = a * s * u
    out = h + gated @ Wd
    dout = 2 * (out - target) / out.size
    dWd = gated.T @ dout
    if mistake == "dWd without the gate":
        dWd = u.T @ dout
    dgated = dout @ Wd.T
    du = dgated * a * s
    if mistake == "du with sigmoid alone":
        du = dgated * s
    elif mistake == "du with a alone":
        du = dgated * a
    silu_slope = s + a * s * (1 - s)
    if mistake == "silu's second term missing":
        silu_slope = s
    elif mistake == "silu's first term missing":
        silu_slope = a * s * (1 - s)
    elif mistake == "silu's second term without a":
        silu_slope = s + s * (1 - s)
    elif mistake == "sigmoid' for silu'":
        silu_slope = s * (1 - s)
    elif mistake == "silu for its slope":
        silu_slope = a * s
    elif mistake == "silu's 1 - s forgotten":
        silu_slope = s + a * s
    elif mistake == "silu's second term subtracted":
        silu_slope = s - a * s * (1 - s)
    da = dgated * u * silu_slope
    if mistake == "da without u":
        da = dgated * silu_slope
    elif mistake == "da with gated":
        da = dgated * gated * silu_slope
    penalty = 0.1 * s / a.size
    if mistake == "penalty not averaged":
        penalty = 0.1 * s
    elif mistake == "softplus for its slope":
        penalty = 0.1 * np.log(1 + np.exp(a)) / a.size
    elif mistake == "penalty forgotten":
        penalty = 0
    elif mistake == "softplus' without its exp":
        penalty = 0.1 / (1 + np.exp(a)) / a.size
    da = da + penalty
    dWg, dWu = h.T @ da, h.T @ du
    if mistake == "dWg and dWu exchanged":
        dWg, dWu = dWu, dWg
    dh = da @ Wg.T + du @ Wu.T + dout
    if mistake == "residual forgotten":
        dh = da @ Wg.T + du @ Wu.T
    elif mistake == "gate's path forgotten":
        dh = du @ Wu.T + dout
    elif mistake == "Wu used for both":
        dh = da @ Wu.T + du @ Wu.T + dout
    return {"Win": x.T @ dh, "Wg": dWg, "Wu": dWu, "Wd": dWd}


MISTAKES = {
    "dWd without the gate": ("factor-missing factor-replaced weight-from-preactivation", "Wd"),
    "du with sigmoid alone": ("factor-missing", "u"),
    "du with a alone": ("factor-missing", "u"),
    "silu's second term missing": (
        "term-missing treated-as-constant fan-out-overwritten",
        "a gated",
    ),
    "silu's first term missing": (
        "term-missing treated-as-constant fan-out-overwritten",
        "a gated",
    ),
    "silu's second term without a": ("factor-missing", "a gated"),
    "sigmoid' for silu'": (
        "activation-derivative-wrong-argument factor-missing term-missing",
        "a gated",
    ),
    "silu for its slope": ("activation-derivative-wrong-argument factor-replaced", "a gated"),
    "silu's 1 - s forgotten": ("factor-missing", "a gated"),
    "silu's second term subtracted": ("sign constant-factor", "a gated"),
    "da without u": ("factor-missing", "a gated"),
    "da with gated": ("factor-replaced", "a gated"),
    "penalty not averaged": ("constant-factor factor-missing", "a"),
    "softplus for its slope": ("activation-derivative-wrong-argument factor-replaced", "a"),
    "penalty forgotten": ("term-missing weight-decay-missing-or-extra fan-out-overwritten", "a"),
    "softplus' without its exp": ("factor-missing missing-activation-derivative", "a"),
    "dWg and dWu exchanged": ("swapped order factor-replaced", "Wg Wu a u"),
    "residual forgotten": ("fan-out-overwritten term-missing", "h"),
    "gate's path forgotten": ("fan-out-overwritten term-missing treated-as-constant", "h a"),
    "Wu used for both": ("wrong-matrix factor-replaced", "h a"),
}
