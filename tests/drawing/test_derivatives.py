import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.derivatives import local_derivatives
from tinygrad_bp.viewing.graph import describe


def found(value):
    graph = describe(value)
    texts = local_derivatives(graph)
    return {(e.tail.value.name, e.position): texts[e.id] for e in graph.edges if e.id in texts}


def test_numbers_for_single_numbers():
    x, y = bp.Value(3.0, name="x"), bp.Value(2.0, name="y")
    assert found(x * y) == {("x", 0): "2", ("y", 1): "3"}
    assert found(x / y) == {("x", 0): "0.5", ("y", 1): "-0.75"}
    assert found(x * x) == {("x", 0): "3", ("x", 1): "3"}
    assert found(bp.relu(-x)) == {("x", 0): "-1", (None, 0): "0"}


def test_the_rule_for_arrays():
    w, x = bp.Value(np.ones((3, 2)), name="w"), bp.Value(np.ones((2, 1)), name="x")
    assert found(w @ x) == {("w", 0): "ḡ @ x.T", ("x", 1): "w.T @ ḡ"}
    assert found(bp.relu(w)) == {("w", 0): "ḡ * (w > 0)"}
    assert found(bp.named(bp.exp(w), "y")) == {("w", 0): "ḡ * y"}
    assert found(w.sum()) == {("w", 0): "broadcast_to(ḡ, (3, 2))"}
    assert found(w**2) == {("w", 0): "ḡ * 2 * w"}


def test_sums_that_undo_broadcasting():
    w, b = bp.Value(np.ones((3, 2)), name="w"), bp.Value(np.ones(2), name="b")
    assert found(w + b) == {("w", 0): "ḡ", ("b", 1): "sum(ḡ, axis=0)"}


def test_nothing_for_constants():
    x = bp.Value(np.ones(2), name="x", requires_grad=False)
    assert found(x * 2) == {}


def test_they_stand_at_the_edges_with_the_positions_of_operands(net):
    source = bp.draw(net, derivatives=True).source
    assert 'label=" 0: ḡ @ h_1.T "' in source
    assert 'label=" ḡ * (z_1 &gt; 0) "' in source
    assert "on an edge" in source
    assert "at an edge" not in bp.draw(net).source


@pytest.mark.filterwarnings("error")
def test_where_a_derivative_is_infinite():
    assert found(bp.sqrt(bp.Value(0.0, name="x"))) == {("x", 0): "Inf"}
