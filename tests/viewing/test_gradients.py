import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.viewing.gradients import gradients_in, run_backward
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.viewing.labels import cards


def flagged(last):
    return [flag for card in cards(describe(last)).values() for flag in card.flags]


def rounding(last):
    """The ops of the nodes whose gradients are nothing but round-off."""
    found = run_backward(last, np.ones(last.shape, last.dtype)[()]).round_off
    return {each.op.name if each.op else each.name for each in found}


def softmax_by_hand(x, dtype=float):
    shifted = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return shifted / np.sum(shifted, axis=-1, keepdims=True)


def test_gradients_of_inner_nodes_are_those_that_backward_would_keep(net, another_net):
    for node in bp.topological_order(another_net):
        if node.op is not None:
            node.grad = None
    filled, kept = gradients_in(another_net).arrays, gradients_in(net).arrays
    assert len(filled) == len(kept) == 19
    for one, other in zip(filled.values(), kept.values(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert all(n.grad is None for n in bp.topological_order(another_net) if n.op is not None)


def test_nothing_is_filled_in_before_a_backward_pass(net):
    for node in bp.topological_order(net):
        node.zero_grad()
    assert gradients_in(net).arrays == {}
    assert gradients_in(bp.Value(3.0, requires_grad=False)).arrays == {}


@pytest.mark.parametrize("wrongly", ["twice", "from elsewhere", "stale"])
def test_nothing_is_filled_in_that_would_not_belong_to_the_gradients_of_the_leaves(wrongly):
    x = bp.Value([1.0, 2.0], name="x")
    y = x * x
    (y * 3).backward(np.ones(2)) if wrongly == "from elsewhere" else y.backward(np.ones(2))
    if wrongly == "twice":
        y.backward(np.ones(2))
    if wrongly == "stale":
        x.data = np.zeros(2)
    assert set(gradients_in(y).arrays) == {x}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_entry_of_a_stable_softmax_has_a_gradient_of_round_off(dtype):
    x = bp.Value(np.random.default_rng(0).normal(size=(5, 7)).astype(dtype), name="x")
    loss = np.sum(softmax_by_hand(x) * np.arange(7, dtype=dtype))
    loss.backward(retain_grads=True)
    assert rounding(loss) == {"max"}
    assert flagged(loss) == []
    (card,) = (card for card in cards(describe(loss)).values() if card.op.startswith("max"))
    assert card.gradient.endswith(" (round-off)")


def test_round_off_is_handed_on():
    x = bp.Value(np.random.default_rng(0).normal(size=7), name="x")
    shift = bp.Value(0.3, name="shift")
    exps = np.exp(x + -(shift * 2.0))
    assert rounding(np.sum(exps / np.sum(exps) * np.arange(7))) == {"neg", "mul", "shift"}


def test_a_gradient_that_is_small_from_many_factors_has_vanished():
    y = bp.Value(0.5, name="x")
    for _ in range(40):
        y = bp.sigmoid(y) * 0.5
    y.backward()
    assert rounding(y) == set()
    assert any(flag.startswith("vanishing gradient") for flag in flagged(y))


def test_an_exact_zero_and_a_cancellation_that_leaves_something_are_no_round_off():
    x, z = bp.Value(1.0, name="x"), bp.Value(1.0, name="z")
    assert rounding(x - x) == set()
    assert rounding(x * 1.000001 - x + z) == set()
