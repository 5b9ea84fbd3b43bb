import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.checking import nets
from tinygrad_bp.checking.numeric import differentiate
from tinygrad_bp.checking.problem import Problem

METHODS = ["auto", "complex", "adaptive", "five-point", "central"]
POINT = np.array([0.3, -1.2, 2.5])


def smooth(x):
    return np.sum(np.exp(np.sin(x)) * x)


def smooth_gradient(x):
    return np.exp(np.sin(x)) * (1 + x * np.cos(x))


# --- accuracy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("auto", 1e-14),
        ("complex", 1e-14),
        ("adaptive", 1e-11),
        ("five-point", 1e-10),
        ("central", 1e-7),
    ],
)
def test_accuracy_on_a_known_function(method, error):
    gradient = bp.numeric_gradient(smooth, POINT, method=method)
    np.testing.assert_allclose(gradient, smooth_gradient(POINT), rtol=error)


@pytest.mark.parametrize(
    ("method", "step"),
    [("complex", 1e-30), ("adaptive", 0.1), ("five-point", 1e-2), ("central", 1e-5)],
)
def test_step_is_used(method, step):
    gradient = bp.numeric_gradient(smooth, POINT, method=method, step=step)
    np.testing.assert_allclose(gradient, smooth_gradient(POINT), rtol=1e-6)
    default = bp.numeric_gradient(smooth, POINT, method=method)
    assert method == "complex" or (gradient != default).any()


def test_orders_of_the_formulas():
    # A polynomial of degree 4 has no truncation in five points, one of degree 2 none in two.
    x = np.float64(0.5)
    assert bp.numeric_gradient(lambda x: x**4, x, method="five-point", step=0.25) == 0.5
    assert bp.numeric_gradient(lambda x: x**2, x, method="central", step=0.25) == 1.0
    assert bp.numeric_gradient(lambda x: x**3, x, method="central", step=0.25) == 0.75 + 0.0625


def test_the_notebooks_number():
    gradient = bp.numeric_gradient(nets.loss, nets.parameters(), method="central")
    assert f"{gradient['w_3'][0, 0]:.16f}" == "0.0019912952408351"


@pytest.mark.parametrize("method", ["adaptive", "five-point", "central", "complex"])
@pytest.mark.parametrize("seed", range(4))
def test_error_estimate_bounds_the_error(method, seed):
    problem = Problem(nets.loss, nets.parameters(seed))
    exact = np.concatenate([a.ravel() for a in nets.manual(nets.parameters(seed)).values()])
    # the hand-derived gradient has an error of its own, of some units in the last place
    result = differentiate(problem, method)
    assert (abs(result.gradient - exact) <= result.error + 1e-14 * abs(exact)).all()
    assert np.median(result.error) < 1e-7


@pytest.mark.parametrize(
    ("method", "error"), [("complex", 1e-14), ("adaptive", 1e-11), ("five-point", 1e-10)]
)
def test_accuracy_on_nets(method, error):
    """12 nets of 95 parameters at points of their own, with no kink within the stencils."""
    for seed in range(12):
        params = nets.parameters(seed)
        assert abs(params["w_1"] @ nets.X + params["b_1"]).min() > 0.02
        gradient = bp.numeric_gradient(nets.loss, params, method=method)
        exact = nets.manual(params)
        difference = [np.linalg.norm(gradient[k] - exact[k]) for k in exact]
        norm = np.linalg.norm([np.linalg.norm(g) for g in exact.values()])
        assert np.linalg.norm(difference) <= error * norm


