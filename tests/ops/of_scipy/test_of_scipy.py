"""SciPy's functions on Values: SciPy's numbers, numeric derivatives of first and second order."""

import numpy as np
import pytest

scipy = pytest.importorskip("scipy")
from scipy import linalg, signal, spatial, special, stats  # noqa: E402

import tinygrad_bp as bp  # noqa: E402
from tests.gradients import five_point  # noqa: E402
from tests.samples import rows_of_scipy, samples_of_scipy  # noqa: E402
from tinygrad_bp.numpy import scipy as served  # noqa: E402

V = np.array([0.7, 0.25, 1.4])
P = np.array([0.2, 0.35, 0.45])
A = np.array([[2.1, 0.4, -0.3], [0.7, 1.8, 0.2], [-0.5, 0.6, 2.6]])
X = np.array([[0.3, -0.8, 0.5], [0.9, 0.2, -0.4]])
LONG = np.array([0.5, -1.0, 0.3, 0.8, 1.1])

UFUNCS = {
    "erf": V,
    "erfc": V,
    "erfinv": P,
    "ndtr": -V,
    "log_ndtr": -3 * V,
    "ndtri": P,
    "digamma": V,
    "gammaln": V,
    "gamma": V,
    "i0": V,
    "i1": V,
    "j0": V,
    "j1": V,
    "expit": V,
    "logit": P,
    "log_expit": -V,
    "entr": P,
}
OF_TWO = ["betaln", "beta", "xlogy", "xlog1py", "rel_entr", "kl_div"]


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs(name):
    assert_as_scipy(getattr(special, name), getattr(special, name), UFUNCS[name])


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two(name):
    fun = getattr(special, name)
    assert_as_scipy(lambda a: fun(a, P), lambda a: fun(a, P), V)
    assert_as_scipy(lambda a: fun(P, a), lambda a: fun(P, a), V)


def test_at_the_edge():
    assert bp.grad(lambda a: special.xlogy(0.0, a))(0.0) == 0
    assert bp.grad(special.i1)(0.0) == 0.5
    assert bp.grad(special.j1)(0.0) == 0.5


WRITTEN_IN_PYTHON = {
    "logsumexp": (lambda s, a: s.special.logsumexp(a, axis=1, keepdims=True), X),
    "logsumexp with weights": (lambda s, a: s.special.logsumexp(a, b=[1.0, 2.0, 3.0], axis=-1), X),
    "softmax": (lambda s, a: s.special.softmax(a, axis=0), X),
    "softmax of all": (lambda s, a: s.special.softmax(a), X),
    "log_softmax": (lambda s, a: s.special.log_softmax(a, axis=1), X),
    "polygamma": (lambda s, a: s.special.polygamma(2, a), V),
    "inv": (lambda s, a: s.linalg.inv(a), A),
    "solve": (lambda s, a: s.linalg.solve(a, V, assume_a="gen"), A),
    "det and norm": (lambda s, a: s.linalg.det(a) + s.linalg.norm(a), A),
    "solve_triangular": (lambda s, a: s.linalg.solve_triangular(a, V, lower=True), A),
    "solve_triangular, unit": (
        lambda s, a: s.linalg.solve_triangular(a, V, trans=1, unit_diagonal=True),
        A,
    ),
    "cho_solve": (lambda s, a: s.linalg.cho_solve(s.linalg.cho_factor(a @ a.T), V), A),
    "cho_solve, lower": (
        lambda s, a: s.linalg.cho_solve(s.linalg.cho_factor(a @ a.T, lower=True), a),
        A,
    ),
    "cholesky": (lambda s, a: s.linalg.cholesky(a @ a.T), A),
    "expm": (lambda s, a: s.linalg.expm(a / 3), A),
    "norm.logpdf": (lambda s, a: s.stats.norm.logpdf(V, a[0], scale=a[2]), V),
    "norm.pdf, cdf, sf": (
        lambda s, a: s.stats.norm.pdf(a) * s.stats.norm.cdf(a, 0.1) + s.stats.norm.sf(a),
        V,
    ),
    "norm.logcdf": (lambda s, a: s.stats.norm.logcdf(-5 * a), V),
    "t.logpdf": (lambda s, a: s.stats.t.logpdf(P, a[0] + 2, a[1], a[2]), V),
    "poisson.logpmf": (lambda s, a: s.stats.poisson.logpmf([1, 0, 3], np.exp(a)), V),
    "expon.logpdf": (lambda s, a: s.stats.expon.logpdf(a, 0.1, 2.0), V),
    "beta.logpdf, scaled": (lambda s, a: s.stats.beta.logpdf(a / 9, 2, 1.5, 0, a[0] + 1), V),
    "gamma.logpdf": (lambda s, a: s.stats.gamma.logpdf(a, a[0] + 1, scale=a[2]), V),
    "beta.logpdf": (lambda s, a: s.stats.beta.logpdf(P, a[0] + 1, a), V),
    "norm.logsf": (lambda s, a: s.stats.norm.logsf(5 * a, 0.1, 2.0), V),
    "t.pdf, cdf, logcdf": (
        lambda s, a: s.stats.t.pdf(a, 4.0) + s.stats.t.cdf(a, 4.0) * s.stats.t.logcdf(-a, 2.5),
        V,
    ),
    "poisson.pmf, cdf": (
        lambda s, a: s.stats.poisson.pmf([1, 0, 3], a) + s.stats.poisson.cdf([1.0, 0.0, 3.5], a),
        V,
    ),
    "expon.pdf": (lambda s, a: s.stats.expon.pdf(a), V),
    "gamma.pdf, cdf": (
        lambda s, a: s.stats.gamma.pdf(a, 1.5) + s.stats.gamma.cdf(a, 1.5, scale=2.0),
        V,
    ),
    "beta.pdf, cdf": (lambda s, a: s.stats.beta.pdf(a, 2, 3) + s.stats.beta.cdf(a, 2.0, 3.0), P),
    "chi2": (
        lambda s, a: s.stats.chi2.logpdf(a, 3) + s.stats.chi2.pdf(a, 2) + s.stats.chi2.cdf(a, 4),
        V,
    ),
    "dirichlet.logpdf": (lambda s, a: s.stats.dirichlet.logpdf(P, a), V),
    "dirichlet.pdf": (lambda s, a: s.stats.dirichlet.pdf(a[:2] / 4, [1.5, 2.0, 3.0]), V),
    "multivariate_normal.entropy": (
        lambda s, a: s.stats.multivariate_normal.entropy(None, a @ a.T),
        A,
    ),
    "multigammaln": (lambda s, a: s.special.multigammaln(a[0] + 2, 3), V),
    "multivariate_normal.logpdf": (
        lambda s, a: s.stats.multivariate_normal.logpdf(X, a[0], a @ a.T),
        A,
    ),
    "multivariate_normal, its defaults": (
        lambda s, a: (
            s.stats.multivariate_normal.logpdf(X, a[0]) * s.stats.multivariate_normal.entropy(a[0])
        ),
        A,
    ),
    "multivariate_normal.pdf": (lambda s, a: s.stats.multivariate_normal.pdf(a, cov=2.0), V),
}


