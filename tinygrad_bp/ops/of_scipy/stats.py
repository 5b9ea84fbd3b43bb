"""``scipy.stats``: logarithms of densities that are composed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from ...kernel.dispatch import implements
from ...kernel.op import Op
from ..axes import as_operand
from . import special as _rules
from .special import gammaln, xlogy

_LOG_ROOT = math.log(2 * math.pi) / 2


def _standard(x: Any, loc: Any, scale: Any) -> Any:
    return (as_operand(x) - as_operand(loc)) / as_operand(scale)


@implements(stats.norm.logpdf)
def norm_logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the normal distribution: -z**2 / 2 - log(scale) - log(2 pi) / 2."""
    return -(_standard(x, loc, scale) ** 2) / 2 - np.log(as_operand(scale)) - _LOG_ROOT


@implements(stats.norm.pdf)
def norm_pdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the density of the normal distribution."""
    return np.exp(norm_logpdf(x, loc, scale))


@implements(stats.norm.cdf)
def norm_cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Say how much of a normal distribution lies below."""
    return special.ndtr(_standard(x, loc, scale))


@implements(stats.norm.sf)
def norm_sf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Say how much of a normal distribution lies above."""
    return special.ndtr(-_standard(x, loc, scale))


@implements(stats.norm.logcdf)
def norm_logcdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the logarithm of how much of a normal distribution lies below."""
    return special.log_ndtr(_standard(x, loc, scale))


@implements(stats.t.logpdf)
def t_logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute Student's distribution with `df` degrees of freedom."""
    z, df = _standard(x, loc, scale), as_operand(df) * 1.0
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df * math.pi) / 2
    return constant - (df + 1) / 2 * np.log1p(z * z / df) - np.log(as_operand(scale))


@implements(stats.poisson.logpmf)
def poisson_logpmf(k: Any, mu: Any, loc: Any = 0.0) -> Any:
    """Compute Poisson's distribution: k log(mu) - mu - log(k!)."""
    k = as_operand(k) * 1.0 - loc
    return xlogy(k, as_operand(mu)) - gammaln(k + 1) - mu


@implements(stats.expon.logpdf)
def expon_logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the exponential distribution, of what is not below `loc`."""
    z = _standard(x, loc, scale)
    return np.where(z < 0, -np.inf, -z - np.log(as_operand(scale)))


@implements(stats.gamma.logpdf)
def gamma_logpdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the gamma distribution of shape `a`, of positive numbers."""
    z, a = _standard(x, loc, scale), as_operand(a) * 1.0
    return xlogy(a - 1, z) - z - gammaln(a) - np.log(as_operand(scale))


@implements(stats.beta.logpdf)
def beta_logpdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the beta distribution, of numbers from 0 to 1."""
    z, a, b = _standard(x, loc, scale), as_operand(a) * 1.0, as_operand(b) * 1.0
    density = xlogy(a - 1, z) + _rules.xlog1py(b - 1, -z) - _rules.betaln(a, b)
    return density - np.log(as_operand(scale))


@implements(stats.multivariate_normal.logpdf)
def multivariate_normal_logpdf(x: Any, mean: Any = None, cov: Any = 1, **hints: Any) -> Any:
    """Compute the normal distribution of several dimensions: the last axis of x."""
    cov = as_operand(cov) * 1.0
    mean = np.zeros(cov.shape[:1] or (1,)) if mean is None else np.reshape(mean, -1)
    if cov.ndim < 2:
        cov = cov * np.eye(mean.size)
    x = as_operand(x)
    apart = (x[..., None] if mean.size == 1 and np.shape(x)[-1:] != (1,) else x) - mean
    factor = np.linalg.cholesky(cov)
    z = np.linalg.solve(factor, np.reshape(apart, (-1, mean.size)).T)
    logarithm = np.sum(np.log(np.diagonal(factor)))
    densities = -np.sum(z * z, axis=0) / 2 - logarithm - cov.shape[-1] * _LOG_ROOT
    return np.reshape(densities, apart.shape[:-1])


@implements(stats.multivariate_normal.pdf)
def multivariate_normal_pdf(x: Any, mean: Any = None, cov: Any = 1, **hints: Any) -> Any:
    """Compute the density of the normal distribution of several dimensions."""
    return np.exp(multivariate_normal_logpdf(x, mean, cov))


@implements(stats.multivariate_normal.entropy)
def multivariate_normal_entropy(mean: Any = None, cov: Any = 1) -> Any:
    """Compute the entropy of the normal distribution of several dimensions."""
    cov = as_operand(cov) * 1.0
    matrix = cov * np.eye(1 if mean is None else np.size(mean)) if cov.ndim < 2 else cov
    size = matrix.shape[-1]
    return np.linalg.slogdet(matrix).logabsdet / 2 + size * (_LOG_ROOT + 0.5)


@implements(stats.dirichlet.logpdf)
def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    """Compute Dirichlet's distribution: shares along the first axis, the last may be left out."""
    x, alpha = as_operand(x) * 1.0, as_operand(alpha) * 1.0
    if x.shape[0] + 1 == alpha.shape[0]:
        x = np.concatenate([x, 1.0 - np.sum(x, axis=0, keepdims=True)])
    powers = np.reshape(alpha - 1.0, (-1,) + (1,) * (x.ndim - 1))
    scale = gammaln(np.sum(alpha)) - np.sum(gammaln(alpha))
    return scale + np.sum(xlogy(powers, x), axis=0)