def test_the_error_of_adaptive_differences_is_calibrated():
    """What it is off by, in units of the estimate: neither above it nor far below."""
    ratios = []
    for seed in range(12):
        params = nets.parameters(seed)
        gradient, error = bp.numeric_gradient(nets.loss, params, method="adaptive", with_error=True)
        for name, exact in nets.manual(params).items():
            ratios += (abs(gradient[name] - exact) / error[name])[exact != 0].tolist()
    assert 0.05 < np.median(ratios) < 0.5
    assert np.quantile(ratios, 0.99) < 1.1
    assert max(ratios) < 2


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4))
def test_adaptive_error_estimate_on_a_smooth_function(entries):
    x = np.array(entries)
    gradient, error = bp.numeric_gradient(smooth, x, method="adaptive", with_error=True)
    assert (abs(gradient - smooth_gradient(x)) <= 2 * error + 1e-13).all()
    assert error.max() < 1e-8


def test_what_is_rough_has_a_shorter_step():
    rough = lambda x: np.sum(np.sin(200 * x))
    gradient, error = bp.numeric_gradient(rough, POINT, method="adaptive", with_error=True)
    assert (abs(gradient - 200 * np.cos(200 * POINT)) <= error).all()
    assert error.max() < 1e-7


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4))
def test_five_point_error_estimate_on_a_smooth_function(entries):
    x = np.array(entries)
    result = differentiate(Problem(smooth, x), "five-point")
    assert (abs(result.gradient - smooth_gradient(x)) <= result.error + 1e-14).all()


@given(st.floats(-1, 1))
def test_a_kink_beside_the_point_shortens_the_step(x):
    assume(abs(x) > 1e-6)  # nearer than that a kink is not told from round-off
    fun = lambda x: bp.maximum(x, 0) * 3 - x
    result = differentiate(Problem(fun, np.array(x)), "five-point")
    assert abs(result.gradient[0] - (2 if x > 0 else -1)) <= result.error[0]
    assert result.error[0] < 1e-5


def test_an_end_of_the_domain_shortens_the_step():
    gradient = bp.numeric_gradient(np.log, 5e-4, method="five-point")
    np.testing.assert_allclose(gradient, 2000.0, rtol=1e-6)


# --- the choice of auto ----------------------------------------------------------------------


def refuses_complex(x):
    if np.iscomplexobj(x):
        raise TypeError("no complex numbers\nhere")
    return np.sum(x**3)


def casts(x):
    return np.sum(x.astype(np.float64) ** 3)


def through_float(x):
    return float(x[0]) ** 3 + np.sum(x[1:] ** 3)


def magnitude(x):
    return np.sum(np.abs(x) ** 3)


def partly(x):
    return np.sum(x**3) + 1e-4 * np.abs(x[0])


def takes_real(x):
    return np.sum(x.real**3)


def overflows(x):
    return np.sum(1 / (1 + np.exp(-x * 1e4)))


@pytest.mark.parametrize(
    "fun", [refuses_complex, casts, through_float, magnitude, partly, takes_real]
)
def test_auto_falls_back_where_the_complex_step_is_no_derivative(fun):
    result = differentiate(Problem(fun, POINT))
    assert result.method == "adaptive"
    assert result.reason
    assert "\n" not in result.reason
    expected = bp.numeric_gradient(fun, POINT, method="adaptive")
    np.testing.assert_array_equal(result.gradient, expected)


def test_the_reason_is_the_functions_own():
    assert differentiate(Problem(refuses_complex, POINT)).reason == "TypeError: no complex numbers"


def test_auto_falls_back_where_complex_numbers_overflow():
    with np.errstate(all="ignore"):
        assert differentiate(Problem(overflows, np.array([-1.0, 1.0]))).method == "adaptive"


@pytest.mark.parametrize(
    "fun", [smooth, lambda x: bp.sum(bp.relu(x) + bp.maximum(x, -x)), lambda x: 3.0]
)
def test_auto_uses_the_complex_step(fun):
    result = differentiate(Problem(fun, POINT))
    assert (result.method, result.reason) == ("complex", "")


def test_complex_step_is_refused_by_name():
    with pytest.raises(ValueError, match=r"complex step: TypeError: no complex numbers"):
        bp.numeric_gradient(refuses_complex, POINT, method="complex")
    with pytest.raises(ValueError, match="ComplexWarning"):
        bp.numeric_gradient(casts, POINT, method="complex")


