"""Worksheets: other numbers for each learner, and answers that the engine has, too."""

import pytest

import tinygrad_bp as bp
from tests.exploring.conftest import open_page
from tests.exploring.test_computing import build, neuron
from tests.exploring.test_page import near

READ = """(articles) => articles.map((article, _, all, [forward, backward] =
        [...article.querySelectorAll("ol")].map((ol) => [...ol.children])) => ({
    title: article.querySelector("h2").textContent,
    given: [...article.querySelectorAll(".given li")].map((li) => li.textContent.split(" = ")),
    forward: forward.map((li) => li.querySelector(".num")?.textContent),
    backward: backward.map((li) =>
        [li.textContent.split(/[,:]/)[0], li.querySelector(".num")?.textContent]),
    blanks: article.querySelectorAll(".blank").length,
}))"""


@pytest.fixture
def ordered(tab, tmp_path):
    """Make sheets as a teacher does, but for the printer; return them as they would be printed."""
    open_page(tab, tmp_path, bp.explore(build(neuron)))

    def order(learners, first=1):
        tab.evaluate("window.print = () => {}; 1")
        tab.locator("#worksheets").click()
        tab.locator("#learners").fill(str(learners))
        tab.locator("#from").fill(str(first))
        tab.locator("#order .primary").click()
        tab.emulate_media(media="print")
        visible = tab.locator("#sheets").is_visible() and not tab.locator("#panel").is_visible()
        sheets = tab.locator("#sheets article").evaluate_all(READ)
        tab.emulate_media(media="screen")
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        assert visible
        assert not tab.locator("#sheets").is_visible()
        return sheets

    return order


def test_each_learner_gets_other_numbers_and_the_answers_are_the_engines(ordered):
    sheets = ordered(3)
    empty, answers = sheets[:3], sheets[3:]
    assert [each["title"] for each in sheets] == [
        *(f"y: sheet {k}" for k in (1, 2, 3)),
        *(f"y: answers to sheet {k}" for k in (1, 2, 3)),
    ]
    assert len({str(each["given"]) for each in empty}) == 3
    for sheet, answer in zip(empty, answers, strict=True):
        assert sheet["given"] == answer["given"]
        assert set(sheet["forward"]) == {None}
        assert {number for _, number in sheet["backward"]} == {None}
        assert (sheet["blanks"], answer["blanks"]) == (1 + 4 + 6, 0)
        given = {name: float(x.replace("−", "-")) for name, x in answer["given"]}
        value = build(neuron, **given)
        value.backward(retain_grads=True)
        nodes = bp.topological_order(value)
        computed = [node for node in nodes if node.op is not None]
        for text, node in zip(answer["forward"], computed, strict=True):
            assert near(text, float(node.data))
        named = {node.name or node.op.word or f"{node.op.name}_out": node for node in nodes}
        assert len(answer["backward"]) == 6
        for name, text in answer["backward"]:
            assert near(text, float(named[name].grad))


def test_a_sheet_can_be_had_again(ordered):
    assert ordered(2, first=7)[1]["given"] == ordered(1, first=8)[0]["given"]


def test_a_page_with_fixed_numbers_has_none(tab, tmp_path):
    x = bp.Value([1.0, -1.0], name="x")
    open_page(tab, tmp_path, bp.explore((x * (x > 0)).sum()))
    assert not tab.locator("#worksheets").is_visible()
