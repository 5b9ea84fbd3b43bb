"""Exponentials, logarithms, powers, and the activations made of them, elementwise.

`exp` exp2 expm1, `log` log2 log10 log1p, logaddexp logaddexp2, `sqrt` cbrt square reciprocal
float_power, and `tanh`, `sigmoid`, `relu`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernel.dispatch import implements
from ..kernel.op import Op
from .arithmetic import pow
from .branches import side

# Python's floats: they take the precision of what they meet, NumPy's would make it float64.
LN_2, LN_10 = math.log(2), math.log(10)

# --- exponentials and logarithms -------------------------------------------------------------

exp = implements(np.exp)(Op("exp", np.exp, lambda g, y, a: g * y, math=("sup", "e", 0)))
exp2 = implements(np.exp2)(Op("exp2", np.exp2, lambda g, y, a: g * y * LN_2))
expm1 = implements(np.expm1)(Op("expm1", np.expm1, lambda g, y, a: g * np.exp(a)))

log = implements(np.log)(Op("log", np.log, lambda g, y, a: g / a, math="ln"))
log2 = implements(np.log2)(Op("log2", np.log2, lambda g, y, a: g / (a * LN_2)))
log10 = implements(np.log10)(Op("log10", np.log10, lambda g, y, a: g / (a * LN_10)))
log1p = implements(np.log1p)(Op("log1p", np.log1p, lambda g, y, a: g / (1 + a)))

# --- powers ----------------------------------------------------------------------------------

sqrt = implements(np.sqrt)(Op("sqrt", np.sqrt, lambda g, y, a: g / (2 * y), math=("sqrt", 0)))
# Of a sum of squares, as in a norm or std, where equal numbers make it 0: there the derivative is
# taken as 0, not as 0 times infinity.
root = Op(
    "root",
    np.sqrt,
    lambda g, y, a: g * (y != 0) / (2 * y + (y == 0)),
    doc="The square root, with derivative 0 at 0.",
    math=("sqrt", 0),
)
cbrt = implements(np.cbrt)(Op("cbrt", np.cbrt, lambda g, y, a: g / (3 * y**2)))
square = implements(np.square)(Op("square", np.square, lambda g, y, a: g * (2 * a)))
reciprocal = implements(np.reciprocal)(
    Op("reciprocal", np.reciprocal, lambda g, y, a: -g * y**2, doc="1 / a.")
)
positive = implements(np.positive)(Op("positive", np.positive, lambda g, y, a: g))


@implements(np.float_power)
def float_power(a: Any, b: Any) -> Any:
    """Raise to a power in double precision, as `numpy.float_power`."""
    return pow(_float64(a), _float64(b))


def _float64(a: Any) -> Any:
    a = a if hasattr(a, "dtype") else np.asarray(a)
    return a.astype(np.result_type(a.dtype, np.float64))


# --- activations -----------------------------------------------------------------------------

# The textbook's forms. Far out, where tanh is 1 or the sigmoid 1 to the last bit, they give 0
# and not the exact 4 exp(-2|a|) or exp(-|a|): off by at most 1.2e-16 times g, never NaN.
tanh = implements(np.tanh)(Op("tanh", np.tanh, lambda g, y, a: g * (1 - y**2)))


@np.errstate(over="ignore")
def _forward_sigmoid(a: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-a))  # exp may overflow to infinity: 1 / infinity is the right 0


sigmoid = Op(
    "sigmoid",
    _forward_sigmoid,
    lambda g, y, a: g * y * (1 - y),
    doc="1 / (1 + exp(-a)).",
    math="sigma",
    word="activation",
)

relu = Op(
    "relu",
    lambda a: np.maximum(a, 0.0),
    lambda g, y, a: g * (a > 0.0),
    doc="max(a, 0); its derivative is the step function, at 0 it is 0 as in PyTorch and JAX.",
    text="np.maximum({0}, 0)",
    math=("call", "max", 0, "0"),
    word="positive",
    branch=side,
)

# --- log(exp(a) + exp(b)), whose derivatives are sigmoids ------------------------------------

logaddexp = implements(np.logaddexp)(
    Op(
        "logaddexp",
        np.logaddexp,
        lambda g, y, a, b: g * sigmoid(a - b),
        lambda g, y, a, b: g * sigmoid(b - a),
        doc="log(exp(a) + exp(b)), without overflow.",
        commutes=True,
    )
)
logaddexp2 = implements(np.logaddexp2)(
    Op(
        "logaddexp2",
        np.logaddexp2,
        lambda g, y, a, b: g * sigmoid((a - b) * LN_2),
        lambda g, y, a, b: g * sigmoid((b - a) * LN_2),
        doc="log2(2**a + 2**b), without overflow.",
        commutes=True,
    )
)
