"""Random compositions of ops: the written source against the engine, on other data too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp

UNARY = {
    "neg": lambda a: -a,
    "exp": lambda a: np.exp(np.tanh(a)),
    "log": lambda a: np.log(abs(a) + 1.5),
    "sqrt": lambda a: np.sqrt(a * a + 0.5),
    "square": lambda a: a**2,
    "cube": lambda a: np.tanh(a) ** 3,
    "tanh": np.tanh,
    "sigmoid": bp.sigmoid,
    "relu": bp.relu,
    "abs": abs,
    "transpose": lambda a: a.T,
    "softmax": bp.softmax,
    "log_softmax": lambda a: bp.log_softmax(a, axis=0),
    "logsumexp": lambda a: bp.logsumexp(a, axis=1, keepdims=True) + a,
    "logsumexp of all": lambda a: a * bp.logsumexp(a),
    "max": lambda a: a - np.max(a, axis=0),
    "min": lambda a: np.min(a, axis=1, keepdims=True) * a,
    "sum": lambda a: np.sum(a, axis=0) / 3 + a,
    "mean": lambda a: a - np.mean(a, axis=(0, 1)),
    "reshape": lambda a: np.reshape(a, 9).reshape(3, 3),
    "flipped": lambda a: a[::-1],
    "rows": lambda a: a[[0, 0, 2]],
    "element": lambda a: a * a[1, 2],
    "concatenate": lambda a: np.concatenate([a[1:], 2 * a[:1]], axis=0),
    "stack": lambda a: np.stack([a[0], a[2], a[1]], axis=1),
    "broadcast": lambda a: np.broadcast_to(a[0], (3, 3)),
    "clip": lambda a: np.clip(a, -0.7, 0.9),
    "where": lambda a: np.where(a > 0.1, a, -0.5),
    "column": lambda a: a * (a @ a[:, 0])[:, None] / 4,
}
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * np.tanh(b),
    "div": lambda a, b: a / (b * b + 1),
    "matmul": lambda a, b: a @ np.tanh(b) / 3,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "power": lambda a, b: (abs(a) + 0.5) ** np.tanh(b),
    "where": lambda a, b: np.where(a > b, a, b * b),
}
NAMES = st.sampled_from([None, "h", "out", "class", "a", "x.y"])
STEPS = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 9), st.integers(0, 9), NAMES),
    min_size=1,
    max_size=8,
)


def composed(steps):
    def fun(a, b):
        found = [a, b]
        for name, i, j, title in steps:
            one, other = found[-1 - i % len(found)], found[-1 - j % len(found)]
            y = UNARY[name](one) if name in UNARY else BINARY[name](one, other)
            found.append(bp.named(y, title) if title and isinstance(y, bp.Value) else y)
        return np.sum(np.tanh(found[-1] / 4)) + np.sum(found[-1] * 0.25)

    return fun


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
