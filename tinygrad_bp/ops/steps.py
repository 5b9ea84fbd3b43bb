"""Functions with jumps: remainders, parts of numbers, heaviside, nan_to_num.

At a jump the derivative is the one beside it. `plain` has those that are steps and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel.dispatch import data_of, implements, plainly, refuse_keywords
from ..kernel.op import Op
from ..kernel.value import Value

# --- remainders: a = b * n + remainder, where n is a whole number ----------------------------


def _quotient(y: Any, a: Any, b: Any) -> tuple[Any, bool]:
    """Return how often b goes into a; between two quotients the remainder jumps."""
    return np.rint((a - y) / b), not np.all(y)


remainder = implements(np.remainder)(
    Op(
        "remainder",
        np.remainder,
        lambda g, y, a, b: g,
        lambda g, y, a, b: -g * np.floor_divide(a, b),
        branch=_quotient,
        doc="The remainder with the sign of b, as `numpy.remainder`.",
    )
)
fmod = implements(np.fmod)(
    Op(
        "fmod",
        np.fmod,
        lambda g, y, a, b: g,
        lambda g, y, a, b: -g * np.rint((a - y) / b),
        branch=_quotient,
        doc="The remainder with the sign of a, as `numpy.fmod`.",
    )
)


@implements(np.divmod)
def divmod(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the quotient, a plain array, and the remainder, as `numpy.divmod`."""
    return np.floor_divide(a, b), remainder(a, b)


# --- parts of a number -----------------------------------------------------------------------


@implements(np.modf)
def modf(a: Any) -> tuple[Any, Any]:
    """Return the fraction, and the whole number as a plain array, as `numpy.modf`."""
    whole = np.trunc(a)
    return a - whole, whole


@implements(np.ldexp)
def ldexp(a: Any, exponent: Any) -> Any:
    """Compute a * 2**exponent, as `numpy.ldexp`."""
    return a * np.ldexp(data_of(a).dtype.type(1), data_of(exponent))


@implements(np.copysign)
def copysign(a: Any, b: Any) -> Any:
    """Give a the sign of b, as `numpy.copysign`."""
    return np.where(np.signbit(a) == np.signbit(b), a, -a)


# --- choices ---------------------------------------------------------------------------------


@implements(np.heaviside)
def heaviside(a: Any, at_zero: Any) -> Any:
    """Compute the unit step, a plain array unless its value at 0 is a Value."""
    step = plainly(np.heaviside, a, at_zero)
    return np.where(a == 0, at_zero, step) if isinstance(at_zero, Value) else step


@implements(np.nan_to_num)
def nan_to_num(
    a: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """Replace NaN and infinities, whose derivative is then 0, as `numpy.nan_to_num`."""
    refuse_keywords("nan_to_num", {"copy": None if copy else copy})
    replaced = plainly(np.nan_to_num, a, nan=nan, posinf=posinf, neginf=neginf)
    return np.where(np.isfinite(a), a, replaced)
