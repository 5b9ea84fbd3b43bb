"""What NumPy gives as a view, where memory is used again: numbers are those of the engine."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.forms import FORMS, matrices, parts, with_memory_used_again


def compare(fun, name, copy=True):
    compiled = bp.compile(fun, copy=copy)
    # a number that went through float32 has its precision, whatever the order of the sums
    rtol = 1e-6 if "float32" in name else 1e-11
    for a in matrices():
        value, gradient = bp.value_and_grad(fun)(a)
        found, d = compiled(a)
        assert (found.shape, d.shape) == (value.shape, gradient.shape)
        np.testing.assert_allclose(found, value, rtol=rtol)
        np.testing.assert_allclose(d, gradient, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", FORMS)
def test_value_and_gradient(name):
    compare(with_memory_used_again(FORMS[name]), name)


@pytest.mark.parametrize("name", FORMS)
def test_second_derivative(name):
    fun, seed = with_memory_used_again(FORMS[name]), matrices()[0]
    compare(lambda a: np.sum(bp.grad(fun)(a) * seed), name, copy=False)


@pytest.mark.parametrize("name", FORMS)
def test_loop(name):
    """The state is overwritten by the next one, while what was taken from it is still needed."""
    form = FORMS[name]

    def step(state, c):
        a, b = state
        taken = parts(form(a))
        one = bp.sigmoid(b + c * sum(np.sum(each) for each in taken))
        total = sum(np.sum(np.tanh(each * np.sum(one))) for each in taken)
        return one, bp.sigmoid(b - total)

    a, b, c, *_ = matrices()
    loop, expected = bp.compile(step, None), (a, b)
    for n in range(4):
        for found, wanted in zip(loop.repeat(n)((a, b), c), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-11)
        expected = step(expected, c)


@pytest.mark.parametrize("name", FORMS)
def test_results_are_memory_of_their_own(name):
    form = FORMS[name]
    compiled = bp.compile(lambda a: [*parts(form(a)), *parts(form(a * 2)), a], argnums=None)
    for a in matrices():
        wanted = [np.array(each) for each in [*parts(form(a)), *parts(form(a * 2)), a]]
        found = compiled(a)
        for k, one in enumerate(found):
            assert not np.shares_memory(one, a)
            assert not any(np.shares_memory(one, other) for other in found[k + 1 :])
        a *= 2
        compiled(a)
        for one, each in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, each, rtol=1e-12)


# --- the promise of an op that it returns memory of its own ------------------------------------


def test_a_promise_lets_memory_be_used_again():
    def pieces(**promise):
        op = bp.Op("op", lambda a: np.sin(a), lambda g, y, a: g * np.cos(a), **promise)
        compiled = bp.compile(lambda a: np.exp(a * 2) + op(a * 2) * 3, argnums=None)
        a = matrices()[0]
        np.testing.assert_allclose(compiled(a), np.exp(a * 2) + np.sin(a * 2) * 3, rtol=1e-14)
        return compiled.source.count("memory(")

    assert pieces(shares=False) < pieces()
