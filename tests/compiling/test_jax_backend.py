"""The jax backend: the engine's numbers, under JAX's transforms, in the precision of the trace."""

import subprocess
import sys

import numpy as np
import pytest

import tinygrad_bp as bp
from tests import random_graphs
from tests.writing import test_numpy_functions as numpy_functions
from tinygrad_bp import net7652
from tinygrad_bp.compiling.jax_backend import as_function, build, build_loop
from tinygrad_bp.trees import flatten

jax = pytest.importorskip("jax")

GRAPHS = {
    name: random_graphs.composed([(name, 0, 1, None)])
    for name in [*random_graphs.UNARY, *random_graphs.BINARY]
}
W, X = np.random.default_rng(0).normal(size=(2, 3, 3))


def loss(w, x):
    return np.mean((np.tanh(x @ w) - 0.5) ** 2)


def step(w, x):
    return w - 0.1 * bp.grad(loss)(w, x)


def agree(program, expected, args, rtol=1e-12):
    found = build(program)(*args)
    for one, other in zip(found, expected, strict=True):
        other = np.asarray(other)
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        scale = rtol * (1 + np.abs(other).max(initial=0))
        np.testing.assert_allclose(one, other, rtol=rtol, atol=scale)


@pytest.mark.parametrize("name", GRAPHS)
def test_engine_and_jax_agree(name):
    rng = np.random.default_rng(2)
    program = bp.derive(GRAPHS[name], *rng.normal(size=(2, 3, 3))).program
    for args in rng.normal(size=(2, 2, 3, 3)):
        value, gradients = bp.value_and_grad(GRAPHS[name], (0, 1))(*args)
        agree(program, (value, *gradients), args)


@pytest.mark.parametrize("name", numpy_functions.FUNCTIONS)
def test_numpys_functions_agree(name):
    rng = np.random.default_rng(2)

    def fun(a):
        return np.sum(numpy_functions.FUNCTIONS[name](a) * 1.5)

    program = bp.derive(fun, rng.normal(size=(3, 3))).program
    a = rng.normal(size=(3, 3))
    agree(program, bp.value_and_grad(fun)(a), [a], rtol=1e-10)


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
@pytest.mark.parametrize("name", numpy_functions.EMPTY)
def test_arrays_without_elements(name, shape):
    fun = lambda a: np.sum(numpy_functions.EMPTY[name](a) * 2.0)
    agree(
        bp.derive(fun, np.ones(shape)).program,
        bp.value_and_grad(fun)(np.ones(shape)),
        [np.ones(shape)],
    )


def test_arrays_in_another_byte_order():
    swapped, places = np.arange(3.0).astype(">f8"), np.array([2, 0, 2], ">i4")
    fun = lambda a, k: np.sum(a * swapped) + np.sum(a[places] ** 2) + np.sum(a * k)
    args = W, np.arange(3, dtype=">i8")
    value, gradient = bp.value_and_grad(fun)(*args)
    found, d = bp.compile(fun, backend="jax")(*args)
    np.testing.assert_allclose(found, value, rtol=1e-13)
    np.testing.assert_allclose(d, gradient, rtol=1e-13)


def test_the_net():
    params = net7652.initial_parameters()
    program = bp.derive(net7652.loss, params).program
    value, gradients = bp.value_and_grad(net7652.loss)(params)
    leaves = [leaf for _, leaf in flatten(params)]
    agree(program, (value, *gradients.values()), leaves, rtol=1e-14)


def test_float32_stays_float32_and_the_users_mode_is_left_alone():
    w, x = W.astype(np.float32), X.astype(np.float32)
    assert {r.dtype for r in build(bp.derive(loss, w, x).program)(w, x)} == {np.dtype("float32")}
    assert {r.dtype for r in build(bp.derive(loss, W, X).program)(W, X)} == {np.dtype("float64")}
    assert jax.numpy.ones(1, float).dtype == np.float32


def test_a_float32_function_with_float64_constants_gives_what_the_engine_gives():
    table = np.linspace(0, 1, 3)
    small = W.astype(np.float32)

    def fun(w):
        return np.sum(w * table)

    agree(bp.derive(fun, small).program, bp.value_and_grad(fun)(small), [small], rtol=1e-6)


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: np.sum(np.max(a, axis=0) ** 2),
        lambda a: np.sum(np.ptp(a, axis=0) ** 2),
        lambda a: np.sum(np.std(a, axis=0) + np.median(a, axis=0)),
        lambda a: np.sum(np.linalg.norm(a, axis=0)),
        lambda a: np.sum(a * np.argmax(a)) + np.sum(a) / np.count_nonzero(a > 0),
        lambda a: np.sum(a * np.int64(3)) + np.sum(a * np.float64(0.1)),
    ],
)
def test_dtypes_are_those_of_numpy(fun):
    small = W.astype(np.float32)
    agree(bp.derive(fun, small).program, bp.value_and_grad(fun)(small), [small], rtol=1e-5)
    compiled = bp.compile(lambda a: a - np.float32(0.1) * bp.grad(fun)(a), None, "jax")
    assert compiled.repeat(2)(small).dtype == np.float32


