"""SciPy's functions, where SciPy is installed."""

from .idiom import Idiom

TITLE = "SciPy"

IDIOMS = [
    Idiom(
        "`scipy.special.expit(z)`",
        """
from scipy.special import expit

def loss(W):
    p = expit(X @ W)
    return -np.sum(T * np.log(p) + (1 - T) * np.log(1 - p))
""",
    ),
    Idiom(
        "`scipy.special.logit`, `xlogy`, `entr`",
        """
from scipy.special import entr, logit, xlogy

def loss(v):
    p = v / v.sum()
    return np.sum(logit(p) + xlogy(p, v)) + entr(p).sum()
""",
    ),
    Idiom(
        "`scipy.special.logsumexp(z, axis=1)`",
        """
from scipy.special import logsumexp

def loss(W):
    z = X @ W
    return np.sum(logsumexp(z, axis=1) - z[np.arange(5), y])
""",
    ),
    Idiom(
        "`scipy.special.softmax`, `log_softmax`",
        """
from scipy.special import log_softmax, softmax

def loss(W):
    z = X @ W
    return -np.sum(T * log_softmax(z, axis=1)) + np.sum(softmax(z, axis=1) ** 2)
""",
    ),
    Idiom(
        "`scipy.special.erf`, `erfc`, `ndtr`",
        """
from scipy.special import erf, erfc, ndtr

def loss(v):
    return np.sum(v * (1 + erf(v / np.sqrt(2))) / 2) + erfc(v[0]) + np.log(ndtr(v)).sum()
""",
    ),
    Idiom(
        "`scipy.special.gammaln`, `digamma`, `gamma`, `betaln`",
        """
from scipy import special

def loss(v):
    return (special.gammaln(v.sum()) - special.gammaln(v).sum() + special.digamma(v[2])
            + special.gamma(v[0]) + special.betaln(v[0], v[1]))
""",
    ),
    Idiom(
        "`scipy.special.i0`, `i1`, `j0`, `j1`",
        """
from scipy.special import i0, i1, j0, j1

def loss(v):
    return np.sum(np.log(i0(v)) + i1(v) + j0(v) * j1(v))
""",
    ),
    Idiom(
        "`scipy.stats.norm.logpdf(x, mu, sigma)`",
        """
from scipy.stats import norm

def loss(v):
    return -np.sum(norm.logpdf(x, v[0], v[2])) - norm.logpdf(x, loc=v[1], scale=1.5).sum()
""",
    ),
    Idiom(
        "`scipy.stats.norm.cdf`, `logcdf`, `pdf`",
        """
from scipy import stats

def loss(v):
    return np.sum(stats.norm.cdf(v) * stats.norm.pdf(v)) + stats.norm.logcdf(v).sum()
""",
    ),
    Idiom(
        "`scipy.stats.t.logpdf`, `poisson.logpmf`",
        """
from scipy import stats

def loss(v):
    counts = np.array([1, 0, 3])
    return -stats.poisson.logpmf(counts, np.exp(v)).sum() - stats.t.logpdf(x, 4, v[0], v[1]).sum()
""",
    ),
    Idiom(
        "`scipy.stats.multivariate_normal.logpdf`",
        """
from scipy.stats import multivariate_normal

def loss(b, A):
    return -multivariate_normal.logpdf(T, b, A @ A.T).sum()
""",
    ),
    Idiom(
        "`scipy.linalg.solve_triangular(L, b, lower=True)`",
        """
from scipy.linalg import solve_triangular

def loss(A, b):
    L = np.linalg.cholesky(A @ A.T)
    return np.sum(solve_triangular(L, b, lower=True) ** 2)
""",
    ),
    Idiom(
        "`scipy.linalg.cho_solve(cho_factor(K), b)`",
        """
from scipy.linalg import cho_factor, cho_solve

def loss(A, b):
    return b @ cho_solve(cho_factor(A @ A.T), b)
""",
    ),
    Idiom(
        "`scipy.linalg.expm(A)`, `scipy.linalg.inv`",
        """
import scipy.linalg

def loss(A):
    return np.sum(scipy.linalg.expm(A / 3)) + scipy.linalg.inv(A).sum()
""",
    ),
    Idiom(
        "`scipy.signal.convolve2d(image, K, mode='valid')`, `correlate2d`",
        """
from scipy import signal

def loss(A):
    image = np.outer(np.arange(1.0, 6), X[0])
    out = signal.correlate2d(image, A, mode="valid") + signal.convolve2d(image, A, mode="valid")
    return np.sum(out ** 2)
""",
    ),
    Idiom(
        "`scipy.signal.convolve(v, x)`, `fftconvolve`",
        """
from scipy.signal import convolve, correlate

def loss(v):
    return np.sum(convolve(v, x, mode="same") ** 2) + correlate(v, x).sum()
""",
    ),
    Idiom(
        "`scipy.spatial.distance.cdist(X, W)`",
        """
from scipy.spatial.distance import cdist

def loss(W):
    return np.sum(np.exp(-cdist(X[:, :3], W)))
""",
    ),
    Idiom(
        "`scipy.integrate.odeint(f, y0, t)`",
        """
from scipy.integrate import odeint

def loss(v):
    path = odeint(lambda u, t: -v[0] * u, [v[2]], np.linspace(0, 1, 3), rtol=1e-11, atol=1e-11)
    return np.sum(path ** 2)
""",
        refused="odeint",
    ),
    Idiom(
        "an ODE by Runge-Kutta in a loop",
        """
def loss(v):
    def f(u):
        return np.array([v[0] * u[0] - u[0] * u[1], u[0] * u[1] - v[1] * u[1]])

    u, h, total = np.array([1.0, v[2]]), 0.1, 0.0
    for step in range(5):
        k1 = f(u)
        k2 = f(u + h / 2 * k1)
        k3 = f(u + h / 2 * k2)
        k4 = f(u + h * k3)
        u = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        total += np.sum((u - 1) ** 2)
    return total
""",
    ),
]