NOT_ANALYTIC = {
    "abs": lambda a: np.sum(np.abs(a) * a),
    "norm": lambda a: np.linalg.norm(a) ** 3,
    "conj": lambda a: np.real(np.sum(np.conj(a) * a)),
    "real": lambda a: np.sum(np.real(a) * a),
    "fft": lambda a: np.sum(np.abs(np.fft.fft(a)) ** 2),
    "var": np.var,
    "eigvalsh": lambda a: np.sum(np.linalg.eigvalsh(np.outer(a, a) + np.diag([1.0, 2, 3])) ** 2),
}


@pytest.mark.parametrize("kind", NOT_ANALYTIC)
def test_the_complex_step_accuses_nobody_where_a_function_is_not_analytic(kind):
    fun = NOT_ANALYTIC[kind]
    right = bp.grad(fun)(POINT)
    comparison = bp.compare(fun, POINT, right, numeric="complex")
    assert comparison.ok, str(comparison)
    assert "the complex step gave a slope" in comparison.numeric_note
    assert not bp.compare(fun, POINT, right + 1e-3, numeric="complex")
    alone = bp.compare(lambda a: fun(np.array(a.tolist())), POINT, right, numeric="complex")
    assert alone.ok, str(alone)
    assert alone.refusal
    with pytest.warns(RuntimeWarning, match="is fun not analytic"):
        found = bp.numeric_gradient(fun, POINT, method="complex")
    np.testing.assert_allclose(found, right, rtol=1e-7)


def test_the_complex_step_accuses_nobody_of_many_parameters():
    x = np.linspace(-1, 1, 1100)
    comparison = bp.compare(lambda a: np.sum(np.abs(a) * a), x, 2 * np.abs(x), numeric="complex")
    assert comparison.ok, str(comparison)


# --- structures and numbers ------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_nested_structures(method):
    params = {"layers": [(POINT, np.ones((2, 2))), (1.5,)], "s": bp.Value(2.0), "n": 3}

    def fun(p):
        (a, b), (c,) = p["layers"]
        return np.sum(a**2) * c + np.sum(b) * p["s"] * p["n"]

    gradient = bp.numeric_gradient(fun, params, method=method)
    (a, b), (c,) = gradient["layers"]
    np.testing.assert_allclose(a, 2 * 1.5 * POINT, rtol=1e-7)
    np.testing.assert_allclose(b, np.full((2, 2), 6.0), rtol=1e-7)
    np.testing.assert_allclose([c, gradient["s"], gradient["n"]], [sum(POINT**2), 12, 8], rtol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_everything_is_differentiated_in_float64(method, dtype):
    x = np.array([1, 2, 3]).astype(dtype)
    gradient = bp.numeric_gradient(lambda x: np.sum(x**3), x, method=method)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, 3 * x.astype(np.float64) ** 2, rtol=1e-7)


@pytest.mark.parametrize(
    "result", [float, np.float64, np.asarray, bp.Value, lambda y: np.float32(y)]
)
def test_what_fun_may_return(result):
    gradient = bp.numeric_gradient(lambda x: result(np.sum(x)), np.ones(2), method="central")
    np.testing.assert_allclose(gradient, 1.0, rtol=1e-2)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_the_user_is_touched(method):
    params = {"w": POINT.copy(), "v": bp.Value(POINT)}
    params["w"].flags.writeable = False
    data = params["v"].data
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    bp.numeric_gradient(lambda p: np.sum(p["w"] * p["v"]), params, method=method)
    np.testing.assert_array_equal(params["w"], POINT)
    assert params["v"].data is data
    assert params["v"].grad is None
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("method", METHODS)
def test_a_loss_that_is_not_finite_shows(method):
    with np.errstate(invalid="ignore"):
        assert np.isnan(
            bp.numeric_gradient(lambda x: np.sum(x) * np.nan, POINT, method=method)
        ).all()


