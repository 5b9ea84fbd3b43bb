"""A derivative at another argument, with exchanged operands, or of a mean of its values."""

import numpy as np
import pytest

import tinygrad_bp as bp

_RNG = np.random.default_rng(13)
_X, _T = _RNG.normal(size=(4, 3)), _RNG.normal(size=(4, 3))
_MASK = np.array([[1.0, 0.0, 2.0]])
_W = {"w": _RNG.normal(size=(3, 3))}
_POWER = {"x": _RNG.uniform(0.5, 2, (2, 3)), "e": _RNG.uniform(1, 3, (2, 3))}


def _softsign(z):
    return z / np.sqrt(1 + z**2)


def _slope(z):
    return (1 + z**2) ** -1.5


def _loss(p):
    z = _X @ p["w"]
    h = _softsign(z)
    d = h * _MASK
    return np.sum(d * _T) + np.sum(p["w"] ** 2)


def _by_hand(argument=lambda z: z, decay=lambda w: w):
    def gradients(p):
        z = _X @ p["w"]
        return {"w": _X.T @ (_T * _MASK * _slope(argument(z))) + 2 * decay(p["w"])}

    return gradients


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"argument": _softsign}, "activation-derivative-wrong-argument"),
        ({"argument": lambda z: _softsign(z) * _MASK}, "activation-derivative-wrong-argument"),
        ({"decay": lambda w: w.mean() + 0 * w}, "axis"),
        ({"decay": lambda w: w.sum(axis=0) + 0 * w}, "axis"),
    ],
)
def test_a_derivative_is_computed_from_other_numbers(change, mistake):
    comparison = bp.compare(_loss, _W, _by_hand(**change))
    (found,) = comparison.diagnosis
    assert found.mistake == mistake
    other = {"w": _W["w"] * 1.2 + 0.1}
    wrong = comparison.reconstruction(other)[1]["w"]
    np.testing.assert_allclose(wrong, _by_hand(**change)(other)["w"])
    assert bp.compare(_loss, _W, _by_hand()).ok


def test_base_and_exponent_are_exchanged():
    def gradients(p):
        x, e = p["x"], p["e"]
        return {"x": _T[:2] * e**x * np.log(e), "e": _T[:2] * x**e * np.log(x)}

    (found,) = bp.compare(lambda p: np.sum(p["x"] ** p["e"] * _T[:2]), _POWER, gradients).diagnosis
    assert (found.mistake, found.parameters) == ("swapped", ("x",))


def test_rounding_may_be_all_that_is_wrong():
    right = _by_hand()

    def gradients(p):
        return {"w": np.round(right(p)["w"], 3)}

    (found,) = bp.compare(_loss, _W, gradients).diagnosis
    assert (found.mistake, "3 decimals" in found.explanation) == ("rounded", True)
