import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_bp as bp
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.viewing.labels import array_in_full, cards, clip, number, printable, summary


def last_card(value):
    return list(cards(describe(value)).values())[-1]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (0.43794921, "0.4379"),
        (2.0, "2"),
        (-0.0, "0"),
        (1e-12, "1e-12"),
        (np.float32(0.1), "0.1"),
        (np.nan, "NaN"),
        (-np.inf, "-Inf"),
        (np.int64(123456789), "123456789"),
        (np.True_, "True"),
    ],
)
def test_numbers(given, text):
    assert number(given) == text


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.float64(1.5), "1.5"),
        ([], "empty"),
        (np.zeros((0, 3)), "empty"),
        ([1.0, 2.0], "[1 2]"),
        ([[1.0], [0.5]], "[[1] [0.5]]"),
        ([[1.0, 2.0], [3.0, np.nan]], "[[1 2] [3 NaN]]"),
        (np.arange(5.0), "0 .. 4, mean 2"),
        (np.ones((3, 3)), "all 1"),
        ([1.0, 1.0, 1.0, 1.0, np.inf], "1, 1 of 5 Inf"),
        ([np.nan] * 5, "5 of 5 NaN"),
        ([True, False, True, True, True], "4 of 5 True"),
        (np.arange(6), "0 .. 5, mean 2.5"),
        ([1e308] * 4 + [1.5e308], "1e+308 .. 1.5e+308, mean 1.1e+308"),
    ],
)
def test_summaries(array, text):
    assert summary(np.asarray(array)) == text


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_any_array_has_a_summary_of_one_line(array):
    assert summary(array).isprintable()
    assert array_in_full(array)


def test_print_options_of_the_user_do_not_matter():
    array = np.linspace(-1, 1, 7).reshape(7, 1)
    expected = summary(array), array_in_full(array)
    with np.printoptions(precision=2, suppress=True, nanstr="x", threshold=3, sign="+"):
        assert (summary(array), array_in_full(array)) == expected


def test_a_large_array_is_not_written_in_full():
    assert len(array_in_full(np.arange(1e6).reshape(1000, 1000))) < 1000
    assert array_in_full(np.arange(400.0)).count(",") == 399


@given(st.text(st.characters()))
def test_any_name_is_one_printable_line(name):
    assert printable(name).isprintable()
    printable(name).encode()
    assert len(clip(printable(name))) <= 40


def test_names_keep_their_letters():
    assert printable("w₁ 世界 é") == "w₁ 世界 é"
    assert printable("a\nb\t\u202e\ud800") == r"a\nb\t\u202e\ud800"


def test_a_gradient_is_a_dash_until_there_is_one_and_nothing_for_constants():
    x = bp.Value([1.0, 2.0], name="x")
    y = (x * 2).sum()
    two, leaf, product, total = cards(describe(y)).values()
    assert [two.gradient, leaf.gradient, product.gradient, total.gradient] == ["", "-", "-", "-"]
    y.backward()
    two, leaf, product, total = cards(describe(y)).values()
    assert [two.gradient, leaf.gradient, product.gradient, total.gradient] == [
        "",
        "[2 2]",
        "[1 1]",
        "1",
    ]


def test_a_gradient_that_is_a_value():
    x = bp.Value(3.0)
    y = x**2
    y.backward(create_graph=True)
    assert last_card(x).gradient == "6"


def test_flags_say_what_is_wrong_and_where():
    x = bp.Value([1.0, np.nan, np.inf])
    assert last_card(x).flags == ("NaN and Inf in the value",)
    x = bp.Value(1.0)
    x.grad = np.float64("inf")
    assert last_card(x).flags == ("Inf in the gradient",)
    assert last_card(bp.Value(1.0)).flags == ()


def test_metadata_say_what_an_op_did():
    x = bp.Value(np.ones((2, 3)), name="x")
    assert last_card(x.sum(axis=0)).expression == "sum(x, axis=0)"
    assert last_card(x.sum()).op == "sum"
    assert last_card(x[0, 1:]).op == "getitem index=(0, 1:)"
    assert last_card(x[..., ::2]).op == "getitem index=(..., ::2)"
    assert last_card(x[np.arange(2), None]).op == "getitem index=([0 1], None)"
    assert last_card(x.reshape(3, 2)).op == "reshape"


def test_expressions_use_names_that_are_unique():
    a, b = bp.Value(1.0, name="a"), bp.Value(2.0, name="b")
    assert last_card(a - b).expression == "a - b"
    assert last_card(-a).expression == "-a"
    assert last_card(a**2).expression == "a ** 2"
    assert last_card(bp.where(np.array([True]), a, b)).expression == "where(n2, a, b)"
    twin = bp.Value(3.0, name="a")
    assert last_card(a - twin).expression == "n1 - n0"


def test_details_hold_all_numbers():
    w = bp.Value(np.arange(42.0).reshape(6, 7) / 7, name="w")
    details = last_card(w).details
    assert "5.857142857" in details
    assert "gradient: none yet" in details
