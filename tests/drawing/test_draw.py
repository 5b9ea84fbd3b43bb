import xml.etree.ElementTree as ET

import graphviz
import numpy as np
import pytest

import tinygrad_bp as bp
from tests.work import growth
from tinygrad_bp.drawing import RenderError
from tinygrad_bp.drawing import diagram as diagrams

HOSTILE = r"""<b>x</b>|{a}> "q" \N \G \l \" &lt; & ' <script>alert(1)</script> ]]> -- \ """.strip()


def texts(svg):
    """The texts of a picture, in order."""
    elements = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()).replace("\xa0", " ") for element in elements]


def tooltips(svg):
    key = "{http://www.w3.org/1999/xlink}title"
    return [element.get(key) for element in ET.fromstring(svg).iter() if key in element.attrib]


def pieces(svg, kind):
    groups = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
    return [group for group in groups if group.get("class") == kind]


def test_a_picture_has_every_node_edge_and_group(net):
    svg = bp.draw(net).pipe("svg")
    assert len(pieces(svg, "node")) == 23
    assert len(pieces(svg, "edge")) == 22
    assert len(pieces(svg, "cluster")) == 4
    for text in ("w_1", "z_2", "loss", "layer 3", "value", "grad", "matmul @"):
        assert text in texts(svg)


def test_it_is_a_digraph(net):
    diagram = bp.draw(net)
    assert isinstance(diagram, graphviz.Digraph)
    assert diagram.source.startswith("digraph {")


def test_a_repeated_operand_has_two_edges():
    x = bp.Value(3.0)
    diagram = bp.draw(x * x)
    assert diagram.source.count("n0 -> n1") == 2
    assert len(pieces(diagram.pipe("svg"), "edge")) == 2


def test_roles_have_shapes_of_their_own():
    y = bp.exp(bp.Value([1.0], name="w")) * bp.Value([2.0], requires_grad=False) + 1
    lines = [line for line in bp.draw(y).source.splitlines() if "shape=" in line]
    shapes = {line.partition("shape=")[2].partition(" fillcolor")[0] for line in lines}
    assert shapes == {
        'box style="filled"',
        'note style="filled"',
        'box style="rounded,filled"',
        'box style="rounded,filled" peripheries=2',
    }


def test_positions_stand_at_edges_where_they_matter():
    a, b = bp.Value(1.0, name="a"), bp.Value(2.0, name="b")
    assert 'headlabel="1"' in bp.draw(a / b).source
    assert "headlabel" not in bp.draw(a * b).source


def test_before_and_after_the_backward_pass():
    x = bp.Value(3.0, name="x")
    y = x**2
    assert texts(bp.draw(y).pipe("svg")).count("-") == 2
    y.backward()
    after = texts(bp.draw(y).pipe("svg"))
    assert after.count("-") == 0
    assert "6" in after


def test_all_numbers_are_in_the_tooltip():
    w = bp.Value(np.arange(42.0).reshape(6, 7) / 7, name="w")
    svg = bp.draw(w).pipe("svg")
    assert any("5.857142857" in tooltip for tooltip in tooltips(svg))
    assert "0 .. 5.857, mean 2.929" in texts(svg)


def test_not_a_number_is_called_out():
    y = bp.Value([1.0, np.nan]) * 2
    assert texts(bp.draw(y).pipe("svg")).count("! NaN in the value") == 2


@pytest.mark.parametrize("name", [HOSTILE, "\\", "\\N", "&lt;", "<>", '"', "世界 é", "-- /* //"])
def test_names_are_text(name):
    with bp.scope(name):
        y = bp.exp(bp.Value(1.0, name=name))
    svg = bp.draw(y).pipe("svg")
    shown = name if len(name) <= 40 else name[:39] + "…"
    assert texts(svg).count(shown) == 2  # the leaf and its group
    assert any(tooltip.startswith(f"n0: {name}\n") for tooltip in tooltips(svg))
    assert any(f"\nin {name}\n" in tooltip for tooltip in tooltips(svg))
    assert len(pieces(svg, "node")) == 2
    assert "script" not in {element.tag.split("}")[-1] for element in ET.fromstring(svg).iter()}


def test_names_that_do_not_print_and_empty_ones(tmp_path):
    with bp.scope(""):
        y = bp.exp(bp.Value(1.0, name="a\nb\x00\ud800")) * bp.Value(2.0, name="")
    assert r"a\nb\x00\ud800" in texts(bp.draw(y).pipe("svg"))
    for suffix in ("svg", "png", "dot", "mmd", "txt"):
        bp.draw(y, tmp_path / f"graph.{suffix}")


