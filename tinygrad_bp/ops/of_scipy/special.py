"""``scipy.special``: error functions, gamma, Bessel, entropies, logits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from ...kernel.arraylike import Axis
from ...kernel.dispatch import data_of, implements, on_data, refuse_keywords
from ...kernel.op import HOMES, Op
from ...kernel.value import Value
from .. import losses, reductions
from ..axes import as_operand
from ..elementary import sigmoid
from ..shaping import where

HOMES[special] = "scipy.special"


def of_plain(name: str, what: str, number: Any) -> Any:
    """Return numbers by which there is no derivative, and refuse a Value that asks for one."""
    if isinstance(number, Value) and number.requires_grad:
        raise TypeError(f"{name}: has no derivative by {what}, which has to be a plain number")
    return number if isinstance(number, int | float) else np.asarray(data_of(number))[()]


# --- error functions and the normal distribution ---------------------------------------------

implements(special.erf)(
    Op("erf", special.erf, lambda g, y, a: g * 2 / math.sqrt(math.pi) * np.exp(-a * a))
)
implements(special.erfc)(
    Op("erfc", special.erfc, lambda g, y, a: -g * 2 / math.sqrt(math.pi) * np.exp(-a * a))
)
implements(special.erfinv)(
    Op("erfinv", special.erfinv, lambda g, y, a: g * math.sqrt(math.pi) / 2 * np.exp(y * y))
)
implements(special.erfcinv)(
    Op("erfcinv", special.erfcinv, lambda g, y, a: -g * math.sqrt(math.pi) / 2 * np.exp(y * y))
)
implements(special.ndtr)(
    Op("ndtr", special.ndtr, lambda g, y, a: g / math.sqrt(2 * math.pi) * np.exp(-a * a / 2))
)
implements(special.log_ndtr)(
    Op(
        "log_ndtr",
        special.log_ndtr,
        lambda g, y, a: g / math.sqrt(2 * math.pi) * np.exp(-a * a / 2 - y),
    )
)
implements(special.ndtri)(
    Op("ndtri", special.ndtri, lambda g, y, a: g * math.sqrt(2 * math.pi) * np.exp(y * y / 2))
)

# --- gamma -----------------------------------------------------------------------------------

polygamma: Op = Op(
    "polygamma",
    lambda a, n: special.polygamma(n, a),
    lambda g, y, a, n: g * polygamma(a, n=n + 1),
    text="scipy.special.polygamma({n}, {0})",
    elementwise=True,
)
digamma = implements(special.digamma)(
    Op("digamma", special.digamma, lambda g, y, a: g * polygamma(a, n=1))
)
gammaln = implements(special.gammaln, special.loggamma)(
    Op("gammaln", special.gammaln, lambda g, y, a: g * digamma(a))
)
implements(special.gamma)(Op("gamma", special.gamma, lambda g, y, a: g * y * digamma(a)))

implements(special.rgamma)(
    Op("rgamma", special.rgamma, lambda g, y, a: -g * y * digamma(a), doc="1 / gamma(a).")
)
on_data(special.gammasgn)


@implements(special.multigammaln)
def multigammaln(a: Any, d: int) -> Any:
    """Compute the logarithm of the multivariate gamma function of dimension d."""
    a, halves = as_operand(a), np.arange(d) / 2
    return np.sum(gammaln(a[..., None] - halves), axis=-1) + d * (d - 1) / 4 * math.log(math.pi)


def _gamma_density(x: Any, a: Any) -> Any:
    return np.exp((a - 1) * np.log(x) - x - special.gammaln(a))


# The lower part of the integral of the gamma function, and the upper one, of the whole.
_gammainc = Op(
    "gammainc",
    lambda x, a: special.gammainc(a, x),
    lambda g, y, x, a: g * _gamma_density(x, a),
    text="scipy.special.gammainc({a}, {0})",
    elementwise=True,
)
_gammaincc = Op(
    "gammaincc",
    lambda x, a: special.gammaincc(a, x),
    lambda g, y, x, a: -g * _gamma_density(x, a),
    text="scipy.special.gammaincc({a}, {0})",
    elementwise=True,
)
_betainc = Op(
    "betainc",
    lambda x, a, b: special.betainc(a, b, x),
    lambda g, y, x, a, b: (
        g * np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - special.betaln(a, b))
    ),
    text="scipy.special.betainc({a}, {b}, {0})",
    elementwise=True,
)


@implements(special.gammainc)
def gammainc(a: Any, x: Any) -> Any:
    """Compute the regularised lower incomplete gamma function; differentiable by x."""
    return _gammainc(_spread(x, a), a=of_plain("gammainc", "a", a))


@implements(special.gammaincc)
def gammaincc(a: Any, x: Any) -> Any:
    """Compute the regularised upper incomplete gamma function; differentiable by x."""
    return _gammaincc(_spread(x, a), a=of_plain("gammaincc", "a", a))


@implements(special.betainc)
def betainc(a: Any, b: Any, x: Any) -> Any:
    """Compute the regularised incomplete beta function; differentiable by x."""
    shape = {"a": of_plain("betainc", "a", a), "b": of_plain("betainc", "b", b)}
    return _betainc(_spread(x, a, b), **shape)


def _spread(x: Any, *beside: Any) -> Any:
    """Give x the shape that it has beside numbers that are options."""
    shape = np.broadcast_shapes(np.shape(x), *map(np.shape, beside))
    return as_operand(x) if np.shape(x) == shape else np.broadcast_to(as_operand(x), shape)


@implements(special.polygamma)
def _polygamma(n: Any, x: Any) -> Any:
    return polygamma(x, n=int(n))


@implements(special.betaln)
def betaln(a: Any, b: Any) -> Any:
    """Compute the logarithm of the beta function, as `scipy.special.betaln`."""
    return gammaln(a) + gammaln(b) - gammaln(a + b)


@implements(special.beta)
def beta(a: Any, b: Any) -> Any:
    """Compute the beta function of positive numbers, as `scipy.special.beta`."""
    return np.exp(betaln(a, b))


# --- Bessel ----------------------------------------------------------------------------------


def _over(y: Any, a: Any, at_zero: float) -> Any:
    """Compute y / a, and its limit at 0."""
    return where(a == 0, at_zero, y / where(a == 0, 1.0, a))


i0 = implements(special.i0)(Op("i0", special.i0, lambda g, y, a: g * i1(a)))
i1: Op = implements(special.i1)(
    Op("i1", special.i1, lambda g, y, a: g * (i0(a) - _over(y, a, 0.5)))
)
j0 = implements(special.j0)(Op("j0", special.j0, lambda g, y, a: -g * j1(a)))
j1: Op = implements(special.j1)(
    Op("j1", special.j1, lambda g, y, a: g * (j0(a) - _over(y, a, 0.5)))
)

y0 = implements(special.y0)(Op("y0", special.y0, lambda g, y, a: -g * y1(a)))
y1: Op = implements(special.y1)(Op("y1", special.y1, lambda g, y, a: g * (y0(a) - y / a)))


def _of_any_order(function: Any, slope: Any, scaled: bool = False) -> Op:
    """Register a Bessel function, with its derivative from those of the orders beside it."""
    name = function.__name__
    bessel: Op = Op(
        name,
        lambda a, v: function(v, a),
        lambda g, y, a, v: (
            g
            * (slope(bessel(a, v=v - 1), bessel(a, v=v + 1)) - (np.sign(a) * y if scaled else 0.0))
        ),
        text=f"scipy.special.{name}({{v}}, {{0}})",
        elementwise=True,
    )

    @implements(function)
    def of_order(v: Any, z: Any) -> Any:
        return bessel(_spread(z, v), v=of_plain(name, "the order", v))

    return bessel


jv = _of_any_order(special.jv, lambda below, above: (below - above) / 2)
yv = _of_any_order(special.yv, lambda below, above: (below - above) / 2)
yn = _of_any_order(special.yn, lambda below, above: (below - above) / 2)
iv = _of_any_order(special.iv, lambda below, above: (below + above) / 2)
ive = _of_any_order(special.ive, lambda below, above: (below + above) / 2, scaled=True)
kv = _of_any_order(special.kv, lambda below, above: -(below + above) / 2)

# --- logits and entropies --------------------------------------------------------------------


@implements(special.expit)
def expit(a: Any) -> Any:
    """Compute the sigmoid, as `scipy.special.expit`; the op remains the package's own."""
    return sigmoid(a)


