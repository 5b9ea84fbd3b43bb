"""Scalar Kalman filter over five steps: negative log likelihood by the model's parameters."""

import numpy as np

rng = np.random.RandomState(62)
z = np.cumsum(0.4 * rng.randn(5)) + 0.3 * rng.randn(5)
m0, P0 = 0.2, 1.5

params = {"a": 0.9, "log_q": -1.0, "log_r": -0.5, "c": 1.2}


def loss(params):
    a, c = params["a"], params["c"]
    q, r = np.exp(params["log_q"]), np.exp(params["log_r"])
    m, P, nll = m0, P0, 0.0
    for obs in z:
        mp = a * m
        Pp = a * P * a + q
        v = obs - c * mp
        S = c * Pp * c + r
        nll = nll + 0.5 * (np.log(S) + v**2 / S)
        K = Pp * c / S
        m = mp + K * v
        P = (1 - K * c) * Pp
    return nll


def manual_gradients(params, mistake=None):
    a, c = params["a"], params["c"]
    q, r = np.exp(params["log_q"]), np.exp(params["log_r"])
    m, P, saved = m0, P0, []
    for obs in z:
        mp, Pp = a * m, a * P * a + q
        v, S = obs - c * mp, c * Pp * c + r
        K = Pp * c / S
        saved.append((m, P, mp, Pp, v, S, K))
        m, P = mp + K * v, (1 - K * c) * Pp
    da = dq = dr = dc = dm = dP = 0.0
    for m, P, mp, Pp, v, S, K in reversed(saved):
        # m = mp + K v,  P = (1 - K c) Pp
        dK = dm * v - dP * c * Pp
        if mistake == "dK without the covariance":
            dK = dm * v
        elif mistake == "dK's second sign":
            dK = dm * v + dP * c * Pp
        dv = dm * K + v / S
        if mistake == "dv without the update":
            dv = v / S
        elif mistake == "dv without 1/S":
            dv = dm * K + v
        dS = 0.5 / S - 0.5 * v**2 / S**2
        if mistake == "S squared not":
            dS = 0.5 / S - 0.5 * v**2 / S
        elif mistake == "log S forgotten":
            dS = -0.5 * v**2 / S**2
        elif mistake == "v not squared":
            dS = 0.5 / S - 0.5 * v / S**2
        dPp = dP * (1 - K * c)
        dmp = dm
        dc -= dP * K * Pp
        # K = Pp c / S
        if mistake == "gain is a constant":
            dK = 0.0
        dPp += dK * c / S
        dc += dK * Pp / S
        if mistake == "gain's S is a constant":
            pass
        elif mistake == "gain's S with the wrong power":
            dS -= dK * Pp * c / S
        else:
            dS -= dK * Pp * c / S**2
        # S = c^2 Pp + r,  v = obs - c mp
        if mistake == "c not squared":
            dPp += dS * c
        else:
            dPp += dS * c**2
        dc += dS * c * Pp if mistake == "2 of c squared" else dS * 2 * c * Pp
        dr += dS
        if mistake == "innovation's sign":
            dmp += dv * c
        else:
            dmp -= dv * c
        if mistake != "c's share of the innovation forgotten":
            dc -= dv * mp
        # mp = a m,  Pp = a^2 P + q
        if mistake == "da of the covariance forgotten":
            da += dmp * m
        elif mistake == "da with the updated mean":
            da += dmp * (mp + K * v) + dPp * 2 * a * P
        else:
            da += dmp * m + dPp * 2 * a * P
        dq += dPp
        dm = dmp * a
        dP = dPp * a if mistake == "a not squared for P" else dPp * a**2
        if mistake == "mean not carried back":
            dm = 0.0
        elif mistake == "covariance not carried back":
            dP = 0.0
    if mistake == "by q and r, not their logs":
        return {"a": da, "log_q": dq, "log_r": dr, "c": dc}
    return {"a": da, "log_q": dq * q, "log_r": dr * r, "c": dc}


MISTAKES = {
    "dK without the covariance": ("fan-out-overwritten term-missing treated-as-constant", "K P"),
    "dK's second sign": ("second-operand-sign constant-factor sign", "K P"),
    "dv without the update": ("fan-out-overwritten term-missing", "v m"),
    "dv without 1/S": ("factor-missing", "v nll"),
    "S squared not": ("exponent factor-missing", "S nll"),
    "log S forgotten": ("fan-out-overwritten term-missing treated-as-constant", "S nll"),
    "v not squared": ("exponent factor-missing", "S nll"),
    "gain is a constant": ("treated-as-constant term-missing", "K"),
    "gain's S is a constant": ("treated-as-constant fan-out-overwritten term-missing", "S K"),
    "gain's S with the wrong power": ("exponent factor-missing", "S K"),
    "c not squared": ("factor-missing exponent", "Pp S"),
    "2 of c squared": ("constant-factor fan-out-overwritten term-missing exponent", "c S"),
    "innovation's sign": ("second-operand-sign constant-factor sign", "mp v"),
    "c's share of the innovation forgotten": ("fan-out-overwritten term-missing", "c v"),
    "da of the covariance forgotten": ("fan-out-overwritten term-missing", "a Pp"),
    "da with the updated mean": ("index-shifted factor-replaced", "a mp m"),
    "a not squared for P": ("factor-missing exponent", "P Pp"),
    "mean not carried back": ("treated-as-constant fan-out-overwritten term-missing", "m mp"),
    "covariance not carried back": ("treated-as-constant fan-out-overwritten term-missing", "P Pp"),
    "by q and r, not their logs": (
        "missing-activation-derivative factor-missing",
        "log_q log_r q r",
    ),
}