def test_same_numbers_every_time():
    first, second = (bp.numeric_gradient(magnitude, POINT) for _ in range(2))
    np.testing.assert_array_equal(first, second)


# --- errors ----------------------------------------------------------------------------------


def changes_an_entry(p):
    p["w"][0] += 1e-9
    return np.sum(p["w"])


def replaces_an_array(p):
    p["w"] = p["w"] * 2
    return np.sum(p["w"])


def drops_a_parameter(p):
    return np.sum(p.pop("w"))


def changes_when_moved(p):
    if p["w"][1] != POINT[1]:
        p["w"][2] = 0
    return np.sum(p["w"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "fun", [changes_an_entry, replaces_an_array, drops_a_parameter, changes_when_moved]
)
def test_fun_that_changes_its_input(fun, method):
    params = {"w": POINT.copy()}
    with pytest.raises(ValueError, match=r"^fun changes its input"):
        bp.numeric_gradient(fun, params, method=method)
    np.testing.assert_array_equal(params["w"], POINT)


def test_fun_that_is_not_deterministic():
    noise = np.random.default_rng(0)
    with pytest.raises(ValueError, match="not deterministic"):
        bp.numeric_gradient(lambda x: np.sum(x) + noise.normal(), POINT)


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (np.ones(3), ValueError, r"shape \(3,\)"),
        (np.ones((1, 1)), ValueError, r"shape \(1, 1\)"),
        (bp.Value([1.0]), ValueError, r"shape \(1,\)"),
        ("1", TypeError, "got str"),
        (None, TypeError, "got NoneType"),
        (1j, TypeError, "got complex"),
    ],
)
def test_fun_that_returns_no_number(result, error, message):
    with pytest.raises(error, match=f"fun must return.*{message}"):
        bp.numeric_gradient(lambda x: result, POINT)


@pytest.mark.parametrize("params", [{}, [], (), np.ones(0), {"w": np.ones((0, 3))}])
def test_no_parameters(params):
    with pytest.raises(ValueError, match="nothing to differentiate"):
        bp.numeric_gradient(lambda p: 0.0, params)


@pytest.mark.parametrize("leaf", ["text", None, 1j, object(), np.array(["a"]), {1}])
def test_parameters_that_are_no_numbers(leaf):
    with pytest.raises(TypeError, match=r"parameter 'layers\[0\].w': expected real numbers"):
        bp.numeric_gradient(lambda p: 0.0, {"layers": [{"w": leaf}]})


def test_options_are_checked():
    with pytest.raises(
        ValueError, match=r"'forward'.*there are auto, complex, adaptive, five-point, central"
    ):
        bp.numeric_gradient(smooth, POINT, method="forward")
    with pytest.raises(ValueError, match="'auto' chooses its own"):
        bp.numeric_gradient(smooth, POINT, step=1e-3)
    for step in (0, -1e-3, np.inf, np.nan):
        with pytest.raises(ValueError, match="step must be"):
            bp.numeric_gradient(smooth, POINT, method="central", step=step)
    for step in ("1e-3", True, 1j):
        with pytest.raises(TypeError, match="step must be a number"):
            bp.numeric_gradient(smooth, POINT, method="central", step=step)
    with pytest.raises(TypeError, match="fun must be callable"):
        bp.numeric_gradient(3, POINT)


def test_errors_of_fun_come_through():
    with pytest.raises(ZeroDivisionError):
        bp.numeric_gradient(lambda x: 1 / 0, POINT)


def test_warning_filters_are_put_back():
    before = list(warnings.filters)
    bp.numeric_gradient(casts, POINT)
    assert warnings.filters == before


def test_what_only_jumps_has_no_gradient():
    for fun in (lambda x: np.sum(x > 1), lambda x: np.all(x > 1)):
        with pytest.raises(TypeError, match=r"fun must return a real number, got (int64|bool)"):
            bp.numeric_gradient(fun, np.array([1.0, 2.0]))
    np.testing.assert_array_equal(bp.numeric_gradient(lambda x: 0, np.ones(2)), [0, 0])
