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


def test_blind_spots_are_ignored_warned_of_or_errors():
    x = np.array([[0.5, -1.0], [2.0, 0.3]])

    def scaled(p):
        return np.sum((p["scale"] * np.tanh(x @ p["w"])) ** 2)

    hidden = {"scale": np.ones(2), "w": np.array([[0.7, -0.4], [0.2, 0.3]])}
    seen = hidden | {"scale": np.array([0.6, 1.7])}
    check = bp.testing.assert_gradients_match
    assert check(scaled, hidden)
    with pytest.warns(UserWarning, match="scale is 1 everywhere"):
        assert check(scaled, hidden, blind_spots="warn")
    with pytest.raises(AssertionError, match="NOT show at these inputs"):
        check(scaled, hidden, blind_spots="error")
    assert check(scaled, seen, blind_spots="error")
    with pytest.raises(ValueError, match="blind_spots must be one of"):
        check(scaled, seen, blind_spots="no")
