import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tinygrad_bp.drawing.folding import fold_expressions, fold_scopes, fold_where
from tinygrad_bp.viewing.graph import Role, describe


def sizes(graph):
    return {node.title: len(node.members) for node in graph.nodes if node.members}


def test_scopes_become_nodes(net):
    folded = fold_scopes(describe(net), 0)
    assert sizes(folded) == {"layer 1": 6, "layer 2": 5, "layer 3": 5, "loss": 7}
    assert [(e.tail.title, e.head.title) for e in folded.edges] == [
        ("layer 1", "layer 2"),
        ("layer 2", "layer 3"),
        ("layer 3", "loss"),
    ]
    assert folded.notes == ("scopes folded: 23 nodes drawn as 4",)


def test_depth_keeps_the_outer_scopes():
    with bp.scope("net"):
        y = bp.Value(1.0, name="x") * 2
        with bp.scope("inner"):
            y = bp.exp(bp.tanh(y))
        y = y + 1
    assert sizes(fold_scopes(describe(y), 0)) == {"net": 7}
    assert sizes(fold_scopes(describe(y), 1)) == {"inner": 2}
    assert fold_scopes(describe(y), 1).nodes[-1].scope == ("net",)
    assert fold_scopes(describe(y), 2).notes == ()


def test_a_scope_that_is_left_and_entered_again_is_two_nodes():
    with bp.scope("a"):
        y = bp.tanh(bp.exp(bp.Value(1.0)))
    z = bp.sqrt(y)
    with bp.scope("a"):
        z = bp.tanh(z + y)
    graph = fold_scopes(describe(z), 0)
    assert sizes(graph) == {"a": 3, "a (2)": 2}
    assert in_order(graph)


def in_order(graph):
    places = {node: k for k, node in enumerate(graph.nodes)}
    return all(places[edge.tail] < places[edge.head] for edge in graph.edges)


@given(st.data())
def test_no_folding_makes_a_cycle_or_loses_a_node(data):
    nodes = [bp.Value(1.0), bp.Value(2.0)]
    for _ in range(data.draw(st.integers(1, 25))):
        with bp.scope(data.draw(st.sampled_from("abc"))):
            one, other = (data.draw(st.sampled_from(nodes)) for _ in range(2))
            nodes.append(one + other)
    last = nodes[0]
    for node in nodes[1:]:
        last = last + node
    graph = describe(last)
    chosen = {id(node): data.draw(st.booleans()) for node in bp.topological_order(last)}
    for folded in (
        fold_scopes(graph, 0),
        fold_where(graph, lambda value: chosen[id(value)]),
        fold_expressions(graph),
    ):
        assert in_order(folded)
        assert {n.value for n in folded.whole()} == {n.value for n in graph.nodes}
        assert sum(1 for _ in folded.whole()) == len(graph.nodes)
        assert folded.root.value is last
        joined = {(inside, node) for node in folded.nodes for inside in node.members or (node,)}
        now = dict(joined)
        expected = {(now[e.tail], now[e.head]) for e in graph.edges if now[e.tail] != now[e.head]}
        assert {(e.tail, e.head) for e in folded.edges} == expected


def test_a_predicate_folds_neighbours(net):
    graph = fold_where(describe(net), lambda value: value.op is not None)
    assert [node.role for node in graph.nodes].count(Role.FOLDED) == 1
    assert {node.value.name for node in graph.nodes if not node.members} >= {"w_1", "b_3", "x"}
    first = fold_where(describe(net), lambda value: value.scope == ("layer 1",))
    assert sizes(first) == {"h_1": 3}


def test_operands_of_a_node_beside_a_folded_one_are_kept():
    with bp.scope("part"):
        y = bp.exp(bp.exp(bp.Value(1.0)))
    z = y * y
    edges = fold_scopes(describe(z), 0).edges
    assert [(edge.head.value is z, edge.position) for edge in edges] == [(True, 0), (True, 1)]


def test_expressions_of_single_numbers():
    x = [bp.Value(float(k), name=f"x{k}", requires_grad=False) for k in range(3)]
    w = [[bp.Value(0.5, name=f"w{i}{k}") for k in range(3)] for i in range(2)]
    h = [bp.named(bp.tanh(sum(a * b for a, b in zip(row, x))), f"h{i}") for i, row in enumerate(w)]
    graph = fold_expressions(describe(h[0] * h[1] + h[1]))
    assert sizes(graph) == {"h1": 8, "": 10}  # h0 is used once, h1 twice


def test_what_a_folded_node_says():
    with bp.scope("layer"):
        w = bp.Value(np.ones((3, 2)), name="w")
        y = bp.relu(w @ np.array([1.0, np.nan]))
    y.sum().backward(retain_grads=True)
    text = bp.draw(y, depth=0).source
    assert "<b>layer</b>" in text
    assert "  4 nodes  (3,)" in text
    assert "matmul, relu" in text
    assert "1, 6 numbers, |grad| up to 0" in text
    assert "NaN in the value: " in text
    assert "[4 nodes: matmul, relu]" in bp.draw(y, depth=0).text


def test_a_predicate_has_to_be_a_function(net):
    with pytest.raises(
        TypeError, match="fold must be a function of a Value, or 'loops', got 'layer 1'"
    ):
        bp.draw(net, fold="layer 1")
