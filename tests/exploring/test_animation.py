"""The picture that moves: what its steps say, and what is seen at a time in a browser."""

import re
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.exploring.animation import MOST_STEPS, REST, STEP, steps
from tinygrad_bp.viewing.graph import describe

TEXT = "{http://www.w3.org/2000/svg}text"


def texts_of(value):
    return [step.text for step in steps(describe(value))]


@pytest.fixture
def neuron():
    x, w, b = bp.Value(2.0, name="x"), bp.Value(-3.0, name="w"), bp.Value(6.5, name="b")
    p = bp.named(w * x, "p")
    y = bp.named(np.tanh(bp.named(p + b, "z")), "y")
    return y


def test_steps_are_those_of_the_sweep(neuron):
    assert texts_of(neuron) == [
        "forward:  p = w * x = -6",
        "forward:  z = p + b = 0.5",
        "forward:  y = np.tanh(z) = 0.4621",
        "backward:  d_y = 1",
        "backward:  d_z = d_y * (1 - y ** 2) = 1 × 0.7864 = 0.7864",
        "backward:  d_p = d_z = 0.7864",
        "backward:  d_b = d_z = 0.7864",
        "backward:  d_w = d_p * x = 0.7864 × 2 = 1.573",
        "backward:  d_x = d_p * w = 0.7864 × -3 = -2.359",
    ]


def test_arrays_and_constants():
    w = bp.Value([[1.0, 0.5]], name="w")
    y = bp.named(np.sum(w @ np.array([2.0, 4.0])), "y")
    assert texts_of(y)[-1].endswith("= [[2 4]]")
    assert "= [4]" in texts_of(y)[0]
    assert bp.animate(y).svg.count("@keyframes only") == len(texts_of(y))


def test_a_number_that_is_broadcast():
    x, a = bp.Value(2.0, name="x"), bp.Value([1.0, 3.0], name="a")
    assert "backward:  d_x = np.sum(d_y * a, axis=0) = 4" in texts_of(bp.named(x * a, "y").sum())


def test_a_gradient_of_two_uses_is_seen_when_it_is_complete():
    x = bp.Value(3.0, name="x")
    y = bp.named(np.exp(x) * x, "y")
    shown = list(steps(describe(y)))
    of_x = [step for step in shown if step.backward and step.node is x]
    assert [(step.complete, " += " in step.text) for step in of_x] == [(False, False), (True, True)]
    reveals = {f"from{k}" for k, step in enumerate(shown) if step.complete}
    assert {*re.findall(r"animation-name:(from\d+)", bp.animate(y).svg)} == reveals


def test_no_gradient_changes(neuron):
    bp.animate(neuron)
    assert neuron.parents[0].grad is None


def test_a_graph_without_gradients_moves_forward_only():
    x = bp.Value(3.0, name="x", requires_grad=False)
    y = np.exp(x) * x
    assert [text.partition(":")[0] for text in texts_of(y)] == ["forward"] * 2
    assert "backward:" not in bp.animate(y).svg


def test_what_is_used_far_away_and_what_has_no_name():
    w, h = bp.Value(0.5, name="w"), bp.Value(1.0, name="h")
    for _ in range(6):
        h = np.tanh(w * h)
    svg = bp.animate(h).svg
    written = [text.text for text in ElementTree.fromstring(svg).iter(TEXT)]
    assert any(text.startswith("backward:  d_w += d_product") for text in written if text)
    assert len([text for text in written if text in ("grad", "grad ")]) == 14


def test_the_file_and_the_notebook(neuron, tmp_path):
    picture = bp.animate(neuron, tmp_path / "neuron.svg", theme="dark")
    assert (tmp_path / "neuron.svg").read_text(encoding="utf-8") == picture.svg
    root = ElementTree.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert "<script" not in picture.svg
    assert repr(picture) == "<MovingPicture 'Computational graph of y, in 9 steps'>"
    assert picture._repr_html_().startswith('<img alt="Computational graph of y, in 9 steps" src=')


def test_names_are_text(neuron):
    x = bp.named(neuron * 1.0, "<script>alert(1)</script>")
    assert "<script" not in bp.animate(x).svg
    assert "<script" not in bp.animate(x)._repr_html_()


def test_refusals(neuron, chain, tmp_path):
    with pytest.raises(TypeError, match="animate: expected a Value, got float"):
        bp.animate(1.0)
    with pytest.raises(ValueError, match=r"does not end in \.svg"):
        bp.animate(neuron, tmp_path / "neuron.html")
    with pytest.raises(ValueError, match=f"nobody watches more than {MOST_STEPS}; animate an"):
        bp.animate(chain(30))
    with pytest.raises(ValueError, match="expected a scalar"):
        bp.animate(bp.Value([1.0, 2.0]) * 2)


SEEN = """(time) => {
    document.getAnimations().forEach((each) => { each.pause(); each.currentTime = time; });
    return [...document.querySelectorAll("svg text")].filter(
        (each) => getComputedStyle(each).opacity === "1").map((each) => each.textContent);
}"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_what_is_seen_at_a_time(neuron, visit, motion):
    tab = visit(SimpleNamespace(html=bp.animate(neuron).svg), reduced_motion=motion)
    texts = texts_of(neuron)
    for k in range(len(texts)):
        # a quarter of a step before its end
        seen = tab.evaluate(SEEN, 1000 * STEP * (k + 0.75))
        captions = [text for text in seen if text.startswith(("forward:", "backward:"))]
        at = k if motion == "no-preference" else len(texts) - 1
        assert captions == [texts[at]]
        assert ("1.573" in seen) == (at >= 7)
        assert ("-6" in seen) == (at >= 0)
    end = tab.evaluate(SEEN, 1000 * (STEP * len(texts) + REST / 2))
    assert texts[-1] in end
    assert "-2.359" in end
