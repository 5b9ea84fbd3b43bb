"""NumPy's functions and methods that change an array, on Values: its numbers, and gradients."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.gradients import assert_right

A = np.array([[0.4, -1.2, 0.7], [1.5, 0.3, -0.6]])
E = np.array([0.9, -0.2])
MASK = np.array([[True, False, True], [False, True, True]])
TWICE = np.array([2, 0, 2, 2])


def set_flat(a, e):
    a.flat = e


def set_flat_part(a, e):
    a.flat[1:5] = e
    a.flat[0] = e[1] * a.flat[4]


def set_real(a, e):
    a.real = e[0]


CHANGES = {
    "copyto": lambda a, e: np.copyto(a, e[:, None]),
    "copyto, where": lambda a, e: np.copyto(a, e[:, None], where=MASK),
    "copyto, where broadcast": lambda a, e: np.copyto(a, e[0], where=MASK[0]),
    "place": lambda a, e: np.place(a, MASK, e),
    "putmask": lambda a, e: np.putmask(a, MASK, e),
    "put": lambda a, e: np.put(a, [4, 1, 0], e),
    "put, wrap": lambda a, e: np.put(a, [7, -1, 2], e, mode="wrap"),
    "put_along_axis": lambda a, e: np.put_along_axis(a, TWICE[:2, None] % 3, e[:, None], 1),
    "put_along_axis, flat": lambda a, e: np.put_along_axis(a, np.array([5, 1]), e, None),
    "fill_diagonal": lambda a, e: np.fill_diagonal(a, e),
    "fill_diagonal, wrap": lambda a, e: np.fill_diagonal(a.T, e[0], wrap=True),
    "flat": set_flat,
    "flat, part": set_flat_part,
    "real": set_real,
    "sort": lambda a, e: a.sort(),
    "sort, axis": lambda a, e: a.sort(axis=0),
    "partition": lambda a, e: a.partition(1),
    "add.at": lambda a, e: np.add.at(a[1], TWICE[:2], e),
    "subtract.at": lambda a, e: np.subtract.at(a[0], TWICE, e[0]),
    "add.at, numbers": lambda a, e: np.add.at(a[1], TWICE, 0.5),
    "multiply.at": lambda a, e: np.multiply.at(a[1], TWICE, e[0]),
    "multiply.at, each": lambda a, e: np.multiply.at(a[1], TWICE[1:3], e),
    "maximum.at": lambda a, e: np.maximum.at(a[0], TWICE[1:3], e),
    "negative.at": lambda a, e: np.negative.at(a[1], TWICE),
    "out": lambda a, e: np.multiply(a, e[:, None], out=a),
    "out, where": lambda a, e: np.multiply(a, e[:, None], out=a, where=MASK),
    "reduce, out": lambda a, e: np.add.reduce(a, axis=0, out=a[1]),
    "accumulate, out": lambda a, e: np.add.accumulate(a, axis=1, out=a),
    "outer, out": lambda a, e: np.multiply.outer(e, e * 2, out=a[:, :2]),
}
#: Without a complex step.
KINKED = ("real", "sort", "sort, axis", "partition", "maximum.at")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_gives_numpys_numbers_and_the_right_gradients(name):
    def run(a, e):
        a, e = a * 1.1, e * 1.3
        kept = np.sin(a)
        CHANGES[name](a, e)
        return a * a + kept * a

    np.testing.assert_allclose(run(bp.Value(A), E).data, run(A, E), rtol=1e-15)
    assert_right(run, A, E, analytic=name not in KINKED)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_gives_back_what_numpys_does(name):
    for a in (A * 1.0, bp.Value(A * 1.0, requires_grad=False)):
        result = CHANGES[name](a, E)
        assert (result is None) == (CHANGES[name](A * 1.0, E) is None)


def test_places_without_elements_for_them_are_refused():
    for a in (A * 1.0, bp.Value(A) * 1.0):
        with pytest.raises(ValueError, match=r"empty|elements for 4 places, got none"):
            np.place(a, MASK, [])
        np.place(a, A > 9, [])
        assert np.array_equal(a, A)
