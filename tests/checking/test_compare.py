import json
import re
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.checking import nets
from tinygrad_bp.checking.adapting import Adapted
from tinygrad_bp.checking.compare import compare_program
from tinygrad_bp.checking.sampling import MANY

METHODS = ["auto", "complex", "adaptive", "five-point", "central"]
GENERATOR = np.random.default_rng(0)
X = np.array([0.5, -1.0])
SQUARE = {"w": GENERATOR.normal(size=(3, 3)), "b": GENERATOR.normal(size=(3, 1))}
Z = GENERATOR.normal(size=(3, 9))
Y = GENERATOR.normal(size=(3, 9))


def square_loss(p):
    return bp.mse(bp.tanh(p["w"] @ Z + p["b"]), Y)


def square_manual(p):
    o = np.tanh(p["w"] @ Z + p["b"])
    d = 2 / o.size * (o - Y) * (1 - o**2)
    return {"w": d @ Z.T, "b": d.sum(axis=1, keepdims=True)}


def verdicts(comparison):
    return {row.name: (row.verdict, row.wrong_side) for row in comparison.rows}


# --- right gradients are correct -------------------------------------------------------------


@pytest.mark.parametrize("numeric", METHODS)
@pytest.mark.parametrize("seed", [12, 0, 1, 2])
def test_the_nets_gradients_are_right(numeric, seed):
    comparison = bp.compare(nets.loss, nets.parameters(seed), nets.manual, numeric=numeric)
    assert comparison
    assert comparison.ok is True
    assert bp.compare(nets.loss, nets.parameters(seed), numeric=numeric)
    assert [row.name for row in comparison.rows] == ["w_1", "b_1", "w_2", "b_2", "w_3", "b_3"]
    assert all(row.manual_error < 1e-13 for row in comparison.rows)
    assert len(comparison.entries) == 95
    assert comparison.diagnosis == []


def test_central_differences_are_not_exact_and_do_not_decide():
    comparison = bp.compare(nets.loss, nets.parameters(), nets.manual, numeric="central")
    assert max(row.numeric_error for row in comparison.rows) > comparison.tolerance
    assert comparison.ok


@pytest.mark.parametrize("distance", [1e-3, 1e-8, 1e-13, 1e-15, 0.0])
@pytest.mark.parametrize("numeric", METHODS)
def test_at_a_minimum_round_off_is_not_called_wrong(distance, numeric):
    target = np.tanh(SQUARE["w"] @ Z)
    loss = lambda w: bp.mse(bp.tanh(w @ Z), target)

    def manual(w):  # in another order than the engine's
        o = np.tanh(w @ Z)
        return ((1 - o**2) * (o - target) * 2 @ Z.T) / o.size

    comparison = bp.compare(loss, SQUARE["w"] * (1 + distance * Z[:, :3]), manual, numeric=numeric)
    assert comparison.ok, str(comparison)


def test_the_round_off_of_a_saturated_unit_is_not_called_wrong():
    # 1 - y ** 2 has but a few digits, and the same ones at points nearby
    def loss(x):
        return np.sum(np.tanh(x) ** 2)

    x = np.array([17.0, 18.0, 18.3, 0.5])
    y = np.tanh(x)
    assert bp.compare(loss, x, 2 * y / np.cosh(x) ** 2)
    assert bp.compare(loss, x, 2 * (y - y**3))
    wrong = bp.compare(loss, x, 2 * y * (1 - y))
    assert [(e.name, e.index) for e in wrong.entries if e.verdict == "wrong"] == [("params", (3,))]


def test_looking_for_round_off_leaves_the_graph_as_it_was():
    b = bp.Value(np.array([1.0, 2.0]), requires_grad=True)
    c = np.exp(b)
    before = c.data.tobytes()
    assert not bp.compare(lambda x: np.sum(np.tanh(x * c)), np.ones(2), np.zeros(2))
    assert c.data.tobytes() == before


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=5))
def test_a_gradient_of_round_off_alone_is_not_called_wrong(entries):
    # the sum of a softmax is 1, so that its derivative is exactly 0
    comparison = bp.compare(lambda x: bp.sum(bp.softmax(x)), np.array(entries))
    assert comparison.ok, str(comparison)


