"""Predators and prey by six Euler steps; rates are floats, every state is compared with data."""

import numpy as np

data = np.array([[1.2, 0.6], [1.3, 0.7], [1.5, 0.7], [1.6, 0.8], [1.7, 1.0], [1.8, 1.1]])
dt = 0.2
x0, y0 = 1.0, 0.5

params = {"alpha": 1.3, "beta": 0.9, "delta": 0.8, "gamma": 0.6}


def loss(params):
    alpha, beta = params["alpha"], params["beta"]
    delta, gamma = params["delta"], params["gamma"]
    x, y, total = x0, y0, 0.0
    for t in range(len(data)):
        dx = alpha * x - beta * x * y
        dy = delta * x * y - gamma * y
        x, y = x + dt * dx, y + dt * dy
        total = total + (x - data[t, 0]) ** 2 + (y - data[t, 1]) ** 2
    return total / len(data)


def manual_gradients(params, mistake=None):
    alpha, beta = params["alpha"], params["beta"]
    delta, gamma = params["delta"], params["gamma"]
    states = [(x0, y0)]
    for _ in data:
        x, y = states[-1]
        states.append((x + dt * (alpha * x - beta * x * y), y + dt * (delta * x * y - gamma * y)))
    g = dict.fromkeys(params, 0.0)
    ax = ay = 0.0
    for t in reversed(range(len(data))):
        ex, ey = states[t + 1][0] - data[t, 0], states[t + 1][1] - data[t, 1]
        if mistake == "only the last state compared" and t < len(data) - 1:
            ex = ey = 0.0
        ax += 2 * ex / len(data)
        ay += 2 * ey / len(data)
        x, y = states[t]
        if mistake == "states after the step":
            x, y = states[t + 1]
        if mistake == "dt forgotten":
            g["alpha"] += ax * x
            g["beta"] -= ax * x * y
            g["delta"] += ay * x * y
            g["gamma"] -= ay * y
        else:
            g["alpha"] += ax * dt * x
            if mistake == "beta's sign":
                g["beta"] += ax * dt * x * y
            elif mistake == "beta without y":
                g["beta"] -= ax * dt * x
            else:
                g["beta"] -= ax * dt * x * y
            if mistake == "delta by the prey's adjoint":
                g["delta"] += ax * dt * x * y
            elif mistake == "delta overwritten":
                g["delta"] = ay * dt * x * y
            else:
                g["delta"] += ay * dt * x * y
            if mistake == "gamma with x":
                g["gamma"] -= ay * dt * x
            else:
                g["gamma"] -= ay * dt * y
        new_ax = ax * (1 + dt * (alpha - beta * y)) + ay * dt * delta * y
        new_ay = ay * (1 + dt * (delta * x - gamma)) - ax * dt * beta * x
        if mistake == "identity forgotten":
            new_ax = ax * dt * (alpha - beta * y) + ay * dt * delta * y
            new_ay = ay * dt * (delta * x - gamma) - ax * dt * beta * x
        elif mistake == "coupling forgotten":
            new_ax = ax * (1 + dt * (alpha - beta * y))
            new_ay = ay * (1 + dt * (delta * x - gamma))
        elif mistake == "coupling to the prey forgotten":
            new_ax = ax * (1 + dt * (alpha - beta * y))
        elif mistake == "Jacobian not transposed":
            new_ax = ax * (1 + dt * (alpha - beta * y)) - ay * dt * beta * x
            new_ay = ay * (1 + dt * (delta * x - gamma)) + ax * dt * delta * y
        elif mistake == "product rule for x y":
            new_ay = ay * (1 + dt * (delta * x - gamma)) - ax * dt * beta
        elif mistake == "beta's term forgotten":
            new_ax = ax * (1 + dt * alpha) + ay * dt * delta * y
        elif mistake == "decay's sign":
            new_ay = ay * (1 + dt * (delta * x + gamma)) - ax * dt * beta * x
        elif mistake == "steps taken as independent":
            new_ax = new_ay = 0.0
        ax = new_ax
        if mistake == "prey's adjoint already updated":
            new_ay = ay * (1 + dt * (delta * x - gamma)) - ax * dt * beta * x
        ay = new_ay
    return g


def right_forwards(params):
    """The sensitivities of the state are carried along with it, from the first step to the last."""
    alpha, beta = params["alpha"], params["beta"]
    delta, gamma = params["delta"], params["gamma"]
    x, y, sx, sy, total = x0, y0, np.zeros(4), np.zeros(4), np.zeros(4)
    for wanted in data:
        dsx = np.array([x, -x * y, 0, 0]) + (alpha - beta * y) * sx - beta * x * sy
        dsy = np.array([0, 0, x * y, -y]) + delta * y * sx + (delta * x - gamma) * sy
        x, y = x + dt * (alpha * x - beta * x * y), y + dt * (delta * x * y - gamma * y)
        sx, sy = sx + dt * dsx, sy + dt * dsy
        total = total + 2 * (x - wanted[0]) * sx + 2 * (y - wanted[1]) * sy
    return dict(zip(params, total / len(data), strict=True))


MISTAKES = {
    "only the last state compared": ("fan-out-overwritten term-missing", "x y total"),
    "states after the step": ("index-shifted factor-replaced", "x y dx dy"),
    "dt forgotten": ("constant-factor factor-missing", "alpha beta delta gamma"),
    "beta's sign": ("second-operand-sign constant-factor sign", "beta"),
    "beta without y": ("factor-missing", "beta"),
    "delta by the prey's adjoint": ("factor-replaced wrong-matrix", "delta"),
    "delta overwritten": ("fan-out-overwritten index-overwritten term-missing", "delta"),
    "gamma with x": ("factor-replaced", "gamma"),
    "identity forgotten": ("fan-out-overwritten term-missing", "x y"),
    "coupling forgotten": ("fan-out-overwritten term-missing treated-as-constant", "x y dx dy"),
    "coupling to the prey forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "x dy",
    ),
    "Jacobian not transposed": ("transposed swapped factor-replaced", "x y dx dy"),
    "product rule for x y": ("factor-missing", "y dx"),
    "beta's term forgotten": ("fan-out-overwritten term-missing treated-as-constant", "x dx"),
    "decay's sign": ("second-operand-sign constant-factor sign", "y dy"),
    "steps taken as independent": ("treated-as-constant fan-out-overwritten term-missing", "x y"),
    "prey's adjoint already updated": ("factor-replaced update-before-propagate", "x y dx"),
}
