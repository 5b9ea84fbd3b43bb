"""Two lines beside each other: what they have in common is short, and what differs is there."""

from tinygrad_bp.diagnosing.quoting import abridge, align, tidy

LONG = "np.exp(-(a @ b + c)) / (1 + np.exp(-(a @ b + c))) * (1 - np.tanh(a @ b + c) ** 2) + 3 * a"


def test_what_differs_is_written_out_and_what_is_the_same_is_left_out():
    mine, right = {"help": LONG, "own": "g * h"}, {"help": LONG, "other": "g * (1 - h ** 2)"}
    assert align("own + help", "other + help", (mine, right)) == (
        "(g * h) + ...",
        "(g * (1 - h ** 2)) + ...",
    )


def test_what_is_short_is_put_in_on_both_sides():
    helpers = {"t": "x @ w"}
    assert align("t * g", "t.T * g", (helpers, helpers)) == ("(x @ w) * g", "(x @ w).T * g")


def test_nothing_is_changed_without_need():
    text = "(w.T @ d) * h * (1 - h)"
    assert tidy(text) == text
    assert tidy("a *") == "a *"


def test_zeros_and_ones_go():
    assert tidy("-0.5 * a + 0 / v") == "-0.5 * a"
    assert tidy("np.reshape(np.full((6,), 0.25), (6, 1)) * a - np.zeros((2,))") == "0.25 * a"
    assert tidy("1.0 * a") == "a"
    assert tidy("np.zeros((2,)) - a") == "-a"


def test_a_tie_is_shown_where_there_is_one():
    text = "g * (x > 0) + g / 2 * (x == 0)"
    assert tidy(text) == text
    assert tidy(text, ties=False) == "g * (x > 0)"


def test_of_many_terms_that_differ_some_are_shown():
    one = " + ".join(f"x_{k}.T @ {'long' * 5}_{k}" for k in range(6))
    other = one.replace("x_", "y_")
    assert abridge(one, other)[0].count("@") == 2
    assert abridge(one, other)[0].endswith(" + ...")
    assert abridge("a + b", "a") == ("a + b", "a")