def test_a_bias_in_front_of_a_normalisation():
    def loss(p):
        h = p["w"] @ Z + p["b"]
        h = h - np.mean(h, axis=1, keepdims=True)
        h = h / np.sqrt(np.mean(h**2, axis=1, keepdims=True) + 1e-5)
        return bp.mse(np.tanh(h), Y)

    for numeric in METHODS:
        comparison = bp.compare(loss, SQUARE, numeric=numeric)
        assert comparison.ok, str(comparison)
        assert "does not resolve 3 of 3 entries" in comparison.rows[1].note


def test_a_gradient_that_cancels_exactly_in_the_engine_need_not_elsewhere():
    # the first query sees one key, so that its softmax is 1 whatever the logit is
    keys = np.tril(np.ones((3, 3), bool))
    factors = np.array([[0.7, -1.3, 2.1], [0.4, 0.9, -0.6], [1.7, 0.2, -0.8]])

    def loss(s):
        e = np.exp(np.where(keys, s, -np.inf) - np.max(np.where(keys, s, -np.inf), axis=1)[:, None])
        return np.sum(e / np.sum(e, axis=1, keepdims=True) * factors)

    s = np.array([[0.3, 0.1, 0.2], [-0.4, 0.8, 0.5], [1.1, -0.6, 0.9]])
    e = np.exp(s) * keys
    p = e / np.sum(e, axis=1, keepdims=True)
    right = p * (factors - np.sum(p * factors, axis=1, keepdims=True))
    for size in (1.0, 1e-20):
        scaled = lambda s, size=size: loss(s) * size
        right[0] = np.array([1e-16, 0.0, 0.0])
        assert bp.compare(scaled, s, right * size)
        right[0, 0] = 1e-10
        assert not bp.compare(scaled, s, right * size)


def test_tiny_gradients_are_still_compared():
    # a small gradient is not round-off: nothing cancels in it
    loss = lambda x: bp.sum(bp.exp(x)) * 1e-30 + 1.0
    x = np.array([0.0, -40.0])
    assert bp.compare(loss, x, lambda x: np.exp(x) * 1e-30, numeric="complex")
    wrong = bp.compare(loss, x, lambda x: np.exp(x) * np.array([1, 1.001]) * 1e-30)
    assert [entry.verdict for entry in wrong.entries] == ["correct", "wrong"]


# --- wrong gradients are wrong ---------------------------------------------------------------


@pytest.mark.parametrize("numeric", METHODS)
def test_weights_updated_before_the_error_is_propagated(numeric):
    comparison = bp.compare(
        nets.loss, nets.parameters(), lambda p: nets.manual(p, step=0.1), numeric=numeric
    )
    wrong = [entry for entry in comparison.entries if entry.verdict == "wrong"]
    assert not comparison
    assert len(wrong) == 44
    assert sum(entry.manual < 0 for entry in wrong) == 9
    assert f"{wrong[0].manual:.13f}" == "0.0009564518309"
    assert {row.name for row in comparison.rows if row.verdict == "wrong"} == {
        "w_1",
        "b_1",
        "w_2",
        "b_2",
    }
    assert {row.wrong_side for row in comparison.rows} == {"manual", None}


def one_entry(g):
    w = g["w"].copy()
    w[1, 2] *= 1 + 1e-6
    return g | {"w": w}


MISTAKES = {
    "factor": lambda g: {k: v * 2 for k, v in g.items()},
    "sign": lambda g: {k: -v for k, v in g.items()},
    "transposed": lambda g: g | {"w": g["w"].T},
    "one entry": one_entry,
    "zero": lambda g: g | {"w": g["w"] * 0},
    "nan": lambda g: g | {"w": g["w"] * np.nan},
    "infinite": lambda g: g | {"w": g["w"] * np.inf},
    "relative 1e-6": lambda g: g | {"w": g["w"] * (1 + 1e-6)},
}


