"""From `compare` to a diagnosis: inner Values, what is not asked for, and hostile functions."""

import json
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.diagnose import diagnose

from .programs import COLUMNS, ROWS

net = bp.net7652


# --- the notebook ----------------------------------------------------------------------------


@pytest.mark.parametrize("function", [False, True])
def test_the_notebooks_mistake(function):
    params = net.initial_parameters()

    def manual(p):
        return net.manual_gradients(p, order="update-then-propagate")

    comparison = bp.compare(net.loss, params, manual if function else manual(params))
    assert [(d.mistake, d.node, d.parameters) for d in comparison.diagnosis] == [
        ("update-before-propagate", "w_3", ("w_1", "b_1", "w_2", "b_2")),
        ("update-before-propagate", "w_2", ("w_1", "b_1")),
    ]
    for found, line in zip(comparison.diagnosis, ("d_net_h2 = (w_3.T", "d_net_h1 = (w_2.T")):
        assert found.learning_rate == pytest.approx(0.1, rel=1e-9)
        assert found.residual < 1e-14
        assert found.line.startswith(line)
    text = str(comparison)
    assert "update-before-propagate" in text
    assert "learning rate 0.1" in text
    (first, _) = json.loads(comparison.to_json())["diagnosis"]
    assert first["mistake"] == "update-before-propagate"


