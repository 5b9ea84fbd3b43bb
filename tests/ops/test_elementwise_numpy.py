"""NumPy's elementwise functions on Values: values, both derivatives, edges, float32."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, mutually_broadcastable_shapes

import tinygrad_bp as bp
from tests.gradients import assert_right
from tinygrad_bp.kernel import Op
from tinygrad_bp.kernel.dispatch import data_of


def extended(function, formula):
    """Give a function of real numbers the complex form that the complex step needs."""
    return lambda *args: (formula if any(map(np.iscomplexobj, args)) else function)(*args)


def away_from_0(k):
    return (k + 0.5) / 16


def angle(k):
    return k / 17


def cbrt(a):
    return np.sign(a.real) * (np.sign(a.real) * a) ** (1 / 3)


def mod(a, b):
    return a - b * np.floor(a.real / b.real)


# name: function on Values, its form for complex numbers (None: five points instead), operands.
# An operand is drawn as an integer from -30 to 30, which is mapped into the domain.
UNARY = {
    "positive": (np.positive, np.positive, away_from_0),
    "negative": (np.negative, np.negative, away_from_0),
    "reciprocal": (np.reciprocal, np.reciprocal, lambda k: away_from_0(k) * 16),
    "square": (np.square, np.square, away_from_0),
    "sqrt": (np.sqrt, np.sqrt, lambda k: (k + 35) / 16),
    "cbrt": (np.cbrt, cbrt, lambda k: away_from_0(k) + np.sign(k + 0.5)),
    "exp": (np.exp, np.exp, angle),
    "exp2": (np.exp2, np.exp2, angle),
    "expm1": (np.expm1, np.expm1, angle),
    "log": (np.log, np.log, lambda k: (k + 35) / 16),
    "log2": (np.log2, np.log2, lambda k: (k + 35) / 16),
    "log10": (np.log10, np.log10, lambda k: (k + 35) / 16),
    "log1p": (np.log1p, np.log1p, lambda k: k / 40),
    "sin": (np.sin, np.sin, angle),
    "cos": (np.cos, np.cos, angle),
    "tan": (np.tan, np.tan, lambda k: k / 25),
    "arcsin": (np.arcsin, np.arcsin, lambda k: k / 35),
    "arccos": (np.arccos, np.arccos, lambda k: k / 35),
    "arctan": (np.arctan, np.arctan, angle),
    "sinh": (np.sinh, np.sinh, angle),
    "cosh": (np.cosh, np.cosh, angle),
    "tanh": (np.tanh, np.tanh, angle),
    "arcsinh": (np.arcsinh, np.arcsinh, angle),
    "arccosh": (np.arccosh, np.arccosh, lambda k: (k + 50) / 16),
    "arctanh": (np.arctanh, np.arctanh, lambda k: k / 35),
    "sinc": (np.sinc, None, lambda k: k / 8),
    "deg2rad": (np.deg2rad, lambda a: a * np.pi / 180, angle),
    "radians": (np.radians, lambda a: a * np.pi / 180, angle),
    "rad2deg": (np.rad2deg, lambda a: a * 180 / np.pi, angle),
    "degrees": (np.degrees, lambda a: a * 180 / np.pi, angle),
    "absolute": (np.absolute, None, away_from_0),
    "fabs": (np.fabs, None, away_from_0),
    "nan_to_num": (np.nan_to_num, np.nan_to_num, angle),
    "real": (np.real, None, angle),
    "conjugate": (np.conjugate, None, angle),
    "fraction": (lambda a: np.modf(a)[0], None, away_from_0),
    "ldexp": (lambda a: np.ldexp(a, 3), lambda a: 8 * a, angle),
    "copysign": (lambda a: np.copysign(a, -2.0), None, away_from_0),
}

# Remainders: a half of an odd number over a whole one is never whole.
HALF = (lambda k: k // 5 + 0.5, lambda k: k // 10 + (k >= 0))
ANY = (angle, lambda k: (k + 0.5) / 19)

BINARY = {
    "add": (np.add, np.add, *ANY),
    "subtract": (np.subtract, np.subtract, *ANY),
    "multiply": (np.multiply, np.multiply, *ANY),
    "true_divide": (np.true_divide, np.true_divide, angle, lambda k: (k + 50) / 16),
    "power": (np.power, np.power, lambda k: (k + 50) / 16, angle),
    "float_power": (np.float_power, np.float_power, lambda k: (k + 50) / 16, angle),
    "logaddexp": (
        np.logaddexp,
        lambda a, b: np.log(np.exp(a) + np.exp(b)),
        *ANY,
    ),
    "logaddexp2": (
        np.logaddexp2,
        lambda a, b: np.log2(2**a + 2**b),
        *ANY,
    ),
    "hypot": (
        np.hypot,
        lambda a, b: np.sqrt(a * a + b * b),
        angle,
        lambda k: away_from_0(k) * 8,
    ),
    "arctan2": (  # which differs from this by a constant where b < 0
        np.arctan2,
        lambda a, b: np.arctan(a / b),
        angle,
        lambda k: away_from_0(k) * 8,
    ),
    "remainder": (np.remainder, mod, *HALF),
    "fmod": (
        np.fmod,
        lambda a, b: a - b * np.trunc(a.real / b.real),
        *HALF,
    ),
    "divmod": (
        lambda a, b: np.divmod(a, b)[1],
        mod,
        *HALF,
    ),
    "maximum": (np.maximum, np.maximum, lambda k: k / 16, away_from_0),
    "minimum": (np.minimum, np.minimum, lambda k: k / 16, away_from_0),
    "fmax": (np.fmax, np.fmax, lambda k: k / 16, away_from_0),
    "fmin": (np.fmin, np.fmin, lambda k: k / 16, away_from_0),
}


def check(name, *operands):
    """What every function below has to pass."""
    function, formula, *_ = {**UNARY, **BINARY}[name]
    result = function(*map(bp.Value, operands))
    wanted = function(*operands)
    assert result.shape == wanted.shape
    np.testing.assert_allclose(result.data, wanted, rtol=1e-15, atol=1e-300)
    fun = function if formula is None else extended(function, formula)
    assert_right(fun, *operands, analytic=formula is not None)


def draw_operands(data, maps, max_dims=2, min_side=0):
    shapes = mutually_broadcastable_shapes(
        num_shapes=len(maps), max_dims=max_dims, min_side=min_side, max_side=3
    )
    return [
        np.vectorize(of, otypes=[float])(k) if k.size else k.astype(float)
        for of, k in zip(
            maps,
            [
                data.draw(arrays(np.int64, shape, elements=st.integers(-30, 30)))
                for shape in data.draw(shapes).input_shapes
            ],
            strict=True,
        )
    ]


@pytest.mark.parametrize("name", UNARY)
@given(data=st.data())
def test_of_one(name, data):
    check(name, *draw_operands(data, UNARY[name][2:]))


@pytest.mark.parametrize("name", BINARY)
@given(data=st.data())
def test_of_two_with_broadcasting(name, data):
    check(name, *draw_operands(data, BINARY[name][2:]))


@pytest.mark.parametrize("name", BINARY)
def test_numbers_and_arrays_mix_with_values(name):
    function, _, *maps = BINARY[name]
    a, b = (np.array([of(k) for k in (-20, 3, 22)]) for of in maps)
    both = function(bp.Value(a), bp.Value(b))
    both.backward(np.ones(3))
    for left, right in ((bp.Value(a), b), (a, bp.Value(b))):
        mixed = function(left, right)
        np.testing.assert_array_equal(mixed.data, both.data)
        mixed.backward(np.ones(3))
        leaf, parent = (left, 0) if isinstance(left, bp.Value) else (right, 1)
        reference = [bp.Value(a), bp.Value(b)]
        function(*reference).backward(np.ones(3))
        np.testing.assert_array_equal(leaf.grad, reference[parent].grad)
    assert isinstance(function(bp.Value(a), float(b[0])), bp.Value)
    assert isinstance(function(float(a[0]), bp.Value(b)), bp.Value)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_float32_stays(name, shape):
    function, _, *maps = {**UNARY, **BINARY}[name]
    leaves = [bp.Value(np.full(shape, of(4), np.float32)) for of in maps]
    y = function(*leaves)
    assert y.dtype == (np.float64 if name == "float_power" else np.float32)
    y.backward(np.ones(shape), retain_grads=True, create_graph=True)
    seen = bp.topological_order(y)
    if name != "float_power":
        assert {node.grad.dtype for node in seen if node.grad is not None} == {np.dtype("f4")}
    for leaf in leaves:
        plain = bp.Value(leaf.data)
        function(*(plain if x is leaf else x.data for x in leaves)).backward(np.ones(shape))
        assert plain.grad.dtype == np.float32


@pytest.mark.parametrize("name", sorted({*UNARY, *BINARY} - {"real", "conjugate"}))
def test_a_wrong_rule_is_caught(name):
    """The test of each function fails when the rule of its last op is off by 1e-4."""
    function, _, *maps = {**UNARY, **BINARY}[name]
    operands = [np.array([of(k) for k in (-7, 12)]) for of in maps]
    last = function(*map(bp.Value, operands))
    check(name, *operands)
    right, rate = last.op.rules, 1 + 1e-4
    last.op.rules = [
        rule and (lambda *args, rule=rule, **meta: rate * rule(*args, **meta)) for rule in right
    ]
    try:
        with pytest.raises(AssertionError):
            check(name, *operands)
    finally:
        last.op.rules = right


def test_a_rule_that_is_cut_off_is_caught_in_the_second_order():
    cut = Op("cut", np.sin, lambda g, y, a: g * np.cos(data_of(a)))
    with pytest.raises(AssertionError):
        assert_right(cut, np.array([0.5, 1.0]))


PLAIN = [
    np.sign,
    np.floor,
    np.ceil,
    np.trunc,
    np.fix,
    np.rint,
    np.round,
    np.around,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.isposinf,
    np.isneginf,
    np.signbit,
    np.isreal,
    np.imag,
    np.angle,
    np.logical_not,
    lambda a: np.round(a, 1),
    lambda a: np.floor_divide(a, 0.5),
    lambda a: np.divmod(a, 0.5)[0],
    lambda a: np.modf(a)[1],
    lambda a: np.heaviside(a, 0.5),
    lambda a: np.logical_xor(a, a),
]


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since 2.5
@pytest.mark.parametrize("function", PLAIN)
def test_steps_are_plain(function):
    a = np.array([-2.6, -0.5, 0.0, 1.25])
    found = function(bp.Value(a))
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, function(a))
    assert type(function(bp.Value(1.25))) is not bp.Value


def gradient(fun, *data):
    leaves = [bp.Value(d) for d in data]
    y = fun(*leaves)
    y.backward(np.ones(y.shape))
    grads = [leaf.grad for leaf in leaves]
    return grads[0] if len(grads) == 1 else grads


def test_conventions():
    """The rows of docs/conventions.md."""
    assert gradient(np.hypot, 0.0, 0.0) == [0, 0]
    assert gradient(np.arctan2, 0.0, 0.0) == [0, 0]
    assert gradient(np.fmax, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(np.fmin, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(np.fmax, np.nan, 1.0) == [0, 1]
    assert gradient(np.fmin, 1.0, np.nan) == [1, 0]
    assert gradient(np.fmin, np.nan, np.nan) == [0, 0]
    assert gradient(np.remainder, 4.0, 2.0) == [1, -2]
    assert gradient(np.fmod, -4.0, 2.0) == [1, 2]
    np.testing.assert_array_equal(
        gradient(np.nan_to_num, np.array([np.nan, np.inf, -np.inf, 2])), [0, 0, 0, 1]
    )
    assert gradient(np.heaviside, 0.0, 3.0) == [None, 1]
    assert gradient(np.heaviside, 1.0, 3.0) == [None, 0]
    assert gradient(np.sinc, 0.0) == 0


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (np.cbrt, 0.0),
        (np.arcsin, 1.0),
        (np.arccos, -1.0),
        (np.arccosh, 1.0),
    ],
)
def test_vertical_tangents_are_infinite_with_numpys_warning(function, at):
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert abs(gradient(function, at)) == np.inf


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_out_without_warnings_or_nan(dtype):
    far = np.array([-1e18, -1000, -1e-18, 0, 1e-18, 1000, 1e18], dtype)
    near = np.array([-80, -1e-18, 0, 1e-18, 80], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fun in (np.arctan, np.arcsinh, np.sin, np.cos, np.sinc, np.deg2rad, np.square):
            assert np.isfinite(gradient(fun, far)).all(), fun
        for fun in (np.sinh, np.cosh, np.exp2, np.expm1):
            assert np.isfinite(gradient(fun, near)).all(), fun
        for fun in (np.logaddexp, np.logaddexp2, np.hypot, np.arctan2, np.fmax):
            for grad in gradient(fun, far[:, None], far):
                assert np.isfinite(grad).all(), fun


def test_no_overflow_or_cancellation_inside():
    assert gradient(np.hypot, 3e200, 4e200) == pytest.approx([0.6, 0.8], rel=1e-15)
    assert gradient(np.arctan2, 1e-200, 1e-200) == pytest.approx([5e199, -5e199], rel=1e-15)
    assert gradient(np.logaddexp, 1e16, 1e16) == [0.5, 0.5]
    assert gradient(np.expm1, -40.0) == pytest.approx(np.exp(-40), rel=1e-15)
    near_1 = 1 - 2.0**-40
    exact = 1 / np.sqrt(2.0**-40 * (2 - 2.0**-40))
    assert gradient(np.arcsin, near_1) == pytest.approx(exact, rel=1e-15)
    assert gradient(np.sinc, 1e-9) == pytest.approx(-(np.pi**2) * 1e-9 / 3, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("at", [0.0, 1e-3, 0.6, 0.65, 1.0, 1.27, 1.6, 9.5])
def test_sinc_to_any_order(order, at):
    """Against the mean of cos(pi a t) over t, differentiated under the integral."""
    t, weights = np.polynomial.legendre.leggauss(60)
    t = (t + 1) / 2
    wanted = (weights / 2 * (np.pi * t) ** order * np.cos(np.pi * (at * t + order / 2))).sum()
    fun = np.sinc
    for _ in range(order):
        fun = bp.grad(fun)
    assert fun(at) == pytest.approx(wanted, rel=1e-11, abs=1e-12)


def test_refusals():
    x = bp.Value([1.0, 2.0])
    with pytest.raises(TypeError, match=r"numpy\.cbrt: out="):
        np.cbrt(x, out=np.empty(2))
    with pytest.raises(TypeError, match=r"numpy\.sin: where="):
        np.sin(x, where=np.array([True, False]))
    with pytest.raises(TypeError, match="nan_to_num: copy="):
        np.nan_to_num(x, copy=False)


def test_nan_to_num_takes_its_replacements():
    a = np.array([np.nan, np.inf, -np.inf, 2])
    np.testing.assert_array_equal(
        np.nan_to_num(bp.Value(a), nan=5.0, posinf=6.0, neginf=7.0).data, [5, 6, 7, 2]
    )
    np.testing.assert_array_equal(np.nan_to_num(bp.Value(a)).data, np.nan_to_num(a))
