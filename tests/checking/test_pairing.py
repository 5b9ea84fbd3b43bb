"""Which gradient belongs to which parameter: taken where it is certain, else said."""

import numpy as np
import pytest

from tinygrad_bp.checking.pairing import MISSING, Unread, names_behind, pair, relate

W, B = np.ones((3, 2)), np.ones(2)
PARAMS = {"W": W, "b": B}


@pytest.mark.parametrize(
    "key",
    [
        *("dW1", "d_W1", "grad_W1", "gradW1", "gW1", "nabla_W1", "dLdW1", "dL/dW1", "dL_dW1"),
        *("dloss_dW1", "W1_grad", "W1grad", "W1.grad", "W1_gradient"),
    ],
)
def test_names_of_gradients(key):
    assert "W1" in names_behind(key)


@pytest.mark.parametrize("key", ["W1", "W1_2", "delta", "W1_new", 3])
def test_names_of_other_things(key):
    assert "W1" not in names_behind(key)


def test_exact_names_come_first_and_case_last():
    assert relate(["d", "dd"], ["d"]) == {"d": "d"}
    assert relate(["dW", "W"], ["W"]) == {"W": "W"}
    assert relate(["dw1", "db_1"], ["W1", "b1"]) == {"dw1": "W1", "db_1": "b1"}
    assert relate(["dw"], ["W", "w"]) == {"dw": "w"}


def test_what_two_would_do_for_is_not_taken():
    assert relate(["dW", "W_grad"], ["W"]) == {}
    assert relate(["gamma", "dgamma"], ["gamma"]) == {"gamma": "gamma"}


def leaves(tree, given):
    paired = pair(tree, given)
    return list(paired.leaves.values()), paired


@pytest.mark.parametrize(
    ("tree", "given"),
    [
        (PARAMS, {"W": 1, "b": 2}),
        (PARAMS, {"db": 2, "dW": 1}),
        (PARAMS, (1, 2)),
        (PARAMS, [1, 2]),
        (PARAMS, np.array([1, 2])),
        ([W, B], (1, 2)),
        ([W, B], {"dW": 1, "db": 2}),
        ({"a": {"W": W}, "c": {"W": B}}, [{"dW": 1}, {"dW": 2}]),
        ([{"W": W, "b": B}], [1, 2]),
        ([{"W": W, "b": B}], [(1, 2)]),
        ({"layers": [W, B]}, {"dlayers": [1, 2]}),
        ({"net": {"W": W, "b": B}}, {"db": 2, "dW": 1}),
        ({"W": W, "b": B}, {"grads": {"dW": 1, "db": 2}}),
    ],
)
def test_arrangements_that_are_certain(tree, given):
    found, paired = leaves(tree, given)
    assert found == [1, 2]
    assert paired.extra == {}


def test_how_it_was_read_is_said_where_it_is_not_plain():
    assert pair(PARAMS, {"W": 1, "b": 2}).notes == []
    assert pair(PARAMS, (1, 2)).notes == ["gradients were read in order: W, b"]
    assert pair([PARAMS], [{"W": 1, "db": 2}]).notes == [
        "gradients were read by name: [0].db as that of [0].b"
    ]


@pytest.mark.parametrize("given", [W, [W], {"dW": W}, (W,)])
def test_the_only_gradient_is_that_of_the_only_parameter(given):
    ((found,), _) = leaves({"W": np.ones((3, 2))}, given)
    np.testing.assert_array_equal(np.squeeze(found), W)
    ((found,), _) = leaves(np.ones((3, 2)), given)
    np.testing.assert_array_equal(np.squeeze(found), W)


@pytest.mark.parametrize(
    ("given", "verdicts"),
    [
        (None, ["missing", "missing"]),
        ({}, ["missing", "missing"]),
        ({"dW": 1}, [1, "missing"]),
        ({"x": 1, "y": 2}, ["missing", "missing"]),
        ((1, 2, 3), ["not read", "not read"]),
        (5.0, ["not read", "not read"]),
        ("text", ["not read", "not read"]),
    ],
)
def test_what_is_not_certain_is_not_taken(given, verdicts):
    found, _ = leaves(PARAMS, given)
    assert [each.verdict if isinstance(each, Unread) else each for each in found] == verdicts


def test_a_layer_whose_gradient_is_none_and_one_gradient_of_two():
    found, _ = leaves({"layer": PARAMS, "c": W}, {"layer": None, "c": 3})
    assert [each.why if isinstance(each, Unread) else each for each in found] == [
        *("its gradient is None", "its gradient is None", 3)
    ]
    ((found,), _) = leaves(W, {"a": 1, "b": 2})
    assert found == Unread("not read", "expected one gradient, got a, b")


def test_what_belongs_to_no_parameter_is_kept_apart():
    found, paired = leaves([PARAMS], [{"dW": 1, "dX": 3}])
    assert found == [1, MISSING]
    assert paired.extra == {"[0].dX": 3}