@pytest.mark.parametrize("numeric", METHODS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(mistake, numeric):
    comparison = bp.compare(
        square_loss, SQUARE, lambda p: MISTAKES[mistake](square_manual(p)), numeric=numeric
    )
    assert not comparison
    assert verdicts(comparison)["w"] == ("wrong", "manual")
    if mistake == "one entry":
        assert comparison.rows[0].worst == (1, 2)
        assert comparison.rows[0].note == "1 of 9 entries"
        assert comparison.rows[0].manual_error == pytest.approx(1e-6, rel=1e-5)
        assert "w[1, 2] is wrong: manual" in str(comparison)


@given(
    st.integers(0, 8),
    st.floats(-1, 1).filter(lambda f: abs(f) > 2e-7),
)
def test_any_entry_beyond_the_tolerance_is_found(position, relative):
    gradient = square_manual(SQUARE)
    gradient["w"].flat[position] *= 1 + relative
    comparison = bp.compare(square_loss, SQUARE, gradient)
    wrong = [entry.index for entry in comparison.entries if entry.verdict == "wrong"]
    assert wrong == [divmod(position, 3)]


def test_tolerance():
    manual = {name: g * (1 + 1e-4) for name, g in square_manual(SQUARE).items()}
    assert not bp.compare(square_loss, SQUARE, manual)
    assert bp.compare(square_loss, SQUARE, manual, tolerance=1e-3)


# --- a wrong engine --------------------------------------------------------------------------

half_sin = bp.Op("half_sin", np.sin, lambda g, y, a: g * np.cos(a) / 2)
slightly = bp.Op("slightly", np.sin, lambda g, y, a: g * np.cos(a) * (1 + 1e-6))


@pytest.mark.parametrize("numeric", METHODS)
@pytest.mark.parametrize("op", [half_sin, slightly])
def test_a_wrong_rule_is_the_engines_fault(op, numeric):
    loss = lambda p: bp.sum(op(p["x"]))
    params = {"x": np.array([0.1, 0.7])}
    comparison = bp.compare(loss, params, numeric=numeric)
    assert verdicts(comparison) == {"x": ("wrong", "automatic")}
    assert comparison.numeric_method == ("complex" if numeric == "auto" else numeric)
    assert "automatic wrong" in str(comparison)
    assert "a wrong derivative rule" in comparison.rows[0].note

    right = bp.compare(loss, params, lambda p: {"x": np.cos(p["x"])}, numeric=numeric)
    assert verdicts(right) == {"x": ("wrong", "automatic")}
    same = bp.compare(loss, params, lambda p: {"x": np.cos(p["x"]) / 3}, numeric=numeric)
    assert verdicts(same) == {"x": ("wrong", "both")}


def test_a_graph_that_is_lost_is_said():
    def loss(p):
        lost = p["a"].detach() if isinstance(p["a"], bp.Value) else p["a"]
        return bp.sum(lost * p["b"])

    params = {"a": np.ones(2), "b": np.ones(2)}
    comparison = bp.compare(loss, params)
    assert verdicts(comparison) == {"a": ("wrong", "automatic"), "b": ("correct", None)}
    words = " ".join(str(comparison).split())
    assert "the graph of fun does not reach it, but fun depends on it" in words


def test_a_complex_step_that_lies_in_one_small_place_is_not_believed():
    # |x| in NumPy is no derivative of the complex step, and 1e-17 of it is nothing to differences
    # along a direction; but the engine is right, and differences of that entry say so.
    def loss(p):
        return bp.sum(p["x"] ** 2) * 1e6 + np.abs(p["y"]) * 1e-7

    comparison = bp.compare(loss, {"x": np.ones(3), "y": np.array(0.5)})
    assert comparison.ok, str(comparison)


# --- preconditions ---------------------------------------------------------------------------


def test_parameter_that_is_not_used():
    params = {"w": np.ones(2), "idle": np.ones((2, 3))}
    comparison = bp.compare(lambda p: bp.sum(p["w"]), params)
    assert comparison
    assert comparison.rows[1].note == "fun does not depend on it: its gradient is 0"
    assert "idle: fun does not depend on it" in str(comparison)
    np.testing.assert_array_equal(comparison.automatic["idle"], np.zeros((2, 3)))
    wrong = bp.compare(lambda p: bp.sum(p["w"]), params, {"w": np.ones(2), "idle": np.ones((2, 3))})
    assert verdicts(wrong)["idle"] == ("wrong", "manual")


def test_fun_that_depends_on_nothing():
    assert bp.compare(lambda p: 3.0, np.ones(2)).ok
    assert bp.compare(lambda p: bp.Value(3.0), np.ones(2)).ok


@pytest.mark.parametrize(
    ("manual", "verdict", "said"),
    [
        ({}, "missing", "no gradient is given for it"),
        ({"w": None}, "missing", "its gradient is None"),
        ({"w": np.ones(3)}, "wrong", r"expected a gradient of shape \(3, 3\), got \(3,\)"),
        ({"w": np.ones((1, 3, 4))}, "wrong", r"expected.*, got \(1, 3, 4\)"),
        ({"w": "text"}, "not read", "expected real numbers, got str"),
        ({"w": [[1.0], [1.0, 2.0]]}, "not read", "expected real numbers.*ragged"),
        ({"w": SQUARE["w"] * 1j}, "not read", "expected real numbers.*complex"),
    ],
)
@pytest.mark.parametrize("function", [False, True])
def test_what_does_not_fit_is_the_verdict_of_its_row(manual, verdict, said, function):
    given = {"b": square_manual(SQUARE)["b"]} | manual
    comparison = bp.compare(square_loss, SQUARE, (lambda p: given) if function else given)
    first, second = comparison.rows
    assert (first.verdict, second.verdict) == (verdict, "correct")
    assert re.search(said, first.note)
    assert re.search(f"w: {verdict}: {said}", " ".join(str(comparison).split()))
    assert comparison.ok is False
    assert comparison.diagnosis == []
    entries = [entry for entry in comparison.entries if entry.name == "w"]
    assert {(entry.manual, entry.verdict) for entry in entries} == {(None, "wrong")}
    assert all(entry.automatic is not None for entry in entries)


def test_a_cause_is_found_where_another_gradient_is_missing():
    wrong = {"w": square_manual(SQUARE)["w"] * 3, "b": None}
    for manual in (wrong, lambda p: {"w": square_manual(p)["w"] * 3}):
        comparison = bp.compare(square_loss, SQUARE, manual)
        assert [row.verdict for row in comparison.rows] == ["wrong", "missing"]
        assert [found.mistake for found in comparison.diagnosis] == ["constant-factor"]
        assert comparison.summary.endswith("are wrong or missing")


def test_what_is_the_gradient_of_nothing_is_said():
    comparison = bp.compare(square_loss, SQUARE, square_manual(SQUARE) | {"c": 1.0})
    assert comparison
    assert "c was not compared: it belongs to no parameter" in str(comparison)


def test_how_gradients_were_read_is_said():
    right = square_manual(SQUARE)
    comparison = bp.compare(square_loss, SQUARE, tuple(right[name] for name in SQUARE))
    assert comparison
    assert f"gradients were read in order: {', '.join(SQUARE)}" in comparison.notes


def test_axes_of_length_1_do_not_matter_and_transposes_do():
    right = square_manual(SQUARE)
    comparison = bp.compare(square_loss, SQUARE, right | {"b": right["b"].ravel()})
    assert comparison
    assert "the gradient of b was read as (3, 1); it is (3,)" in comparison.notes
    assert not bp.compare(square_loss, SQUARE, right | {"b": right["b"].T})


@pytest.mark.parametrize(
    ("manual", "said", "causes"),
    [
        (
            {"w": np.zeros((3, 3)), "b": np.zeros((3, 1))},
            "All gradients are 0: nothing is computed yet",
            ["all-zero"],
        ),
        (lambda p: None, "there is no manual gradient that can be read", []),
    ],
)
def test_a_template_in_which_nothing_is_computed_yet(manual, said, causes):
    comparison = bp.compare(square_loss, SQUARE, manual)
    assert not comparison
    assert said in str(comparison)
    assert [found.mistake for found in comparison.diagnosis] == causes


def test_one_gradient_of_zeros():
    right = square_manual(SQUARE)
    comparison = bp.compare(square_loss, SQUARE, right | {"b": np.zeros((3, 1))})
    assert "all of it is 0" in comparison.rows[1].note


def test_an_inner_gradient_of_another_shape_is_wrong():
    def loss(p):
        z = bp.named(p["w"] * 2, "z")
        return bp.sum(z**2)

    at = {"w": np.ones(2)}
    comparison = bp.compare(loss, at, {"dw": 8 * np.ones(2), "dz": np.ones(3)})
    assert [(row.name, row.verdict) for row in comparison.rows] == [
        ("w", "correct"),
        ("z", "wrong"),
    ]
    assert "expected a gradient of shape (2,), got (3,)" in str(comparison)
    assert bp.compare(loss, at, {"dw": 8 * np.ones(2), "dz": 4 * np.ones(2)})


def test_preconditions_of_fun():
    with pytest.raises(ValueError, match=r"must return a scalar, got shape \(3, 1\)"):
        bp.compare(lambda p: p["b"], SQUARE)
    with pytest.raises(TypeError, match="must return a real number, got str"):
        bp.compare(lambda p: "text", SQUARE)
    with pytest.raises(ValueError, match="changes its input: parameter 'b'"):
        bp.compare(lambda p: p["b"].fill(0) or 0.0, SQUARE)
    noise = np.random.default_rng(0)
    with pytest.raises(ValueError, match="not deterministic"):
        bp.compare(lambda p: noise.normal(), SQUARE)
    with pytest.raises(ValueError, match=r"got shape \(3,\) when run on Values"):
        bp.compare(lambda x: x if isinstance(x, bp.Value) else 1.0, np.ones(3))


def test_options_are_checked():
    with pytest.raises(ValueError, match="unknown method 'forward'"):
        bp.compare(square_loss, SQUARE, numeric="forward")
    for tolerance in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="tolerance must be"):
            bp.compare(square_loss, SQUARE, tolerance=tolerance)
    with pytest.raises(TypeError, match="tolerance must be a number"):
        bp.compare(square_loss, SQUARE, tolerance="small")
    ran = []
    with pytest.raises(ValueError, match="unknown method"):
        bp.compare(ran.append, SQUARE, numeric="forward")
    assert ran == []


