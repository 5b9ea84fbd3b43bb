"""NumPy's reductions, statistics, running sums and differences on Values."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_bp as bp
from tests.gradients import assert_right
from tinygrad_bp.kernel.dispatch import data_of
from tinygrad_bp.ops import cumulative, reductions, statistics


def extended(function, formula):
    """Give a function of real numbers the complex form that the complex step needs."""
    return lambda *args: (formula if any(map(np.iscomplexobj, args)) else function)(*args)


def var(a, axis=None, ddof=0, keepdims=False):
    """Not |a - mean|**2, as NumPy's for complex numbers, which is not analytic."""
    total = ((a - a.mean(axis=axis, keepdims=True)) ** 2).sum(axis=axis, keepdims=keepdims)
    return total / (a.size / total.size - ddof)


def std(a, **how):
    return np.sqrt(var(a, **how))


def draw_distinct(data, shape):
    """Draw numbers without ties, none of them 0 or near another."""
    size = int(np.prod(shape))
    order = data.draw(st.permutations(range(size)))
    return ((np.array(order, float) - size / 2 + 0.3) / 4).reshape(shape)


def draw_axis(data, ndim, *, several):
    axes = st.integers(-ndim, ndim - 1) if ndim else st.nothing()
    choices = [st.none(), axes]
    if several:
        unique = st.lists(axes, unique_by=lambda k: k % ndim, max_size=ndim)
        choices.append(unique.map(tuple) if ndim else st.just(()))
    return data.draw(st.one_of(*choices))


def shapes(data, min_dims=0, min_side=1):
    shape = data.draw(array_shapes(min_dims=min_dims, max_dims=3, min_side=min_side, max_side=3))
    assume(np.prod(shape) <= 12)
    return shape


def check(function, formula, *operands):
    """What every function below has to pass. Without a formula NumPy's is the complex form."""
    result = function(*map(bp.Value, operands))
    wanted = function(*operands)
    assert result.shape == np.shape(wanted)
    np.testing.assert_allclose(result.data, wanted, rtol=1e-13, atol=1e-14)
    assert_right(extended(function, formula or function), *operands)
    singles = [bp.Value(a.astype(np.float32)) for a in operands]
    single = function(*singles)
    assert single.dtype == np.float32
    if single.requires_grad:
        single.backward(np.ones(single.shape), retain_grads=True, create_graph=True)
        graded = [n.grad for n in bp.topological_order(single) if n.grad is not None]
        assert {g.dtype for g in graded} == {np.dtype(np.float32)}


REDUCTIONS = {
    "sum": (np.sum, None),
    "prod": (np.prod, None),
    "mean": (np.mean, None),
    "var": (np.var, var),
    "std": (np.std, std),
    "max": (np.max, None),
    "min": (np.min, None),
    "amax": (np.amax, None),
    "amin": (np.amin, None),
    "ptp": (np.ptp, None),
    "median": (np.median, None),
    "average": (np.average, None),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data())
def test_reduction(name, data):
    function, formula = REDUCTIONS[name]
    shape = shapes(data)
    how = {"axis": draw_axis(data, len(shape), several=True), "keepdims": data.draw(st.booleans())}
    a = draw_distinct(data, shape)
    if name in ("var", "std"):
        count = a.size // np.sum(a, axis=how["axis"]).size
        how["ddof"] = data.draw(st.sampled_from([0, 1, 0.5] if count > 1 else [0]))
        assume(count > 1 or name == "var")  # std of one number: see the conventions
    check(lambda v: function(v, **how), formula and (lambda v: formula(v, **how)), a)


@pytest.mark.parametrize("function", [np.prod, np.cumprod])
@given(data=st.data())
def test_products_with_zeros_and_ones(function, data):
    shape = shapes(data)
    a = draw_distinct(data, shape)
    axis = draw_axis(data, len(shape), several=function is np.prod)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.tuples(*(st.integers(0, n - 1) for n in shape)))
        a[place] = data.draw(st.sampled_from([0.0, 1.0, -1.0]))
    check(lambda v: function(v, axis=axis), None, a)


@pytest.mark.parametrize("function", [np.cumsum, np.cumprod])
@given(data=st.data())
def test_running(function, data):
    shape = shapes(data)
    axis = draw_axis(data, len(shape), several=False)
    check(lambda v: function(v, axis=axis), None, draw_distinct(data, shape))


@pytest.mark.parametrize("include_initial", [False, True])
@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_cumulative(name, include_initial):
    function = getattr(np, name)
    a = np.array([[0.5, -1.5, 0.0], [2.0, 0.25, 3.0]])
    for axis in (0, -1):
        check(lambda v: function(v, axis=axis, include_initial=include_initial), None, a)  # noqa: B023
    check(lambda v: function(v, include_initial=include_initial), None, a[0])
    with pytest.raises(ValueError, match=r"expected an axis.*\(2, 3\)"):
        function(bp.Value(a))


