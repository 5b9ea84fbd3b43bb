"""Stability far out, and the conventions at edge points."""

import warnings

import numpy as np
import pytest

import tinygrad_bp as bp


def gradient(fun, *data):
    leaves = [bp.Value(d) for d in data]
    fun(*leaves).backward(np.ones(np.shape(fun(*data))))
    grads = [leaf.grad for leaf in leaves]
    return grads[0] if len(grads) == 1 else grads


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_out_without_warnings_or_nan(dtype):
    x = np.array([-1e4, -1000, -20, 0, 20, 1000, 1e4], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fun in (bp.sigmoid, np.tanh, bp.relu, bp.softmax, bp.log_softmax, bp.logsumexp):
            y = fun(bp.Value(x))
            assert np.isfinite(y.data).all(), fun
            assert y.dtype == dtype
            y.backward(np.ones(y.shape))
            assert np.isfinite(gradient(fun, x)).all(), fun


def test_values_far_out():
    np.testing.assert_array_equal(bp.sigmoid(np.array([-1000.0, 0, 1000])), [0, 0.5, 1])
    np.testing.assert_array_equal(bp.softmax([1e4, -1e4]), [1, 0])
    np.testing.assert_array_equal(bp.log_softmax([1e4, -1e4]), [0, -2e4])
    assert bp.logsumexp([-np.inf, 0.0]) == 0
    assert bp.logsumexp([-1e4, -1e4]) == pytest.approx(-1e4 + np.log(2), rel=1e-15)
    assert bp.sigmoid(-40.0) == pytest.approx(np.exp(-40), rel=1e-15)
    loss = bp.cross_entropy(bp.Value([[1e4, -1e4]]), [1])
    loss.backward()
    assert loss.item() == 2e4


def test_saturated_tanh_and_sigmoid_have_the_documented_error():
    for a in (10.0, 20.0, 40.0):
        assert abs(gradient(np.tanh, a) - 1 / np.cosh(a) ** 2) <= 1.2e-16 * 2
        assert abs(gradient(bp.sigmoid, a) - bp.sigmoid(a) * bp.sigmoid(-a)) <= 1.2e-16


def test_conventions_at_edge_points():
    assert gradient(np.abs, 0.0) == 0
    assert gradient(bp.relu, 0.0) == 0
    assert gradient(np.maximum, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(np.minimum, 1.0, 1.0) == [0.5, 0.5]
    np.testing.assert_array_equal(gradient(np.max, np.array([3.0, 1, 3])), [0.5, 0, 0.5])
    np.testing.assert_array_equal(gradient(np.min, np.array([3.0, 1, 1])), [0, 0.5, 0.5])
    np.testing.assert_array_equal(
        gradient(lambda v: np.clip(v, 0, 1), np.array([-1.0, 0, 0.5, 1, 2])), [0, 1, 1, 1, 0]
    )
    assert gradient(lambda v: v**0, 0.0) == 0
    assert gradient(lambda v: v**1, 0.0) == 1
    assert gradient(np.power, 0.0, 0.0) == [0, 0]
    assert gradient(np.power, 0.0, 2.0) == [0, 0]
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert gradient(np.sqrt, 0.0) == np.inf


def test_ties_share_along_the_axis():
    a = np.array([[1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_array_equal(gradient(lambda v: np.max(v, axis=0), a), [[1, 0.5], [0, 0.5]])
    np.testing.assert_array_equal(gradient(lambda v: np.max(v), a), [[1 / 3, 1 / 3], [0, 1 / 3]])


def test_nan_is_data():
    x = bp.Value([np.nan, 1.0])
    y = (x * 2).sum()
    y.backward()
    assert np.isnan(y.data)
    np.testing.assert_array_equal(x.grad, [2, 2])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_arrays(shape):
    x = bp.Value(np.empty(shape))
    (bp.relu(x) * 2 + x).sum().backward()
    assert x.grad.shape == shape


def test_empty_reduction_says_so():
    with pytest.raises(ValueError, match=r"max: .*zero-size.*operand 0 of shape \(0,\)"):
        np.max(bp.Value(np.empty(0)))