def test_a_tolerance_of_zero_asks_for_the_very_numbers():
    assert bp.compare(np.sum, np.ones(2), np.ones(2), tolerance=0)
    assert not bp.compare(np.sum, np.ones(2), np.ones(2) * (1 + 1e-12), tolerance=0)
    assert compare_program(Adapted(np.sum, np.ones(2), np.ones(2))).tolerance == 1e-7


def test_of_no_more_than_a_thousand_entries_each_is_computed():
    whole = bp.compare(lambda x: np.sum(x**2), np.ones(MANY), 2 * np.ones(MANY))
    assert whole.ok
    assert all(entry.numeric is not None for entry in whole.entries)
    sampled = bp.compare(lambda x: np.sum(x**2), np.ones(MANY + 1), 2 * np.ones(MANY + 1))
    assert sampled.ok
    assert any(entry.numeric is None for entry in sampled.entries)


def test_nothing_of_the_user_is_touched():
    outside = bp.Value(np.ones((3, 1)), name="outside")
    params = {"w": SQUARE["w"].copy(), "b": bp.Value(SQUARE["b"])}
    data = params["b"].data.copy()

    def manual(p):
        p["w"] *= 0  # of a copy
        return {"w": np.ones((3, 3)), "b": outside.data}

    loss = lambda p: bp.sum(p["w"] @ outside + p["b"])
    assert bp.compare(loss, params, manual)
    np.testing.assert_array_equal(params["w"], SQUARE["w"])
    np.testing.assert_array_equal(params["b"].data, data)
    assert params["b"].grad is None
    assert outside.grad is None


