"""The manual backward pass beside the right one: where they part, and with other numbers."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.exploring.conftest import edit, open_page
from tests.exploring.test_page import GO, told

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(3, 1)), RNG.normal(size=(2, 1))
PARAMS = {"w": RNG.normal(size=(4, 3)), "b": RNG.normal(size=(4, 1)), "v": RNG.normal(size=(2, 4))}


def loss(p):
    h = bp.named(np.tanh(p["w"] @ X + p["b"]), "h")
    return np.sum((bp.sigmoid(p["v"] @ h) - T) ** 2)


def manual(p):
    h = np.tanh(p["w"] @ X + p["b"])
    o = bp.sigmoid(p["v"] @ h)
    d = 2 * (o - T) * o * (1 - o)
    d_net = (p["v"].T @ d) * (1 - h)  # and not 1 - h**2
    return {"w": d_net @ X.T, "b": d_net, "v": d @ h.T}


@pytest.fixture(scope="module")
def comparison():
    return bp.compare(loss, PARAMS, manual)


@pytest.fixture(scope="module")
def page(comparison):
    leaves = {name: bp.Value(data, name=name) for name, data in PARAMS.items()}
    return bp.explore(loss(leaves), comparison=comparison)


def test_the_passes_part_at_the_wrong_operation_and_the_error_travels_on(page, tab, tmp_path):
    story = told(page)
    names = [node["name"] for node in story["nodes"]]
    beside, stop = story["comparison"]["beside"], story["comparison"]["stop"]
    assert names[story["steps"][stop]["node"]] == "h"
    wrong = {names[n] for n in beside["wrong"]}
    assert {"w", "b"} < wrong
    assert not wrong & {"v", "h"}
    open_page(tab, tmp_path, page)
    panel = tab.locator("#panel")
    for k, step in enumerate(story["steps"]):
        tab.evaluate(GO, k)
        text = panel.inner_text()
        targets = {names[p["to"]] for p in step.get("parts", ()) if p["complete"]}
        assert ("Here yours and the right one part" in text) == (k == stop)
        assert ("The error travels on" in text) == (k > stop and bool(targets & wrong))
        assert ("(1 - h)\n" in text) == (k == stop)
        if k == stop:
            assert "d_total = (v.T @ d_product) * (1 - h ** 2)" in text
    yours = tab.locator('#panel figure[data-role="yours"]')
    of_w = yours.last.locator("[data-value]").evaluate_all("all => all.map((c) => c.dataset.value)")
    np.testing.assert_allclose(np.array(of_w, float), manual(PARAMS)["w"].ravel(), rtol=1e-5)


def test_verdicts_follow_other_numbers(page, comparison, tab, tmp_path):
    open_page(tab, tmp_path, page)
    edit(tab, "w", 4, "0.25")
    changed = {**PARAMS, "w": PARAMS["w"].copy()}
    changed["w"].flat[4] = 0.25
    _, expected = comparison.reconstruction(changed)
    for name in PARAMS:
        mine, right = tab.evaluate(
            """(name) => {
                const n = nodes.findIndex((node) => node.name === name);
                return [state.manual[beside.nodes.indexOf(n)].data, state.gradients[n].data];
            }""",
            name,
        )
        np.testing.assert_allclose(mine, expected[name].ravel(), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(
            right, bp.grad(loss)(changed)[name].ravel(), rtol=1e-12, atol=1e-15
        )
        np.testing.assert_allclose(mine, manual(changed)[name].ravel(), rtol=1e-12, atol=1e-15)
    check = tab.evaluate("comparison.parameters.map((each) => comparedNow(each))")
    assert {each["name"]: each["verdict"] for each in check} == {
        "w": "wrong",
        "b": "wrong",
        "v": "correct",
    }
    for each in check:
        for entry in each["entries"]:
            assert entry["numeric"] == pytest.approx(entry["automatic"], rel=1e-8, abs=1e-10)
    tab.evaluate("go(0)")
    assert "With these numbers 2 of 3 gradients are wrong" in tab.locator("#panel").inner_text()
    tab.locator("#again").click()
    assert "With these numbers" not in tab.locator("#panel").inner_text()
    assert not tab.locator("#again").is_visible()
    edit(tab, "v", 1, "1/3")
    wrong = tab.evaluate("nodes.filter((_, n) => isWrong(n)).map((node) => node.name)")
    assert {"w", "b"} < set(wrong)
    assert "v" not in wrong


def test_the_whole_of_the_notebooks_net(net_page):
    story = told(net_page)
    names = [node["name"] for node in story["nodes"]]
    lines = {names[int(n)]: pair for n, pair in story["comparison"]["beside"]["lines"].items()}
    assert lines["out_h2"][0].startswith("d_net_h2 = ((w_3 - 0.1 * d_w_3).T @ d_net_o)")
    assert lines["out_h1"][1] == "d_net_h1 = (w_2.T @ d_net_h2) * (net_h1 > 0)"
    assert not {names[n] for n in story["comparison"]["beside"]["wrong"]} & {"w_3", "b_3"}
