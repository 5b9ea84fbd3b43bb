"""The diagram of a page where nodes are used far away, as in recurrent graphs."""

import re

import numpy as np
import pytest

import tinygrad_bp as bp

from .test_page import GO

MARKED = """(name) => [...document.querySelectorAll(`svg .node.${name}`)].map((group) =>
    [nodes[group.dataset.node].name, group.dataset.use ?? null])"""


@pytest.fixture(scope="module")
def recurrent():
    w, b = bp.Value(0.7, name="w"), bp.Value(0.1, name="b")
    h = bp.Value(0.5, name="h0", requires_grad=False)
    for _ in range(30):
        h = np.tanh(w * h + b)
    return bp.explore(h)


def test_a_recurrent_graph_is_laid_out_in_time(recurrent):
    folded, whole = re.findall(r'<svg [^>]*class="diagram".*?</svg>', recurrent.html, re.S)
    assert whole.count('class="node parameter again"') == 2 * 29
    assert len(re.findall(r'data-edge="\d+"', whole)) == 150
    edges = re.findall(r'data-edge="([\d ]+)"', folded)
    assert sorted(int(e) for each in edges for e in each.split()) == list(range(150))
    assert len(edges) < 20


def test_each_step_marks_what_it_uses_near_to_it(recurrent, visit):
    tab = visit(recurrent)
    tab.locator("#unfold").click()
    for k in (1, 40, 41, 181):
        tab.evaluate(GO, k)
        step = tab.evaluate("steps[now]")
        user = step["node"]
        used = tab.evaluate(f"nodes[{user}].operands.map((n) => nodes[n].name)")
        marked = tab.evaluate(MARKED, "source")
        assert {name for name, _ in marked} <= set(used)
        assert len(marked) == (2 if k <= 90 and len(used) == 2 else len(step.get("parts", used)))
        assert all(use in (None, str(user)) for _, use in marked)
        inside = "(n) => { const r = n.getBoundingClientRect(); return r.top >= 0 && r.top < 800; }"
        assert tab.locator("svg .node.source").evaluate_all(f"(all) => all.every({inside})")


def test_what_is_found_is_marked_wherever_it_is_drawn(recurrent, visit):
    tab = visit(recurrent)
    tab.locator("#unfold").click()
    tab.locator("#find").fill("w")
    assert len(tab.evaluate(MARKED, "match")) == 30
    assert {name for name, _ in tab.evaluate(MARKED, "match")} == {"w"}


def test_a_stand_in_leads_to_its_node(recurrent, visit):
    tab = visit(recurrent)
    tab.locator("#unfold").click()
    tab.evaluate(GO, 181)
    last = tab.locator("svg .node.again[data-use]").last
    last.evaluate("(each) => each.dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    name = tab.evaluate("(n) => nodes[n].name", int(last.get_attribute("data-node")))
    assert f"To {name}" in tab.locator("#panel").inner_text()
