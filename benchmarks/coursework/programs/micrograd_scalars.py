"""A net of three neurons in plain floats, each number a parameter of its own, two samples."""

import math

samples = [((1.5, -0.7), 0.4), ((-0.6, 1.1), -0.5)]

params = {
    "a1": 0.8, "a2": -0.5, "a3": 0.1,
    "b1": -0.4, "b2": 0.9, "b3": -0.2,
    "c1": 1.1, "c2": -0.7, "c3": 0.3,
}  # fmt: skip


def tanh(v):
    return 1 - 2 / (1 + math.e ** (2 * v))


def loss(params):
    total = 0.0
    for (x1, x2), y in samples:
        a = tanh(params["a1"] * x1 + params["a2"] * x2 + params["a3"])
        b = tanh(params["b1"] * x1 + params["b2"] * x2 + params["b3"])
        out = params["c1"] * a + params["c2"] * b + params["c3"]
        total += (out - y) ** 2 + 0.1 * a * b
    return total / len(samples)


def manual_gradients(params, mistake=None):
    g = dict.fromkeys(params, 0.0)
    for (x1, x2), y in samples:
        a = math.tanh(params["a1"] * x1 + params["a2"] * x2 + params["a3"])
        b = math.tanh(params["b1"] * x1 + params["b2"] * x2 + params["b3"])
        out = params["c1"] * a + params["c2"] * b + params["c3"]
        dout = 2 * (out - y) / len(samples)
        if mistake == "2 forgotten":
            dout = (out - y) / len(samples)
        elif mistake == "not averaged":
            dout = 2 * (out - y)
        elif mistake == "y not subtracted":
            dout = 2 * out / len(samples)
        dproduct = 0.1 / len(samples)
        da = dout * params["c1"] + dproduct * b
        db = dout * params["c2"] + dproduct * a
        if mistake == "product's share forgotten":
            da, db = dout * params["c1"], dout * params["c2"]
        elif mistake == "product with its own factor":
            da, db = dout * params["c1"] + dproduct * a, dout * params["c2"] + dproduct * b
        elif mistake == "share overwritten by the product":
            da, db = dproduct * b, dproduct * a
        elif mistake == "c1 and c2 exchanged":
            da, db = dout * params["c2"] + dproduct * b, dout * params["c1"] + dproduct * a
        elif mistake == "c2 after its update":
            db = dout * (params["c2"] - 0.1 * dout * b) + dproduct * a
        dza, dzb = da * (1 - a**2), db * (1 - b**2)
        if mistake == "tanh' forgotten for b":
            dzb = db
        elif mistake == "tanh' unsquared":
            dza, dzb = da * (1 - a), db * (1 - b)
        elif mistake == "a's slope for b":
            dzb = db * (1 - a**2)
        if mistake == "gradients overwritten by the last sample":
            g = dict.fromkeys(params, 0.0)
        g["a1"] += dza * x1
        if mistake == "a2 with x1":
            g["a2"] += dza * x1
        else:
            g["a2"] += dza * x2
        g["a3"] += dza
        g["b1"] += dzb * x1
        g["b2"] += dzb * x2
        if mistake == "b3 before tanh'":
            g["b3"] += db
        elif mistake == "b3 with x2":
            g["b3"] += dzb * x2
        else:
            g["b3"] += dzb
        g["c1"] += dout * a
        if mistake == "c2 with its preactivation":
            g["c2"] += dout * math.atanh(b)
        else:
            g["c2"] += dout * b
        g["c3"] += dout
    if mistake == "c3 left at zero":
        g["c3"] = 0.0
    return g


MISTAKES = {
    "2 forgotten": ("constant-factor factor-missing exponent", "out"),
    "not averaged": ("constant-factor factor-missing", "out"),
    "y not subtracted": ("target-missing term-missing", "out"),
    "product's share forgotten": ("fan-out-overwritten term-missing", "a b"),
    "product with its own factor": ("factor-replaced swapped", "a b"),
    "share overwritten by the product": ("fan-out-overwritten term-missing", "a b"),
    "c1 and c2 exchanged": ("factor-replaced swapped wrong-matrix", "a b out"),
    "c2 after its update": ("update-before-propagate", "b c2"),
    "tanh' forgotten for b": ("missing-activation-derivative factor-missing", "b"),
    "tanh' unsquared": ("exponent factor-replaced activation-derivative-wrong-argument", "a b"),
    "a's slope for b": ("activation-derivative-wrong-argument factor-replaced", "b"),
    "gradients overwritten by the last sample": (
        "fan-out-overwritten index-overwritten term-missing",
        "a1 a2 a3 b1 b2 b3 c1 c2 c3 total",
    ),
    "a2 with x1": ("factor-replaced", "a2"),
    "b3 before tanh'": ("leaf-without-activation-derivative factor-missing", "b3"),
    "b3 with x2": ("factor-added factor-replaced", "b3"),
    "c2 with its preactivation": ("weight-from-preactivation factor-replaced", "c2"),
    "c3 left at zero": ("all-zero term-missing", "c3"),
}
