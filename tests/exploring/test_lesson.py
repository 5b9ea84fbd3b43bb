"""What learners are asked, and that each known mistake is told from the right answer."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.exploring.lesson import TOLERANCE, question
from tinygrad_bp.exploring.recording import record


def asked(value, number=0, visit=0):
    return question(record(value).visits[visit], number)


def hint_for(found, wrong):
    hints = [h for x, h in found["mistakes"] if abs(x - wrong) <= TOLERANCE * abs(x)]
    return hints[0] if hints else ""


def test_mistakes_of_an_activation():
    x = bp.Value(0.7, name="x")
    y = np.tanh(x) * 3
    found = asked(y, visit=1)
    local, upstream = 1 - np.tanh(0.7) ** 2, 3.0
    assert found["answer"] == pytest.approx(upstream * local)
    assert "sign" in hint_for(found, -found["answer"])
    assert "upstream gradient is missing" in hint_for(found, local)
    assert "local derivative of tanh is missing" in hint_for(found, upstream)
    assert "do not divide" in hint_for(found, upstream / local)
    assert "input and not at its output" in hint_for(found, upstream * (1 - 0.7**2))
    assert "twice" in hint_for(found, 2 * found["answer"])
    assert hint_for(found, 123.0) == ""


def test_mistakes_of_a_product():
    a = bp.Value(np.array([[1.0, 2.0], [3.0, 5.0]]))
    b = bp.Value(np.array([[2.0, 1.0], [7.0, 4.0]]))
    y = np.sum((a @ b) * np.array([[1.0, 2.0], [0.5, 0.5]]))
    visits = record(y).visits
    found = question(visits[2], 0)
    delta = visits[2].contributions[0].delta
    index = tuple(found["index"])
    assert delta[index] == np.abs(delta).max() == found["answer"]
    assert "row and column" in hint_for(found, delta[index[::-1]])


def test_mistakes_of_sums_and_of_broadcasting():
    x, b = bp.Value(3.0), bp.Value(2.0)
    second = asked(x * x, number=1)
    assert second["part"] == 1
    assert "new sum" in hint_for(second, 6.0)
    rows = bp.Value(np.arange(1.0, 7.0).reshape(3, 2))
    spread = question(record(np.sum(rows * b)).visits[1], 1)
    assert spread["answer"] == 21
    assert "broadcast" in hint_for(spread, 1.0)


def test_no_mistake_looks_right(net):
    for number, visit in enumerate(record(net).visits):
        found = question(visit, number)
        right = found["answer"]
        assert right != 0
        for wrong, hint in found["mistakes"]:
            assert abs(wrong - right) > TOLERANCE * abs(right), hint
            assert np.isfinite(wrong)


def test_what_nobody_computes_by_hand_is_not_asked():
    large = bp.Value(np.ones((9, 9)))
    assert asked(np.sum(large)) is None
    with np.errstate(all="ignore"):
        assert asked(np.log(bp.Value(0.0) * 1)) is None  # infinite