@given(data=st.data())
def test_diff(data):
    shape = shapes(data, min_dims=1)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = data.draw(st.integers(0, 3))
    operands, places = [draw_distinct(data, shape)], {}
    for name in ("prepend", "append"):
        kind = data.draw(st.sampled_from(["none", "number", "array"]))
        if kind != "none":
            end = list(shape)
            end[axis] = data.draw(st.integers(1, 2))
            places[name] = len(operands)
            operands.append(draw_distinct(data, () if kind == "number" else end))
    check(
        lambda a, *ends: np.diff(
            a, n, axis, **{name: ends[place - 1] for name, place in places.items()}
        ),
        None,
        *operands,
    )


def test_ediff1d():
    a = np.array([[1.0, 4.0], [2.5, 3.0]])
    check(np.ediff1d, None, a)
    check(lambda a, b: np.ediff1d(a, to_begin=b, to_end=a[0]), None, a, np.array([2.0, 0.5]))


@given(data=st.data())
def test_gradient(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=2, min_side=3, max_side=4))
    ndim = len(shape)
    axis = data.draw(
        st.none()
        | st.integers(-ndim, ndim - 1)
        | st.permutations(range(ndim)).flatmap(
            lambda p: st.integers(1, ndim).map(lambda k: tuple(p[:k]))
        )
    )
    axes = range(ndim) if axis is None else np.atleast_1d(axis)
    kind = data.draw(st.sampled_from(["default", "one number", "numbers", "coordinates"]))
    spacings = {
        "default": [],
        "one number": [np.array(0.75)],
        "numbers": [np.array(0.5 + k) for k in range(len(axes))],
        "coordinates": [
            np.cumsum(1 + np.array(data.draw(st.permutations(range(shape[k])))) / 8) for k in axes
        ],
    }[kind]
    edge_order = data.draw(st.sampled_from([1, 2]))

    def joined(f, *spacings):
        slopes = np.gradient(f, *spacings, axis=axis, edge_order=edge_order)
        return sum(slopes) if isinstance(slopes, tuple) else slopes

    check(joined, None, draw_distinct(data, shape), *spacings)


def test_gradient_returns_what_numpy_does():
    a = np.arange(12.0).reshape(3, 4) ** 2
    for axis in (None, 0, (0,), (1, 0)):
        found, wanted = np.gradient(bp.Value(a), axis=axis), np.gradient(a, axis=axis)
        assert isinstance(found, tuple) == isinstance(wanted, tuple)
        if isinstance(wanted, tuple):
            for one, other in zip(found, wanted, strict=True):
                np.testing.assert_allclose(one.data, other, rtol=1e-15)


@given(data=st.data())
def test_trapezoid(data):
    shape = shapes(data, min_dims=1)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    y = draw_distinct(data, shape)
    kind = data.draw(st.sampled_from(["default", "dx", "line", "array"]))
    if kind == "default":
        check(lambda y: np.trapezoid(y, axis=axis), None, y)
    elif kind == "dx":
        check(lambda y, dx: np.trapezoid(y, dx=dx, axis=axis), None, y, np.array(0.75))
    else:
        x = draw_distinct(data, shape[axis] if kind == "line" else shape)
        check(lambda y, x: np.trapezoid(y, x, axis=axis), None, y, x)


@given(data=st.data())
def test_average_with_weights(data):
    shape = shapes(data, min_dims=1)
    axis = draw_axis(data, len(shape), several=True)
    assume(axis != ())
    whole = axis is None or data.draw(st.booleans())
    weights = shape if whole else tuple(shape[k] for k in np.atleast_1d(axis))
    a, w = draw_distinct(data, shape), 4 + draw_distinct(data, weights)
    keepdims = data.draw(st.booleans())
    check(lambda a, w: np.average(a, axis, w, keepdims=keepdims), None, a, w)
    check(lambda a, w: np.average(a, axis, w, True, keepdims=keepdims)[1], None, a, w)


def test_average_returns_the_sum_of_weights():
    a = np.arange(6.0).reshape(2, 3)
    for how in ({}, {"axis": 1}, {"axis": 1, "weights": [1, 2, 4]}, {"weights": a}):
        found = np.average(bp.Value(a), returned=True, **how)
        for one, other in zip(found, np.average(a, returned=True, **how), strict=True):
            one = one.data if isinstance(one, bp.Value) else one
            np.testing.assert_allclose(one, other, rtol=1e-15)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            assert np.shape(one) == np.shape(other)