def test_inside_no_grad():
    with bp.no_grad():
        assert bp.compare(square_loss, SQUARE, square_manual)
        assert (bp.Value(1.0) * 2).parents == ()


def test_names_of_values():
    seen = []

    def loss(p):
        if isinstance(p["layers"][0]["w"], bp.Value):
            seen.append(p["layers"][0]["w"].name)
        return bp.sum(p["layers"][0]["w"])

    bp.compare(loss, {"layers": [{"w": np.ones(2)}]})
    assert seen == ["layers[0].w"]


def test_an_error_on_values_says_so():
    def loss(x):
        return bp.sum(x) if isinstance(x, np.ndarray) else np.nanmedian(x)

    with pytest.raises(TypeError, match=r"numpy\.nanmedian") as caught:
        bp.compare(loss, np.ones(3))
    assert "while fun ran on Values" in caught.value.__notes__[-1]


# --- structures and numbers ------------------------------------------------------------------

Layer = namedtuple("Layer", "w b")


def test_nested_structures():
    params = {"layers": [Layer(SQUARE["w"], SQUARE["b"]), (np.ones((3, 1)),)], "scale": 2}

    def loss(p):
        layer, (offset,) = p["layers"]
        return bp.sum(bp.tanh(layer.w @ Z + layer.b) + offset) * p["scale"]

    comparison = bp.compare(loss, params)
    assert comparison
    names = [row.name for row in comparison.rows]
    assert names == ["layers[0].w", "layers[0].b", "layers[1][0]", "scale"]
    assert isinstance(comparison.automatic["layers"][0], Layer)
    again = bp.compare(loss, params, comparison.automatic)
    assert again
    np.testing.assert_array_equal(again.manual["scale"], again.automatic["scale"])
    np.testing.assert_allclose(again.numeric["scale"], again.automatic["scale"])


