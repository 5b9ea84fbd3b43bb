"""Numbers that the program does not have are solved for, from the gradients at several points."""

import numpy as np
import pytest

import tinygrad_bp as bp

_RNG = np.random.default_rng(7)
_X, _Y = _RNG.normal(size=(5, 3)), _RNG.normal(size=(5, 4))
_KEEP = (_RNG.random((5, 4)) < 0.6) / 0.6
_W = {"w": _RNG.normal(size=(3, 4)), "b": _RNG.normal(size=4)}


def _loss(p):
    h = np.tanh(_X @ p["w"] + p["b"]) * _KEEP
    return np.sum((h - _Y) ** 2)


def _by_hand(*, keep=_KEEP, target=_Y, weight=1.0):
    def gradients(p):
        h = np.tanh(_X @ p["w"] + p["b"])
        d_a = 2 * (h * _KEEP - target) * weight * keep * (1 - h**2)
        return {"w": _X.T @ d_a, "b": d_a.sum(axis=0)}

    return gradients


def test_the_right_one_is_right():
    assert bp.compare(_loss, _W, _by_hand()).ok


@pytest.mark.parametrize(
    ("change", "mistake", "words"),
    [
        ({"keep": (np.random.default_rng(8).random((5, 4)) < 0.6) / 0.6}, "mask-replaced", "mask"),
        ({"keep": np.random.default_rng(9).permuted(_KEEP)}, "mask-replaced", "mask"),
        ({"weight": _RNG.uniform(0.4, 2, (5, 1))}, "factor-added", "along axis 0"),
    ],
)
def test_what_was_made_anew_is_recovered(change, mistake, words):
    comparison = bp.compare(_loss, _W, _by_hand(**change))
    (found,) = comparison.diagnosis
    assert (found.mistake, found.parameters) == (mistake, ("w", "b"))
    assert words in found.explanation
    other = {name: value + 0.4 for name, value in _W.items()}
    _, wrong = comparison.reconstruction(other)
    for name, gradient in _by_hand(**change)(other).items():
        np.testing.assert_allclose(wrong[name], gradient, rtol=1e-7)


def test_numbers_that_change_with_the_parameters_are_no_constants():
    def gradients(p):
        return {name: g * np.sin(3 * p["w"].sum()) for name, g in _by_hand()(p).items()}

    (found,) = bp.compare(_loss, _W, gradients).diagnosis
    assert found.mistake == "unexplained"


def test_of_numbers_at_one_point_nothing_is_solved_for():
    gradients = _by_hand(weight=_RNG.uniform(0.4, 2, (5, 1)))(_W)
    assert {d.mistake for d in bp.compare(_loss, _W, gradients).diagnosis} == {"unexplained"}