@implements(special.logit)
def logit(a: Any) -> Any:
    """Compute log(a / (1 - a)), as `scipy.special.logit`."""
    return np.log(a) - np.log1p(-a)


@implements(special.log_expit)
def log_expit(a: Any) -> Any:
    """Compute the logarithm of the sigmoid, as `scipy.special.log_expit`."""
    return -np.logaddexp(0.0, -a)


@implements(special.xlogy)
def xlogy(a: Any, b: Any) -> Any:
    """Compute a * log(b), and 0 where a is 0, as `scipy.special.xlogy`."""
    a, b = as_operand(a), as_operand(b)
    return a * np.log(where((a == 0) & (b == 0), 1.0, b))


@implements(special.xlog1py)
def xlog1py(a: Any, b: Any) -> Any:
    """Compute a * log(1 + b), and 0 where a is 0, as `scipy.special.xlog1py`."""
    a, b = as_operand(a), as_operand(b)
    return a * np.log1p(where((a == 0) & (b == -1), 0.0, b))


@implements(special.entr)
def entr(a: Any) -> Any:
    """Compute -a * log(a), as `scipy.special.entr`."""
    return where(a < 0, -np.inf, -xlogy(a, where(a < 0, 1.0, a)))


@implements(special.rel_entr)
def rel_entr(a: Any, b: Any) -> Any:
    """Compute a * log(a / b), as `scipy.special.rel_entr`."""
    return xlogy(a, a) - xlogy(a, b)


@implements(special.kl_div)
def kl_div(a: Any, b: Any) -> Any:
    """Compute a * log(a / b) - a + b, as `scipy.special.kl_div`."""
    return rel_entr(a, b) - a + b


# --- along axes ------------------------------------------------------------------------------


@implements(special.logsumexp)
def logsumexp(
    a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Compute log(sum(b * exp(a))) along axes, as `scipy.special.logsumexp`; b is positive."""
    refuse_keywords("logsumexp", {"return_sign": return_sign or None})
    a = as_operand(a)
    if b is not None:
        a = a + np.log(as_operand(b))
    return reductions.logsumexp(a, axis=axis, keepdims=keepdims)


@implements(special.log_softmax)
def log_softmax(x: Any, axis: Axis = None) -> Any:
    """Compute the logarithm of the softmax along axes, as `scipy.special.log_softmax`."""
    if isinstance(axis, int):
        return losses.log_softmax(x, axis=axis)
    return x - reductions.logsumexp(x, axis=axis, keepdims=True)


@implements(special.softmax)
def softmax(x: Any, axis: Axis = None) -> Any:
    """Compute the softmax along axes, all by default, as `scipy.special.softmax`."""
    return losses.softmax(x, axis=axis) if isinstance(axis, int) else np.exp(log_softmax(x, axis))
