"""Random compositions of ops: the written source against the engine, on other data too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.random_graphs import BINARY, STEPS, UNARY, composed


@given(STEPS, st.integers(0, 2**32 - 1))
def test_random_graphs(steps, seed):
    fun, rng = composed(steps), np.random.default_rng(seed)
    derivation = bp.derive(fun, *rng.normal(size=(2, 3, 3)))
    for args in (rng.normal(size=(2, 3, 3)), 2 * rng.normal(size=(2, 3, 3))):
        value, gradients = bp.value_and_grad(fun, (0, 1))(*args)
        found, d = derivation(*args)
        (interpreted,), steps_d = derivation.program.run(args)
        np.testing.assert_allclose(found, value, rtol=1e-12)
        np.testing.assert_allclose(interpreted, value, rtol=1e-12)
        scale = 1 + max(np.abs(g).max() for g in gradients)
        for one, two, expected in zip(d, steps_d, gradients, strict=True):
            np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-12 * scale)
            np.testing.assert_allclose(two, expected, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_each_op_and_its_second_derivative(name):
    """The text of every op and of its rule, and of the rule's rule."""
    fun = composed([(name, 0, 1, None)])
    first, second = np.random.default_rng(3).normal(size=(2, 2, 3, 3))
    derivation = bp.derive(bp.grad(fun), *first)
    seed = np.random.default_rng(4).normal(size=(3, 3))
    value, pull_back = bp.vjp(bp.grad(fun), *second)
    found, d = derivation(*second, seed=seed)
    np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-13)
    for one, expected in zip(d, pull_back(seed), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-11, atol=1e-12)
