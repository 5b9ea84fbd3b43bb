"""Recurrent graphs, and others whose nodes are used far away."""

import re
from collections import Counter

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.rows import Rows
from tinygrad_bp.drawing.stand_ins import FAR, stands_for
from tinygrad_bp.drawing.stand_ins import find_stand_ins as find
from tinygrad_bp.drawing.themes import THEMES
from tinygrad_bp.viewing.graph import describe

from .test_draw import pieces, texts


def find_stand_ins(graph):
    return find(graph, Rows(graph))


def recurrent(steps, collect=False):
    w, b = bp.Value(0.7, name="w"), bp.Value(0.1, name="b")
    h, all_h = 0.5, []
    for _ in range(steps):
        h = np.tanh(w * h + b)
        all_h.append(h)
    return np.sum(np.stack(all_h)) if collect else h


def over_shared_leaves(steps):
    leaves = [bp.Value(0.1 * k, name=f"a{k}") for k in range(3)]
    y = 1.0
    for k in range(steps):
        y = np.sin(y * leaves[k % 3])
    return y


def lines(y):
    """How many rows the lines of a picture cross in all, where an edge leads to the next row."""
    graph, row = describe(y), {}
    stand_ins = find_stand_ins(graph)
    for node in graph.nodes:
        row[node] = max((row[e.tail] + 1 for e in graph.edges if e.head is node), default=0)
    return sum(row[e.head] - row[e.tail] for e in graph.edges if e not in stand_ins)


@pytest.mark.parametrize("make", [recurrent, over_shared_leaves, lambda k: recurrent(k, True)])
def test_lines_grow_with_the_graph_and_not_with_its_square(make):
    assert lines(make(160)) < 2.5 * lines(make(80))


def test_each_pass_has_its_own_stand_ins():
    graph = describe(recurrent(20))
    found = find_stand_ins(graph)
    by_id = {node.id: node for node in graph.nodes}
    stood_for = Counter()
    for edge, id in found.items():
        original, place = stands_for(id)
        assert by_id[original] is edge.tail
        assert graph.nodes[place] is edge.head
        stood_for[edge.tail.value.name] += 1
    assert stood_for == {"w": 19, "b": 19}


def test_a_node_that_is_used_nearby_is_drawn_once(net):
    assert find_stand_ins(describe(net)) == {}
    assert find_stand_ins(describe(recurrent(FAR // 3))) == {}


def test_one_stand_in_serves_all_uses_by_a_node():
    x = y = bp.Value(0.5, name="x")
    for _ in range(FAR + 2):
        y = np.sin(y)
    found = find_stand_ins(describe((x + y) * 1.0))
    assert len(set(found.values())) == 1
    z = bp.Op("fma", lambda a, b, c: a * b + c, *[lambda g, y, a, b, c: g] * 3)
    assert len(set(find_stand_ins(describe(z(x, x, y))).values())) == 1
    assert len(find_stand_ins(describe(z(x, x, y)))) == 2


def test_a_branch_that_only_reads_leaves_stands_where_it_is_used():
    w, h = bp.Value(0.5, name="w"), bp.Value(0.0, name="h")
    for k in range(20):
        h = np.tanh(h + w * bp.Value(0.1 * k, name=f"x{k}"))
    assert len(find_stand_ins(describe(h))) == 18  # the second use is near the first


def test_a_long_line_is_drawn_while_it_can_be_followed():
    first = y = np.sin(bp.Value(0.5, name="x"))
    for _ in range(2 * FAR):
        y = np.sin(y)
    assert find_stand_ins(describe(first + y)) == {}
    found = find_stand_ins(describe(recurrent(60, collect=True)))
    assert any(edge.tail.value.op is not None for edge in found)


def test_a_picture_of_a_recurrent_graph():
    diagram = bp.draw(recurrent(100), force=True)
    svg = diagram.pipe("svg")
    assert len(pieces(svg, "edge")) == 500
    assert Counter(texts(svg))["w"] == Counter(texts(svg))["b"] == 100
    assert "dotted: the same node again" in " ".join(texts(svg))
    assert diagram.text.count("\n") == 302 + 2 * 99  # the tree says "see n1" instead
    assert "n1-n300-0" in {edge.get("id") for edge in pieces(svg, "edge")}


def test_a_stand_in_is_in_the_group_of_its_use():
    w, h = bp.Value(0.5, name="w"), bp.Value(0.1, name="h")
    for k in range(8):
        with bp.scope(f"pass {k}"):
            h = np.tanh(w * h)
    source = bp.draw(h).source
    inside = source.partition('label="pass 7"')[2].partition("}")[0]
    assert 'label="w"' in inside


def test_a_stand_in_has_the_colours_of_its_node():
    h = recurrent(20)
    h.backward()
    for node in bp.topological_order(h):
        if node.name == "w":
            node.grad = np.array(np.nan)
    (fill, outline), *others = {
        tuple(re.findall(r' (?:fill)?color="([^"]*)"', line))
        for line in bp.draw(h, colours="gradients", force=True).source.splitlines()
        if 'label="w"' in line
    }
    assert others == []
    assert outline == THEMES["light"].alarm
    assert fill == THEMES["light"].background