def test_where_all_is_right_nothing_is_imported():
    code = """
import sys
import tinygrad_bp as bp
params = bp.net7652.initial_parameters()
assert bp.compare(bp.net7652.loss, params, bp.net7652.manual_gradients).diagnosis == []
print(sorted(m for m in sys.modules if m.startswith("tinygrad_bp.diagnosing")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        ["tinygrad_bp.diagnosing", "tinygrad_bp.diagnosing.diagnosis"]
    )


# --- gradients of inner Values ---------------------------------------------------------------


def test_inner_values_are_compared_in_rows_of_their_own():
    comparison = COLUMNS.compare(inner=("h_2", "z_2"), d_z_2="d_h_2")
    verdicts = {row.name: row.verdict for row in comparison.rows}
    assert (verdicts["h_2"], verdicts["z_2"]) == ("correct", "wrong")
    assert {*verdicts} == {*COLUMNS.shapes, "h_2", "z_2"}
    row = comparison.rows[-1]
    assert (row.shape, row.numeric_error, row.wrong_side) == ((5, 3), None, "manual")
    assert "z_2 is wrong: inner Value" in str(comparison)
    assert "z_2" in comparison._repr_html_()
    assert json.loads(comparison.to_json())["rows"][-1]["numeric_error"] is None
    assert COLUMNS.compare(inner=("h_2", "z_2", "o")).ok


def test_a_wrong_inner_value_alone_is_wrong():
    params = COLUMNS.params()
    manual = COLUMNS.by_hand()(params, ("h_2",))
    comparison = bp.compare(COLUMNS.loss, params, manual | {"h_2": 2 * manual["h_2"]})
    assert not comparison.ok
    assert "inner Values" in repr(comparison)


@pytest.mark.parametrize(
    ("wrong", "mistakes"),
    [
        ({"d_h_2": "-w_3.T @ d_o", "d_z_2": "d_h_2"}, ["constant-factor", "missing"]),
        (
            {"d_z_2": "2 * d_h_2 * h_2 * (1 - h_2)", "d_h_1": "0.5 * w_2.T @ d_z_2"},
            ["constant"] * 2,
        ),
        (
            {"d_o": "t - o", "d_z_2": "d_h_2", "d_h_1": "w_2 @ d_z_2", "d_z_1": "d_h_1"},
            ["constant-factor", "missing", "transposed-weight", "relu-mask-missing"],
        ),
    ],
)
def test_step_by_step_on_the_users_own_upstream(wrong, mistakes):
    """Each mistake is reported once, although every gradient below it is wrong."""
    inner = ("o", "h_2", "z_2", "h_1", "z_1")
    found = COLUMNS.diagnosis(inner=inner, **wrong)
    assert len(found) == len(mistakes)
    assert all(any(d.mistake.startswith(m) for d in found) for m in mistakes)


def test_an_unknown_mistake_lies_where_all_that_is_wrong_comes_through():
    (found,) = COLUMNS.diagnosis(d_z_2="d_h_2 * np.cos(z_2)")
    assert (found.mistake, {*found.parameters}) == ("unexplained", {"w_1", "b_1", "w_2", "b_2"})
    assert "It lies in the gradient of h_2 or z_2: all that is wrong" in found.explanation
    (found,) = COLUMNS.diagnosis(d_w_1="d_z_1 @ np.cos(x).T", d_w_3="d_o @ np.cos(h_2).T")
    assert "No single step leads to all that is wrong" in found.explanation


def test_the_time_that_is_up_is_said():
    def manual(params):
        return {"w": np.cos(params["w"])}

    loss = lambda p: np.sum(np.tanh(p["w"] ** 3))
    params = {"w": np.array([0.3, 0.8])}
    gradient = {"w": np.array([0.123, 0.456])}
    (found,) = diagnose(loss, params, gradient, budget=0.0).diagnoses
    assert found.explanation.startswith("The time was up before a mistake was found")


def test_an_unknown_step_is_located():
    inner = ("o", "h_2", "z_2", "h_1", "z_1")
    (found,) = COLUMNS.diagnosis(inner=inner, d_z_2="d_h_2 * np.cos(z_2)")
    assert (found.mistake, found.node) == ("unexplained", "z_2")
    assert {*found.parameters} == {"w_1", "b_1", "w_2", "b_2"}
    assert found.line == "d_z_2 = (w_3.T @ (o - _T)) * h_2 * (1 - h_2)"


@pytest.mark.parametrize(
    ("handed", "ok", "remark"),
    [
        ({"h_7": np.ones(3)}, True, "h_7 was not compared: it belongs to no parameter"),
        ({"h_1": np.ones(2)}, False, "h_1 is wrong: inner Value; expected a gradient of shape (5"),
        ({"h_1": "text"}, False, "h_1 is not read: inner Value; expected real numbers, got str"),
    ],
)
def test_what_cannot_be_compared_has_no_cause(handed, ok, remark):
    params = COLUMNS.params()
    comparison = bp.compare(COLUMNS.loss, params, COLUMNS.by_hand()(params) | handed)
    assert comparison.ok is ok
    assert remark in str(comparison)
    assert comparison.diagnosis == []


# --- a bias that was not summed --------------------------------------------------------------


def test_a_bias_that_was_not_summed_is_wrong_and_not_refused():
    comparison = ROWS.compare(d_b_3="d_logits")
    assert {row.name: row.verdict for row in comparison.rows}["b_3"] == "wrong"
    (found,) = comparison.diagnosis
    assert (found.mistake, found.node) == ("bias-not-summed", "b_3")
    other = ROWS.compare(d_b_3="np.ones((2, 3))")
    assert not other.ok
    assert "b_3: wrong: expected a gradient of shape (3,), got (2, 3)" in str(other)
    assert other.diagnosis == []


# --- what a user's functions may do ----------------------------------------------------------


def test_a_function_that_fails_elsewhere():
    params = ROWS.params()
    wrong = ROWS.by_hand(d_z_1="d_h_1")

    def once(p):
        if not np.array_equal(p["w_1"], params["w_1"]):
            raise RuntimeError("only there")
        return wrong(p)

    (found,) = bp.compare(ROWS.loss, params, once).diagnosis
    assert found.mistake == "missing-activation-derivative"


def test_a_loss_that_branches_and_one_that_derive_refuses():
    def loss(p):
        scale = 2.0 if float(p["w"].data.sum() if isinstance(p["w"], bp.Value) else 1) > 0 else 3.0
        return np.sum(scale * np.tanh(p["w"]) ** 2)

    params = {"w": np.array([0.3, 0.9, -0.2])}
    right = bp.grad(lambda p: np.sum(2.0 * np.tanh(p["w"]) ** 2))(params)
    (found,) = bp.compare(loss, params, {"w": 2 * right["w"]}, numeric="central").diagnosis
    assert (found.mistake, found.factor) == ("constant-factor", 2.0)


def test_parameters_that_the_loss_does_not_need():
    params = {"w": np.array([0.3, 0.9, -0.2]), "idle": np.ones(2)}
    right = {"w": 2 * params["w"], "idle": np.zeros(2)}

    def loss(p):
        return np.sum(p["w"] ** 2)

    first, second = bp.compare(loss, params, {"w": 4 * params["w"], "idle": np.ones(2)}).diagnosis
    assert (first.mistake, first.parameters) == ("constant-factor", ("w",))
    assert (second.mistake, second.node, second.position) == ("unexplained", "idle", None)
    (only,) = bp.compare(loss, params, right | {"idle": np.ones(2)}).diagnosis
    assert only == second
    (none,) = bp.compare(lambda p: 3.0, np.ones(2), np.ones(2)).diagnosis
    assert none.parameters == ("params",)


def test_numbers_that_are_not_finite():
    params = ROWS.params()
    manual = ROWS.by_hand()(params)
    manual["w_2"][0, 0] = np.nan
    (found,) = bp.compare(ROWS.loss, params, manual).diagnosis
    assert (found.mistake, found.parameters) == ("unexplained", ("w_2",))


def test_single_precision():
    params = COLUMNS.params()
    manual = COLUMNS.by_hand(d_z_2="d_h_2")(params)
    single = {name: g.astype(np.float32) for name, g in manual.items()}
    mistakes = {d.mistake for d in bp.compare(COLUMNS.loss, params, single).diagnosis}
    assert mistakes == {"missing-activation-derivative"}


def test_one_number_is_no_evidence_for_a_free_one():
    """With a single entry any learning rate and any decay would fit."""
    found = bp.compare(
        lambda p: np.sum(np.exp(0.7 * p["w"])), {"w": np.array([0.4])}, {"w": [0.71]}
    )
    assert [d.mistake for d in found.diagnosis] == ["unexplained"]


def test_a_gradient_that_is_zero_but_for_round_off():
    """A bias in front of a softmax has none: round-off there is no mistake of its own."""

    def loss(p):
        h = np.tanh(ROWS.data["x"] @ p["w"])
        return bp.cross_entropy(h @ p["v"] + p["b"], np.array([0, 2, 1, 1, 0, 2, 2]))

    params = {"w": np.eye(4), "v": np.ones((4, 3)) * 0.3, "b": np.array(0.5)}
    right = bp.grad(loss)(params)
    manual = {"w": 2 * right["w"], "v": 2 * right["v"], "b": right["b"] + 3e-17}
    assert [d.mistake for d in bp.compare(loss, params, manual).diagnosis] == ["constant-factor"]


def test_what_is_wrong_by_very_little():
    params = ROWS.params()
    manual = ROWS.by_hand()(params)
    sizes = np.where(manual["w_2"] == 0, np.inf, np.abs(manual["w_2"]))
    place = np.unravel_index(np.argmin(sizes), sizes.shape)
    manual["w_2"][place] *= 1 + 3e-7
    comparison = bp.compare(ROWS.loss, params, manual)
    assert not comparison.ok
    assert [(d.mistake, d.node) for d in comparison.diagnosis] == [("unexplained", "w_2")]


def test_what_is_known_is_said_beside_what_is_not():
    """With inner gradients each step stands alone."""
    inner = ("o", "h_2", "z_2", "h_1", "z_1")
    found = COLUMNS.diagnosis(
        inner=inner, d_z_2="d_h_2", d_h_1="w_2 @ d_z_2", d_z_1="d_h_1 * np.cos(z_1)"
    )
    assert [(d.mistake, d.node) for d in found] == [
        ("missing-activation-derivative", "h_2"),
        ("transposed-weight", "w_2"),
        ("unexplained", "z_1"),
    ]
    assert found[-1].parameters == ("w_1", "b_1")


def test_explanations_read_well():
    params = net.initial_parameters()
    right = net.manual_gradients(params)
    decayed = {k: g + (0.01 * params[k] if k[0] == "w" else 0) for k, g in right.items()}
    (found,) = bp.compare(net.loss, params, decayed).diagnosis
    assert found.explanation == (
        "The gradient of w_1, w_2 and w_3 is too large by 0.01 · the parameter. "
        "That makes the gradients of w_1, w_2 and w_3 wrong."
    )
    lacking = {**right, "w_2": right["w_2"] - 0.02 * params["w_2"]}
    (found,) = bp.compare(net.loss, params, lacking).diagnosis
    assert found.explanation.startswith("The gradient of w_2 is too small by 0.02 · w_2. That")
    half = {k: g / 2 for k, g in right.items()}
    (found,) = bp.compare(net.loss, params, half).diagnosis
    assert found.explanation.startswith("The gradient of loss is 0.5 times the right one. That")
    assert found.fix.endswith("divide by 0.5.")


def test_nodes_without_a_name_are_called_what_they_compute():
    x = np.array([[0.5, -1.0], [2.0, 0.3], [0.1, 0.7]])

    def loss(w):
        return np.sum(np.tanh(x @ w) ** 2)

    w = np.array([0.1, 0.2])
    y = np.tanh(x @ w)
    (found,) = bp.compare(loss, w, x.T @ (2 * y * (1 - y))).diagnosis
    assert found.explanation.startswith(
        "An exponent in the derivative of np.tanh(x @ w) is wrong. "
    )
    assert found.fix == "Take the derivative of this activation, at x @ w."
    assert found.line.endswith("= x.T @ (2 * np.tanh(x @ w) * (1 - np.tanh(x @ w) ** 2))")