# --- densities, and what lies below, from what is above ----------------------------------------


def _exponential(density: Any, logarithm: Any) -> None:
    """Register a density by its logarithm."""
    implements(density)(lambda *args, **kwargs: np.exp(logarithm(*args, **kwargs)))


for _density, _logarithm in (
    (stats.t.pdf, t_logpdf),
    (stats.poisson.pmf, poisson_logpmf),
    (stats.expon.pdf, expon_logpdf),
    (stats.gamma.pdf, gamma_logpdf),
    (stats.beta.pdf, beta_logpdf),
    (stats.dirichlet.pdf, dirichlet_logpdf),
):
    _exponential(_density, _logarithm)


@implements(stats.norm.logsf)
def norm_logsf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the logarithm of how much of a normal distribution lies above."""
    return special.log_ndtr(-_standard(x, loc, scale))


@implements(stats.gamma.cdf)
def gamma_cdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Say how much of a gamma distribution lies below."""
    return _rules.gammainc(a, _standard(x, loc, scale))


@implements(stats.beta.cdf)
def beta_cdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Say how much of a beta distribution lies below."""
    return _rules.betainc(a, b, _standard(x, loc, scale))


@implements(stats.chi2.logpdf)
def chi2_logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the chi-squared distribution: a gamma distribution of half as many degrees."""
    return gamma_logpdf(x, as_operand(df) / 2, loc, 2 * as_operand(scale))


_exponential(stats.chi2.pdf, chi2_logpdf)


@implements(stats.chi2.cdf)
def chi2_cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Say how much of a chi-squared distribution lies below."""
    return gamma_cdf(x, as_operand(df) / 2, loc, 2 * as_operand(scale))


@implements(stats.poisson.cdf)
def poisson_cdf(k: Any, mu: Any, loc: Any = 0.0) -> Any:
    """Say how much of Poisson's distribution lies at or below; differentiable by mu."""
    return _rules.gammaincc(np.floor(as_operand(k) - loc) + 1.0, mu)


_below_t = Op(
    "stdtr",
    lambda z, df: special.stdtr(df, z),
    lambda g, y, z, df: g * np.exp(t_logpdf(z, df)),
    text="scipy.special.stdtr({df}, {0})",
    elementwise=True,
)


@implements(stats.t.cdf)
def t_cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Say how much of Student's distribution lies below; not differentiable by `df`."""
    z, df = _standard(x, loc, scale), _rules.of_plain("t.cdf", "df", df)
    return _below_t(np.broadcast_to(z, np.broadcast_shapes(z.shape, np.shape(df))), df=df)


@implements(stats.t.logcdf)
def t_logcdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Compute the logarithm of how much of Student's distribution lies below."""
    return np.log(t_cdf(x, df, loc, scale))
