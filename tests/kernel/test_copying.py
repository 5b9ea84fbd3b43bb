"""Values are copied and pickled with their graphs."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.samples import SAMPLES, rows


def through_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


def graph():
    x = bp.Value([1.0, 2.0], name="x")
    w = bp.Value([[0.5, -1.0], [2.0, 0.25]], name="w")
    with bp.scope("layer"):
        h = bp.named(np.tanh(w @ x), "h")
    loss = np.sum(h[np.array([0, 1, 1])] * x[::-1].sum() + 2.0)
    return x, w, h, loss


def same_graph(one, other):
    pairs = list(zip(bp.topological_order(one), bp.topological_order(other), strict=True))
    for a, b in pairs:
        assert a is not b
        assert (a.op, a.name, a.scope, a.requires_grad) == (b.op, b.name, b.scope, b.requires_grad)
        np.testing.assert_array_equal(a.data, b.data)
        assert not np.shares_memory(a.data, b.data)
        if isinstance(a.metadata.get("index"), np.ndarray):
            assert not np.shares_memory(a.metadata["index"], b.metadata["index"])
    place = {a: k for k, (a, _) in enumerate(pairs)}
    mine = {b: k for k, (_, b) in enumerate(pairs)}
    for a, b in pairs:
        assert [place[p] for p in a.parents] == [mine[p] for p in b.parents]


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_a_graph_is_copied_as_a_whole(copied):
    x, w, _, loss = graph()
    loss.backward(retain_grads=True)
    new = copied(loss)
    same_graph(loss, new)
    leaves = {node.name: node for node in bp.topological_order(new) if node.name in ("x", "w", "h")}
    for old in (x, w):
        np.testing.assert_array_equal(leaves[old.name].grad, old.grad)
        leaves[old.name].zero_grad()
    assert leaves["h"].grad is not None
    new.backward()
    for old in (x, w):
        np.testing.assert_array_equal(leaves[old.name].grad, old.grad)
    leaves["x"].data = [5.0, 6.0]
    np.testing.assert_array_equal(x.data, [1.0, 2.0])
    with pytest.raises(bp.StaleGraphError):
        new.backward()


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_what_is_shared_stays_shared(copied):
    x, _, _, loss = graph()
    new_loss, (new_x, constant) = copied((loss, [x, bp.Value(1.0, requires_grad=False)]))
    assert new_x in dict.fromkeys(bp.topological_order(new_loss))
    assert not constant.requires_grad


def test_a_shallow_copy_has_data_of_its_own_and_the_same_parents():
    x, w, h, _ = graph()
    for node in (x, h):
        new = copy.copy(node)
        assert (new.name, new.op) == (node.name, node.op)
        assert all(a is b for a, b in zip(new.parents, node.parents, strict=True))
        assert not np.shares_memory(new.data, node.data)
    np.sum(copy.copy(h)).backward()
    assert w.grad is not None


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_long_chains_need_no_recursion(copied):
    x = y = bp.Value(1.0)
    for _ in range(100_000):
        y = y * 1.0
    new = copied(y)
    new.backward()
    (gradient,) = (node.grad for node in bp.topological_order(new) if node.grad is not None)
    assert float(gradient) == 1.0
    assert x.grad is None


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_gradients_that_are_values_and_stale_graphs(copied):
    x = bp.Value(3.0, name="x")
    (x**3).backward(create_graph=True)
    new = copied(x)
    assert float(new.grad.data) == 27
    grad = new.grad
    new.zero_grad()
    grad.backward()
    assert float(new.grad) == 18
    y = x * 2
    x.data = 4.0
    with pytest.raises(bp.StaleGraphError):
        copied(y).backward()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, through_pickle])
def test_what_was_assigned_to_is_copied_as_it_is(copied):
    x = bp.Value([1.0, 2.0, 3.0])
    y = x * 2
    row, used = y[:2], np.sum(y)
    y[0] = x[1] * x[1]
    for node, data in ((y, [4, 4, 6]), (row, [4, 4]), (used, 12)):
        new = copied(node)
        np.testing.assert_array_equal(new.data, data)
        (gradient,) = bp.vjp(lambda x: x, new)[1](np.ones(new.shape))
        assert gradient.shape == new.shape
    np.sum(copy.copy(row)).backward()
    np.testing.assert_array_equal(x.grad, [0, 6, 0])


def test_float32_and_modules():
    layer = bp.nn.Linear(2, 3)
    new = copy.deepcopy(layer)
    assert [p.name for p in new.parameters()] == [p.name for p in layer.parameters()]
    assert through_pickle(bp.Value(np.ones(2, np.float32))).dtype == np.float32


def test_each_row_is_found_again():
    made = [SAMPLES[name].fun(*map(bp.Value, SAMPLES[name].arguments(0))) for name in rows()]
    value = sum(np.sum(np.abs(each) ** 2) for each in made)
    again = pickle.loads(pickle.dumps(value))
    for one, other in zip(bp.topological_order(value), bp.topological_order(again), strict=True):
        assert one.op is other.op


def test_an_op_that_cannot_be_found_again():
    twice = bp.Op("twice", lambda a: 2 * a, lambda g, y, a: 2 * g)
    y = twice(bp.Value(1.0))
    assert copy.deepcopy(y).op is twice
    with pytest.raises(pickle.PicklingError, match="'twice' is no global of a module"):
        pickle.dumps(y)
