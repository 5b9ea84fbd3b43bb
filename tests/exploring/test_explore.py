"""`explore` as it is called: files, errors, sizes, notebooks."""

import re
import sys
from html import unescape

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing import Diagnosis
from tinygrad_bp.drawing import RenderError
from tinygrad_bp.exploring import Page

from .test_page import chain, rounded, told


def test_the_page_of_the_net_is_small_and_whole(net_page):
    assert len(net_page.html.encode()) < 300_000
    assert net_page.path is None
    assert repr(net_page) == "<Page 'The 7-6-5-2 net'>"
    outside = set(re.findall(r"https?://[^\s\"')]+", net_page.html))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    assert "default-src 'none'" in net_page.html


def test_the_same_graph_gives_the_same_bytes(neuron):
    assert bp.explore(neuron).html == bp.explore(neuron).html


def test_a_file_is_written_whole_or_not_at_all(neuron, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("mine")
    with pytest.raises(RenderError, match="stopped after"):
        bp.explore(neuron, path, time_limit=1e-6)
    assert path.read_text() == "mine"
    page = bp.explore(neuron, path)
    assert page.path == path
    assert repr(page) == f"<Page 'y' in {path}>"
    assert path.read_text(encoding="utf-8") == page.html
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    with pytest.raises(FileNotFoundError, match="make it first"):
        bp.explore(neuron, tmp_path / "no" / "page.html")


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((3.0,), TypeError, "expected a Value or a function, got float"),
        ((bp.Value(1.0), "page.svg"), ValueError, "does not end in .html"),
        ((bp.Value([1.0, 2.0]) * 2,), ValueError, "pass a seed"),
    ],
)
def test_errors(arguments, error, match):
    with pytest.raises(error, match=match):
        bp.explore(*arguments)


def test_a_comparison_has_to_fit(neuron):
    with pytest.raises(TypeError, match="expected a Comparison, got dict"):
        bp.explore(neuron, comparison={})
    with pytest.raises(TypeError, match=r"expected exercises as bp.exercises.* got 2"):
        bp.explore(neuron, exercises=2)
    other = bp.compare(lambda p: p["other"] ** 2, {"other": 1.0})
    with pytest.raises(ValueError, match=r"named 'other' of the same shapes, found 'b', 'w', 'x'"):
        bp.explore(neuron, comparison=other)


def test_large_graphs_are_refused_with_counts_and_remedies(monkeypatch):
    y = chain(10_000)
    with pytest.raises(ValueError, match=r"40001 nodes and 40000 edges.*force=True"):
        bp.explore(y)
    small = chain(3)
    monkeypatch.setattr(sys.modules["tinygrad_bp.exploring.explore"], "MOST_NODES", 9)
    with pytest.raises(ValueError, match="force=True"):
        bp.explore(small)
    assert len(told(bp.explore(small, force=True))["nodes"]) == 13


def test_large_arrays_are_told_in_blocks():
    w = bp.Value(np.arange(120_000.0).reshape(300, 400), name="w")
    page = bp.explore(np.mean(w * w))
    assert len(page.html) < 200_000
    story = told(page)
    (place,) = [node["value"] for node in story["nodes"] if node["name"] == "w"]
    array = story["arrays"][place]
    assert "rows" not in array
    assert len(array["blocks"]) == len(array["blocks"][0]) == 16
    assert np.isclose(np.mean(array["blocks"]), w.data.mean(), rtol=0.02)
    assert array["summary"] == "0 .. 1.2e+05, mean 6e+04"


def numbers(told):
    """Yield every number of a story."""
    if isinstance(told, dict | list):
        for each in told.values() if isinstance(told, dict) else told:
            yield from numbers(each)
    elif isinstance(told, float):
        yield told


def test_last_bits_are_not_told(net, wrong_comparison):
    story = told(bp.explore(net, comparison=wrong_comparison))
    found = list(numbers(story))
    assert len(found) > 500
    assert found == rounded(found)
    assert {each["learning_rate"] for each in story["comparison"]["diagnosis"]} == {0.1}