@pytest.mark.parametrize("params", [np.ones(2), bp.Value([1.0, 1.0]), [1.0, 1.0], (1, 1)])
def test_bare_parameters_and_lists(params):
    def loss(p):
        return p[0] * 2 + p[1] * 3

    assert bp.compare(loss, params, [2.0, 3.0])
    assert not bp.compare(loss, params, [2.0, 4.0])


def test_a_bare_number():
    comparison = bp.compare(lambda x: x**2, 3.0, 6.0)
    assert comparison
    assert comparison.rows[0].name == "params"
    assert comparison.entries[0].index == ()


def test_float32_parameters_are_compared_in_float64():
    params = {name: a.astype(np.float32) for name, a in SQUARE.items()}
    comparison = bp.compare(square_loss, params, square_manual)
    assert comparison
    assert comparison.automatic["w"].dtype == np.float64
    rounded = {n: (g * (1 + 1e-6)).astype(np.float32) for n, g in square_manual(params).items()}
    assert "float32" in bp.compare(square_loss, params, rounded).rows[0].note


def test_parameters_without_entries():
    comparison = bp.compare(
        lambda p: bp.sum(p["w"]) + bp.sum(p["e"]), {"w": np.ones(2), "e": np.ones((0, 3))}
    )
    assert comparison
    assert comparison.rows[1].worst is None
    assert len(comparison.entries) == 2


def test_a_loss_that_is_not_finite_shows():
    with np.errstate(all="ignore"):
        comparison = bp.compare(lambda x: bp.sum(bp.log(x)) * np.nan, np.array([1.0, 2.0]))
    assert not comparison  # NaN agrees with nothing
    assert "the loss is nan" in str(comparison)
    assert comparison.entries[0].relative_error == np.inf


# --- how it is read --------------------------------------------------------------------------


def test_entries():
    comparison = bp.compare(square_loss, SQUARE, MISTAKES["factor"](square_manual(SQUARE)))
    entry = comparison.entries[4]
    assert (entry.name, entry.index, entry.verdict) == ("w", (1, 1), "wrong")
    assert entry.manual == comparison.manual["w"][1, 1]
    assert entry.automatic == comparison.automatic["w"][1, 1]
    assert entry.numeric == comparison.numeric["w"][1, 1]
    assert entry.relative_error == pytest.approx(0.5)
    assert bp.compare(square_loss, SQUARE).entries[0].manual is None
    with pytest.raises(AttributeError):
        entry.manual = 0.0


@given(st.floats(), st.floats())
def test_relative_error(a, b):
    entry = bp.compare(lambda x: x * 1.0, 0.5, a).entries[0]
    if a != a:
        assert entry.relative_error == np.inf
        assert entry.verdict == "wrong"
    elif abs(a) == np.inf:
        assert entry.relative_error == np.inf
    else:
        assert entry.relative_error == pytest.approx(abs(a - 1) / max(abs(a), 1))


def test_text():
    text = str(bp.compare(nets.loss, nets.parameters(), lambda p: nets.manual(p, 0.1)))
    assert "44 of 95 entries are wrong" in text
    assert "b_2[1, 0] is wrong: manual 0.00075025550617" in text
    assert "(tolerance 1e-07). Automatic and numeric (complex step) differ by" in " ".join(
        text.split()
    )
    assert "\x1b" not in text
    assert text == text.encode("ascii").decode()


def test_the_report_says_which_numeric_method():
    comparison = bp.compare(lambda x: np.sum(np.abs(x)), np.ones(2))
    assert comparison
    assert comparison.numeric_method == "adaptive"
    words = " ".join(str(comparison).split())
    assert (
        "(adaptive differences; not the complex step: the complex step gave a slope of 0" in words
    )
    assert comparison.numeric_note


