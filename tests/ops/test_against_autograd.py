"""The same functions differentiated by HIPS autograd."""

import numpy as np
import pytest

import tinygrad_bp as bp

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")

RNG = np.random.default_rng(11)
A = RNG.uniform(0.1, 0.9, size=(3, 4))
B = RNG.uniform(0.2, 0.8, size=(4,))

UNARY = [
    "absolute",
    "arccos",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "log",
    "log10",
    "log1p",
    "log2",
    "nan_to_num",
    "negative",
    "rad2deg",
    "radians",
    "reciprocal",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "cumsum",
    "mean",
    "prod",
    "std",
    "sum",
    "var",
    "max",
    "min",
]
BINARY = [
    "add",
    "arctan2",
    "divide",
    "fmax",
    "fmin",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "power",
    "remainder",
    "subtract",
    "true_divide",
]
FORMS = {
    "arccosh": lambda np, a: np.arccosh(1 + a),
    "sum": lambda np, a: np.sum(a, axis=(0, -1), keepdims=True),
    "mean": lambda np, a: np.mean(a, axis=-1),
    "prod": lambda np, a: np.prod(a, axis=0),
    "var": lambda np, a: np.var(a, axis=1, ddof=1),
    "std": lambda np, a: np.std(a, axis=(0, 1), ddof=1, keepdims=True),
    "cumsum": lambda np, a: np.cumsum(a, axis=1),
    "diff": lambda np, a: np.diff(a, 2, axis=1),
    "gradient": lambda np, a: np.gradient(a, axis=1),
    "where": lambda np, a: np.where(a > 0.5, np.sin(a), a**3),
}


def assert_same(fun, *operands):
    """Compare the gradient and a Hessian-vector product."""

    def scalar(np):
        return lambda *args: np.sum(fun(np, *args) ** 2 * weights)  # squared: not linear

    weights = RNG.normal(size=np.shape(fun(np, *operands)))
    for k in range(len(operands)):
        ours, theirs = bp.grad(scalar(np), k), autograd.grad(scalar(anp), k)
        np.testing.assert_allclose(ours(*operands), theirs(*operands), rtol=1e-12, atol=1e-14)
        v = RNG.normal(size=np.shape(operands[k]))
        second = bp.grad(lambda *args: np.sum(ours(*args) * v), k)  # noqa: B023
        wanted = autograd.grad(lambda *args: anp.sum(theirs(*args) * v), k)  # noqa: B023
        np.testing.assert_allclose(
            second(*operands), wanted(*operands) * np.ones(v.shape), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("name", UNARY)
def test_of_one(name):
    assert_same(lambda np, a: getattr(np, name)(a), A)


@pytest.mark.parametrize("name", BINARY)
def test_of_two_with_broadcasting(name):
    assert_same(lambda np, a, b: getattr(np, name)(a, b), A, B)


@pytest.mark.parametrize("name", FORMS)
def test_with_arguments(name):
    assert_same(FORMS[name], A)


def test_a_wrong_rule_is_caught():
    wrong = bp.Op("wrong", np.sin, lambda g, y, a: 1.01 * g * np.cos(a))
    with pytest.raises(AssertionError):
        assert_same(lambda lib, a: wrong(a) if lib is np else lib.sin(a), A)