def test_many_arrays_share_the_room():
    y = bp.Value(np.linspace(0, 1, 256).reshape(16, 16), name="x")
    for k in range(200):
        y = np.tanh(y + np.full((16, 16), k + 0.5))
    page = bp.explore(np.sum(y))
    assert len(page.html) < 6_000_000
    assert sum(len(row) for a in told(page)["arrays"] for row in a.get("rows", ())) < 60_000


def test_no_gradient_no_backward_pass():
    x = bp.Value(2.0, name="x", requires_grad=False)
    story = told(bp.explore(bp.named(x * 3 + 1, "y")))
    assert [step["phase"] for step in story["steps"]] == ["start", "forward", "forward"]
    assert [s["phase"] for s in told(bp.explore(bp.Value(1.0)))["steps"]] == ["start", "backward"]


def test_gradients_stay_as_they_are(neuron):
    bp.explore(neuron)
    assert [node.grad for node in bp.topological_order(neuron)] == [None] * 7
    neuron.backward()
    before = [node.grad for node in bp.topological_order(neuron)]
    bp.explore(neuron)
    assert [node.grad for node in bp.topological_order(neuron)] == before


def test_in_a_notebook(neuron, tmp_path):
    page = bp.explore(neuron, title='"quoted" <title>')
    frame = page._repr_html_()
    assert frame.startswith("<iframe")
    assert 'sandbox="allow-scripts allow-forms allow-modals"' in frame
    assert unescape(re.search(r'srcdoc="([^"]*)"', frame).group(1)) == page.html
    assert isinstance(page, Page)


def test_a_notebooks_frame_runs_too(neuron, chromium, tmp_path):
    file = tmp_path / "notebook.html"
    frame = bp.explore(neuron)._repr_html_()
    file.write_text(f"<!DOCTYPE html><body>{frame}", encoding="utf-8")
    tab = chromium.new_page()
    tab.goto(file.as_uri())
    inside = tab.frame_locator("iframe")
    inside.locator("#next").click()
    assert inside.locator("#count").inner_text() == "2 / 10"
    inside.locator("#lesson").click()
    inside.locator('[data-sign="1"]').click()
    inside.locator("#answer").fill("2")
    inside.locator("#answer").press("Enter")  # a frame may forbid forms
    assert "Right: " in inside.locator("#score").inner_text()
    tab.close()


def test_nodes_know_the_line_of_code_that_made_them():
    def loss(p):
        h = np.tanh(p["w"] * 2.0)
        return np.sum(h**2)

    nodes = told(bp.explore(loss, params={"w": np.ones(2)}))["nodes"]
    lines = [node["line"][1] for node in nodes if node["op"]]
    assert lines == ['h = np.tanh(p["w"] * 2.0)'] * 2 + ["return np.sum(h**2)"] * 2
    first = loss.__code__.co_firstlineno
    assert [node["line"][0] - first for node in nodes if node["op"]] == [1, 1, 2, 2]


def test_the_first_wrong_step_is_that_of_the_diagnosis(net, visit):
    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    comparison = bp.compare(bp.net7652.loss, params, wrong)
    comparison.reconstruction = None  # which would say more, see test_beside.py

    def stop(*diagnoses):
        comparison.diagnosis[:] = diagnoses
        story = told(bp.explore(net, comparison=comparison))
        step = story["steps"][story["comparison"]["stop"]]
        return story["nodes"][step["node"]]["name"], story

    assert stop()[0] == "net_h2"  # where the first wrong parameter, b_2, is complete
    order = bp.topological_order(net)
    (place,) = [k for k, node in enumerate(order) if node.name == "w_3"]
    found = Diagnosis(
        mistake="update-before-propagate",
        node="w_3",
        position=place,
        parameters=("w_2", "b_2", "w_1", "b_1"),
        residual=0.0,
        explanation="w_3 was updated first.",
        fix="Propagate, then update.",
        line="d_out_h2 = w_3.T @ d_net_o",
    )
    name, _ = stop(found)
    assert name == "product_3"  # w_3 @ out_h2
    tab = visit(bp.explore(net, comparison=comparison))
    assert "w_3 was updated first." in tab.locator("#panel").inner_text()
    tab.locator("#wrong").click()
    told_there = tab.locator(".card", has_text="The first wrong step").inner_text()
    for text in (found.explanation, found.fix, found.line):
        assert text in told_there