def test_the_same_graph_gives_the_same_bytes(net, another_net, tmp_path):
    for suffix in ("svg", "png", "dot", "mmd", "txt"):
        one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
        bp.draw(net, one)
        bp.draw(another_net, two)
        assert one.read_bytes() == two.read_bytes()


def test_files_by_suffix_on_a_machine_without_programs(net, tmp_path, no_programs):
    diagram = bp.draw(net, tmp_path / "graph.SVG")
    assert "w_1" in texts((tmp_path / "graph.SVG").read_bytes())
    bp.draw(net, str(tmp_path / "graph.png"))
    with pytest.importorskip("PIL.Image").open(tmp_path / "graph.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        assert min(picture.size) > 300
    for suffix in ("dot", "gv"):
        bp.draw(net, tmp_path / f"graph.{suffix}")
        assert (tmp_path / f"graph.{suffix}").read_text(encoding="utf-8") == diagram.source
    bp.draw(net, tmp_path / "graph.txt")
    assert (tmp_path / "graph.txt").read_text(encoding="utf-8") == f"{diagram.text}\n"
    bp.draw(net, tmp_path / "graph.mmd")
    assert (tmp_path / "graph.mmd").read_text(encoding="utf-8").startswith("flowchart TB")
    bp.draw(net, tmp_path / "graph.pdf")
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["graph.html", "graph", "graph.svg.bak", ".svg"])
def test_an_unknown_suffix_names_the_known_ones(net, tmp_path, name):
    with pytest.raises(ValueError, match=r"expected one of \.svg, \.png, .*\.mmd and \.txt"):
        bp.draw(net, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist; make it first"):
        bp.draw(net, tmp_path / "nowhere" / "graph.svg")


def test_a_failure_leaves_the_old_file(net, tmp_path):
    path = tmp_path / "graph.svg"
    path.write_text("old")
    with pytest.raises(RenderError, match="was stopped"):
        bp.draw(net, path, time_limit=1e-6)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("given", [3.0, None, np.ones(2), "x", [bp.Value(1.0)]])
def test_what_is_not_a_value(given):
    with pytest.raises(TypeError, match=f"draw: expected a Value, got {type(given).__name__}"):
        bp.draw(given)


def test_from_left_to_right(net):
    picture = ET.fromstring(bp.draw(net, direction="LR").pipe("svg"))
    width, height = (float(picture.get(side).removesuffix("pt")) for side in ("width", "height"))
    assert width > 3 * height


def irregular(steps):
    """Make a chain in which nothing comes again, of nodes that are used twice each."""
    functions, order = (np.sin, np.cos, np.tanh, np.exp), np.random.default_rng(0)
    y = bp.Value(0.1, name="x")
    for k in order.integers(0, 4, steps):
        y = functions[k](y - y)
    return y


def test_a_large_graph_is_folded(chain, tmp_path):
    diagram = bp.draw(chain(600), tmp_path / "graph.svg")
    assert "(loops folded: 2401 nodes drawn as " in diagram.text
    assert "mul *, 598 times" in texts((tmp_path / "graph.svg").read_bytes())


def test_a_large_graph_without_loops_is_folded_into_expressions():
    y = bp.Value(0.1, name="x")
    for k in np.random.default_rng(0).integers(0, 4, 200):
        y = (np.sin, np.cos, np.tanh, np.exp)[k](y)
    assert "(expressions folded: 201 nodes drawn as 2)" in bp.draw(y).text


def test_a_large_graph_that_stays_large_is_refused_with_counts_and_remedies(tmp_path):
    y = irregular(1_200)
    with pytest.raises(
        ValueError,
        match=r"1201 nodes and 1200 edges .*2401 nodes drawn.*focus=.*text_tree.*force=True",
    ):
        bp.draw(y, tmp_path / "graph.svg")
    assert list(tmp_path.iterdir()) == []


def test_folding_and_refusing_take_a_time_that_grows_with_the_graph(chain):
    def refused(y):
        with pytest.raises(ValueError, match="focus="):
            bp.draw(y)

    folded = {steps: chain(steps) for steps in (100, 1_000)}
    shared = {steps: irregular(steps) for steps in (1_050, 2_100)}
    assert growth(lambda steps: bp.draw(folded[steps]).pipe("svg"), *folded) < 1.5
    assert growth(lambda steps: refused(shared[steps]), *shared) < 1.5


def test_a_large_graph_is_drawn_on_request(chain, tmp_path):
    diagram = bp.draw(chain(300), tmp_path / "graph.svg", force=True)
    assert len(pieces((tmp_path / "graph.svg").read_bytes(), "node")) == 1_201
    assert diagram.text.count("\n") == 1_200


def test_a_graph_that_is_not_large_is_not_folded(chain):
    assert len(pieces(bp.draw(chain(37)).pipe("svg"), "node")) == 149
    assert len(pieces(bp.draw(chain(38)).pipe("svg"), "node")) == 13
    assert len(pieces(bp.draw(chain(38), depth=9).pipe("svg"), "node")) == 153


def test_nodes_and_edges_have_ids_in_the_picture():
    x = bp.Value(3.0)
    ids = {group.get("id") for group in ET.fromstring(bp.draw(x * x).pipe("svg")).iter()}
    assert {"n0", "n1", "n0-n1-0", "n0-n1-1"} <= ids


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"direction": "sideways"}, "direction must be one of 'TB', 'LR', got 'sideways'"),
        ({"backward": "left"}, "backward must be one of"),
        ({"colours": "pink"}, "colours must be one of 'roles', 'gradients'"),
        ({"theme": "pink"}, 'theme must be one of "light", "dark", "print", "colour-blind"'),
        ({"depth": -1}, "depth must be a whole number from 0, got -1"),
        ({"depth": True}, "depth must be a whole number"),
        ({"focus": "nobody"}, "no node named 'nobody'; its names are 'loss', "),
        ({"focus": "x", "around": "here"}, "around must be one of"),
    ],
)
def test_options_that_are_not_there(net, tmp_path, options, said):
    with pytest.raises(ValueError, match=said):
        bp.draw(net, tmp_path / "graph.svg", **options)
    assert list(tmp_path.iterdir()) == []


