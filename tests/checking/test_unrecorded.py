"""A verdict always: without an automatic gradient the numeric one decides."""

import json
import re

import numpy as np
import pytest

import tinygrad_bp as bp

AT = {"w": np.array([0.5, -1.0, 2.0]), "b": np.array(0.3)}


def right(p):
    return {"w": 2 * p["w"] * p["b"], "b": np.sum(p["w"] ** 2)}


def wrong(p):
    return right(p) | {"w": p["w"] * p["b"]}


def refused(p):
    if isinstance(p["w"], bp.Value):
        raise TypeError("numpy.unheard is not implemented for Values; compose it of others")
    return np.sum(p["w"] ** 2) * p["b"]


def verdicts(comparison):
    return {row.name: row.verdict for row in comparison.rows}


@pytest.mark.parametrize("numeric", ["auto", "adaptive", "five-point", "central"])
def test_what_cannot_be_recorded_is_compared_with_the_numeric_gradient(numeric):
    tolerance = 1e-6
    comparison = bp.compare(refused, AT, right, numeric=numeric, tolerance=tolerance)
    assert comparison, str(comparison)
    comparison = bp.compare(refused, AT, wrong, numeric=numeric, tolerance=tolerance)
    assert verdicts(comparison) == {"w": "wrong", "b": "correct"}
    assert comparison.diagnosis == []


def test_the_first_line_says_so_and_why_and_what_to_do():
    comparison = bp.compare(refused, AT, wrong)
    first = " ".join(str(comparison).split("gradients do NOT")[0].split())
    assert re.fullmatch(
        r"manual gradients are compared with numeric ones alone; there are no automatic ones: line "
        r"\d+ of test_unrecorded.py: TypeError: numpy.unheard .*; compose it of others",
        first,
    )
    assert "| worst entry | manual | numeric | error   | verdict " in str(comparison)
    assert "automatic -" not in str(comparison)
    assert "compose it of others" in comparison._repr_html_()


def test_there_is_no_automatic_side():
    comparison = bp.compare(refused, AT, wrong)
    assert comparison.automatic is None
    assert comparison.manual is not None
    assert comparison.refusal
    assert {row.numeric_error for row in comparison.rows} == {None}
    assert comparison.rows[0].manual_error == pytest.approx(0.5)
    assert {entry.automatic for entry in comparison.entries} == {None}
    content = json.loads(comparison.to_json())
    assert content["refusal"] == comparison.refusal
    assert content["entries"][0]["automatic"] is None


def test_without_a_manual_gradient_there_is_nothing_to_say():
    with pytest.raises(TypeError, match=r"numpy\.unheard"):
        bp.compare(refused, AT)


def test_a_long_message_is_cut():
    def long(p):
        if isinstance(p["w"], bp.Value):
            raise TypeError("no " * 1000)
        return refused(p)

    text = bp.compare(long, AT, right).refusal.partition(": ")[2]
    assert text.startswith("TypeError: no no")
    assert text.endswith("...")
    assert len(text) == 300


def test_a_kink_is_none_the_less_no_mistake():
    def loss(p):
        if isinstance(p["w"], bp.Value):
            raise TypeError("no")
        return np.sum(np.maximum(p["w"], 0))

    at = {"w": np.array([0.0, 1.0])}
    comparison = bp.compare(loss, at, {"w": [0.25, 1.0]})
    assert comparison, str(comparison)
    assert [entry.verdict for entry in comparison.entries] == ["kink", "correct"]
    assert not bp.compare(loss, at, {"w": [1.5, 1.0]})


def lost_by(convert):
    return lambda p: convert(p) * p["b"]


LOSSES = {
    "item()": lost_by(lambda p: np.sum(p["w"] ** 2).item()),
    "float()": lost_by(lambda p: float(np.sum(p["w"] ** 2))),
    "tolist()": lost_by(lambda p: sum(w**2 for w in p["w"].tolist())),
    ".data": lost_by(lambda p: np.sum(np.asarray(p["w"].data) ** 2)),
}


@pytest.mark.parametrize("how", LOSSES)
def test_a_gradient_that_is_lost_is_said_with_the_line(how):
    here = f"the gradient is lost by {how} in line "
    comparison = bp.compare(LOSSES[how], AT, right)
    assert comparison, str(comparison)
    assert here in comparison.refusal
    assert "of test_unrecorded.py" in comparison.refusal
    assert not bp.compare(LOSSES[how], AT, wrong)
    alone = bp.compare(LOSSES[how], AT)  # where there is no manual gradient
    assert not alone
    assert here in alone.rows[0].note


def test_a_number_that_is_only_noted_loses_nothing():
    history = []

    def loss(p):
        value = np.sum(p["w"] ** 2) * p["b"]
        history.append(float(value))
        return value

    comparison = bp.compare(loss, AT, right)
    assert comparison
    assert comparison.refusal == ""
    assert "lost" not in str(comparison)
