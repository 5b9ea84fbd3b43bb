"""Which factors a derivation can gain or lose."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.constants import Constants, shortest
from tinygrad_bp.programs.labelled import record_lines

CONSTANTS = Constants(
    record_lines(lambda w: np.sum(0.9 * (np.ones((17, 6)) @ w)), np.ones((6, 5)), {})
)


@pytest.mark.parametrize(
    "factor", [2, 0.5, -1, 17, 1 / 17, 5, 1 / 85, -2 / 17, 0.1, 1.1, 0.01, 4 / 3, 17 / 5]
)
def test_constants(factor):
    assert CONSTANTS.nearest(factor * (1 + 1e-12)) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("factor", [np.sqrt(17), 1 / np.sqrt(5), 0.9, 10 / 9])
def test_what_the_program_explains(factor):
    assert CONSTANTS.nearest(factor) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("factor", [np.pi, 0.12345, np.sqrt(3), 1 / 19, 0.0, np.nan, np.inf, 1e9])
def test_any_other_number(factor):
    assert CONSTANTS.nearest(factor) is None


def test_a_free_scale_is_not_an_explanation():
    """The same program with a factor that is a constant, and with one that is none."""
    params = {"w": np.arange(1.0, 7.0).reshape(2, 3)}

    def loss(p):
        return np.sum(np.tanh(p["w"]) ** 2)

    right = bp.grad(loss)(params)
    for factor, mistake in ((3, "constant-factor"), (3.14159, "unexplained")):
        (found,) = bp.compare(loss, params, {"w": factor * right["w"]}).diagnosis
        assert found.mistake == mistake


@pytest.mark.parametrize(
    ("number", "within", "shown"),
    [(-0.10000000000000404, 1e-10, -0.1), (0.123456, 1e-10, 0.123456), (1 / 3, 1e-3, 0.333)],
)
def test_a_constant_is_shown_as_exactly_as_it_is_known(number, within, shown):
    assert shortest(number, within) == shown
