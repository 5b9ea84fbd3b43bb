"""A damped pendulum by two Runge-Kutta steps; the adjoint of every stage by hand."""

import numpy as np

h = 0.4
theta0, omega0 = 0.9, -0.3
wanted = np.array([0.5, -1.0])

params = {"k": 1.8, "damping": 0.4}


def f(state, k, damping):
    theta, omega = state
    return omega, -k * np.sin(theta) - damping * omega


def loss(params):
    k, damping = params["k"], params["damping"]
    theta, omega = theta0, omega0
    for _ in range(2):
        a1, b1 = f((theta, omega), k, damping)
        a2, b2 = f((theta + h / 2 * a1, omega + h / 2 * b1), k, damping)
        a3, b3 = f((theta + h / 2 * a2, omega + h / 2 * b2), k, damping)
        a4, b4 = f((theta + h * a3, omega + h * b3), k, damping)
        theta = theta + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        omega = omega + h / 6 * (b1 + 2 * b2 + 2 * b3 + b4)
    return 0.5 * (theta - wanted[0]) ** 2 + 0.5 * (omega - wanted[1]) ** 2


def manual_gradients(params, mistake=None):
    k, damping = params["k"], params["damping"]
    state, saved = np.array([theta0, omega0]), []
    for _ in range(2):
        s1 = state
        k1 = np.array(f(s1, k, damping))
        s2 = state + h / 2 * k1
        k2 = np.array(f(s2, k, damping))
        s3 = state + h / 2 * k2
        k3 = np.array(f(s3, k, damping))
        s4 = state + h * k3
        k4 = np.array(f(s4, k, damping))
        saved.append((s1, s2, s3, s4))
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    dk = ddamping = 0.0

    def stage_backward(g, s):
        """Pull g back through f at the state s."""
        nonlocal dk, ddamping
        theta, omega = s
        if mistake == "cos for sin in dk":
            dk -= g[1] * np.cos(theta)
        elif mistake == "k's sign":
            dk += g[1] * np.sin(theta)
        elif mistake == "small angles in dk":
            dk -= g[1] * theta
        else:
            dk -= g[1] * np.sin(theta)
        if mistake == "damping with theta":
            ddamping -= g[1] * theta
        else:
            ddamping -= g[1] * omega
        if mistake == "cos forgotten":
            return np.array([-k * g[1], g[0] - damping * g[1]])
        if mistake == "sin not differentiated":
            return np.array([-k * np.sin(theta) * g[1], g[0] - damping * g[1]])
        if mistake == "sign of cos":
            return np.array([k * np.cos(theta) * g[1], g[0] - damping * g[1]])
        if mistake == "damping forgotten in the state":
            return np.array([-k * np.cos(theta) * g[1], g[0]])
        if mistake == "velocity's path forgotten":
            return np.array([-k * np.cos(theta) * g[1], -damping * g[1]])
        return np.array([-k * np.cos(theta) * g[1], g[0] - damping * g[1]])

    g = state - wanted
    for s1, s2, s3, s4 in reversed(saved):
        dk1, dk2, dk3, dk4 = h / 6 * g, h / 3 * g, h / 3 * g, h / 6 * g
        if mistake == "stages weighted alike":
            dk1 = dk2 = dk3 = dk4 = h / 4 * g
        elif mistake == "middle stages not doubled":
            dk2 = dk3 = h / 6 * g
        dstate = g.copy()
        d4 = stage_backward(dk4, s4)
        dk3 = dk3 + h * d4
        if mistake == "half a step into the last stage":
            dk3 = h / 3 * g + h / 2 * d4
        d3 = stage_backward(dk3, s3)
        if mistake != "second stage without the third":
            dk2 = dk2 + h / 2 * d3
        d2 = stage_backward(dk2, s2)
        if mistake == "a whole step into the second stage":
            dk1 = dk1 + h * d2
        elif mistake != "stages independent of the first":
            dk1 = dk1 + h / 2 * d2
        d1 = stage_backward(dk1, s1 if mistake != "first stage at the second's state" else s2)
        dstate = dstate + d1 + d2 + d3 + d4
        if mistake == "identity of the step forgotten":
            dstate = dstate - g
        elif mistake == "stages not carried to the state":
            dstate = g.copy()
        elif mistake == "only the first stage carried to the state":
            dstate = g + d1
        g = dstate
        if mistake == "only one step":
            break
    return {"k": dk, "damping": ddamping}


MISTAKES = {
    "cos for sin in dk": ("factor-replaced activation-derivative-wrong-argument", "k"),
    "k's sign": ("constant-factor sign", "k"),
    "small angles in dk": ("factor-replaced missing-activation-derivative", "k"),
    "damping with theta": ("factor-replaced", "damping"),
    "cos forgotten": ("missing-activation-derivative factor-missing", "theta"),
    "sin not differentiated": ("activation-derivative-wrong-argument factor-replaced", "theta"),
    "sign of cos": ("constant-factor sign", "theta"),
    "damping forgotten in the state": ("fan-out-overwritten term-missing", "omega"),
    "velocity's path forgotten": ("fan-out-overwritten term-missing", "omega"),
    "stages weighted alike": ("constant-factor", "a1 a2 a3 a4 b1 b2 b3 b4"),
    "middle stages not doubled": ("constant-factor factor-missing", "a2 a3 b2 b3"),
    "half a step into the last stage": ("constant-factor", "a3 b3"),
    "second stage without the third": (
        "fan-out-overwritten term-missing treated-as-constant",
        "a2 b2",
    ),
    "a whole step into the second stage": ("constant-factor", "a1 b1"),
    "stages independent of the first": (
        "fan-out-overwritten term-missing treated-as-constant",
        "a1 b1",
    ),
    "first stage at the second's state": ("index-shifted factor-replaced", "theta omega a1 b1"),
    "identity of the step forgotten": ("fan-out-overwritten term-missing", "theta omega"),
    "stages not carried to the state": (
        "treated-as-constant fan-out-overwritten term-missing",
        "theta omega",
    ),
    "only the first stage carried to the state": (
        "fan-out-overwritten term-missing",
        "theta omega",
    ),
    "only one step": ("treated-as-constant term-missing", "theta omega"),
}
