import re

import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.mermaid import mermaid
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.viewing.labels import cards


def written(value, **options):
    graph = describe(value)
    return mermaid(graph, cards(graph), **options)


def test_a_small_graph():
    x = bp.Value(3.0, name="x")
    with bp.scope("square"):
        y = bp.named(x - x, "y")
    text = written(y)
    assert text.splitlines()[:7] == [
        "flowchart TB",
        '  subgraph g1["square"]',
        '    n0["x<br/>value 3<br/>grad -"]:::parameter',
        '    n1[["y = sub<br/>value 0<br/>grad -"]]:::result',
        "  end",
        "  n0 -->|0| n1",
        "  n0 -->|1| n1",
    ]


def test_groups_are_closed(net):
    lines = [line.strip() for line in written(net).splitlines()]
    assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end") == 4


def test_names_are_text():
    name = '"]; click n0 "javascript:alert(1)" <script> #quot; `x` $$y$$ fa:fa-x 1. - _z_ 世界'
    with bp.scope(name):
        y = bp.exp(bp.Value(1.0, name=name))
    allowed = re.compile(r"[\w ,=().+\[\]…-]|#\d+;|<br/>")
    for label in re.findall(r'"([^"]*)"', written(y)):
        assert not allowed.sub("", label)
    assert "_z_" not in written(y)
    assert "1. " not in written(y)


def test_folded_nodes_cotangents_and_wrong_gradients(net, tmp_path):
    def lines(value, **options):
        bp.draw(value, tmp_path / "graph.mmd", **options)
        return (tmp_path / "graph.mmd").read_text(encoding="utf-8").splitlines()

    assert any(line.strip().startswith('f0{{"layer 1 = 6 nodes') for line in lines(net, depth=0))
    backward = lines(net, backward=True)
    assert any(" -.- d" in line for line in backward)
    assert any(line.endswith('"]):::cotangent') for line in backward)

    def square(params):
        return (params["x"] ** 2).sum()

    x = bp.Value([1.0, 2.0], name="x")
    comparison = bp.compare(square, {"x": x.data}, {"x": x.data})
    assert lines(square({"x": x}), comparison=comparison)[-1] == "  class n1 wrong"


def test_what_mermaid_does_not_draw_is_refused(chain):
    with pytest.raises(ValueError, match=r"the graph has 600 edges.*500 edges.*force=True"):
        written(chain(150))
    assert written(chain(150), force=True).count("-->") == 600
