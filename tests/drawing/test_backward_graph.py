import re

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.backward_graph import with_backward
from tinygrad_bp.viewing.graph import Role, describe

from .test_draw import pieces, texts


def cotangents(value, layout):
    graph = with_backward(describe(value), layout)
    return {link.tail: link.head for link in graph.edges if link.links}


@pytest.mark.parametrize("layout", ["beside", "combined"])
def test_every_cotangent_is_the_gradient_of_the_node_that_it_is_linked_with(net, layout):
    found = cotangents(net, layout)
    for node, cotangent in found.items():
        np.testing.assert_allclose(cotangent.value.data, node.value.grad, rtol=1e-13)
    names = " ".join(node.title for node in found.values())
    for name in ("d_w_1", "d_b_1", "d_z_3", "d_h_2", "d_loss"):
        assert name in names


def test_beside_there_is_one_node_for_each_cotangent_with_its_formula(net):
    found = cotangents(net, "beside")
    formulas = {node.title.split(" = ")[0]: node.formula for node in found.values()}
    assert formulas["d_w_3"] == "d_z_3 @ h_2.T"
    assert formulas["d_h_2"] == "w_3.T @ d_z_3"
    assert formulas["d_z_1"] == "d_h_1 * (z_1 > 0)"
    assert formulas["d_z_2"] == "d_h_2 * h_2 * (1 - h_2)"
    assert formulas["d_loss"] == "1"
    graph = with_backward(describe(net), "beside")
    backward = [node for node in graph.nodes if node.side == "backward"]
    assert {node.id for node in backward} == {node.id for node in found.values()}
    upward = [edge for edge in graph.edges if edge.upward]
    assert all({e.tail.side, e.head.side} == {"backward"} for e in upward)
    assert len(upward) == len(backward) - 1  # a tree: each is computed from one other


def test_contributions_add_up_in_the_formula():
    x = bp.Value(2.0, name="x")
    y = bp.named(x * 3, "y")
    formulas = {n.title: n.formula for n in cotangents(y * y + x, "beside").values()}
    assert any("d_y * 3" in formula and "+" in formula for formula in formulas.values())


def test_combined_every_use_of_a_forward_value_is_an_edge(net):
    graph = with_backward(describe(net), "combined")
    uses = {
        edge.tail.value.name
        for edge in graph.edges
        if edge.head.side == "backward" and edge.tail.side == "forward" and not edge.links
    }
    assert {"h_1", "h_2", "w_2", "w_3", "x"} <= uses
    roles = {node.role for node in graph.nodes if node.side == "backward"}
    assert roles == {Role.COTANGENT, Role.COMPUTED, Role.CONSTANT}


def test_the_picture_has_both_sides(net):
    for layout in ("beside", "combined", True):
        source = bp.draw(net, backward=layout).source
        for text in ('label="forward"', 'label="backward"', ",dashed", "d_w_1"):
            assert text in source
    assert bp.draw(net, backward=True).source == bp.draw(net, backward="beside").source


def heights(svg):
    """How far down the box of each node reaches."""
    found = {}
    for group in pieces(svg, "node"):
        numbers = re.findall(r"-?[\d.]+,(-?[\d.]+)", " ".join(shapes(group)))
        found[group.get("id")] = sum(map(float, numbers)) / len(numbers)
    return found


def shapes(group):
    return (each.get("points") or each.get("d") or "" for each in group.iter())


def test_each_cotangent_stands_in_the_row_of_its_node(net):
    height = heights(bp.draw(net, backward=True).pipe("svg"))
    for node, cotangent in cotangents(net, "beside").items():
        assert abs(height[node.id] - height[cotangent.id]) < 30, node
    assert max(height.values()) - min(height.values()) > 600


def test_a_line_joins_them_only_where_nothing_stands_between(net):
    found = cotangents(net, "beside")
    svg = bp.draw(net, backward=True).pipe("svg")
    drawn = {edge.get("id") for edge in pieces(svg, "edge")}
    for node in found:
        assert (f"{node.id}-d{node.id[1:]}-grad" in drawn) == bool(node.value.parents)
    x = bp.Value(0.5, name="x")
    branches = np.sin(x) + np.exp(x)
    drawn = {
        edge.get("id") for edge in pieces(bp.draw(branches, backward=True).pipe("svg"), "edge")
    }
    assert {each for each in drawn if each.endswith("-grad")} == {"n3-d3-grad"}


def test_combined_nothing_crosses_from_one_side_to_the_other(net):
    graph = with_backward(describe(net), "combined")
    sides = {node.id: node.side for node in graph.nodes}
    edges = re.findall(r"^\t(\w+) -> (\w+) ", bp.draw(net, backward="combined").source, re.M)
    assert len(edges) == sum(not edge.links for edge in graph.edges)
    assert all(sides.get(tail, sides[head]) == sides[head] for tail, head in edges)


def test_formulas_are_not_cut():
    x = bp.Value(0.5, name="x")
    terms = [np.sin(x * bp.Value(1.0 * k, name=f"weight_{k}")) for k in range(8)]
    written = texts(bp.draw(sum(terms), backward=True).pipe("svg"))
    for k in range(8):
        assert sum(f"weight_{k}" in text and "d_" in text for text in written) >= 1
    assert not any("…" in text for text in written if "weight" in text)


def test_the_text_has_the_backward_pass_in_order(net):
    lines = bp.draw(net, backward=True).text.splitlines()
    backward = lines[lines.index("backward, in order") + 1 :]
    assert backward[0].startswith("d_loss = 1 ")
    names = [line.split(" = ")[0] for line in backward]
    assert names.index("d_z_3") < names.index("d_w_3")
    assert names.index("d_z_3") < names.index("d_h_2") < names.index("d_z_1") < names.index("d_w_1")


def test_nothing_of_the_user_is_changed(net):
    names = [node.name for node in bp.topological_order(net)]
    gradients = [node.grad for node in bp.topological_order(net)]
    bp.draw(net, backward="combined")
    assert [node.name for node in bp.topological_order(net)] == names
    assert all(a is b for a, b in zip(gradients, (n.grad for n in bp.topological_order(net))))


def test_what_is_no_scalar_starts_from_ones():
    x = bp.Value([1.0, 2.0], name="x")
    (one, *_) = cotangents(x * 2, "beside").values()
    assert one.formula == "[1 1]"


def test_a_constant_has_no_backward_graph():
    with pytest.raises(RuntimeError, match="there is no backward graph"):
        bp.draw(bp.Value(1.0, requires_grad=False), backward=True)
    with bp.no_grad():
        y = bp.Value(1.0) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        bp.draw(y, backward=True)


def test_a_user_s_own_op_stands_by_its_name():
    double = bp.Op("double", lambda a: 2 * a, lambda g, y, a: double(g))
    x = bp.Value([1.0], name="x")
    y = bp.named(double(x), "y")
    assert [n.formula for n in cotangents(y, "beside").values()] == ["[1]", "double(d_y)"]
