"""What learners are asked, and that each known mistake is told from the right answer."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.exploring.lesson import TOLERANCE, questions
from tinygrad_bp.exploring.recording import record


def asked(value, visit=0):
    return questions(record(value).visits[visit])


def hint_for(found, wrong):
    hints = [h for x, h in found["mistakes"] if abs(x - wrong) <= TOLERANCE * abs(x)]
    return hints[0] if hints else ""


def test_mistakes_of_an_activation():
    x = bp.Value(0.7, name="x")
    y = np.tanh(x) * 3
    (found,) = asked(y, visit=1)
    local, upstream = 1 - np.tanh(0.7) ** 2, 3.0
    (answer,) = found["answer"]
    assert answer == pytest.approx(upstream * local)
    assert "sign" in hint_for(found, -answer)
    assert "upstream gradient is missing" in hint_for(found, local)
    assert "local derivative of tanh is missing" in hint_for(found, upstream)
    assert "do not divide" in hint_for(found, upstream / local)
    assert "input and not at its output" in hint_for(found, upstream * (1 - 0.7**2))
    assert "twice" in hint_for(found, 2 * answer)
    assert hint_for(found, 123.0) == ""


def test_mistakes_of_a_product():
    a = bp.Value(np.array([[1.0, 2.0], [3.0, 5.0]]))
    b = bp.Value(np.array([[2.0, 1.0], [7.0, 4.0]]))
    visit = record(np.sum((a @ b) * np.array([[1.0, 2.0], [0.5, 0.5]]))).visits[2]
    first, second = questions(visit)
    delta = visit.contributions[0].delta
    index = tuple(first["index"])
    assert abs(delta[index]) == np.abs(delta).max()
    assert first["whole"]
    assert first["answer"] == delta.ravel().tolist()
    assert second["answer"] == visit.contributions[1].delta.ravel().tolist()
    assert "row and column" in hint_for(first, delta[index[::-1]])


def test_mistakes_of_sums_and_of_broadcasting():
    x, b = bp.Value(3.0), bp.Value(2.0)
    first, second = asked(x * x)
    assert (first["part"], second["part"]) == (0, 1)
    assert "new sum" in hint_for(second, 6.0)
    rows = bp.Value(np.arange(1.0, 7.0).reshape(3, 2))
    _, spread = questions(record(np.sum(rows * b)).visits[1])
    assert spread["answer"] == [21]
    assert "broadcast" in hint_for(spread, 1.0)


def test_no_mistake_looks_right(net):
    for visit in record(net).visits:
        for found in questions(visit):
            delta = visit.contributions[found["part"]].delta
            right = delta[tuple(found["index"])] if delta.ndim else delta
            assert right != 0
            for wrong, hint in found["mistakes"]:
                assert abs(wrong - right) > TOLERANCE * abs(right), hint
                assert np.isfinite(wrong)


def test_what_nobody_computes_by_hand_is_not_asked():
    large = bp.Value(np.ones((9, 9)))
    assert asked(np.sum(large)) == []
    with np.errstate(all="ignore"):
        assert asked(np.log(bp.Value(0.0) * 1)) == []  # infinite
    long = bp.Value(np.linspace(1.0, 2.0, 8)) * bp.Value(2.0)
    assert [each["part"] for each in asked(np.sum(long), 1)] == [0, 1]
    longer = bp.Value(np.linspace(1.0, 2.0, 16).reshape(2, 8)) * bp.Value(2.0)
    assert [each["part"] for each in asked(np.sum(longer), 1)] == [0]  # not the sum of 16 numbers


def test_round_off_is_not_asked_for_and_0_is():
    a = bp.Value(np.array([0.1, 0.2, -0.3]))
    (off,) = record(bp.Value(1.0) * np.sum(a)).visits[0].contributions[:1]
    assert 0 < abs(off.delta) < 1e-15
    assert [each["part"] for each in asked(bp.Value(1.0) * np.sum(a))] == [1]
    (nothing,) = asked(bp.relu(bp.Value(-2.0)))
    assert nothing["answer"] == [0]


def test_a_sum_of_nothing_is_not_asked_for():
    a, b = bp.Value(np.ones((1, 3))), bp.Value(np.ones((0, 1)))
    visits = record(np.sum(a * b)).visits
    assert [question for visit in visits for question in questions(visit)] == []
