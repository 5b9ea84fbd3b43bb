"""Kinks: at one nothing between both slopes is wrong, and beside one the step is short enough."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.checking import nets
from tinygrad_bp.kernel.context import witness

METHODS = ["auto", "complex", "adaptive", "five-point", "central"]
WEIGHTS = np.array([1.0, 2.0, 4.0])


def verdicts(comparison):
    return [entry.verdict for entry in comparison.entries]


def relu(x):
    return bp.sum(WEIGHTS * bp.relu(bp.named(x * 1.0, "z")))


def hard_sort(x):
    return bp.sum(WEIGHTS * np.sort(x))


AT = np.array([0.0, 1.0, -1.0])
TIE = np.array([0.5, 0.5, -1.0])
KINKS = {
    # fun, point, entries at a kink, the unit, a derivative of the first entry that is allowed
    "relu": (relu, AT, [0], "relu at z[0]", 0.3),
    "abs": (lambda x: bp.sum(WEIGHTS * bp.absolute(x)), AT, [0], "abs at params[0]", -0.9),
    "maximum": (lambda x: bp.sum(WEIGHTS * bp.maximum(x, 0)), AT, [0], "maximum at", 1.0),
    "minimum": (lambda x: bp.sum(WEIGHTS * bp.minimum(x, 1)), AT, [1], "minimum at", None),
    "max": (lambda x: 3 * bp.max(x), TIE, [0, 1], "max at params[0]", 2.9),
    "min": (lambda x: bp.min(bp.named(-x, "y")), TIE, [0, 1], "min at y[0]", -0.2),
    "max along an axis": (
        lambda x: bp.sum(bp.max(bp.stack([x, x[::-1]]), axis=0)),
        np.array([0.5, 2.0, 0.5]),
        [0, 2],
        "max",
        1.5,
    ),
    "where": (lambda x: bp.sum(np.where(x > 0, 3 * x, x)), AT, [0], "comparison at", 2.0),
    "a mask": (lambda x: bp.sum(x * (x > 0)), AT, [0], "comparison at params[0]", 0.6),
    "clip": (lambda x: bp.sum(WEIGHTS * np.clip(x, 0, 1)), AT, [0, 1], "comparison at", 0.6),
    "sort": (hard_sort, TIE, [0, 1], "sort at", 3.0),
    "branching": (
        lambda x: bp.sum(x * 2 if x[0] > 0 else x * 2 - x[0] * 1.0),
        AT,
        [0],
        "comparison",
        -0.9,
    ),
    ".data": (
        lambda x: bp.sum(
            x * (getattr(x, "data", x) > 0) if isinstance(x, bp.Value) else x * (x > 0)
        ),
        AT,
        [0],
        "mul at",
        0.6,
    ),
}


@pytest.mark.parametrize(("kind", "numeric"), [*product(KINKS, METHODS)])
def test_at_a_kink(kind, numeric):
    fun, point, places, unit, _ = KINKS[kind]
    comparison = bp.compare(fun, point, numeric=numeric)
    assert comparison.ok, str(comparison)
    row = comparison.rows[0]
    assert row.verdict == "correct"
    expected = ["kink" if k in places else "correct" for k in range(3)]
    assert verdicts(comparison) == expected
    assert unit in row.note
    assert "is at its kink" in str(comparison)


@pytest.mark.parametrize("kind", [kind for kind, row in KINKS.items() if row[4] is not None])
def test_a_manual_gradient_at_a_kink(kind):
    fun, point, places, _, allowed = KINKS[kind]
    manual = bp.compare(fun, point).automatic
    k = places[0]
    manual[k] = allowed
    between = bp.compare(fun, point, manual)
    assert between.ok, str(between)
    assert between.entries[k].verdict == "kink"
    assert between.rows[0].manual_error > 0
    manual[k] = 10.0
    outside = bp.compare(fun, point, manual)
    assert outside.entries[k].verdict == "wrong"
    assert outside.rows[0].wrong_side == "manual"
    assert "not all are between the slopes on both sides" in outside.rows[0].note
    manual[k] = allowed
    other = next(j for j in range(3) if j not in places) if len(places) < 3 else None
    manual[other] += 1e-3
    elsewhere = bp.compare(fun, point, manual)
    assert [elsewhere.entries[j].verdict for j in (k, other)] == ["kink", "wrong"]
    assert elsewhere.rows[0].verdict == "wrong"


def test_round_off_at_a_kink():
    # 0.1 + 0.2 - 0.3 is 5.6e-17 and not 0: the mask of another order of summing differs
    point = {"a": 0.1, "b": 0.2}
    loss = lambda p: bp.relu(p["a"] + p["b"] - 0.3) + p["a"]
    assert bp.compare(loss, point, {"a": 1.0, "b": 0.0})
    assert bp.compare(loss, point, {"a": 2.0, "b": 1.0})
    assert not bp.compare(loss, point, {"a": 2.1, "b": 1.0})


@pytest.mark.parametrize("fun", [np.remainder, np.fmod])
def test_at_the_jump_of_a_remainder(fun):
    comparison = bp.compare(lambda a: np.sum(fun(a, 0.4)), np.array([0.3, 0.4]), np.ones(2))
    assert comparison.ok, str(comparison)


def test_a_branch_that_holds_only_close_to_the_point():
    def loss(a):
        return np.sum(np.where(np.isclose(a, 0.3), a, 2 * a))

    assert bp.compare(loss, np.array([-0.5, 0.3]), np.array([2.0, 1.0]))
    assert not bp.compare(loss, np.array([-0.5, 0.3]), np.array([2.0, 2.0]))


def test_what_is_not_moved_is_no_kink():
    # zero input: the unit is exactly at 0, but the weight does not move it
    loss = lambda p: bp.sum(bp.relu(np.zeros(2) * p["w"]) + p["w"] ** 2)
    comparison = bp.compare(loss, {"w": np.array([1.0, 2.0])})
    assert verdicts(comparison) == ["correct", "correct"]
    assert comparison.rows[0].note == ""


@pytest.mark.parametrize("numeric", METHODS)
def test_a_unit_that_only_touches_is_no_kink(numeric):
    comparison = bp.compare(lambda x: bp.sum(bp.relu(x**2) + x), np.zeros(2), numeric=numeric)
    assert verdicts(comparison) == ["correct", "correct"]


# --- beside a kink -----------------------------------------------------------------------------


@pytest.mark.parametrize("numeric", METHODS)
@pytest.mark.parametrize("distance", [1e-3, -1e-3, 1e-6, -1e-6, 1e-9, -1e-9])
def test_beside_a_kink_there_is_a_derivative(distance, numeric):
    point = np.array([distance, 1.0, -1.0])
    right = WEIGHTS * (point > 0)
    comparison = bp.compare(relu, point, right, numeric=numeric)
    assert comparison.ok, str(comparison)
    assert verdicts(comparison) == ["correct"] * 3
    wrong = WEIGHTS * (point < 0)
    assert verdicts(bp.compare(relu, point, wrong, numeric=numeric))[0] == "wrong"


@pytest.mark.parametrize("numeric", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_many_relus(seed, numeric):
    generator = np.random.default_rng(seed)
    w, v = generator.normal(size=(256, 3)), generator.normal(size=256)
    loss = lambda x: v @ bp.relu(w @ x * 3) / 16
    point = generator.normal(size=3)
    manual = 3 * w.T @ (v * (w @ point > 0)) / 16
    comparison = bp.compare(loss, point, manual, numeric=numeric)
    assert comparison.ok, str(comparison)
    assert verdicts(comparison) == ["correct"] * 3
    assert not bp.compare(loss, point, manual * (1 + 1e-5), numeric=numeric)


@given(st.floats(-2, 2), st.floats(-0.5, 1.5))
def test_at_any_kink_exactly_the_interval_is_allowed(slope, place):
    loss = lambda x: bp.maximum(x, 0) + slope * x
    verdict = bp.compare(loss, 0.0, slope + place).entries[0].verdict
    inside = -1e-7 * (abs(slope) + 1) <= place <= 1 + 1e-7 * (abs(slope) + 1)
    assert verdict == ("kink" if inside else "wrong")


# --- what is wrong stays wrong -------------------------------------------------------------------

half_relu = bp.Op("relu", lambda a: np.maximum(a, 0), lambda g, y, a: g * (a > 0) / 2)
far_out = bp.Op(
    "far_out", lambda a: np.maximum(a, 0), lambda g, y, a: g * np.where(a == 0, 1.5, a > 0)
)


@pytest.mark.parametrize("numeric", METHODS)
def test_a_wrong_rule_beside_a_kink(numeric):
    comparison = bp.compare(
        lambda x: bp.sum(half_relu(x) + bp.relu(x)), np.array([1e-6, 0.5]), numeric=numeric
    )
    assert verdicts(comparison) == ["wrong", "wrong"]
    assert comparison.rows[0].wrong_side == "automatic"


@pytest.mark.parametrize("numeric", METHODS)
def test_a_wrong_rule_at_a_kink(numeric):
    loss = lambda x: bp.sum(far_out(x))
    comparison = bp.compare(loss, np.array([0.0, 0.5]), numeric=numeric)
    assert verdicts(comparison) == ["wrong", "correct"]
    assert comparison.rows[0].wrong_side == "automatic"
    assert "0 and 1" in comparison.rows[0].note


def test_relus_that_cancel_at_their_kinks():
    # relu(x) - relu(-x) is x, whose derivative at 0 is 1 on both sides; the engine says 0
    comparison = bp.compare(lambda x: bp.relu(x) - bp.relu(-x), 0.0)
    assert verdicts(comparison) == ["wrong"]
    assert comparison.rows[0].wrong_side == "automatic"


# --- functions that the graph does not show ------------------------------------------------------

opaque = bp.Op(
    "leaky", lambda a: np.where(a.real > 0, a, a / 10), lambda g, y, a: g * np.where(a > 0, 1, 0.1)
)


@pytest.mark.parametrize("numeric", METHODS)
@pytest.mark.parametrize("at", [0.0, 1e-3, -1e-3, 1e-6, -1e-6])
def test_an_op_of_the_users_with_a_kink(at, numeric):
    comparison = bp.compare(lambda x: bp.sum(opaque(x)), np.array([at, 1.0]), numeric=numeric)
    assert comparison.ok, str(comparison)
    if at == 0:
        assert verdicts(comparison)[0] in ("kink", "correct")
        manual = bp.compare(lambda x: bp.sum(opaque(x)), np.array([at, 1.0]), np.array([0.1, 1.0]))
        assert manual.ok


def test_a_kink_of_plain_numpy():
    def loss(x):  # plain numbers steer, and the graph does not show it
        size = x.data if isinstance(x, bp.Value) else x.real
        return bp.sum(x * np.where(size > 0, 1.0, 0.1))

    at = bp.compare(loss, np.array([0.0, 1.0]), numeric="central")
    assert verdicts(at) == ["kink", "correct"]
    assert "its graph does not show it" in at.rows[0].note
    assert bp.compare(loss, np.array([1e-4, -1e-4]), numeric="central")


def test_a_jump():
    loss = lambda x: bp.sum(np.where(x > 0, x + 1, 2 * x))
    comparison = bp.compare(loss, np.array([0.0, 1.0]), numeric="central")
    assert verdicts(comparison) == ["kink", "correct"]


def test_the_nets_relu_at_its_kink():
    params = nets.parameters()
    params["b_1"][3] = -(params["w_1"] @ nets.X)[3]
    comparison = bp.compare(nets.loss, params, nets.manual)
    assert comparison.ok
    at_kink = {(e.name, e.index) for e in comparison.entries if e.verdict == "kink"}
    assert at_kink == {("b_1", (3, 0))} | {("w_1", (3, k)) for k in range(7)}
    assert "relu at [3, 0] is at its kink (7 entries)" in comparison.rows[0].note
    assert comparison.entries[0].verdict == "correct"


def test_how_near_a_kink_is_depends_on_the_size_of_the_number():
    loss = lambda x: np.sum(np.maximum(x - 1e5, 0) + 3 * x)
    for beside, slope, right in (
        *((0, 3, True), (0, 3.5, True), (0, 4, True)),
        *((0.01, 4, True), (0.01, 3.5, False), (-100, 3, True)),
    ):
        comparison = bp.compare(loss, np.array([1e5 + beside]), np.array([slope]))
        assert comparison.ok == right, (beside, slope)


def test_nobody_is_asked_about_comparisons_afterwards():
    assert bp.compare(lambda x: bp.sum(np.where(x > 0, 3 * x, x)), AT, np.array([2.0, 3.0, 1.0]))
    assert witness.get() is None
