"""What is drawn anew stays what it is: a mask a mask, places places, probabilities such."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.planting.leaves import ALIKE, BOLD, leaves_of, redraw
from tinygrad_bp.planting.points import Points
from tinygrad_bp.programs.labelled import record_lines

POSITIVE = np.array([[0.5, 2.0], [1.5, 0.1]])


def drawn(array, way=ALIKE, seed=0):
    return redraw(np.asarray(array), np.random.default_rng(seed), way)


def test_signs_stay_unless_they_need_not():
    assert (drawn(POSITIVE) > 0).all()
    assert (drawn(-POSITIVE) < 0).all()
    assert (drawn(np.ones(50), BOLD) < 0).any()
    assert np.any(drawn(np.zeros(3)))


def test_masks_places_and_probabilities_stay_such():
    mask = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert sorted(drawn(mask, BOLD).ravel()) == sorted(mask.ravel())
    one_hot = np.eye(4)[[2, 0, 1]]
    assert (drawn(one_hot).sum(axis=1) == 1).all()
    assert sorted(set(drawn([True] * 6))) == [False, True]
    assert set(drawn([3, 1, 7])) <= {1, 3, 7}
    np.testing.assert_allclose(drawn([[0.2, 0.8], [0.5, 0.5]], BOLD).sum(axis=1), 1.0)


def recorded(fun, params):
    lines = record_lines(fun, params, {})
    return Points(lines, lambda place: f"step {place}", 1e-7)


def test_a_number_of_the_formula_is_no_leaf_and_a_factor_that_happens_to_be_1_is():
    x = np.arange(6.0).reshape(2, 3)
    points = recorded(lambda p: np.sum(((x @ p) ** 2 - 1) / 1.0), np.ones(3))
    assert [(leaf.name.partition(" step")[0], leaf.is_parameter) for leaf in points.leaves] == [
        ("p", True),
        ("x", False),
        ("the 1 beside", False),
    ]


@pytest.mark.parametrize(("places", "count"), [([2, 0, 1], 1), ([0, 1, 2], 0)])
def test_places_that_only_count_are_no_leaf(places, count):
    points = recorded(lambda p: np.sum(p[np.array(places)] ** 2), np.ones(3))
    assert sum(not leaf.places for leaf in points.leaves) == count


def test_points_give_the_numbers_that_the_function_gives():
    def fun(p):
        return np.sum(np.tanh(p["a"]) * p["b"])

    params = {"a": POSITIVE, "b": np.ones((2, 2))}
    points = recorded(fun, params)
    point = points.at([0], BOLD)
    (number,) = point.drawn
    moved = params | {points.leaves[number].name: point.drawn[number]}
    expected = bp.grad(fun)(moved)
    for name, gradient in zip(point.lines.names, point.right, strict=True):
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-14)


def test_numbers_come_nearer_where_the_function_is_not_defined():
    points = recorded(lambda p: np.sum(np.log(p)), POSITIVE)
    assert points.generic(BOLD).is_finite
    assert (points.generic(BOLD).drawn[0] > 0).all()


def test_leaves_are_called_as_they_were_written():
    lines = record_lines(lambda p: np.sum(np.ones((2, 2)) @ p), POSITIVE, {})
    names = [leaf.name for leaf in leaves_of(lines, lambda place: "that")]
    assert "np.ones((2, 2))" in names
