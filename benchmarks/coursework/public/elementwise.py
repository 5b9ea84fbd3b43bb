"""Operators of engines: powers, subtraction, broadcasting, fan-out.

tenstorrent/tt-metal#52144, KhawajaAbaid/micrograd_c#1, pytorch/pytorch#1787 and nd4j#2424,
callummcdougall/ARENA_3.0#127.
"""

import numpy as np

rng = np.random.RandomState(111)
probe = rng.randn(3, 4)

params = {
    "x": rng.uniform(0.6, 1.8, (3, 4)),
    "e": rng.uniform(1.2, 2.6, (3, 4)),
    "row": rng.uniform(0.5, 1.5, (1, 4)),
    "y": rng.randn(3, 4),
}


def loss(params):
    x, e, row, y = params["x"], params["e"], params["row"], params["y"]
    power = x**e
    difference = power - y
    scaled = difference * row
    out = scaled * difference + np.sin(x)
    return np.sum(out * probe)


def manual_gradients(params, mistake=None):
    x, e, row, y = params["x"], params["e"], params["row"], params["y"]
    difference = x**e - y
    scaled = difference * row
    dscaled = probe * difference
    ddifference = probe * scaled
    if mistake == "fan-out: the later gradient replaces the earlier":
        ddifference = dscaled * row
    else:
        ddifference = ddifference + dscaled * row
    drow = (dscaled * difference).sum(axis=0, keepdims=True)
    if mistake == "broadcast row: the mean":
        drow = drow / 3
    elif mistake == "broadcast row: the first":
        drow = (dscaled * difference)[:1]
    elif mistake == "broadcast row: summed over the wrong axis":
        drow = np.full((1, 4), np.sum(dscaled * difference))
    dy = ddifference if mistake == "sign of the second operand" else -ddifference
    dpower = ddifference
    dx = dpower * e * x ** (e - 1)
    de = dpower * np.log(x) * x**e
    if mistake == "x**e differentiated as e**x":
        dx = dpower * np.log(e) * e**x
    elif mistake == "log of the base forgotten":
        de = dpower * x**e
    elif mistake == "exponent not reduced":
        dx = dpower * e * x**e
    dx = dx + probe * np.cos(x)
    return {"x": dx, "e": de, "row": drow, "y": dy}


MISTAKES = {
    "fan-out: the later gradient replaces the earlier": (
        "fan-out-overwritten term-missing constant-factor",  # both shares are the same
        "difference",
    ),
    "broadcast row: the mean": ("constant-factor bias-mean", "row"),
    "broadcast row: the first": ("not-reduced index-overwritten term-missing", "row"),
    "broadcast row: summed over the wrong axis": ("axis bias-summed-over-units", "row"),
    "sign of the second operand": ("second-operand-sign constant-factor sign", "y"),
    "x**e differentiated as e**x": ("exponent swapped factor-replaced", "x power"),
    "log of the base forgotten": ("factor-missing", "e power"),
    "exponent not reduced": ("exponent", "x power"),
}
