"""``math`` with Values: numbers and slopes as of Python's own."""

import math

import pytest

import tinygrad_bp as bp
from tinygrad_bp.numpy import math as served

OF_ONE = """
exp exp2 expm1 sqrt cbrt log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh atanh
fabs degrees radians
"""
AT = {**dict.fromkeys(OF_ONE.split(), 0.6), "acosh": 1.7}
OF_TWO = ["atan2", "hypot", "fmod", "copysign", "pow", "remainder", "log"]


@pytest.mark.parametrize("name", AT)
def test_functions_of_one_number(name):
    assert_as_math(lambda module, a: getattr(module, name)(a), AT[name])


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_numbers(name):
    assert_as_math(lambda module, a: getattr(module, name)(a, 1.7), 0.6)
    if name not in ("fmod", "copysign", "remainder"):
        assert_as_math(lambda module, a: getattr(module, name)(1.7, a), 0.6)


@pytest.mark.parametrize(
    "fun",
    [
        lambda m, a: m.fsum([a, a * 2, 1.0]),
        lambda m, a: m.prod([a, a, 2.0], start=3),
        lambda m, a: m.dist([a, 1.0], [0.2, a * a]),
        lambda m, a: m.sqrt(a) if m.isclose(a, 0.6, abs_tol=0.1) and not m.isnan(a) else m.nan,
    ],
)
def test_functions_of_several(fun):
    assert_as_math(fun, 0.6)


def assert_as_math(fun, at):
    h = 1e-6
    value, slope = bp.value_and_grad(lambda a: fun(served, a))(at)
    assert value == pytest.approx(fun(math, at), rel=1e-14)
    assert slope == pytest.approx((fun(math, at + h) - fun(math, at - h)) / (2 * h), rel=1e-7)
    assert fun(served, at) == fun(math, at)


def test_everything_else_is_pythons():
    assert served.pi is math.pi
    assert served.gcd is math.gcd
    assert served.exp(bp.Value([1.0])).shape == ()
    with pytest.raises(TypeError, match=r"one element, got shape \(2,\)"):
        served.exp(bp.Value([1.0, 2.0]))
    with pytest.raises(AttributeError):
        _ = served.nothing
