"""Random graphs of ops: eager, as source, and on each backend, values and gradients to 1e-12."""

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.random_graphs import STEPS, composed
from tinygrad_bp.compiling.backends import NAMES

SEEDS = st.integers(0, 2**32 - 1)
#: Compiling one graph with LLVM takes a second.
EXAMPLES = {"numpy": 20, "numba": 8, "jax": 15}


def as_source(fun, *args):
    return bp.derive(fun, *args)


def compiled(backend):
    return lambda fun, *args: bp.compile(fun, (0, 1), backend)


def is_there(name):
    return find_spec(f"tinygrad_bp.compiling.{name}_backend") and find_spec(name)


WAYS = {"source": (as_source, 20)} | {
    name: (compiled(name), EXAMPLES[name]) for name in NAMES if is_there(name)
}


def compare(make, steps, seed):
    fun, rng = composed(steps), np.random.default_rng(seed)
    run = make(fun, *rng.normal(size=(2, 3, 3)))
    run(*rng.normal(size=(2, 3, 3)))
    for args in (rng.normal(size=(2, 3, 3)), 2 * rng.normal(size=(2, 3, 3))):
        value, gradients = bp.value_and_grad(fun, (0, 1))(*args)
        found, d = run(*args)
        np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-12)
        scale = 1 + max(np.abs(g).max() for g in gradients)
        for one, expected in zip(d, gradients, strict=True):
            assert (one.shape, one.dtype) == (expected.shape, expected.dtype)
            np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("way", WAYS)
def test_random_graphs(way):
    make, examples = WAYS[way]
    more = settings().max_examples // settings.get_profile("ci").max_examples

    @settings(max_examples=examples * max(more, 1))
    @given(STEPS, SEEDS)
    def check(steps, seed):
        compare(make, steps, seed)

    check()


@pytest.mark.parametrize("backend", [name for name in NAMES if name in WAYS and name != "jax"])
def test_a_users_op_that_is_a_ufunc_with_options(backend):
    single = bp.Op("single", np.exp, lambda g, y, a, dtype: g * y)
    fun = lambda a, b: np.sum(single(a, dtype=np.float32) * b)
    args = np.random.default_rng(0).normal(size=(2, 3, 3))
    value, gradients = bp.value_and_grad(fun, (0, 1))(*args)
    found, d = bp.compile(fun, (0, 1), backend)(*args)
    np.testing.assert_allclose(found, value, rtol=1e-12)
    np.testing.assert_allclose(d, gradients, rtol=1e-12)


def test_a_wrong_gradient_would_be_seen():
    def wrong(fun, *args):
        def run(*args):
            value, (d_a, d_b) = bp.value_and_grad(fun, (0, 1))(*args)
            return value, (d_a * (1 + 1e-11) + 1e-10, d_b)

        return run

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        compare(wrong, [("tanh", 0, 0, None)], 0)