def test_lines_are_short_and_numbers_stay_with_their_side():
    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    lines = str(bp.compare(bp.net7652.loss, params, wrong)).splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(("manual", "automatic", "numeric")) for line in lines)
    long = "w" * 150
    text = str(bp.compare(lambda p: p[long] ** 2, {long: 1.0}, {long: 3.0}))
    assert f"{long}\n  is wrong: manual" in text  # a name stays whole


HOSTILE = '<script>alert("1")</script> [bold]&\n\x1b[31m'


def test_hostile_names():
    comparison = bp.compare(lambda p: p[HOSTILE] * 2, {HOSTILE: 1.0}, {HOSTILE: 3.0})
    html = comparison._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html
    text = str(comparison)
    assert "\x1b" not in text
    assert "bold" in text
    assert comparison.to_json()


def test_long_names_are_kept():
    name = "x" * 150
    assert str(bp.compare(lambda p: p[name] * 2, {name: 1.0})).count("x") >= 150


def test_json():
    comparison = bp.compare(square_loss, SQUARE, MISTAKES["one entry"](square_manual(SQUARE)))
    content = json.loads(comparison.to_json(indent=2))
    assert list(content) == [
        "ok",
        "loss",
        "tolerance",
        "numeric_method",
        "numeric_note",
        "refusal",
        "faults",
        "notes",
        "rows",
        "entries",
        "diagnosis",
    ]
    assert content["ok"] is False
    assert content["rows"][0]["worst"] == [1, 2]
    assert content["rows"][0]["wrong_side"] == "manual"
    for got, entry in zip(content["entries"], comparison.entries, strict=True):
        assert got["manual"] == entry.manual  # digit for digit
        assert tuple(got["index"]) == entry.index


def test_json_with_numbers_that_are_not_finite():
    manual = {"w": np.array([np.nan, np.inf, -np.inf])}
    text = bp.compare(lambda p: bp.sum(p["w"]), {"w": np.ones(3)}, manual).to_json()
    content = json.loads(text, parse_constant=pytest.fail)
    assert [entry["manual"] for entry in content["entries"]] == ["NaN", "Infinity", "-Infinity"]
    assert content["rows"][0]["manual_error"] == "Infinity"


def test_repr():
    assert repr(bp.compare(square_loss, SQUARE)) == "<Comparison: gradients match: 12 entries>"


def test_a_cause_is_a_paragraph_in_html():
    def loss(p):
        h = np.tanh(p["a<b"])
        return np.sum(h**2)

    a = np.array([0.5, -0.2])
    comparison = bp.compare(loss, {"a<b": a}, {"a<b": 2 * np.tanh(a)})
    html = comparison._repr_html_()
    assert re.search(r"<p><strong>h \(line \d+\): missing-activation-derivative", html)
    assert "the gradient of a&lt;b wrong." in html
    assert "The right step: <code>" in html
    assert html.count("<li>") == 1  # of the parameter


