"""What transforms return is memory of its own: not of arguments, seeds, tangents or each other."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.forms import FORMS, matrices, parts

A = matrices()[0]


def assert_own(results, given):
    given = list(given)
    for one in (each for each in results if np.ndim(each)):
        assert type(one) is np.ndarray
        assert one.flags.writeable
        assert not any(np.shares_memory(one, other) for other in given)
        given.append(one)


@pytest.mark.parametrize("name", FORMS)
def test_values_and_products(name):
    def fun(a):
        return [*parts(FORMS[name](a)), a]

    wanted = [np.array(each) for each in fun(A)]
    seeds = [np.ones_like(each) for each in wanted]
    value, pull_back = bp.vjp(fun, A)
    (first,), (second,) = pull_back(seeds), pull_back(seeds)
    assert_own([*value, first, second], [A, *seeds])
    tangent = np.full((3, 3), 0.5)
    value, tangents = bp.jvp(fun, (A,), (tangent,))
    assert_own([*value, *tangents], [A, tangent])
    for one, other in zip(value, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6 if "float32" in name else 1e-14)
        assert np.ndim(one) or isinstance(one, np.generic)


@pytest.mark.parametrize("name", FORMS)
def test_gradients_of_values(name):
    leaf = bp.Value(A)
    given = [leaf, leaf * 1, *parts(FORMS[name](leaf))]
    nodes = [*dict.fromkeys(each for each in given if isinstance(each, bp.Value))]
    for node in nodes:
        node.retain_grad()
    seeds = [np.ones(node.shape) for node in nodes]
    for node, seed in zip(nodes, seeds, strict=True):
        node.backward(seed)
    assert_own([each.grad for each in nodes], [A, *seeds, *(each.data for each in nodes)])


def test_a_value_that_is_changed_leaves_the_pull_back_alone():
    value, pull_back = bp.vjp(np.exp, A)
    (expected,) = pull_back(np.ones((3, 3)))
    value *= 2
    np.testing.assert_array_equal(pull_back(np.ones((3, 3)))[0], expected)


def test_the_same_gradient_twice():
    both = bp.grad(lambda a, b: np.sum(a + b), (0, 1))(A, A)
    assert_own(both, [A])
    assert_own(bp.jacobian(lambda a, b: a + b, (0, 1))(A, A), [A])
    vectors = np.ones((3, 3)), np.ones((3, 3))
    assert_own(bp.hvp(lambda a, b: np.sum((a + b) ** 2) / 2, (A, A), vectors), [A, *vectors])
    assert_own([bp.hessian(lambda a: np.sum(a**2) / 2)(A)], [A])


def test_a_checkpoint():
    leaf, seed = bp.Value(A), np.ones((3, 3))
    bp.checkpoint(lambda a: a.T)(leaf).backward(seed)
    assert_own([leaf.grad], [A, leaf.data, seed])
