"""Loops are found in a graph, and one pass is drawn for all."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.repeats import fold_loops
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.viewing.labels import cards

from .test_draw import texts


def recurrent(steps, *, collect=False, losses=False):
    w, u, b = (bp.Value(0.1 * k, name=name) for k, name in enumerate("wub", 1))
    h, total, all_h = bp.Value(0.5, name="h_0"), 0.0, []
    for k in range(steps):
        x = bp.Value(0.1 * k, name=f"x_{k}", requires_grad=False)
        h = np.tanh(w * h + u * x + b)
        all_h.append(h)
        total = total + (h - 1.0) ** 2
    return total if losses else np.sum(np.stack(all_h)) if collect else h


def gru(steps):
    params = [bp.Value(0.1 * k, name=f"p{k}") for k in range(6)]
    h = bp.Value(0.0, name="h")
    for k in range(steps):
        x = bp.Value(0.1 * k, name=f"x_{k}", requires_grad=False)  # read three times in a pass
        z, r = bp.sigmoid(params[0] * x + params[1] * h), bp.sigmoid(params[2] * x + params[3] * h)
        h = (1 - z) * h + z * np.tanh(params[4] * x + params[5] * (r * h))
    return h


def stacks(graph):
    return [node for node in graph.nodes if node.repeats]


def is_acyclic(graph):
    place = {node: k for k, node in enumerate(graph.nodes)}
    return all(place[e.tail] < place[e.head] for e in graph.edges if not e.recurs)


@pytest.mark.parametrize(
    ("make", "ops"),
    [
        (recurrent, 5),
        (lambda steps: recurrent(steps, losses=True), 8),
        (lambda steps: recurrent(steps, collect=True), 6),
        (gru, 17),
    ],
)
def test_one_pass_stands_for_those_between_the_first_and_the_last(make, ops):
    graph = describe(make(12))
    folded = fold_loops(graph)
    counts = {len(node.members) for node in stacks(folded)}
    assert counts <= {10, 11}  # a last pass that goes on to something else is as the others
    assert sum(bool(node.value.op) for node in stacks(folded)) == ops
    assert any("x_" in (node.value.name or "") for node in stacks(folded))
    assert any(edge.recurs for edge in folded.edges)
    assert is_acyclic(folded)
    assert set(folded.whole()) == set(graph.nodes)
    assert len(folded.nodes) == len(fold_loops(describe(make(30))).nodes)


def test_what_is_kept_between_the_nodes():
    folded = fold_loops(describe(recurrent(12)))
    edges = {(e.tail.value.name or e.tail.id, e.head.value.op.name, e.recurs) for e in folded.edges}
    assert ("w", "mul", False) in edges
    (again,) = [edge for edge in folded.edges if edge.recurs]
    assert (again.tail.value.op.name, again.head.value.op.name) == ("tanh", "mul")
    assert again.id.endswith("-next")
    entries = [e for e in folded.edges if e.head is again.head and not e.tail.repeats]
    assert {e.tail.value.op and e.tail.value.op.name for e in entries} == {None, "tanh"}
    assert len({edge.id for edge in folded.edges}) == len(folded.edges)


def test_what_differs_from_pass_to_pass_is_no_loop():
    y = bp.Value(0.5, name="x")
    for k in range(12):
        y = (np.sin, np.cos, np.tanh, np.exp)[k * k % 7 % 4](y * (k % 3 + y))
    graph = describe(y)
    assert not stacks(fold_loops(describe(recurrent(3))))
    for node in stacks(fold_loops(graph)):
        assert len({each.value.op for each in node.members}) == 1
    two_shapes = bp.Value(np.ones(3)), bp.Value(np.ones((3, 3)))
    h = two_shapes[0]
    for k in range(8):
        h = two_shapes[1] @ h if k % 2 else np.tanh(h)
    assert all(
        len({m.value.shape for m in n.members}) == 1 for n in stacks(fold_loops(describe(h)))
    )


def test_several_loops_one_after_the_other():
    h = recurrent(10)
    for _ in range(10):
        h = np.sin(h) * 2.0
    drawn = [node for node in stacks(fold_loops(describe(h))) if node.value.op]
    found = {(node.value.op.name, len(node.members)) for node in drawn}
    assert found == {("mul", 9), ("add", 9), ("tanh", 9), ("sin", 9), ("mul", 9)}


def test_a_backward_side_or_no_loop_leaves_the_graph_as_it_is(net):
    graph = describe(net)
    assert fold_loops(graph) is graph
    text = bp.draw(recurrent(8), fold="loops", backward=True).text
    assert "loops folded" not in text


def test_what_is_said_of_a_pass():
    h = recurrent(12)
    h.backward()
    graph = fold_loops(describe(h))
    card = next(c for c in cards(graph).values() if c.op == "tanh, 10 times")
    values = [n.data for n in bp.topological_order(h) if n.op is not None and n.op.name == "tanh"]
    assert card.value == f"{values[-2]:.4g}"
    assert card.rows == (("at first", f"{values[1]:.4g}"),)
    assert "the last of 10 passes" in card.details
    named = next(c for c in cards(graph).values() if c.name == "x_10")
    assert named.op == "constant, 10 times"


def test_it_is_drawn_in_every_format(tmp_path):
    h = recurrent(12)
    for suffix in ("svg", "mmd", "txt", "png"):
        bp.draw(h, tmp_path / f"graph.{suffix}", fold="loops")
    svg = texts((tmp_path / "graph.svg").read_bytes())
    assert "10 passes of a loop, the last one shown" in svg
    assert "next pass" in " ".join(svg)
    assert "next pass" in (tmp_path / "graph.mmd").read_text(encoding="utf-8")
    text = (tmp_path / "graph.txt").read_text(encoding="utf-8")
    assert "(loops folded: 76 nodes drawn as " in text


def test_large_graphs_are_folded_so_and_unfolded_on_request():
    h = recurrent(40)
    assert "10 passes" not in bp.draw(h).text
    assert "loops folded: 244 nodes" in bp.draw(h).text
    assert "loops folded" not in bp.draw(h, force=True).text
    with pytest.raises(TypeError, match="a function of a Value, or 'loops', got 'loop'"):
        bp.draw(h, fold="loop")


def test_a_loop_stands_for_the_scopes_that_number_its_passes():
    w, h, total = bp.Value(0.7, name="w"), bp.Value(0.1, name="h"), 0.0
    with bp.scope("net"):
        for k in range(30):
            with bp.scope(f"step {k}"):
                h = np.tanh(w * h)
                with bp.scope("loss"):
                    total = total + (h - 1.0) ** 2
    graph = fold_loops(describe(total))
    title = "28 passes of a loop, the last one shown"
    scopes = {node.value.op.name: node.scope for node in stacks(graph) if node.value.op}
    assert scopes["tanh"] == scopes["mul"] == ("net", title)
    assert scopes["sub"] == scopes["pow"] == scopes["add"] == ("net", title, "loss")
    assert {len(node.members) for node in stacks(graph)} == {28}
    assert "loops folded" in bp.draw(total).text  # fewer nodes than one for each step


def test_a_wrong_gradient_in_any_pass_is_seen():
    params = {f"w_{k}": 0.1 * (k + 1) for k in range(8)}

    def loss(p):
        h = 0.5
        for k in range(8):
            h = np.tanh(p[f"w_{k}"] * h)
        return h * 1.0

    right = bp.grad(loss)(params)
    comparison = bp.compare(loss, params, {**right, "w_3": right["w_3"] * 1.01})
    last = loss({name: bp.Value(each, name=name) for name, each in params.items()})
    svg = texts(bp.draw(last, comparison=comparison, fold="loops").pipe("svg"))
    assert "WRONG" in svg
    assert "gradient is wrong" in svg
    assert "w_3" in svg


def some_program(seed):
    """Compute with loops over the same random steps, whose states are also collected."""
    rng = np.random.default_rng(seed)
    leaves = [bp.Value(0.1 * k, name=f"p{k}") for k in range(3)]
    state = [bp.Value(0.5, name=f"s{k}") for k in range(2)]
    kept = []
    for _ in range(2):
        body = rng.integers(0, 5, (rng.integers(1, 6), 2))
        for t in range(rng.integers(2, 10)):
            for kind, k in body:
                a, leaf = state[k % 2], leaves[k % 3]
                x = bp.Value(0.3, name=f"x{t}", requires_grad=False)
                state[k % 2] = [np.tanh(a), a * state[0], a + leaf, a * x, a - 0.5][kind]
            if rng.random() < 0.6:
                kept.append(state[0])
    return sum(state) + (np.sum(np.stack(kept)) if kept else 0.0)


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_lost_and_no_cycle_is_made(seed):
    graph = describe(some_program(seed))
    folded = fold_loops(graph)
    assert is_acyclic(folded)
    assert sorted(n.id for n in folded.whole()) == sorted(n.id for n in graph.nodes)
    assert len({node.id for node in folded.nodes}) == len(folded.nodes)
    assert len({edge.id for edge in folded.edges}) == len(folded.edges)
    assert folded.root.value is graph.root.value
    for node in stacks(folded):
        assert len({(each.value.op, each.value.shape) for each in node.members}) == 1