def test_a_fault_of_the_diagnosis_leaves_the_verdict(monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("no cause")

    monkeypatch.setattr("tinygrad_bp.diagnosing.diagnose.diagnose", broken)
    with pytest.warns(RuntimeWarning, match="ended with ZeroDivisionError: no cause") as caught:
        comparison = bp.compare(lambda x: np.sum(x**2), np.ones(2), np.ones(2))
    assert [each.verdict for each in comparison.entries] == ["wrong", "wrong"]
    assert comparison.diagnosis == []
    assert caught[0].filename == __file__


def test_the_cause_is_looked_for_only_where_a_gradient_that_was_read_is_wrong(monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("no cause")

    monkeypatch.setattr("tinygrad_bp.diagnosing.diagnose.diagnose", broken)
    params = {"a": np.ones(2), "b": np.ones(2)}
    loss = lambda p: np.sum(p["a"] * p["b"])
    assert bp.compare(loss, params, {"a": np.ones(2), "b": np.ones(2)})
    for unread in (np.ones(3), None, "text"):
        assert not bp.compare(loss, params, {"a": np.ones(2), "b": unread})


def test_where_fun_refuses_values_the_numeric_gradient_decides():
    def loss(x):
        if isinstance(x, bp.Value):
            raise TypeError("arrays alone")
        return np.sum(x**2)

    comparison = bp.compare(loss, X, 2 * X)
    assert comparison.ok
    assert "arrays alone" in str(comparison.refusal)
    assert not bp.compare(loss, X, 3 * X)


def test_where_numbers_leave_the_graph_the_numeric_gradient_decides():
    loss = lambda x: float(np.sum(x)) * np.sum(x)
    right = bp.compare(loss, X, 2 * np.sum(X) * np.ones(2))
    assert right.ok
    assert "float()" in str(right.refusal)
    assert not bp.compare(loss, X, np.sum(X) * np.ones(2))
    alone = bp.compare(loss, X)
    assert verdicts(alone) == {"params": ("wrong", "automatic")}
    assert alone.refusal == ""
    assert "float() in line" in " ".join(str(alone).split())


def loss_with_a_buffer(x):
    buffer, total = np.zeros(2), 0.0
    for k in range(3):
        buffer[:] = k + 1
        total = total + np.sum(x * buffer)
    return total


def test_a_buffer_that_is_filled_anew_is_not_the_engines_fault():
    alone = bp.compare(loss_with_a_buffer, X)
    assert not alone
    words = " ".join(str(alone).split())
    assert "mul: operand 1 of shape (2,) was changed after it had been used" in words
    assert "rule" not in words
    right = bp.compare(loss_with_a_buffer, X, [6.0, 6.0])
    assert right.ok
    assert "was changed after it had been used" in right.refusal
    assert not bp.compare(loss_with_a_buffer, X, [3.0, 6.0])
    wrong = bp.Op("wrong", np.sin, lambda g, y, a: g * np.sin(a))
    assert "a wrong derivative rule" in str(bp.compare(lambda x: np.sum(wrong(x) * X), X))


def test_verdicts_have_colours_in_html():
    params = {"w": np.array([1.0, 2.0]), "b": 0.5}
    page = bp.compare(
        lambda p: np.sum(p["w"] ** 2) + p["b"], params, {"w": params["w"], "b": 1.0}
    )._repr_html_()
    red, green = re.findall(r'<td style="color:(#\w+)">(manual wrong|correct)</td>', page)
    assert (red[1], green[1]) == ("manual wrong", "correct")
    assert red[0] != green[0]


@pytest.mark.parametrize(
    ("size", "off", "verdict"),
    [(100.0, 5e-13, "correct"), (100.0, 5e-12, "wrong"), (0.01, 5e-15, "wrong")],
)
def test_gradients_by_inner_values_may_be_off_by_round_off_of_the_largest(size, off, verdict):
    weights = np.array([size, 0.0])

    def loss(p):
        z = p["w"] * 2
        return np.sum(z * weights)

    comparison = bp.compare(loss, {"w": X}, {"w": 2 * weights, "z": [size, off]})
    assert [(row.name, row.verdict) for row in comparison.rows][-1] == ("z", verdict)
    assert comparison.ok is (verdict == "correct")


def test_a_cause_that_fits_at_one_point_alone_is_none_for_a_function():
    def loss(p):
        return np.sum(p**2)

    def manual(p):
        return 8 * p[0] * p  # twice the right one where p[0] is 0.5

    assert [cause.mistake for cause in bp.compare(loss, X, manual(X)).diagnosis] == [
        "constant-factor"
    ]
    assert "constant-factor" not in [c.mistake for c in bp.compare(loss, X, manual).diagnosis]


def test_an_inner_gradient_without_entries():
    def loss(p):
        z = p["w"][:0] * 2
        return np.sum(z) + np.sum(p["w"])

    comparison = bp.compare(loss, {"w": X}, {"w": np.ones(2), "z": np.zeros(0)})
    assert comparison.ok
    assert [row.name for row in comparison.rows] == ["w", "z"]


def test_a_right_gradient_is_not_blamed_for_a_loss_that_records_nothing():
    def loss(x):
        with bp.no_grad():
            return np.sum(x**3)

    x = np.array([0.5, -1.0])
    right = bp.compare(loss, x, 3 * x**2)
    assert right.ok, str(right)
    assert "no_grad() in fun?" in right.refusal
    assert not bp.compare(loss, x, 2 * x**2)
