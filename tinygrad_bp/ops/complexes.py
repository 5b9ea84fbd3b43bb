"""Complex numbers: their parts, conjugate, sign and angle; the size of what may be complex.

The cotangent of z = x + iy is dL/dx - i dL/dy, as in JAX. With it the rule of a function that has
a complex derivative is g times that, as for real numbers; nothing is conjugated. A cotangent of
real numbers that have met complex ones may be complex on its way, and its real part is what
counts: it is taken where complex numbers have become real, and at the leaves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel.dispatch import data_of, implements, plainly
from ..kernel.op import Op
from ..kernel.value import Value
from ..kernel.views import Sharing, Window


def is_complex(a: Any) -> bool:
    """Say whether an array, a number or a Value is complex."""
    return np.iscomplexobj(data_of(a))


class _RealPart(Sharing):
    """What is assigned to it is assigned to the real part alone, as in NumPy."""

    def write(self, element: Any, window: Window) -> None:
        window.base[...] = element + window.base.imag * 1j


class _ImaginaryPart(Sharing):
    """What is assigned to it is assigned to the imaginary part alone, as in NumPy."""

    def write(self, element: Any, window: Window) -> None:
        window.base[...] = window.base.real + element * 1j


_real = Op("real", np.real, lambda g, y, a: g.real, shares=_RealPart(), math=("call", "Re", 0))
_imag = Op(
    "imag",
    np.imag,
    lambda g, y, a: g.real * -1j,
    shares=_ImaginaryPart(),
    math=("call", "Im", 0),
)
_conj = Op("conj", np.conjugate, lambda g, y, a: g.conj(), word="conjugate")


@implements(np.real)
def real(a: Any) -> Any:
    """Take the real part, as `numpy.real`; of real numbers themselves."""
    return _real(a) if is_complex(a) else a


@implements(np.imag)
def imag(a: Any) -> Any:
    """Take the imaginary part, as `numpy.imag`; of real numbers plain zeros."""
    return _imag(a) if is_complex(a) else plainly(np.imag, a)


@implements(np.conjugate)
def conjugate(a: Any) -> Any:
    """Turn the sign of the imaginary part, as `numpy.conjugate`."""
    return _conj(a) if is_complex(a) else np.positive(a)


@implements(np.sign)
def sign(a: Any) -> Any:
    """Return -1, 0 or 1, a plain array; of complex numbers those of size 1, as `numpy.sign`."""
    return a / (np.abs(a) + (a == 0)) if is_complex(a) else plainly(np.sign, a)


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """Return the angle, as `numpy.angle`; of real numbers a plain array."""
    if not is_complex(z):
        return plainly(np.angle, z, deg=deg)
    radians = np.arctan2(z.imag, z.real)
    return np.rad2deg(radians) if deg else radians


@implements(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """Take the real part where the imaginary ones are all small, as `numpy.real_if_close`."""
    return a if is_complex(np.real_if_close(data_of(a), tol)) else real(a)


def size_of(a: Any) -> Any:
    """Return what is squared in a length: the absolute value of what is complex."""
    return np.abs(a) if is_complex(a) else a


def refuse_complex_values(name: str, a: Any, instead: str) -> None:
    """Raise where a function has no derivative for complex Values."""
    if is_complex(a) and isinstance(a, Value):
        raise TypeError(f"{name}: complex Values are not supported; {instead}")
