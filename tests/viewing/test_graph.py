import pytest

import tinygrad_bp as bp
from tinygrad_bp.viewing.graph import Role, describe


def test_one_node_per_value_and_one_edge_per_operand(net):
    graph = describe(net)
    values = bp.topological_order(net)
    assert [node.value for node in graph.nodes] == values
    assert [node.id for node in graph.nodes] == [f"n{k}" for k in range(len(values))]
    assert len(graph.nodes) == 23
    assert len(graph.edges) == sum(len(value.parents) for value in values) == 22


def test_a_repeated_operand_has_two_edges():
    x = bp.Value(3.0)
    edges = describe(x * x).edges
    assert [(edge.tail.id, edge.head.id, edge.position) for edge in edges] == [
        ("n0", "n1", 0),
        ("n0", "n1", 1),
    ]


@pytest.mark.parametrize(
    ("compute", "ordered"),
    [
        (lambda a, b: a + b, False),
        (lambda a, b: a * b, False),
        (bp.maximum, False),
        (lambda a, b: a - b, True),
        (lambda a, b: a / b, True),
        (lambda a, b: a**b, True),
        (lambda a, b: a @ b, True),
        (lambda a, b: bp.stack([a, b]), True),
        (lambda a, b: bp.exp(a), False),
    ],
)
def test_positions_are_told_where_they_matter(compute, ordered):
    a, b = bp.Value([1.0, 2.0]), bp.Value([3.0, 4.0])
    y = compute(a, b)
    edges = [edge for edge in describe(y).edges if edge.head.value is y]
    assert {edge.ordered for edge in edges} == {ordered}


def test_edges_keep_the_order_of_operands():
    a, b = bp.Value(1.0, name="a"), bp.Value(2.0, name="b")
    assert [edge.tail.value.name for edge in describe(b - a).edges] == ["b", "a"]
    assert [edge.tail.value.name for edge in describe(a - b).edges] == ["a", "b"]


def test_roles():
    y = bp.exp(bp.Value(1.0, name="w")) * 2
    assert [node.role for node in describe(y).nodes] == [
        Role.CONSTANT,
        Role.PARAMETER,
        Role.COMPUTED,
        Role.RESULT,
    ]


def test_a_leaf_is_a_graph_of_one_node_and_keeps_its_role():
    for requires_grad, role in [(True, Role.PARAMETER), (False, Role.CONSTANT)]:
        graph = describe(bp.Value(1.0, requires_grad=requires_grad))
        assert [node.role for node in graph.nodes] == [role]
        assert graph.edges == ()


def test_groups_are_the_scopes_outermost_first():
    x = bp.Value(1.0)
    with bp.scope("net"):
        with bp.scope("first"):
            y = bp.tanh(x)
        with bp.scope("second"):
            y = bp.tanh(y)
        y = bp.tanh(y)
    groups = [(group.scope, len(group.nodes)) for group in describe(bp.tanh(y)).groups()]
    assert groups == [((), 1), (("net",), 1), (("net", "first"), 2), (("net", "second"), 1)]


def test_a_group_without_nodes_of_its_own_stands_around_those_inside():
    with bp.scope("a"), bp.scope("b"), bp.scope("c"):
        y = bp.exp(bp.Value(1.0))
    scopes = [group.scope for group in describe(y).groups()]
    assert scopes == [(), ("a",), ("a", "b"), ("a", "b", "c")]


def test_every_node_is_in_one_group(net):
    graph = describe(net)
    grouped = [node.id for group in graph.groups() for node in group.nodes]
    assert sorted(grouped) == sorted(node.id for node in graph.nodes)


def test_leaves_from_outside_are_placed_around_all_their_uses():
    shared, inner, kept = (bp.Value(1.0, name=name) for name in ("shared", "inner", "kept"))
    with bp.scope("net"):
        with bp.scope("one"):
            y = shared * inner
        with bp.scope("two"):
            y = y * shared
    with bp.scope("made here"):
        own = bp.Value(2.0, name="own")
    with bp.scope("loss"):
        y = y * kept * own
    graph = describe(y * kept)
    scopes = {node.value.name: node.scope for node in graph.nodes if node.value.name}
    assert scopes == {
        "shared": ("net",),
        "inner": ("net", "one"),
        "kept": (),
        "own": ("made here",),
    }
