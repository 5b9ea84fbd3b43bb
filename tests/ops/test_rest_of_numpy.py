"""Statistics, fits, pieces and the methods of ufuncs: NumPy's numbers and numeric derivatives."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.gradients import five_point

RNG = np.random.default_rng(3)
A = RNG.normal(size=(4, 5))
WITH_NAN = A.copy()
WITH_NAN[0, 1] = WITH_NAN[2, 2] = np.nan
MASK = RNG.random((4, 5)) > 0.4
HOLES = np.where(RNG.random((4, 5)) > 0.3, 1.5, np.nan)
windows = np.lib.stride_tricks.sliding_window_view

FUNCTIONS = {
    "linspace": lambda a: np.linspace(a[0], a[1], 5, axis=-1),
    "linspace, open": lambda a: np.linspace(a[0, 0], 2, 5, endpoint=False),
    "linspace, one": lambda a: np.linspace(a[0, 0], a[0, 1], 1),
    "logspace": lambda a: np.logspace(a[0], a[1], 4),
    "geomspace": lambda a: np.geomspace(abs(a[0]) + 1, 3, 4),
    "polyval": lambda a: np.polyval(a[0], a[1]),
    "poly1d": lambda a: np.poly1d(a[0])(a[1]),
    "vander": lambda a: np.vander(a[0], 3),
    "vander, increasing": lambda a: np.vander(a[0], increasing=True),
    "polyfit": lambda a: np.polyfit(a[0], a[1], 2),
    "polyfit, several": lambda a: np.polyfit(np.arange(5.0), a.T, 2),
    "cov": lambda a: np.cov(a),
    "cov of two": lambda a: np.cov(a[0], a[1], bias=True),
    "cov of columns": lambda a: np.cov(a, rowvar=False, ddof=0),
    "cov of one": lambda a: np.cov(a[0]),
    "corrcoef": lambda a: np.corrcoef(a),
    "corrcoef of one": lambda a: np.corrcoef(a[0]) * a[1],
    "gradient of whole numbers": lambda a: np.gradient([1, 4, 9, 5, 2], np.cumsum(a[0] ** 2 + 1)),
    "apply_along_axis": lambda a: np.apply_along_axis(lambda r: np.outer(r, r), 0, a),
    "apply_along_axis, numbers": lambda a: np.apply_along_axis(np.sum, 1, a),
    "apply_over_axes": lambda a: np.apply_over_axes(np.sum, a, [0, 1]),
    "piecewise": lambda a: np.piecewise(
        a, [a < 0, a > 1], [lambda x: x**2, np.log, lambda x: 3 * x]
    ),
    "piecewise, or else": lambda a: np.piecewise(
        a, [a < 0.2, a < -9], [lambda x: x * x, np.log, np.log]
    ),
    "piecewise, numbers": lambda a: np.piecewise(a[0], a[0] > 0, [np.sqrt, 1.5]),
    "piecewise, a piece without elements": lambda a: np.piecewise(
        a, [a > 9, a < 9], [np.log, np.sin]
    ),
    "concatenate, default casting": lambda a: np.concatenate([a, a[:1]], casting="same_kind"),
    "windows": lambda a: windows(a, (2, 3)),
    "windows along an axis": lambda a: windows(a, 2, axis=1),
    "quantile": lambda a: np.quantile(a, 0.3),
    "quantiles": lambda a: np.quantile(a, [[0.3, 0.5], [0.1, 1.0]], axis=1, keepdims=True),
    "percentile, middle": lambda a: np.percentile(a, 30, axis=(0, 1), method="midpoint"),
    "percentile, higher": lambda a: np.percentile(a, [30, 60], axis=1, method="higher"),
    "percentile, lower": lambda a: np.percentile(a, 30, axis=0, method="lower"),
    "median, axes": lambda a: np.median(a.reshape(2, 2, 5), axis=(0, 2)),
    "sum where": lambda a: np.sum(a, axis=1, where=MASK, initial=2.0),
    "sum of a mask that is broadcast": lambda a: np.sum(a, where=MASK[0]),
    "prod where": lambda a: np.prod(a, axis=0, where=MASK, initial=2.0, keepdims=True),
    "mean of all": lambda a: np.mean(a, axis=0, where=True),
    "mean where": lambda a: np.mean(a, axis=1, where=MASK),
    "var where": lambda a: np.var(a, axis=1, where=MASK, ddof=1),
    "std where": lambda a: a.T.std() + np.std(a, where=MASK),
    "max where": lambda a: np.max(a, axis=1, where=MASK, initial=-0.3),
    "min initial": lambda a: np.min(a, axis=0, initial=0.1),
    "add.reduce": lambda a: np.add.reduce(a),
    "add.reduce where": lambda a: np.add.reduce(a, axis=None, where=MASK, initial=1.0),
    "multiply.reduce": lambda a: np.multiply.reduce(a, axis=1, keepdims=True),
    "maximum.reduce": lambda a: np.maximum.reduce(a, axis=(0, 1)),
    "logaddexp.reduce": lambda a: np.logaddexp.reduce(a, axis=1),
    "hypot.reduce": lambda a: np.hypot.reduce(a, axis=1, keepdims=True),
    "add.accumulate": lambda a: np.add.accumulate(a, axis=1),
    "multiply.accumulate": lambda a: np.multiply.accumulate(a),
    "maximum.accumulate": lambda a: np.maximum.accumulate(a, axis=1),
    "add.reduceat": lambda a: np.add.reduceat(a, [0, 3, 1], axis=1),
    "subtract.outer": lambda a: np.subtract.outer(a[0], a),
    "multiply.outer with numbers": lambda a: np.multiply.outer([1.0, 2.0], a[0]),
}


def ignoring(function, a):
    with np.errstate(invalid="ignore"):
        return function(a)


OF_NAN = {
    "nansum": lambda a: np.nansum(a, axis=0),
    "nanprod": lambda a: np.nanprod(a, axis=0, keepdims=True),
    "nanmean": lambda a: np.nanmean(a, axis=1),
    "nanmax": lambda a: np.nanmax(a, axis=1),
    "nanmin": lambda a: np.nanmin(a),
    "nanvar": lambda a: np.nanvar(a, axis=1, ddof=1),
    "nanstd": lambda a: np.nanstd(a),
    "quantile": lambda a: np.quantile(a, 0.5, axis=0),
    "nansum of what is NaN by a constant": lambda a: np.nansum((np.sin(a) * HOLES - 1) ** 2),
    "nanmean of a broadcast": lambda a: np.nanmean(np.exp(a[0]) * HOLES + a[:1] * a, axis=1),
    "nansum of a logarithm": lambda a: np.nansum(ignoring(np.log, a - 0.5), axis=0),
    "nansum where all is NaN in a line": lambda a: np.nansum(a * HOLES[:, :1] * np.nan),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_and_derivatives(name):
    assert_as_numpy(FUNCTIONS[name], A)


@pytest.mark.parametrize("name", OF_NAN)
def test_with_nan(name):
    assert_as_numpy(OF_NAN[name], WITH_NAN)


def assert_as_numpy(fun, a):
    wanted = fun(a.copy())
    found = fun(bp.Value(a))
    assert isinstance(found, bp.Value)
    assert (found.shape, found.dtype) == (np.shape(wanted), wanted.dtype)
    np.testing.assert_allclose(found.data, wanted, rtol=1e-12, atol=1e-14)
    finite = np.isfinite(wanted)
    weights = np.random.default_rng(7).normal(size=np.shape(wanted))

    def projection(x):
        return np.sum(np.where(finite, fun(x) * weights, 0.0))

    known = np.isfinite(a)
    gradient, (numeric,) = bp.grad(projection)(a), five_point(projection, [a])
    np.testing.assert_allclose(gradient[known], numeric[known], rtol=1e-7, atol=1e-9)


def test_pieces_are_computed_where_they_are_taken_alone():
    def loss(x):
        return np.sum(np.piecewise(x, [x <= 0, x > 9], [np.square, np.log, np.sqrt]))

    gradient, x = bp.grad(loss), np.array([0.0, -1.0, 4.0, np.inf])
    np.testing.assert_array_equal(gradient(x[:3]), [0, -2, 0.25])
    np.testing.assert_array_equal(gradient(x[:2]), [0, -2])
    np.testing.assert_array_equal(gradient(x), [0, -2, 0.25, 0])
    weigh = bp.compile(lambda x: np.sum(np.piecewise(x, [x <= 0, x > 1], [2.0, 3.0, 1.0]) * x))
    np.testing.assert_array_equal(weigh(x[:3])[1], [2, 2, 3])
    np.testing.assert_array_equal(weigh(x[:3] + 0.5)[1], [1, 2, 3])


def test_a_wrong_derivative_would_be_seen():
    def wrong(a):
        return a * a.detach() if isinstance(a, bp.Value) else a * a

    with pytest.raises(AssertionError):
        assert_as_numpy(wrong, A)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda v: np.quantile(v, v), TypeError, "plain numbers q"),
        (lambda v: np.quantile(v, 0.5, method="weibull"), TypeError, "'weibull'"),
        (lambda v: np.percentile(v, 120), ValueError, "from 0 to 1"),
        (lambda v: np.max(v, where=[True, False]), ValueError, "where= needs initial="),
        (lambda v: np.sin(v, where=[True, False]), TypeError, "where= without out="),
        (
            lambda v: np.lib.stride_tricks.as_strided(v, (2, 2), (8, 8)),
            TypeError,
            r"windows with sliding_window_view\(\)",
        ),
        (lambda v: np.geomspace(-v, v, 3), ValueError, "positive"),
        (lambda v: np.piecewise(v, [v > 0], [1, 2, 3]), ValueError, "1 functions or one more"),
        (lambda v: np.hypot.reduce(v, axis=None), TypeError, "one axis"),
        (lambda v: np.hypot.reduce(v, initial=1.0), TypeError, "hypot.reduce: initial="),
        (lambda v: np.modf(v, out=(v * 1, v * 1)), TypeError, "several out="),
        (lambda v: np.sort(v, 0, None, "x"), TypeError, "sort.*order"),
        (lambda v: np.ptp(v, 0, np.ones(())), TypeError, "ptp.*out"),
        (lambda v: np.mean(v, 0, None, np.ones(())), TypeError, "mean.*out"),
    ],
)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said):
        call(bp.Value([1.0, 2.0]))


def test_what_is_0_now_is_not_trimmed():
    with pytest.raises(TypeError, match="trim_zeros: would cut off elements"):
        np.poly1d(bp.Value([0.0, 1.0]))
    assert np.trim_zeros(bp.Value([1.0, 0.0, 2.0])).shape == (3,)