@pytest.mark.parametrize("function", [np.mean, np.sum, np.prod, np.var, np.std])
def test_dtype_and_the_order_of_arguments(function):
    a = np.arange(6, dtype=np.float32).reshape(2, 3) / 8
    double = function(bp.Value(a), 0, np.float64)
    assert double.dtype == np.float64
    np.testing.assert_allclose(double.data, function(a, 0, np.float64), rtol=1e-15)
    assert function(bp.Value(a.astype(float)), dtype=np.float32).dtype == np.float32
    with pytest.raises(TypeError, match=r"expected float32, .*got int64"):
        function(bp.Value(a), dtype=np.int64)


def test_positional_arguments_as_numpys():
    a = np.random.default_rng(0).permutation(6).reshape(2, 3) / 4
    x = bp.Value(a)
    for function in (np.sum, np.prod, np.mean):
        assert function(x, 1, None, None, True).shape == (2, 1)
    for function in (np.max, np.min, np.amax, np.amin, np.ptp):
        assert function(x, 1, None, True).shape == (2, 1)
    for function in (np.var, np.std):
        found = function(x, 1, None, None, 1, True)
        np.testing.assert_allclose(found.data, function(a, 1, None, None, 1, True), rtol=1e-15)
    assert np.median(x, 1, None, False, True).shape == (2, 1)


def test_var_about_a_given_mean():
    a = np.array([[1.0, 2.5, 4.0], [0.5, 1.0, 7.0]])
    centre = np.array([[2.0], [3.0]])
    for function, formula in (
        (np.var, lambda a, m: ((a - m) ** 2).mean(axis=1)),
        (np.std, lambda a, m: np.sqrt(((a - m) ** 2).mean(axis=1))),
    ):
        check(lambda a, m: function(a, axis=1, mean=m), formula, a, centre)  # noqa: B023
        found = function(bp.Value(a), axis=1, correction=1)
        np.testing.assert_allclose(found.data, function(a, axis=1, ddof=1), rtol=1e-15)
    with pytest.raises(ValueError, match="ddof or correction"):
        np.std(bp.Value(a), ddof=1, correction=1)


# --- edges -----------------------------------------------------------------------------------


def gradient(fun, *data):
    leaves = [bp.Value(d) for d in data]
    y = fun(*leaves)
    y.backward(np.ones(y.shape))
    grads = [leaf.grad for leaf in leaves]
    return grads[0] if len(grads) == 1 else grads


def test_conventions():
    """The rows of docs/conventions.md."""
    np.testing.assert_array_equal(gradient(np.std, np.full(3, 2.5)), 0)
    np.testing.assert_array_equal(bp.hessian(np.std)(np.full(2, 2.5)), 0)
    assert gradient(np.std, 3.0) == 0
    np.testing.assert_array_equal(gradient(np.prod, np.array([2.0, 0, 3])), [0, 6, 0])
    np.testing.assert_array_equal(gradient(np.prod, np.array([0.0, 0, 3])), 0)
    np.testing.assert_array_equal(gradient(np.cumprod, np.array([2.0, 0, 3])), [1, 8, 0])
    np.testing.assert_array_equal(gradient(np.median, np.array([2.0, 2, 2])), [0, 1, 0])
    np.testing.assert_array_equal(gradient(np.median, np.array([5.0, 1, 2, 2])), [0, 0, 0.5, 0.5])
    np.testing.assert_array_equal(gradient(np.ptp, np.array([1.0, 3, 3])), [-1, 0.5, 0.5])
    np.testing.assert_array_equal(gradient(np.ptp, np.ones(2)), 0)


