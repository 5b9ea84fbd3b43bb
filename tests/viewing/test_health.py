import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.viewing.health import flags, size_of


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((0.1, -0.2), ()),
        ((0.0, 0.0), ()),  # an optimum, or nothing flows: neither is vanishing
        ((1e-9, -2e-12), ("vanishing gradient: 1e-09 at most",)),
        ((1e-9, -2e-8), ()),
        ((5.0, -2e5), ("exploding gradient: up to 2e+05",)),
        ((np.nan, 1.0), ("NaN in the gradient",)),
        ((np.inf, 1e5), ("Inf in the gradient", "exploding gradient: up to 1e+05")),
    ],
)
def test_gradients(entries, said):
    x = bp.Value(np.zeros(len(entries)))
    assert flags(x, np.array(entries)) == said


def test_a_gradient_that_is_round_off_has_not_vanished():
    x = bp.Value(0.0)
    assert flags(x, np.array(1e-17), is_round_off=True) == ()
    assert flags(x, np.array(np.nan), is_round_off=True) == ("NaN in the gradient",)


def said_of(value):
    return flags(value, None)


def test_dead_rectifiers():
    assert said_of(bp.relu(bp.Value([-1.0, -2.0]))) == ("dead relu: no unit is active",)
    assert said_of(bp.relu(bp.Value([-1.0, 2.0]))) == ()
    batch = bp.Value([[-1.0, 2.0, -3.0], [-1.0, -2.0, 3.0]])  # rows are samples
    assert said_of(bp.relu(batch)) == ("dead relu: 1 of 3 units never active",)
    assert said_of(bp.relu(bp.Value([[-1.0], [2.0]]))) == ()  # a sample as a column
    assert said_of(bp.tanh(bp.Value([-1.0]))) == ()
    assert said_of(bp.relu(bp.Value(np.zeros((0, 3))))) == ()


def test_the_size_is_that_of_the_largest_finite_entry():
    assert size_of(np.array([-3.0, 2.0, np.nan])) == 3
    assert size_of(np.array([np.nan])) is None
    assert size_of(None) is None


def test_flags_are_words_in_every_format(tmp_path):
    y = bp.relu(bp.Value([-1.0, -2.0]))
    for suffix in ("svg", "dot", "mmd", "txt"):
        bp.draw(y, tmp_path / f"graph.{suffix}")
        assert "dead relu" in (tmp_path / f"graph.{suffix}").read_text(encoding="utf-8")
