"""``scipy.special``: error functions, gamma, Bessel, entropies, logits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from ...kernel.arraylike import Axis
from ...kernel.dispatch import implements, refuse_keywords
from ...kernel.op import Op
from .. import losses, reductions
from ..axes import as_operand
from ..elementary import sigmoid
from ..shaping import where

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
)
digamma = implements(special.digamma)(
    Op("digamma", special.digamma, lambda g, y, a: g * polygamma(a, n=1))
)
gammaln = implements(special.gammaln, special.loggamma)(
    Op("gammaln", special.gammaln, lambda g, y, a: g * digamma(a))
)
implements(special.gamma)(Op("gamma", special.gamma, lambda g, y, a: g * y * digamma(a)))


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

# --- logits and entropies --------------------------------------------------------------------

implements(special.expit)(sigmoid)


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
