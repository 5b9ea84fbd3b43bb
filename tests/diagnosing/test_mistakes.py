"""Every mistake of the catalogue, made in programs written by hand, is named."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.catalogue import FIXES

from .programs import COLUMNS, PATHS, PROGRAMS, ROWS

BELOW_3 = {"w_1", "b_1", "w_2", "b_2"}
BELOW_2 = {"w_1", "b_1"}
ALL = {"w_1", "b_1", "w_2", "b_2", "w_3", "b_3"}

#: mistake, program, the wrong lines, where, the parameters that are wrong.
SINGLE = [
    ("constant-factor", COLUMNS, {"d_o": "2 * (o - t)"}, None, ALL),
    ("constant-factor", COLUMNS, {"d_o": "t - o"}, None, ALL),
    ("constant-factor", ROWS, {"d_w_2": "h_1.T @ d_z_2 / 7"}, "w_2", {"w_2"}),
    ("constant-factor", COLUMNS, {"d_h_2": "0.1 * w_3.T @ d_o"}, "z_2", BELOW_3),
    ("second-operand-sign", PATHS, {"d_c": "d_r.sum(axis=0)"}, None, {"c"}),
    ("missing-activation-derivative", COLUMNS, {"d_z_2": "d_h_2"}, "h_2", BELOW_3),
    ("missing-activation-derivative", ROWS, {"d_z_1": "d_h_1"}, "h_1", BELOW_2),
    ("missing-activation-derivative", PATHS, {"d_a": "d_h"}, "h", {"w", "b"}),
    (
        "activation-derivative-twice",
        COLUMNS,
        {"d_z_2": "d_h_2 * (h_2 * (1 - h_2)) ** 2"},
        "h_2",
        BELOW_3,
    ),
    ("activation-derivative-twice", ROWS, {"d_z_1": "d_h_1 * (1 - h_1**2)**2"}, "h_1", BELOW_2),
    (
        "activation-derivative-wrong-argument",
        COLUMNS,
        {"d_z_2": "d_h_2 * z_2 * (1 - z_2)"},
        "h_2",
        BELOW_3,
    ),
    (
        "activation-derivative-wrong-argument",
        COLUMNS,
        {"d_z_2": "d_h_2 * sigmoid(h_2) * (1 - sigmoid(h_2))"},
        "h_2",
        BELOW_3,
    ),
    (
        "activation-derivative-wrong-argument",
        COLUMNS,
        {"d_z_2": "d_h_2 * (1 - h_2**2)"},
        "h_2",
        BELOW_3,
    ),
    (
        "activation-derivative-wrong-argument",
        ROWS,
        {"d_z_1": "d_h_1 * (1 - z_1**2)"},
        "h_1",
        BELOW_2,
    ),
    ("activation-derivative-wrong-argument", PATHS, {"d_m": "d_r * (1 - k**2)"}, None, {"w", "b"}),
    ("activation-derivative-wrong-argument", ROWS, {"d_z_1": "d_h_1 * (1 - h_1)"}, "h_1", BELOW_2),
    ("activation-derivative-wrong-argument", COLUMNS, {"d_z_2": "d_h_2 * h_2"}, "h_2", BELOW_3),
    (
        "activation-derivative-wrong-argument",
        COLUMNS,
        {"d_z_2": "d_h_2 * (1 - h_2)"},
        "h_2",
        BELOW_3,
    ),
    ("update-before-propagate", COLUMNS, {"d_h_2": "(w_3 - 0.3 * d_w_3).T @ d_o"}, "w_3", BELOW_3),
    ("update-before-propagate", ROWS, {"d_h_1": "d_z_2 @ (w_2 - 0.3 * d_w_2).T"}, "w_2", BELOW_2),
    (
        "update-before-propagate",
        ROWS,
        {"d_h_1": "d_z_2 @ (w_2 - 0.3 * d_w_2 / (abs(d_w_2) + 1e-8)).T"},
        "w_2",
        BELOW_2,
    ),
    ("transposed-weight", COLUMNS, {"d_h_1": "w_2 @ d_z_2"}, "w_2", BELOW_2),
    ("transposed-weight", ROWS, {"d_h_1": "d_z_2 @ w_2"}, "w_2", BELOW_2),
    ("transposed-weight", ROWS, {"d_w_1": "d_z_1.T @ x"}, "w_1", {"w_1"}),
    ("wrong-matrix", COLUMNS, {"d_h_2": "d_w_3.T @ d_o"}, "w_3", BELOW_3),
    ("wrong-matrix", ROWS, {"d_h_1": "d_z_2 @ w_1.T"}, "w_2", BELOW_2),
    ("wrong-matrix", ROWS, {"d_w_2": "x.T @ d_z_2"}, "w_2", {"w_2"}),
    ("bias-mean", COLUMNS, {"d_b_2": "d_z_2.mean(axis=1, keepdims=True)"}, "b_2", {"b_2"}),
    ("bias-mean", ROWS, {"d_b_1": "d_z_1.mean(axis=0)"}, "b_1", {"b_1"}),
    ("bias-not-summed", COLUMNS, {"d_b_2": "d_z_2"}, "b_2", {"b_2"}),
    ("bias-not-summed", ROWS, {"d_b_3": "d_logits"}, "b_3", {"b_3"}),
    ("bias-not-summed", ROWS, {"d_b_3": "d_logits[0]"}, "b_3", {"b_3"}),
    (
        "bias-summed-over-units",
        COLUMNS,
        {"d_b_2": "np.full((5, 1), d_z_2.sum())"},
        "b_2",
        {"b_2"},
    ),
    ("bias-summed-over-units", ROWS, {"d_b_1": "np.full(4, d_z_1.sum())"}, "b_1", {"b_1"}),
    ("weight-from-preactivation", COLUMNS, {"d_w_3": "d_o @ z_2.T"}, "w_3", {"w_3"}),
    ("weight-from-preactivation", ROWS, {"d_w_3": "z_2.T @ d_logits"}, "w_3", {"w_3"}),
    ("leaf-without-activation-derivative", COLUMNS, {"d_w_2": "d_h_2 @ h_1.T"}, "w_2", {"w_2"}),
    (
        "leaf-without-activation-derivative",
        ROWS,
        {"d_w_2": "h_1.T @ d_h_2", "d_b_2": "d_h_2.sum(axis=0)"},
        "w_2",
        {"w_2", "b_2"},
    ),
    ("relu-mask-missing", COLUMNS, {"d_z_1": "d_h_1"}, "h_1", BELOW_2),
    ("relu-mask-missing", ROWS, {"d_z_2": "d_h_2"}, "h_2", BELOW_3),
    ("relu-mask-inverted", COLUMNS, {"d_z_1": "d_h_1 * (z_1 < 0)"}, "h_1", BELOW_2),
    ("relu-mask-inverted", ROWS, {"d_z_2": "d_h_2 * (z_2 < 0)"}, "h_2", BELOW_3),
    ("relu-mask-wrong-source", COLUMNS, {"d_z_1": "d_h_1 * (d_h_1 > 0)"}, "h_1", BELOW_2),
    ("relu-mask-wrong-source", ROWS, {"d_z_2": "d_h_2 * (h_1 @ w_2 > 0)"}, "h_2", BELOW_3),
    ("relu-mask-wrong-source", ROWS, {"d_z_2": "d_h_2 * (z_1 > 0)"}, "h_2", BELOW_3),
    ("fan-out-overwritten", PATHS, {"d_h": "d_m @ w.T"}, "h", {"w", "b"}),
    ("fan-out-overwritten", PATHS, {"d_h": "d_r + d_n * 2 * h"}, "h", {"w", "b"}),
    ("fan-out-overwritten", PATHS, {"d_w": "x.T @ d_a + 0.02 * w"}, "w", {"w"}),
    ("fan-out-counted-twice", PATHS, {"d_h": "2 * d_r + d_n * 2 * h + d_m @ w.T"}, "h", {"w", "b"}),
    ("fan-out-counted-twice", PATHS, {"d_w": "x.T @ d_a + 2 * h.T @ d_m + 0.02 * w"}, "w", {"w"}),
    ("second-operand-sign", PATHS, {"d_n": "d_q * q / n"}, "q", {"w", "b"}),
    ("upstream-dropped", COLUMNS, {"d_z_2": "h_2 * (1 - h_2)"}, "h_2", BELOW_3),
    ("upstream-dropped", ROWS, {"d_z_1": "1 - h_1**2"}, "h_1", BELOW_2),
    (
        "softmax-diagonal-only",
        ROWS,
        {"d_logits": "d_s * s * (1 - s)"},
        "s",
        ALL,
    ),
    ("softmax-copied", ROWS, {"d_logits": "d_s"}, "s", ALL),
    (
        "cross-entropy-twice",
        ROWS,
        {"d_s": "(s - y) / 7"},
        None,
        ALL,
    ),
    (
        "weight-decay-missing-or-extra",
        COLUMNS,
        {"d_w_2": "d_z_2 @ h_1.T + 0.03 * w_2"},
        "w_2",
        {"w_2"},
    ),
    ("weight-decay-missing-or-extra", PATHS, {"d_w": "x.T @ d_a + h.T @ d_m"}, "w", {"w"}),
    ("not-zeroed", ROWS, {"d_w_2": "2 * h_1.T @ d_z_2"}, "w_2", {"w_2"}),
]  # fmt: skip

#: Where the likelier of two names is another one.
NAMED_SECOND = {"not-zeroed", "fan-out-overwritten"}


@pytest.mark.parametrize(("mistake", "program", "wrong", "node", "parameters"), SINGLE)
def test_it_is_named(mistake, program, wrong, node, parameters):
    comparison = program.compare(**wrong)
    assert not comparison.ok
    (found,) = comparison.diagnosis
    if mistake in NAMED_SECOND:
        assert mistake in (found.mistake, *found.alternatives)
    else:
        assert found.mistake == mistake
    assert {*found.parameters} == parameters
    assert found.residual <= 1e-9
    assert node is None or found.node == node
    order = bp.topological_order(
        program.loss({k: bp.Value(v) for k, v in program.params().items()})
    )
    named = order[found.position].name
    assert named in (None, found.node) or order[found.position].op is None
    assert "{" not in found.explanation + found.fix
    assert found.explanation.count(". ") == 1


def test_every_mistake_has_a_remedy():
    assert {mistake for mistake, *_ in SINGLE} <= {*FIXES}


@pytest.mark.parametrize(("mistake", "program", "wrong", "node", "parameters"), SINGLE)
def test_more_points_leave_the_true_name(mistake, program, wrong, node, parameters):
    (found,) = program.diagnosis(function=True, **wrong)
    assert mistake in (found.mistake, *found.alternatives)


@pytest.mark.parametrize(
    ("wrong", "factor"),
    [
        ({"d_o": "t - o"}, -1.0),
        ({"d_o": "2 * (o - t)"}, 2.0),
        ({"d_o": "(o - t) / 3"}, 1 / 3),
        ({"d_h_1": "0.1 * w_2.T @ d_z_2"}, 0.1),
        ({"d_w_1": "-5 * d_z_1 @ x.T"}, -5.0),
    ],
)
def test_the_factor(wrong, factor):
    (found,) = COLUMNS.diagnosis(**wrong)
    assert (found.mistake, found.factor) == ("constant-factor", pytest.approx(factor, rel=1e-9))


@pytest.mark.parametrize("rate", [1e-3, 0.1, 2.5])
@pytest.mark.parametrize("step", ["d_w_3", "d_w_3 / (abs(d_w_3) + 1e-8)"])
def test_the_learning_rate(rate, step):
    (found,) = COLUMNS.diagnosis(d_h_2=f"(w_3 - {rate} * {step}).T @ d_o")
    assert found.mistake == "update-before-propagate"
    assert found.learning_rate == pytest.approx(rate, rel=1e-6)
    assert found.factor is None
    assert f"{rate:g}" in found.explanation


@pytest.mark.parametrize(
    ("program", "first", "second"),
    [
        (COLUMNS, {"d_z_2": "d_h_2"}, {"d_b_1": "d_z_1.mean(axis=1, keepdims=True)"}),
        (COLUMNS, {"d_h_2": "(w_3 - 0.1 * d_w_3).T @ d_o"}, {"d_z_1": "d_h_1"}),
        (COLUMNS, {"d_w_3": "d_o @ z_2.T"}, {"d_h_1": "w_2 @ d_z_2"}),
        (ROWS, {"d_logits": "d_s"}, {"d_z_1": "d_h_1 * (1 - h_1**2) ** 2"}),
        (ROWS, {"d_z_2": "d_h_2 * (z_2 < 0)"}, {"d_w_1": "x.T @ d_z_1 + 0.1 * w_1"}),
        # at one place, where neither explains anything alone
        (COLUMNS, {"d_h_2": "(w_3 - 0.1 * d_w_3).T @ d_o"}, {"d_z_2": "d_h_2"}),
        (ROWS, {"d_h_1": "d_z_2 @ w_2"}, {"d_z_1": "d_h_1"}),
    ],
)
def test_two_mistakes(program, first, second):
    names = [program.diagnosis(**wrong)[0].mistake for wrong in (first, second)]
    found = program.diagnosis(**first, **second)
    assert sorted(d.mistake for d in found) == sorted(names)


def test_the_same_mistake_in_every_layer():
    found = COLUMNS.diagnosis(
        d_h_2="(w_3 - 0.1 * d_w_3).T @ d_o", d_h_1="(w_2 - 0.1 * d_w_2).T @ d_z_2"
    )
    assert [(d.mistake, d.node) for d in found] == [
        ("update-before-propagate", "w_3"),
        ("update-before-propagate", "w_2"),
    ]
    decay = {f"d_w_{k}": f"{line} + 0.1 * w_{k}" for k, line in
             ((3, "d_o @ h_2.T"), (2, "d_z_2 @ h_1.T"), (1, "d_z_1 @ x.T"))}  # fmt: skip
    (found,) = COLUMNS.diagnosis(**decay)
    assert found.mistake == "weight-decay-missing-or-extra"
    assert {*found.parameters} == {"w_1", "w_2", "w_3"}


# --- what cannot be told apart ---------------------------------------------------------------


def test_both_names_are_given():
    (found,) = COLUMNS.diagnosis(d_b_2="d_z_2.mean(axis=1, keepdims=True)")
    assert (found.mistake, found.alternatives) == ("bias-mean", ("constant-factor",))
    (found,) = PATHS.diagnosis(d_w="x.T @ d_a + h.T @ d_m")
    assert found.mistake == "weight-decay-missing-or-extra"
    assert "fan-out-overwritten" in found.alternatives


def test_more_points_decide():
    """Without biases a mask may come from the product alone; elsewhere it may not."""
    params = ROWS.params() | {"b_2": np.zeros(4)}
    wrong = ROWS.by_hand(d_z_2="d_h_2 * (z_2 <= 0) * (h_1 @ w_2 <= 0)")
    at_one_point = bp.compare(ROWS.loss, params, wrong(params)).diagnosis
    assert [d.mistake for d in at_one_point] == ["relu-mask-inverted"]
    assert [d.mistake for d in bp.compare(ROWS.loss, params, wrong).diagnosis] == ["unexplained"]


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("d_h_2 * (z_2 <= 0)", "relu-mask-inverted"),
        ("d_h_2 * (d_h_2 > 0)", "relu-mask-wrong-source"),
        ("d_h_2 * (z_1 > 0)", "relu-mask-wrong-source"),
    ],
)
def test_masks_where_every_unit_is_active(line, mistake):
    params = ROWS.params() | {"b_2": np.full(4, 9.0)}
    (found,) = bp.compare(ROWS.loss, params, ROWS.by_hand(d_z_2=line)(params)).diagnosis
    assert (found.mistake, found.node) == (mistake, "h_2")


def test_a_function_that_adds_up():
    total = {}

    def accumulated(params):
        for name, g in ROWS.by_hand()(params).items():
            total[name] = total.get(name, 0) + g
        return dict(total)

    accumulated(ROWS.params())
    (found,) = bp.compare(ROWS.loss, ROWS.params(), accumulated).diagnosis
    assert (found.mistake, found.alternatives) == ("not-zeroed", ())


def test_inner_nodes_that_were_not_zeroed():
    """x * x * 2, backward twice without zeroing anything: 36 at x = 3, as in micrograd."""
    found = bp.compare(lambda x: x * x * 2, 3.0, 36.0).diagnosis
    assert "not-zeroed" in (found[0].mistake, *found[0].alternatives)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("seed", range(5))
def test_what_nobody_knows_is_unexplained(program, seed):
    params = program.params()
    generator = np.random.default_rng(100 + seed)
    right = program.by_hand()(params)
    wrong = {k: g + 0.01 * generator.normal(size=g.shape) for k, g in right.items()}
    (found,) = bp.compare(program.loss, params, wrong).diagnosis
    assert found.mistake == "unexplained"
    assert {*found.parameters} == {*params}
    assert "median" in found.explanation


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("function", [False, True])
def test_what_is_right_has_no_diagnosis(program, seed, function):
    comparison = program.compare(seed=seed, function=function)
    assert comparison.ok
    assert comparison.diagnosis == []
