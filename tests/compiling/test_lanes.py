"""One call for many arrays: the updates of training steps, and what must not be joined."""

import re

import numpy as np
import pytest

import tinygrad_bp as bp

rng = np.random.default_rng(0)
SHAPES = {"w_1": (4, 3), "b_1": (4, 1), "w_2": (2, 4), "b_2": (2, 1)}
X = rng.normal(size=(3, 5))


def initial(dtype=np.float64):
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in SHAPES.items()}


def loss(p):
    return np.sum(np.tanh(p["w_2"] @ np.tanh(p["w_1"] @ X + p["b_1"]) + p["b_2"]) ** 2)


def gd(p):
    return {k: p[k] - 0.1 * g for k, g in bp.grad(loss)(p).items()}


def momentum(state):
    p, m = state
    m = {k: 0.9 * m[k] + 0.1 * g for k, g in bp.grad(loss)(p).items()}
    return {k: p[k] - m[k] for k in p}, m


def adam(state):
    p, m, v, t = state
    g, t = bp.grad(loss)(p), t + 1
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
    v = {k: 0.999 * v[k] + 0.001 * g[k] ** 2 for k in p}
    rate = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return {k: p[k] - rate * m[k] / (np.sqrt(v[k]) + 1e-8) for k in p}, m, v, t


def zeros():
    return {name: np.zeros(shape) for name, shape in SHAPES.items()}


def leaves(tree):
    if isinstance(tree, dict | tuple):
        return [
            a for item in (tree.values() if isinstance(tree, dict) else tree) for a in leaves(item)
        ]
    return [tree]


@pytest.mark.parametrize(
    ("step", "state", "calls"),
    [
        (gd, initial(), 2),
        (momentum, (initial(), zeros()), 4),
        (adam, (initial(), zeros(), zeros(), 0.0), 12),
    ],
)
def test_updates_of_all_parameters_are_one_call_each(step, state, calls):
    compiled, expected, found = bp.compile(step, None), state, state
    for n in range(1, 4):
        expected, found = step(expected), compiled(found)
        looped = compiled.repeat(n)(state)
        for one, other, wanted in zip(*map(leaves, (found, looped, expected)), strict=True):
            np.testing.assert_allclose(one, wanted, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(other, wanted, rtol=1e-11, atol=1e-13)
    inside = compiled.source.partition("for _ in")[2].splitlines()
    assert len([line for line in inside if re.search(r"[(, ]r\d", line)]) == calls
    assert not [line for line in inside if line.lstrip().startswith(("sqrt(b", "divide(b"))]


@pytest.mark.parametrize(
    "fun",
    [
        lambda a, b: (np.tanh(a) * 2, np.tanh(b) * 2, np.tanh(a) + 1, np.tanh(b) + 1),
        lambda a, b: (np.tanh(a) * 2, np.tanh(b) * 2, np.tanh(b) + np.tanh(a)),
        lambda a, b: (np.sin(a) - np.cos(b), np.sin(b) - np.cos(a)),
        lambda a, b: (np.sin(a) - np.sin(b), np.sin(b) - np.sin(a)),
        lambda a, b: (np.tanh(a) * np.tanh(a), np.tanh(b) * np.tanh(b)),
        lambda a, b: (np.tanh(a) * 2, np.tanh(b) * 2, np.tanh(a) * 2 * np.tanh(b)),
        lambda a, b: (np.tanh(a) * 2, np.tanh(b).T * 2, np.tanh(a), np.tanh(b)),
        lambda a, b: (np.tanh(a) * b[0, 0], np.tanh(b) * b[0, 0], np.tanh(b[0]) * b[0, 0]),
        lambda a, b: (np.tanh(a) ** 2, np.tanh(b) ** 2, np.tanh(a) ** 3, np.tanh(b) ** 3),
        lambda a, b: (np.tanh(a) / 3, np.tanh(b.astype(np.float32)) / 3, np.tanh(b) / 3),
        lambda a, b: (2 * (np.tanh(a) + 1), 2 * (np.tanh(b) + 1), (np.tanh(b) + 1) * np.tanh(a)),
        lambda a, b: (np.tanh(a) * 2, np.tanh(a) * 2, np.tanh(b) * 2),
    ],
)
def test_what_stands_side_by_side_is_right(fun):
    compiled = bp.compile(fun, None)
    for args in rng.normal(size=(3, 2, 3, 3)):
        expected = fun(*args)
        found = compiled(*args)
        assert len(found) == len(expected)
        for one, wanted in zip(found, expected, strict=True):
            assert one.dtype == wanted.dtype
            np.testing.assert_allclose(one, wanted, rtol=1e-6 if one.dtype == np.float32 else 1e-14)


def test_large_arrays_and_arrays_without_elements_stay_alone():
    for n in (0, 5000):
        args = rng.normal(size=(2, n))
        compiled = bp.compile(lambda a, b: (np.tanh(a) * 2, np.tanh(b) * 2), None)
        for one, a in zip(compiled(*args), args, strict=True):
            np.testing.assert_allclose(one, np.tanh(a) * 2)
        assert compiled.source.count("multiply(") == 2


def test_an_array_that_would_have_to_stand_in_two_rows():
    def fun(a, b):
        h = np.maximum(a, bp.logsumexp(b, axis=1, keepdims=True) + b + b)
        return np.sum(np.tanh(h / 4))

    def step(state):
        d_a, d_b = bp.grad(fun, (0, 1))(*state)
        return state[1] - d_a / 8, d_b / 8 + state[0]

    state = tuple(rng.normal(size=(2, 3, 3)))
    loop, expected = bp.compile(step, None), state
    for n in range(4):
        for found, wanted in zip(loop.repeat(n)(state), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-13)
        expected = step(expected)
