"""Topological order, no_grad, scope."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_parents_come_before_children_each_once(edges):
    nodes = [bp.Value(1.0)]
    for i, j in edges:
        nodes.append(nodes[i % len(nodes)] + nodes[j % len(nodes)])
    order = bp.topological_order(nodes[-1])
    place = {node: k for k, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is nodes[-1]
    assert all(place[p] < place[node] for node in order for p in node.parents)
    assert order == bp.topological_order(nodes[-1])


def test_order_refuses_what_is_no_value():
    with pytest.raises(TypeError, match="expected a Value, got float"):
        bp.topological_order(1.0)


def test_wide_nodes_are_linear():
    parts = [bp.Value([1.0]) for _ in range(3000)]
    y = np.concatenate(parts).sum()
    y.backward()
    assert len(bp.topological_order(y)) == 3002
    assert parts[-1].grad == 1


class TestNoGrad:
    def test_nothing_is_recorded(self):
        x = bp.Value(2.0)
        with bp.no_grad():
            y = x * x
        assert (y.data, y.op, y.parents, y.requires_grad) == (4, None, (), False)
        assert (x * x).requires_grad

    def test_it_ends_when_the_block_raises_and_nests(self):
        x = bp.Value(2.0)

        def fails():
            with bp.no_grad(), bp.scope("s"):
                with bp.no_grad():
                    pass
                assert not (x * x).requires_grad
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fails()
        assert (x * x).requires_grad
        assert (x * x).scope == ()

    def test_one_object_can_be_entered_twice(self):
        off = bp.no_grad()
        with off, off:
            assert not (bp.Value(1.0) * 1).requires_grad
        assert (bp.Value(1.0) * 1).requires_grad

    def test_other_threads_are_not_affected(self):
        found = []
        with bp.no_grad():
            thread = threading.Thread(
                target=lambda: found.append((bp.Value(1.0) * 2).requires_grad)
            )
            thread.start()
            thread.join()
        assert found == [True]


class TestScope:
    def test_nested_names(self):
        with bp.scope("net"):
            x = bp.Value(1.0)
            with bp.scope("layer 1"):
                y = x * 2
        assert (x.scope, y.scope, (y * 1).scope) == (("net",), ("net", "layer 1"), ())

    def test_the_backward_graph_has_scopes_of_its_own(self):
        x = bp.Value(1.0)
        y = x * x
        with bp.scope("backward"):
            y.backward(create_graph=True)
        assert x.grad.scope == ("backward",)

    def test_bad_name(self):
        with pytest.raises(TypeError, match="must be a string, got int"):
            bp.scope(1)


def test_named():
    x = bp.Value(1.0)
    y = bp.named(x * 2, "net")
    assert y.name == "net"
    array = np.ones(2)
    assert bp.named(array, "a") is array
