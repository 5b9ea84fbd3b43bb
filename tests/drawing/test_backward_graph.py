import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.backward_graph import with_backward
from tinygrad_bp.viewing.graph import Role, describe


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
        for text in ('label="forward"', 'label="backward"', "style=dashed", "d_w_1"):
            assert text in source
    assert bp.draw(net, backward=True).source == bp.draw(net, backward="beside").source


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
