"""Rules at many shapes, axes and indices, first and second order, against numeric derivatives.

That every row is right at all, `test_rows` tests.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_bp as bp
from tests.gradients import assert_right

SETTINGS = settings(max_examples=25, deadline=None)


def numbers(shape, low=-2.0, high=2.0):
    # multiples of 1/64: numeric derivatives of tiny numbers would test the numeric side
    grid = st.integers(int(low * 64), int(high * 64)).map(lambda k: k / 64)
    return arrays(np.float64, shape, elements=grid)


SMALL = array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3)

UNARY = {
    "square": (lambda a: a**2, -2, 2),
    "cube": (lambda a: a**3, -2, 2),
    "reciprocal": (lambda a: a**-1, 0.5, 2),
    "root": (lambda a: a**0.5, 0.25, 2),
    "exponent": (lambda a: 2.0**a, -2, 2),
    "sum": (lambda a: a.sum(), -2, 2),
    "mean": (lambda a: a.mean(), -2, 2),
    "logsumexp": (bp.logsumexp, -2, 2),
    "transpose": (lambda a: a.T * np.arange(a.size).reshape(a.T.shape), -2, 2),
    "reshape": (lambda a: a.reshape(-1), -2, 2),
    "itself twice": (lambda a: a * a + a, -2, 2),
}


@pytest.mark.parametrize("name", UNARY)
@SETTINGS
@given(data=st.data())
def test_unary(name, data):
    fun, low, high = UNARY[name]
    a = data.draw(numbers(data.draw(SMALL), low, high))
    assert_right(fun, a)


KINKED = {
    "max": lambda a: np.max(a),
    "min": lambda a: np.min(a),
    "clip": lambda a: np.clip(a, -0.505, 0.505),
    "where": lambda a: np.where(a > 0, a * a, -a),
}


@pytest.mark.parametrize("name", KINKED)
@SETTINGS
@given(data=st.data())
def test_between_kinks(name, data):
    shape = data.draw(SMALL)
    size = int(np.prod(shape))
    # distinct entries, away from 0 and from each other by more than the five-point stencil
    order = data.draw(st.permutations(range(size)))
    a = ((np.array(order) - size / 2 + 0.25) / 8).reshape(shape)
    assert_right(KINKED[name], a, analytic=False)


AXES = [None, 0, 1, -1, (0, 1), (0, -1), (-2, 2)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("reduction", [np.sum, np.mean, np.max, np.min, bp.logsumexp])
def test_reductions(reduction, axis, keepdims):
    a = np.random.default_rng(1).permutation(24).reshape(2, 3, 4) / 8
    assert_right(
        lambda v: reduction(v, axis=axis, keepdims=keepdims),
        a,
        analytic=reduction in (np.sum, np.mean, bp.logsumexp),
    )
    expected = (
        bp.logsumexp(a, axis=axis, keepdims=keepdims)
        if reduction is bp.logsumexp
        else (reduction(a, axis=axis, keepdims=keepdims))
    )
    np.testing.assert_allclose(
        reduction(bp.Value(a), axis=axis, keepdims=keepdims).data, expected, rtol=1e-15
    )


MATMUL = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((2, 2, 3), (3,)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((2, 2, 3), (2, 3, 2)),
    ((2, 1, 2, 3), (3, 3, 2)),
    ((1, 2, 3), (4, 3, 1)),
]


@pytest.mark.parametrize(("left", "right"), MATMUL)
def test_matmul(left, right):
    rng = np.random.default_rng(2)
    assert_right(lambda a, b: a @ b, rng.normal(size=left), rng.normal(size=right))


INDICES = [
    1,
    -1,
    slice(None, None, 2),
    slice(None, None, -1),
    (0, 1),
    (slice(1, None), 0),
    (..., 1),
    None,
    (slice(None), None),
    [0, 0, 2],
    np.array([[0, 2], [2, 2]]),
    ([0, 0], [1, 1]),
    (slice(None), [3, 3, 0]),
    np.arange(12).reshape(3, 4) % 3 == 0,
    (np.array([True, False, True]), 2),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing(index):
    a = np.random.default_rng(3).normal(size=(3, 4))
    assert_right(lambda v: v[index] ** 2, a)
    np.testing.assert_array_equal(bp.Value(a)[index].data, a[index])


SHAPING = {
    "reshape": lambda a: a.reshape(4, 3) ** 2,
    "reshape to a tuple": lambda a: a.reshape((2, -1)) ** 2,
    "transpose of axes": lambda a: np.transpose(a[None], (2, 0, 1)) ** 2,
    "negative axes": lambda a: np.transpose(a[None], (-1, 0, -2)) ** 2,
    "T": lambda a: a.T**2,
    "mT": lambda a: (a[None] * a[:, None, :1]).mT ** 2,
    "broadcast_to": lambda a: np.broadcast_to(a, (2, 3, 4)) ** 2,
    "concatenate": lambda a: np.concatenate([a, a[:1], np.ones((1, 4)), a * a]),
    "concatenate, axis 1": lambda a: np.concatenate([a, a[:, :2] ** 2], axis=-1),
    "concatenate, flat": lambda a: np.concatenate([a, a[0]], axis=None) ** 2,
    "stack": lambda a: np.stack([a, 2 * a * a, np.ones((3, 4))], axis=1) ** 2,
    "stack, last axis": lambda a: np.stack([a, a], axis=-1) ** 2,
    "expand_dims": lambda a: np.expand_dims(a, (0, -1)) ** 2,
    "astype": lambda a: a.astype(float) ** 2 if isinstance(a, bp.Value) else a**2,
}


@pytest.mark.parametrize("name", SHAPING)
def test_shaping(name):
    assert_right(SHAPING[name], np.random.default_rng(4).normal(size=(3, 4)))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("fun", [bp.softmax, bp.log_softmax])
def test_softmax(fun, axis):
    a = np.random.default_rng(5).normal(size=(3, 4))
    assert_right(lambda v: fun(v, axis=axis), a)
    total = fun(a, axis=axis) if fun is bp.softmax else np.exp(fun(a, axis=axis))
    np.testing.assert_allclose(total.sum(axis=axis), 1, rtol=1e-14)


def test_losses():
    rng = np.random.default_rng(6)
    logits, p = rng.normal(size=(3, 4)), rng.dirichlet(np.ones(4), 3)
    assert_right(lambda v: bp.cross_entropy(v, [0, 3, 3]), logits)
    assert_right(bp.cross_entropy, logits, p)
    assert_right(bp.mse, logits, p)
    onehot = np.eye(4)[[0, 3, 3]]
    np.testing.assert_allclose(
        bp.cross_entropy(logits, [0, 3, 3]), bp.cross_entropy(logits, onehot), rtol=1e-15
    )
    np.testing.assert_allclose(bp.mse(logits, p), ((logits - p) ** 2).mean(), rtol=1e-15)


def test_a_wrong_rule_is_caught():
    """The checker of this file fails where a rule is wrong, in the first and the second order."""
    wrong = bp.Op("wrong", np.exp, lambda g, y, a: 1.01 * g * y)
    with pytest.raises(AssertionError):
        assert_right(wrong, np.array([0.5, 1.0]))
    constant = bp.Op("cut", np.exp, lambda g, y, a: g * np.exp(getattr(a, "data", a)))
    with pytest.raises(AssertionError):
        assert_right(constant, np.array([0.5, 1.0]))
