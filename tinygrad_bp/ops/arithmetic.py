"""Arithmetic: + - * / ** unary -, abs, maximum, minimum, fmax, fmin, matmul."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..kernel.dispatch import implements
from ..kernel.op import Op
from ..kernel.value import Value
from .branches import side

# The forward functions are Python's operators where there is one: on arrays they are NumPy's
# functions, on scalars they cost a tenth of them.

add = implements(np.add)(
    Op(
        "add",
        operator.add,
        lambda g, y, a, b: g,
        lambda g, y, a, b: g,
        commutes=True,
        word="total",
    )
)
sub = implements(np.subtract)(
    Op("sub", operator.sub, lambda g, y, a, b: g, lambda g, y, a, b: -g, word="difference")
)
mul = implements(np.multiply)(
    Op(
        "mul",
        operator.mul,
        lambda g, y, a, b: g * b,
        lambda g, y, a, b: g * a,
        commutes=True,
        word="product",
    )
)
div = implements(np.divide)(
    Op(
        "div",
        operator.truediv,
        lambda g, y, a, b: g / b,
        lambda g, y, a, b: -g * y / b,
        word="quotient",
    )
)
neg = implements(np.negative)(Op("neg", operator.neg, lambda g, y, a: -g, word="negative"))


def _base(a: Any, b: Any) -> Any:
    """Return a, but 1 where 0 ** 0 makes 0 * infinity of the derivative b * a ** (b - 1)."""
    exponent_is_0 = b == 0
    if exponent_is_0 is False:  # as of most exponents
        return a
    if not isinstance(exponent_is_0, Value) and not np.count_nonzero(exponent_is_0):
        return a
    return a + (a == 0) * exponent_is_0


# Conventions at the edge: a ** 0 has the derivative 0 in a, for a = 0 too, and 0 ** b has the
# derivative 0 in b: `a == 0` counts as 1 or 0 and keeps log(0) away.
pow = implements(np.power)(
    Op(
        "pow",
        operator.pow,
        lambda g, y, a, b: g * b * _base(a, b) ** (b - 1),
        lambda g, y, a, b: g * y * np.log(a + (a == 0)),
        word="power",
    )
)


absolute = implements(np.absolute, np.fabs)(
    Op(
        "abs",
        np.absolute,
        lambda g, y, a: g.real * np.sign(a).conj(),
        doc="|a|, with derivative 0 at 0.",
        math=("fence", "|", 0, "|"),
        word="size",
        branch=side,
    )
)

# Equal operands share the gradient, half each.
maximum = implements(np.maximum)(
    Op(
        "maximum",
        np.maximum,
        lambda g, y, a, b: g * (a > b) + g / 2 * (a == b),
        lambda g, y, a, b: g * (b > a) + g / 2 * (b == a),
        doc="The larger of two, elementwise; where they are equal each has half the gradient.",
        math="max",
        commutes=True,
        branch=side,
    )
)
minimum = implements(np.minimum)(
    Op(
        "minimum",
        np.minimum,
        lambda g, y, a, b: g * (a < b) + g / 2 * (a == b),
        lambda g, y, a, b: g * (b < a) + g / 2 * (b == a),
        doc="The smaller of two, elementwise; where they are equal each has half the gradient.",
        math="min",
        commutes=True,
        branch=side,
    )
)

# With NaN the other one is the result, and has the gradient.
fmax = implements(np.fmax)(
    Op(
        "fmax",
        np.fmax,
        lambda g, y, a, b: g * (a == y) - g / 2 * (a == b),
        lambda g, y, a, b: g * (b == y) - g / 2 * (a == b),
        doc="The larger of two, elementwise, as `maximum`, but NaN only where both are.",
        commutes=True,
        branch=side,
    )
)
fmin = implements(np.fmin)(
    Op(
        "fmin",
        np.fmin,
        lambda g, y, a, b: g * (a == y) - g / 2 * (a == b),
        lambda g, y, a, b: g * (b == y) - g / 2 * (a == b),
        doc="The smaller of two, elementwise, as `minimum`, but NaN only where both are.",
        commutes=True,
        branch=side,
    )
)


def _dot(a: Any, b: Any) -> Any:
    """Multiply, two matrices by the method that costs half of what `@` does when they are small."""
    return a.dot(b) if a.ndim == 2 == b.ndim and type(a) is np.ndarray else a @ b


# Matrices are the last two axes, and the loop adds up over stacks that were broadcast. A vector
# on the left is one row, on the right one column; the axis it lacks is put back.
def _matmul_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b
    if a.ndim == 1:
        return b @ g if g.ndim == 1 else (b @ g[..., None])[..., 0]
    return _dot(g, b.mT)


def _matmul_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return g * a if b.ndim == 1 else a[:, None] * (g if g.ndim == 1 else g[..., None, :])
    if b.ndim == 1:
        return a.mT @ g if g.ndim == 1 else (a.mT @ g[..., None])[..., 0]
    if type(b) is np.ndarray and b.flags.fnc:  # a transposed matrix: in its own memory layout
        return _dot(g.mT, a).mT
    return _dot(a.mT, g)


matmul = implements(np.matmul)(
    Op(
        "matmul",
        _dot,
        _matmul_left,
        _matmul_right,
        doc="a @ b, as `numpy.matmul`.",
        word="product",
    )
)
