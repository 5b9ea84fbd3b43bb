"""Places of an array that several contributions go to, and gradients in each other's place."""

import numpy as np
import pytest

import tinygrad_bp as bp

_RNG = np.random.default_rng(0)
_IDS, _TARGET = np.array([1, 3, 1, 0, 3]), _RNG.normal(size=(5, 2))
_TABLE = {"e": _RNG.normal(size=(4, 2))}
_WINDOWS = {"x": _RNG.normal(size=6), "k": _RNG.normal(size=3)}
_TWO = {"a": _RNG.normal(size=3), "b": _RNG.normal(size=3)}


def _lookup(p):
    return np.sum((p["e"][_IDS] - _TARGET) ** 2)


def _looked_up(write):
    def by_hand(p):
        d_e = np.zeros((4, 2))
        write(d_e, 2 * (p["e"][_IDS] - _TARGET))
        return {"e": d_e}

    return by_hand


def _slide(p):
    return sum(np.sum(p["x"][i : i + 3] * p["k"]) ** 2 for i in range(4))


def _slid(order, add):
    def by_hand(p):
        d_x, d_k = np.zeros(6), np.zeros(3)
        for i in order:
            d_s = 2 * np.sum(p["x"][i : i + 3] * p["k"])
            d_x[i : i + 3] = d_s * p["k"] + (d_x[i : i + 3] if add else 0)
            d_k += d_s * p["x"][i : i + 3]
        return {"x": d_x, "k": d_k}

    return by_hand


def test_repeated_indices_are_assigned():
    (found,) = bp.compare(
        _lookup, _TABLE, _looked_up(lambda d, g: d.__setitem__(_IDS, g))
    ).diagnosis
    assert (found.mistake, found.node) == ("index-overwritten", "e")
    assert bp.compare(_lookup, _TABLE, _looked_up(lambda d, g: np.add.at(d, _IDS, g))).ok


@pytest.mark.parametrize("order", [range(4), range(3, -1, -1)])
def test_windows_overwrite_each_other(order):
    (found,) = bp.compare(_slide, _WINDOWS, _slid(order, add=False)).diagnosis
    assert (found.mistake, found.node, found.parameters) == ("index-overwritten", "x", ("x",))
    assert bp.compare(_slide, _WINDOWS, _slid(order, add=True)).ok


def test_what_is_written_in_no_order_is_unexplained():
    (found,) = bp.compare(_slide, _WINDOWS, _slid((2, 0, 3, 1), add=False)).diagnosis
    assert found.mistake == "unexplained"


def test_two_gradients_are_exchanged():
    def loss(p):
        return np.sum(np.tanh(p["a"]) * p["b"] ** 2)

    right = bp.grad(loss)(_TWO)
    (found,) = bp.compare(loss, _TWO, {"a": right["b"], "b": right["a"]}).diagnosis
    assert (found.mistake, found.parameters) == ("swapped", ("a", "b"))
    (found,) = bp.compare(loss, _TWO, right | {"a": right["b"]}).diagnosis
    assert found.mistake != "swapped"


def test_opposite_gradients_have_the_wrong_sign():
    def loss(p):
        return np.sum((p["a"] - p["b"]) ** 2)

    right = bp.grad(loss)(_TWO)
    found = bp.compare(loss, _TWO, {"a": right["b"], "b": right["a"]}).diagnosis
    assert "swapped" not in {each.mistake for each in found}
