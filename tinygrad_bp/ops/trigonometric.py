"""Angles, elementwise: the trigonometric and hyperbolic functions, their inverses, sinc, hypot.

`tanh` is in `elementary`, with the other activations.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernel.dispatch import implements
from ..kernel.op import Op

# --- of an angle -----------------------------------------------------------------------------

sin = implements(np.sin)(Op("sin", np.sin, lambda g, y, a: g * np.cos(a)))
cos = implements(np.cos)(Op("cos", np.cos, lambda g, y, a: -g * np.sin(a)))
tan = implements(np.tan)(Op("tan", np.tan, lambda g, y, a: g * (1 + y**2)))

sinh = implements(np.sinh)(Op("sinh", np.sinh, lambda g, y, a: g * np.cosh(a)))
cosh = implements(np.cosh)(Op("cosh", np.cosh, lambda g, y, a: g * np.sinh(a)))

# --- to an angle; (1 - a) * (1 + a) is 1 - a**2 without its cancellation near 1 --------------

arcsin = implements(np.arcsin)(
    Op("arcsin", np.arcsin, lambda g, y, a: g / np.sqrt((1 - a) * (1 + a)))
)
arccos = implements(np.arccos)(
    Op("arccos", np.arccos, lambda g, y, a: -g / np.sqrt((1 - a) * (1 + a)))
)
arctan = implements(np.arctan)(Op("arctan", np.arctan, lambda g, y, a: g / (1 + a**2)))

arcsinh = implements(np.arcsinh)(Op("arcsinh", np.arcsinh, lambda g, y, a: g / np.sqrt(1 + a**2)))
arccosh = implements(np.arccosh)(
    Op("arccosh", np.arccosh, lambda g, y, a: g / np.sqrt((a - 1) * (a + 1)))
)
arctanh = implements(np.arctanh)(Op("arctanh", np.arctanh, lambda g, y, a: g / ((1 - a) * (1 + a))))

# --- of the two sides of a right triangle ----------------------------------------------------


def _nonzero(a: Any) -> Any:
    """Return a, but 1 where it is 0: to divide by, where the numerator is 0 as well."""
    return a + (a == 0)


hypot = implements(np.hypot)(
    Op(
        "hypot",
        np.hypot,
        lambda g, y, a, b: g * (a / _nonzero(y)),
        lambda g, y, a, b: g * (b / _nonzero(y)),
        doc="sqrt(a**2 + b**2), without overflow; its derivative at (0, 0) is 0.",
        commutes=True,
    )
)


def _towards(a: Any, b: Any) -> Any:
    """Compute a / (a**2 + b**2) without overflow, 0 at the origin."""
    length = _nonzero(np.hypot(a, b))
    return a / length / length


arctan2 = implements(np.arctan2)(
    Op(
        "arctan2",
        np.arctan2,
        lambda g, y, a, b: g * _towards(b, a),
        lambda g, y, a, b: -g * _towards(a, b),
        doc="The angle of the point (b, a); its derivative at the origin is 0.",
    )
)

# --- degrees ---------------------------------------------------------------------------------


@implements(np.deg2rad, np.radians)
def deg2rad(a: Any) -> Any:
    """Convert degrees to radians, as `numpy.deg2rad`."""
    return a * (math.pi / 180)


@implements(np.rad2deg, np.degrees)
def rad2deg(a: Any) -> Any:
    """Convert radians to degrees, as `numpy.rad2deg`."""
    return a * (180 / math.pi)


# --- sinc ------------------------------------------------------------------------------------


def _forward_slope_of_sinc(a: Any, order: int) -> Any:
    """Compute the derivative of sin(pi a) / (pi a) of some order from 1, at 0 and near it too.

    With s(z) = sin(z) / z, differentiating z s = sin z gives z s' + s = cos z, and so on. Near 0
    that divides nothing by nothing; there the power series is differentiated instead.
    """
    z = np.asarray(a * math.pi)
    near = np.abs(z) <= order + 1
    far = np.where(near, 1, z).astype(z.dtype)
    slope = np.sin(far) / far
    for k in range(1, order + 1):
        slope = (np.sin(far + k * (math.pi / 2)) - k * slope) / far
    small = np.where(near, z, 0).astype(z.dtype)
    series = np.zeros_like(z)
    for m in range((order + 1) // 2, 2 * order + 16):
        power = 2 * m - order
        series += small**power * ((-1) ** m / (math.factorial(power) * (2 * m + 1)))
    return np.where(near, series, slope) * math.pi**order


_slope_of_sinc: Op = Op(
    "slope_of_sinc",
    _forward_slope_of_sinc,
    lambda g, y, a, order: g * _slope_of_sinc(a, order=order + 1),
)
sinc = implements(np.sinc)(
    Op(
        "sinc",
        np.sinc,
        lambda g, y, a: g * _slope_of_sinc(a, order=1),
        doc="sin(pi a) / (pi a), 1 at 0, as `numpy.sinc`; its derivatives at 0 are exact.",
        elementwise=True,
    )
)
