"""Compiled functions inside of JAX: under its transforms, with its arrays, over devices."""

import numpy as np
import pytest

import tinygrad_bp as bp

jax = pytest.importorskip("jax")

W, X = np.random.default_rng(0).normal(size=(2, 3, 3))
NET = {"w": W, "b": [X[0]]}


def loss(net, x, power=2):
    return np.mean(np.tanh(x @ net["w"] + net["b"][0]) ** power)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def agree(found, expected):
    close(found["w"], expected["w"])
    close(found["b"][0], expected["b"][0])


@pytest.mark.parametrize("power", [2, 3])
def test_under_jit_grad_and_vmap(power):
    function = bp.compile(loss, backend="jax").function
    twice = {"b": [2 * X[0]], "w": 2 * W}
    many = np.stack([X, 2 * X])
    with jax.enable_x64(True):
        value, gradients = jax.jit(lambda net, x: function(net, x, power))(twice, X)
        slopes = jax.grad(lambda net: function(net, X, power)[0])(twice)
        values, _ = jax.vmap(lambda x: function(NET, x, power))(many)
    expected, d = bp.value_and_grad(loss)(twice, X, power)
    close(value, expected)
    agree(gradients, d)
    agree(slopes, d)
    close(values, [loss(NET, x, power) for x in many])


def test_second_derivatives_are_those_of_jax():
    def fun(w):
        return np.sum(np.tanh(w @ X) ** 2)

    with jax.enable_x64(True):
        found = jax.jacobian(bp.compile(fun, backend="jax").function, argnums=0)(W)[1]
    close(found, bp.hessian(fun)(W))


def test_gradients_by_several_arguments_and_a_step():
    with jax.enable_x64(True):
        _, (d_net, d_x) = bp.compile(loss, argnums=(0, -1), backend="jax").function(NET, X)
        step = bp.compile(lambda w, rate: w - rate * np.sign(w), None, "jax").function
        moved = jax.jit(step)(W, 0.5)
    expected_net, expected_x = bp.grad(loss, (0, 1))(NET, X)
    agree(d_net, expected_net)
    close(d_x, expected_x)
    close(moved, W - 0.5 * np.sign(W))


def test_whole_numbers_are_inputs():
    def fun(w, labels):
        return bp.cross_entropy(w, labels)

    function = jax.jit(bp.compile(fun, backend="jax").function)
    with jax.enable_x64(True):
        for labels in (np.array([0, 1, 2]), np.array([2, 2, 0])):
            value, gradient = function(W, labels)
            close(value, fun(W, labels))
            close(gradient, bp.grad(fun)(W, labels))


def test_float32_needs_no_mode():
    w, x = W.astype(np.float32), X.astype(np.float32)
    value, gradients = bp.compile(loss, backend="jax").function({"w": w, "b": [x[0]]}, x)
    assert value.dtype == gradients["w"].dtype == np.float32


def test_float64_without_its_mode_is_refused():
    with pytest.raises(TypeError, match="enable_x64"):
        bp.compile(loss, backend="jax").function(NET, X)


def test_branches_are_refused_as_ever():
    def fun(w):
        return w.sum() if w.sum().item() > 0 else -w.sum()

    with jax.enable_x64(True), pytest.raises(TypeError, match=r"branches|\\.item"):
        jax.jit(bp.compile(fun, backend="jax").function)(W)


def test_other_backends_have_no_such_function():
    with pytest.raises(AttributeError, match="backend='jax'"):
        _ = bp.compile(loss).function


def test_the_compiled_function_and_its_loop():
    def step(net):
        d = bp.grad(loss)(net, X)
        return {"w": net["w"] - 0.1 * d["w"], "b": [net["b"][0] - 0.1 * d["b"][0]]}

    value, gradients = bp.compile(loss, backend="jax")(NET, X)
    expected, d = bp.value_and_grad(loss)(NET, X)
    close(value, expected)
    agree(gradients, d)
    found = bp.compile(step, None, "jax").repeat(3)(NET)
    agree(found, step(step(step(NET))))


def test_an_own_op_with_and_without_a_text():
    softplus = bp.Op("softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * bp.sigmoid(a))
    text = {"softplus": "np.logaddexp(0, {0})"}

    def fun(w):
        return np.sum(softplus(w) ** 2)

    for options in ({}, {"text": text}):
        compiled = bp.compile(fun, backend="jax", **options)
        with jax.enable_x64(True):
            inside = jax.jit(compiled.function)(W)
        for value, gradient in (compiled(W), inside):
            close(value, fun(W))
            close(gradient, bp.grad(fun)(W))


def test_an_op_that_is_opaque_needs_a_text():
    opaque = bp.Op("opaque", lambda a: np.asarray(a) ** 2, lambda g, y, a: 2 * g * a)
    with pytest.raises(TypeError, match=r"text=\{'opaque'"):
        bp.compile(lambda w: np.sum(opaque(w)), backend="jax")(W)


def test_what_is_on_the_device_stays_there():
    step = bp.compile(lambda w, x: w + np.sum(x), None, "jax")
    w = step(step(W, X), X)
    hits = step.cache_info().hits
    for _ in range(3):
        w = step(w, X)
        assert isinstance(w, jax.Array)
        assert w.dtype == np.float64
    assert step.cache_info() == (hits + 3, 1, 16, 1)
    close(w, W + 5 * X.sum())
    assert "np.sum(x)" in step.source or "np.sum(leaf_2)" in step.source
