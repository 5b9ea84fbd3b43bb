"""Loops on a page: one pass is drawn for all, with a counter, and can be unfolded."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.viewing.labels import summary

from .conftest import edit, open_page

SHOWN = """() => [...svg.querySelectorAll("[data-node*=' ']:not(.again)")].map((group) => [
    group.dataset.node.split(" ").map(Number), group.querySelector(".value").textContent,
    group.querySelector(".grad").textContent])"""


def recurrent(w=1.5):
    w, b, h = (bp.Value(v, name=n) for v, n in ((w, "w"), (0.1, "b"), (0.5, "h_0")))
    for _ in range(20):
        h = np.tanh(w * h + b)
    return h


@pytest.fixture(scope="module")
def page():
    return bp.explore(recurrent(), title="recurrent")


def check_pass(tab, value, backward):
    """Each node of the loop has the numbers of the pass that the steps came to last."""
    nodes = bp.topological_order(value)
    now, counter = tab.evaluate("steps[now].node"), tab.locator("#pass").inner_text()
    for members, data, gradient in tab.evaluate(SHOWN):
        come = [n for n in members if (n >= now if backward else n <= now)]
        n = (come[:1] or members[-1:])[0] if backward else (come or members[:1])[-1]
        is_there = backward or come
        texts = {summary(nodes[k].data) for k in ((n, members[max(members.index(n) - 1, 0)]))}
        assert data in texts if is_there else data == ""
        assert gradient == "–" or backward
        if now in members:
            assert counter == f"pass {members.index(now) + 1} of {len(members)}"
            assert data == summary(nodes[now].data)
            if backward:
                assert gradient == summary(nodes[now].grad)


def test_one_pass_is_drawn_and_its_numbers_are_those_of_each(page, tab, tmp_path):
    open_page(tab, tmp_path, page)
    value = recurrent()
    value.backward(retain_grads=True)
    assert tab.locator("svg.diagram .node").count() < 15
    assert tab.evaluate("nodes.length") == 63
    for k in range(4, 60, 7):
        tab.evaluate("(k) => go(k)", k)
        check_pass(tab, value, backward=False)
    for k in range(66, 118, 7):
        tab.evaluate("(k) => go(k)", k)
        check_pass(tab, value, backward=True)
    edit(tab, "w", 0, "0.75")
    value = recurrent(0.75)
    value.backward(retain_grads=True)
    tab.evaluate("go(80)")
    check_pass(tab, value, backward=True)


def test_from_pass_to_pass_and_unfolded(page, tab, tmp_path):
    open_page(tab, tmp_path, page)
    tab.evaluate("go(4)")
    title, counter = tab.locator("#panel h2"), tab.locator("#pass")
    assert title.inner_text() == "Compute w * tanh_out, in code product_2"
    assert counter.inner_text() == "pass 1 of 18"
    assert tab.locator("#earlier").is_disabled()
    tab.locator("#later").click()
    tab.locator("#later").click()
    assert counter.inner_text() == "pass 3 of 18"
    assert title.inner_text() == "Compute w * tanh_out_3, in code product_4"
    assert "pass 3 of 18" in tab.locator("svg .cluster.loop text").text_content()
    tab.locator("svg .node.current").click()  # goes to the node that is shown
    assert title.inner_text() == "Compute w * tanh_out_3, in code product_4"
    tab.locator("svg .cluster.loop text").click()
    assert tab.locator("svg.diagram .node:not(.again)").count() == 63
    assert counter.is_hidden()
    assert title.inner_text() == "Compute w * tanh_out_3, in code product_4"
    assert tab.locator("svg .node.current .value").text_content() == tab.evaluate(
        "arrays[nodes[steps[now].node].value].summary"
    )
    tab.locator("#unfold").click()
    assert counter.inner_text() == "pass 3 of 18"
    tab.evaluate("go(0)")
    assert counter.is_hidden()


def test_a_lesson_asks_for_one_pass_of_a_loop(page, tab, tmp_path):
    open_page(tab, tmp_path, page)
    asked = tab.evaluate("allQuestions.map(([k]) => steps[k].node)")
    (passes,) = tab.evaluate("loops.map((loop) => [...loop.passOf])")
    inside = {pass_ for node, pass_ in passes if node in asked}
    assert inside == {17}  # of 0 to 17
    assert len(asked) == 3 * 5  # and the passes that are not folded


def test_a_graph_without_loops_has_none(neuron, tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(neuron))
    assert tab.locator("#unfold").is_hidden()
    assert tab.locator("#passes").is_hidden()