SAMPLES = samples_of_scipy(served)


def test_each_row_has_a_sample_and_each_sample_a_row():
    bp.grad(special.erf)(1.0)  # reads the rows
    assert set(SAMPLES) == set(rows_of_scipy())


@pytest.mark.parametrize("name", SAMPLES)
def test_rows(name):
    sample, theirs = SAMPLES[name], samples_of_scipy(scipy)[name]
    arguments, others = sample.arguments(), sample.arguments(3)
    for k, argument in enumerate(arguments):
        assert_as_scipy(
            lambda a, k=k: sample.fun(*arguments[:k], a, *arguments[k + 1 :]),
            lambda a, k=k: theirs.fun(*arguments[:k], a, *arguments[k + 1 :]),
            argument,
        )

    def total(*a):
        return np.sum(sample.fun(*a) ** 2)

    argnums = tuple(range(len(arguments)))
    derivation = bp.derive(total, *arguments, argnums=argnums)
    assert "scipy." in derivation.source
    assert "partial" in derivation.latex
    value, gradients = bp.value_and_grad(total, argnums)(*others)
    for way in (derivation, bp.compile(total, argnums)):
        found, slopes = way(*others)
        np.testing.assert_allclose(found, value, rtol=1e-12)
        for slope, gradient in zip(slopes, gradients, strict=True):
            np.testing.assert_allclose(slope, gradient, rtol=1e-10, atol=1e-12)


def test_rows_run_on_jax_where_it_has_the_function():
    pytest.importorskip("jax")

    def total(a):
        return np.sum(special.erf(a) * special.i0(a))

    found = bp.compile(total, backend="jax")(V)
    np.testing.assert_allclose(found[1], bp.grad(total)(V), rtol=1e-12)
    with pytest.raises(AttributeError, match="j0"):
        bp.compile(lambda a: np.sum(special.j0(a)), backend="jax")(V)


def test_an_op_of_the_package_is_not_written_as_scipys():
    bp.grad(special.expit)(0.5)  # reads the rows
    assert "scipy" not in bp.derive(lambda a: bp.sigmoid(a) ** 2, 0.5).source


def test_no_derivative_by_a_shape_or_an_order():
    for call in (
        lambda a: special.gammainc(a, 1.0),
        lambda a: special.gammaincc(a, 1.0),
        lambda a: special.betainc(1.0, a, 0.5),
        lambda a: special.jv(a, 1.0),
        lambda a: served.stats.t.cdf(1.0, a),
    ):
        with pytest.raises(TypeError, match="has no derivative by"):
            bp.grad(call)(1.5)
    assert special.jv(bp.Value(2.0, requires_grad=False), bp.Value(1.0)).requires_grad


METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine"]


@pytest.mark.parametrize("metric", METRICS)
def test_distances(metric):
    mine, theirs = served.spatial.distance, spatial.distance
    assert_as_scipy(lambda a: mine.cdist(a, X, metric), lambda a: theirs.cdist(a, X, metric), A)
    points = A + np.arange(9.0).reshape(3, 3) ** 2 / 50  # none as far as another along two axes
    assert_as_scipy(lambda a: mine.pdist(a, metric), lambda a: theirs.pdist(a, metric), points)
    one, other = getattr(mine, metric), getattr(theirs, metric)
    assert_as_scipy(lambda a: one(a, V), lambda a: other(a, V), X[0])


def test_equal_points_and_unknown_metrics():
    cdist = served.spatial.distance.cdist
    assert np.all(np.isfinite(bp.grad(lambda a: np.sum(cdist(a, X)))(X)))
    with pytest.raises(TypeError, match=r"expected one of the metrics euclidean.*got 'jaccard'"):
        bp.grad(lambda a: np.sum(cdist(a, X, "jaccard")))(X)


@pytest.mark.parametrize("name", WRITTEN_IN_PYTHON)
def test_what_is_written_in_python(name):
    fun, at = WRITTEN_IN_PYTHON[name]
    assert_as_scipy(lambda a: fun(served, a), lambda a: fun(scipy, a), at)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve", "correlate", "fftconvolve"])
@pytest.mark.parametrize("size", [2, 3])
def test_signals(name, mode, size):
    mine, theirs = getattr(served.signal, name), getattr(signal, name)
    v = V[:size]
    assert_as_scipy(lambda a: mine(a, v, mode), lambda a: theirs(a, v, mode), LONG)
    assert_as_scipy(lambda a: mine(LONG, a, mode), lambda a: theirs(LONG, a, mode), v)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
@pytest.mark.parametrize("shape", [(2, 3), (1, 2), (2, 2)])
def test_images(name, mode, shape):
    mine, theirs = getattr(served.signal, name), getattr(signal, name)
    image = np.outer(LONG, LONG[:4])
    kernel = A[: shape[0], : shape[1]]
    assert_as_scipy(lambda a: mine(a, kernel, mode), lambda a: theirs(a, kernel, mode), image)
    assert_as_scipy(lambda a: mine(image, a, mode=mode), lambda a: theirs(image, a, mode), kernel)


def assert_as_scipy(fun, theirs, at):
    wanted = theirs(at.copy())
    found = fun(bp.Value(at))
    np.testing.assert_allclose(found.data, wanted, rtol=1e-10, atol=1e-13)
    assert np.shape(wanted) == found.shape
    np.testing.assert_array_equal(fun(at.copy()), wanted)
    weights = np.random.default_rng(7).normal(size=np.shape(wanted))
    gradient = bp.grad(lambda a: np.sum(fun(a) * weights))
    (numeric,) = five_point(lambda a: np.sum(theirs(a) * weights), [at])
    np.testing.assert_allclose(gradient(at), numeric, rtol=1e-7, atol=1e-8)
    direction = np.cos(np.arange(at.size)).reshape(at.shape)
    (product,) = bp.hvp(lambda a: np.sum(fun(a) * weights), (at,), (direction,))
    (slopes,) = five_point(lambda a: np.sum(gradient(a) * direction), [at])
    np.testing.assert_allclose(product, slopes, rtol=1e-6, atol=1e-7)


def test_a_wrong_derivative_would_be_seen():
    def wrong(a):
        return special.erf(a.detach()) * a / a.detach() if isinstance(a, bp.Value) else None

    with pytest.raises(AssertionError):
        assert_as_scipy(wrong, special.erf, V)


def test_what_is_served_is_scipy_in_all_else():
    assert served.special.comb is special.comb
    assert served.linalg.lu is linalg.lu
    assert served.stats.norm(1.0, 2.0).mean() == stats.norm(1.0, 2.0).mean()
    assert served.__name__ == "tinygrad_bp.numpy.scipy"
    assert "logsumexp" in dir(served.special)
    with pytest.raises(AttributeError):
        _ = served.special.nothing


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda v: special.gammainc(v, v), TypeError, "gammainc: has no derivative by a"),
        (lambda v: special.logsumexp(v), TypeError, "scipy's logsumexp: a conversion to an array"),
        (lambda v: served.linalg.inv(v, nothing=1), TypeError, "inv: nothing="),
        (lambda v: served.signal.convolve(v, A), ValueError, "as many axes"),
        (lambda v: served.signal.convolve(v, v, "half"), ValueError, "'half'"),
        (
            lambda v: served.signal.convolve2d(A * v, A, boundary="wrap"),
            TypeError,
            "filled with 0",
        ),
    ],
)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said):
        call(bp.Value(V))
