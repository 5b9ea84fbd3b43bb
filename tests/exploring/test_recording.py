"""The recorded sweep is the engine's own, contribution by contribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.writing.test_random_graphs import STEPS, composed
from tinygrad_bp.exploring.recording import record


def check(value, seed=None):
    """Every gradient is the engine's, to the last bit, and is the sum that is told."""
    recording = record(value, seed)
    for node in recording.nodes:
        node.zero_grad()
    value.backward(seed, retain_grads=True)
    sums = {}
    for visit in recording.visits:
        np.testing.assert_array_equal(visit.upstream, visit.node.grad)
        for each in visit.contributions:
            assert each.old is sums.get(each.operand)
            expected = each.delta if each.old is None else each.old + each.delta
            np.testing.assert_array_equal(each.new, expected)
            sums[each.operand] = each.new
            assert each.delta.shape == each.operand.shape
            if each.complete:
                np.testing.assert_array_equal(each.new, each.operand.grad)
            if each.local is not None:
                np.testing.assert_allclose(each.raw, visit.upstream * each.local, rtol=1e-13)
    assert {n for n in recording.nodes if n.grad is not None} == {value, *sums}
    return recording


@given(STEPS, st.integers(0, 2**32 - 1))
def test_random_graphs(steps, seed):
    a, b = (bp.Value(x, name=n) for x, n in zip(_normal(seed), "ab", strict=True))
    check(composed(steps)(a, b))


def _normal(seed):
    return np.random.default_rng(seed).normal(size=(2, 3, 3))


def test_the_net_and_that_nothing_is_written(net):
    before = [node.grad for node in bp.topological_order(net)]
    record(net)
    assert [node.grad for node in bp.topological_order(net)] == before
    recording = check(net)
    assert len(recording.visits) == sum(node.op is not None for node in recording.nodes)


def test_a_node_that_is_used_twice_adds_up():
    x = bp.Value(3.0)
    (visit,) = check(x * x).visits
    assert [(float(c.delta), c.complete) for c in visit.contributions] == [(3, False), (3, True)]
    assert float(visit.contributions[1].old) == 3
    assert float(visit.contributions[1].new) == 6


def test_what_is_multiplied_by_entry_by_entry_and_what_is_not():
    a, b = bp.Value(np.arange(4.0).reshape(2, 2)), bp.Value(np.ones((2, 2)))

    def local(value):
        return record(value, np.ones(value.shape)).visits[0].contributions[0].local

    np.testing.assert_array_equal(local(np.tanh(a)), 1 - np.tanh(a.data) ** 2)
    np.testing.assert_array_equal(local(a * b), b.data)
    assert float(np.max(local(np.mean(a)))) == 0.25
    assert local(a @ b) is None
    assert local(a.T) is None
    assert local(bp.softmax(a)) is None
    assert local(np.cumsum(a, axis=0)) is None


def test_broadcasting_is_undone():
    a, b = bp.Value(np.ones((2, 3))), bp.Value(np.ones(3))
    visit = check(np.sum(a * b)).visits[-1]
    assert [c.raw.shape for c in visit.contributions] == [(2, 3), (2, 3)]
    assert visit.contributions[1].delta.tolist() == [2, 2, 2]


def test_constants_seeds_and_stale_graphs():
    constant = bp.Value(2.0, requires_grad=False)
    assert record(constant * 3).visits == []
    x = bp.Value([1.0, 2.0])
    with pytest.raises(ValueError, match="pass a seed"):
        record(x * 2)
    check(x * 2, np.array([1.0, -1.0]))
    y = x * 2
    x.data = [3.0, 4.0]
    with pytest.raises(bp.StaleGraphError):
        record(y.sum())


def test_a_rule_of_ones_own_is_only_asked_what_it_can_answer():
    def rule(g, y, a):
        if g.shape != (2,) or float(g[0]) not in (1.0, 5.0):
            raise ValueError("unexpected")
        return g * 2

    twice = bp.Op("twice", lambda a: a * 2, rule)
    x = bp.Value([1.0, 2.0])
    (visit,) = record(twice(x), [5.0, 1.0]).visits
    assert visit.contributions[0].local is None
    assert visit.contributions[0].delta.tolist() == [10, 2]


@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_arrays_without_elements(shape):
    a = bp.Value(np.ones(shape))
    check(np.sum(np.kron(a, a) * 2) + np.sum(np.outer(a, a)))
