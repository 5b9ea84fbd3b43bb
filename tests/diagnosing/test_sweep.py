"""The backward pass that can be changed: right without a change, and right about what changes."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.graph import Edge, trace
from tinygrad_bp.diagnosing.sweep import Backward

from .programs import PROGRAMS


def graph_of(program):
    return trace(program.loss, program.params())


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_without_a_change_it_is_the_engines_gradient(program):
    graph = graph_of(program)
    backward = Backward(graph, {})
    for number, (name, g) in zip(
        graph.leaves, bp.grad(program.loss)(program.params()).items(), strict=True
    ):
        np.testing.assert_array_equal(backward.predicted[number], g, err_msg=name)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_computed_anew_is_what_the_whole_pass_gives(program):
    """A change at any node and along any edge gives what scaling that part of a sum gives."""
    graph = graph_of(program)
    right = Backward(graph, {})
    for number in range(len(graph.nodes)):
        changed = right.changed({number: lambda g, backward: 3 * g})
        whole = right.changed(
            {
                edge: lambda g, backward, edge=edge: 3 * backward.graph.contribution(edge, g)
                for edge in graph.uses[number]
            }
        )
        for k in graph.leaves:
            if number != graph.root:
                np.testing.assert_allclose(
                    changed.predicted[k], whole.predicted[k], rtol=1e-12, atol=1e-15
                )
            else:
                np.testing.assert_allclose(changed.predicted[k], 3 * right.predicted[k])
    assert right.predicted is right.right


def test_a_change_touches_nothing_else():
    graph = graph_of(PROGRAMS["columns"])
    right = Backward(graph, {})
    before = [np.copy(g) for g in right.predicted]
    (h_2,) = (k for name, k in graph.named() if name == "h_2")
    changed = right.changed({h_2: lambda g, backward: g + 1})
    for one, other in zip(before, right.predicted, strict=True):
        np.testing.assert_array_equal(one, other)
    for number in range(h_2 + 1, len(graph.nodes)):
        if number not in graph.between(h_2, graph.root):
            continue
        assert changed.predicted[number] is right.predicted[number]


def test_changes_add_up():
    graph = graph_of(PROGRAMS["columns"])
    right = Backward(graph, {})
    inner = dict(graph.named())
    twice = right.changed({inner["h_2"]: lambda g, backward: 2 * g}).changed(
        {inner["h_2"]: lambda g, backward: 5 * g, inner["o"]: lambda g, backward: 7 * g}
    )
    w_1, *_, w_3, _ = graph.leaves
    np.testing.assert_allclose(twice.predicted[w_1], 70 * right.predicted[w_1])
    np.testing.assert_allclose(twice.predicted[w_3], 7 * right.predicted[w_3])


def test_a_handed_over_gradient_goes_on_and_is_not_predicted():
    program = PROGRAMS["columns"]
    graph = graph_of(program)
    h_2 = dict(graph.named())["h_2"]
    given = np.ones(graph.nodes[h_2].shape)
    right, conditional = Backward(graph, {}), Backward(graph, {h_2: given})
    np.testing.assert_array_equal(conditional.predicted[h_2], right.predicted[h_2])
    assert conditional.used[h_2] is given
    by_hand = program.by_hand(d_h_2="np.ones((5, 3))")(program.params())
    np.testing.assert_allclose(conditional.predicted[graph.leaves[0]], by_hand["w_1"])


def test_the_same_operand_twice():
    graph = trace(lambda x: x * x, np.float64(3.0))
    right = Backward(graph, {})
    assert right.predicted[graph.leaves[0]] == 6
    kept = right.changed({Edge(graph.root, 1): lambda g, backward: 0.0 * g})
    assert kept.predicted[graph.leaves[0]] == 3


def test_transport_is_the_product_of_jacobians():
    program = PROGRAMS["paths"]
    graph = graph_of(program)
    inner = dict(graph.named())
    right = Backward(graph, {})
    pulled = graph.transport(graph.root, inner["h"], np.ones(()))
    np.testing.assert_allclose(pulled, right.predicted[inner["h"]], rtol=1e-13)
