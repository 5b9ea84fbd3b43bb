import numpy as np
import pytest

import tinygrad_bp as bp


def loss(x):
    return bp.sum(x**3)


X = np.array([1.0, -2.0])


def test_right_gradients_return_the_comparison():
    comparison = bp.testing.assert_gradients_match(loss, X, lambda x: 3 * x**2)
    assert isinstance(comparison, bp.Comparison)
    assert comparison.numeric_method == "complex"
    assert bp.testing.assert_gradients_match(loss, X)


def test_wrong_gradients_raise_the_table():
    with pytest.raises(AssertionError) as caught:
        bp.testing.assert_gradients_match(loss, X, lambda x: 3 * x)
    assert str(caught.value) == str(bp.compare(loss, X, 3 * X))
    assert "1 of 2 entries is wrong" in str(caught.value)


def test_a_wrong_rule_raises():
    wrong = bp.Op("wrong", np.sin, lambda g, y, a: g * np.sin(a))
    with pytest.raises(AssertionError, match="automatic wrong"):
        bp.testing.assert_gradients_match(lambda x: bp.sum(wrong(x)), X)


def test_options_are_passed_on():
    assert bp.testing.assert_gradients_match(loss, X, numeric="central", tolerance=1e-3)
    with pytest.raises(AssertionError, match="missing"):
        bp.testing.assert_gradients_match(lambda p: loss(p["x"]), {"x": X}, {})