def test_median_of_nan_is_nan():
    a = np.array([[1.0, np.nan, 3.0], [4.0, 6.0, 5.0]])
    x = bp.Value(a)
    y = np.median(x, axis=1)
    np.testing.assert_array_equal(y.data, [np.nan, 5])
    y.backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [[0, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ("function", "shape", "axis"),
    [
        (np.sum, (0,), None),
        (np.prod, (0,), None),
        (np.prod, (0, 3), 0),
        (np.prod, (2, 0), 0),
        (np.mean, (2, 0), 0),
        (np.var, (2, 0), 0),
        (np.std, (2, 0), 0),
        (np.max, (2, 0), 0),
        (np.ptp, (2, 0), 0),
        (np.median, (2, 0), 0),
        (np.cumsum, (0,), None),
        (np.cumsum, (0, 3), 1),
        (np.cumprod, (0, 3), 0),
        (np.cumprod, (2, 0), 0),
        (np.diff, (0, 2), 1),
        (np.diff, (0, 2), 0),
        (np.trapezoid, (0, 2), 1),
    ],
)
def test_empty(function, shape, axis):
    a = np.empty(shape)
    how = {} if axis is None else {"axis": axis}
    x = bp.Value(a)
    y = function(x, **how)
    np.testing.assert_array_equal(y.data, function(a, **how))
    y.backward(np.ones(y.shape))
    assert x.grad.shape == shape


@pytest.mark.parametrize("function", [np.sum, np.prod, np.max, np.ptp, np.cumsum, np.cumprod])
def test_axis_0_of_a_scalar(function):
    """Which NumPy takes here."""
    found = function(bp.Value(2.5), axis=0)
    np.testing.assert_array_equal(found.data, function(np.float64(2.5), axis=0))
    assert gradient(lambda v: function(v, axis=0), 2.5).shape == ()


def test_mean_of_nothing_warns_as_numpy():
    with pytest.warns(RuntimeWarning):
        assert np.isnan(np.mean(bp.Value(np.empty(0))).data)
    with pytest.warns(RuntimeWarning):
        assert np.isnan(np.var(bp.Value(np.ones(1)), ddof=1).data)


def test_far_out_without_warnings_or_nan():
    a = np.array([1e150, -1e-150, 0.0, 3.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fun in (np.prod, np.cumprod, np.cumsum, np.median, np.ptp, np.var, np.std):
            assert np.isfinite(gradient(fun, a)).all(), fun


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.diff(x, -1), ValueError, "n at least 0, got -1"),
        (lambda x: np.gradient(x, edge_order=3), ValueError, "edge_order must be 1 or 2, got 3"),
        (lambda x: np.gradient(x, 1.0, 2.0), TypeError, "one spacing for all axes or 1, got 2"),
        (lambda x: np.gradient(x, [1.0, 2.0]), ValueError, "3 coordinates along axis 0, got 2"),
        (lambda x: np.gradient(x, np.ones((2, 2))), ValueError, "scalars or 1d"),
        (lambda x: np.gradient(x[:1]), ValueError, "at least 2 samples.*got 1"),
        (lambda x: np.average(x, weights=[0, 0, 0]), ZeroDivisionError, "add up to 0"),
        (lambda x: np.average(x, weights=[1, 2]), TypeError, r"weights of shape \(3,\), or an"),
        (lambda x: np.average(x, 0, [1, 2]), ValueError, r"weights of shape \(3,\) or \(3,\), got"),
        (lambda x: np.sum(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
        (lambda x: np.median(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
        (lambda x: np.cumsum(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(bp.Value([1.0, 2.0, 4.0]))


def test_plain_counts():
    a = np.array([[1.0, 0.0], [np.nan, 3.0]])
    x = bp.Value(a)
    for function in (np.count_nonzero, np.nanargmax, np.nanargmin, np.argmax, np.any, np.all):
        found = function(x, axis=1)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, function(a, axis=1))


# --- the tests catch what is wrong -----------------------------------------------------------


def test_a_wrong_product_is_caught(monkeypatch):
    """The textbook's y / a is right without zeros, and wrong with one."""
    prod = reductions._prod
    monkeypatch.setattr(prod, "rules", [lambda g, y, a, axis, keepdims: g * y / (a + (a == 0))])
    check(np.prod, None, np.array([2.0, 3.0]))
    with pytest.raises(AssertionError):
        check(np.prod, None, np.array([2.0, 3.0, 0.0]))


def test_a_wrong_running_sum_is_caught(monkeypatch):
    monkeypatch.setattr(
        cumulative._cumsum, "rules", [lambda g, y, a, axis: np.cumsum(g, axis=axis)]
    )
    with pytest.raises(AssertionError):
        check(np.cumsum, None, np.array([2.0, 3.0]))


def test_a_wrong_running_product_is_caught(monkeypatch):
    right = cumulative._cumprod.rules[0]
    monkeypatch.setattr(
        cumulative._cumprod,
        "rules",
        [lambda g, y, a, axis: right(g, y, data_of(a), axis)],
    )
    with pytest.raises(AssertionError):
        check(np.cumprod, None, np.array([2.0, 3.0, 0.5]))


def test_a_wrong_root_is_caught(monkeypatch):
    monkeypatch.setattr(statistics.root, "rules", [lambda g, y, a: g / y])
    with pytest.raises(AssertionError):
        check(np.std, std, np.array([2.0, 3.0, 5.0]))


def test_a_wrong_spacing_is_caught():
    """Taking the first step for all of them is right in value where they are equal."""
    y, x = np.array([1.0, 4.0, 2.0]), np.array([0.0, 1.0, 2.0])
    check(np.trapezoid, None, y, x)
    with pytest.raises(AssertionError):
        check(lambda y, x: np.trapezoid(y, dx=x[1] - x[0]), lambda y, x: np.trapezoid(y, x), y, x)