def test_every_option_gives_every_format(net, tmp_path):
    for number, options in enumerate(
        [
            {"backward": True, "derivatives": True, "theme": "dark"},
            {"backward": "combined", "depth": 0},
            {"focus": "h_1", "backward": True, "colours": "gradients"},
            {"fold": lambda value: value.op is not None, "theme": "print"},
        ]
    ):
        for suffix in ("svg", "png", "pdf", "dot", "mmd", "txt"):
            bp.draw(net, tmp_path / f"{number}.{suffix}", **options)
            assert (tmp_path / f"{number}.{suffix}").stat().st_size > 100


def test_deep_scopes_need_no_recursion():
    scopes = [bp.scope(str(k)) for k in range(100)]
    for scope in scopes:
        scope.__enter__()
    y = bp.exp(bp.Value(1.0))
    for scope in reversed(scopes):
        scope.__exit__(None, None, None)
    assert len(pieces(bp.draw(y).pipe("svg"), "cluster")) == 100


# --- what it inherits from graphviz.Digraph ------------------------------------------------------


def test_a_notebook_shows_it_without_programs(net, no_programs):
    diagram = bp.draw(net)
    bundle = diagram._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert bundle["text/plain"] == diagram.text
    assert diagram._repr_mimebundle_(include=["image/png"])["image/png"].startswith(b"\x89PNG")
    assert "image/svg+xml" not in diagram._repr_mimebundle_(exclude=["image/svg+xml"])
    assert diagram._repr_svg_().startswith("<?xml")


def test_a_notebook_shows_text_where_no_picture_can_be(net, monkeypatch):
    def fail(*args, **kwargs):
        raise RenderError("no renderer")

    monkeypatch.setattr(diagrams, "render", fail)
    diagram = bp.draw(net)
    assert diagram._repr_mimebundle_() == {"text/plain": f"{diagram.text}\n(no renderer)"}
    assert diagram._repr_svg_() is None


def test_render_and_pipe_without_programs(net, tmp_path, no_programs):
    diagram = bp.draw(net)
    written = diagram.render(tmp_path / "graph", cleanup=True)
    assert written == str(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_bytes() == diagram.pipe()
    assert diagram.render(outfile=tmp_path / "other.png") == str(tmp_path / "other.png")
    assert diagram.pipe(format="png") == (tmp_path / "other.png").read_bytes()
    assert diagram.pipe(encoding="utf-8").startswith("<?xml")
    with pytest.raises(graphviz.FileExistsError):
        diagram.render(outfile=tmp_path / "other.png", raise_if_result_exists=True)
    assert diagram.pipe("pdf").startswith(b"%PDF-")
    with pytest.raises(RenderError, match="ps needs the program `dot`"):
        diagram.pipe("ps")


def test_what_a_user_adds_is_drawn(net):
    diagram = bp.draw(net)
    copied = diagram.copy()
    copied.node("note", "written by hand")
    with copied.subgraph(name="cluster_mine") as mine:
        mine.node("inside")
    assert "written by hand" in texts(copied.pipe("svg"))
    assert "written by hand" not in diagram.source
    assert copied.text == diagram.text