SPECIAL = np.array([0.0, -0.0, 1.0, -2.5, 710.0, -800.0, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: np.maximum(a, 0) * a,
        lambda a: bp.relu(a) * a,
        lambda a: np.clip(a, -1, 2) * a,
        lambda a: a * (a > 0) + (a == a[::-1]) * a,
        lambda a: np.where(a > 0, a, -a) * a,
        lambda a: np.max(a) * a,
        lambda a: np.fmin(a, a[::-1]),
    ],
)
def test_infinities_and_nan(fun):
    def loss(a):
        return np.sum(fun(a))

    with np.errstate(all="ignore"):
        expected, program = bp.value_and_grad(loss)(SPECIAL), bp.derive(loss, SPECIAL).program
    for one, other in zip(build(program)(SPECIAL), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_under_the_transforms_of_jax():
    function = as_function(bp.derive(loss, W, X, argnums=0).program)
    many = np.stack([X, 2 * X, 3 * X])
    with jax.enable_x64(True):
        values, gradients = jax.jit(jax.vmap(function, (None, 0)))(W, many)
        slope = jax.grad(lambda w: function(w, X)[0])(W)
        second = jax.hessian(lambda w: function(w, X)[0])(W)
        again = jax.jacobian(lambda w: function(w, X)[1])(W)
    for x, value, gradient in zip(many, values, gradients, strict=True):
        expected, d = bp.value_and_grad(loss)(W, x)
        np.testing.assert_allclose(value, expected, rtol=1e-13)
        np.testing.assert_allclose(gradient, d, rtol=1e-12)
    np.testing.assert_allclose(slope, bp.grad(loss)(W, X), rtol=1e-12)
    np.testing.assert_allclose(second, bp.hessian(loss)(W, X), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(again, second, rtol=1e-11, atol=1e-14)


def test_leaves_that_were_not_traced_like_that_are_refused():
    function = as_function(bp.derive(loss, W, X).program)
    with pytest.raises(TypeError, match=r"expected w of float64 .*enable_x64"):
        function(W, X)
    with jax.enable_x64(True), pytest.raises(TypeError, match=r"x of .* shape \(3, 3\).*\(2, 3\)"):
        function(W, X[:2])


@pytest.mark.parametrize("n", [0, 1, 7])
def test_a_loop_is_that_many_steps(n):
    loop = build_loop(bp.derive(step, W, X, argnums=()).program, 1)
    expected = W
    for _ in range(n):
        expected = step(expected, X)
    (found,) = loop(n, W, X)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_cotangents_go_in_after_the_inputs():
    program = bp.derive(lambda w: np.tanh(w), W).program
    value, pull_back = bp.vjp(np.tanh, W)
    agree(program, (value, *pull_back(X)), [W, X])


def test_large_constants_and_places():
    rng = np.random.default_rng(5)
    table, places = rng.normal(size=(40, 40)), rng.integers(0, 40, 100)

    def fun(w):
        return np.sum((table @ w)[places, places[::-1]] ** 2) + np.sum(w[:, list(range(20))])

    w = rng.normal(size=(40, 40))
    agree(bp.derive(fun, w).program, bp.value_and_grad(fun)(w), [w])


def test_a_users_op_with_a_text():
    softplus = bp.Op(
        "softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * np.exp(a) / (1 + np.exp(a))
    )
    text = {"softplus": "np.logaddexp(0, {0})"}

    def fun(w):
        return np.sum(softplus(w))

    program = bp.derive(fun, W, text=text).program
    value, gradient = build(program, text)(W)
    np.testing.assert_allclose(value, fun(W), rtol=1e-13)
    np.testing.assert_allclose(gradient, bp.grad(fun)(W), rtol=1e-13)


def test_without_jax_the_error_names_the_extra(monkeypatch):
    program = bp.derive(loss, W, X).program
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install 'tinygrad-bp\[jax\]'"):
        build(program)


def test_jax_is_imported_only_when_it_is_used():
    code = "import sys, tinygrad_bp.compiling.jax_backend; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def test_an_argument_may_be_written_into_as_soon_as_the_call_has_returned():
    def fun(a):
        return np.sum(a @ a @ a @ a) * a

    compiled, a = bp.compile(fun, None, "jax"), np.random.default_rng(0).normal(size=(300, 300))
    for call in (compiled, compiled.repeat(1)):
        call(a)
        for _ in range(5):
            expected, found = fun(a), call(a)
            a[...] = -a - 1
            np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_real_spectrum_is_complex_on_jax_and_refused():
    def spectrum(a):
        return np.sum(np.linalg.eigvals(a @ a.T) ** 2)

    with pytest.raises(TypeError, match=r"complex.*take \.real"):
        bp.compile(spectrum, backend="jax")(np.eye(2) + 1.0)
