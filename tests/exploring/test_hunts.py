"""Find the wrong line: a click on it is right, one on another line is not."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.exploring.conftest import open_page

PARAMS = {"w": np.array([[0.5, -0.3], [0.2, 0.7]]), "v": np.array([1.5, -0.4])}


def loss(p):
    return np.sum((p["v"] @ bp.named(np.tanh(p["w"] @ np.array([1.0, 2.0])), "h") - 0.5) ** 2)


@pytest.fixture(scope="module")
def tasks():
    return bp.exercises(loss, PARAMS, count=2)


def test_the_wrong_line_is_found(tasks, tab, tmp_path):
    leaves = {name: bp.Value(data, name=name) for name, data in PARAMS.items()}
    open_page(tab, tmp_path, bp.explore(loss(leaves), exercises=tasks))
    tab.locator("#hunt").click()
    panel = tab.locator("#panel")
    assert "Exercise 1 of 2" in panel.inner_text()
    lines = panel.locator(".line")
    source = tasks[0].source
    shown = "\n".join(lines.all_text_contents())
    assert shown.strip() in source
    assert shown.startswith(f"def {tasks[0].function}(")
    assert tasks[0].right not in panel.inner_text()
    panel.get_by_text("h = np.tanh").click()
    assert "This line is right" in panel.inner_text()
    panel.get_by_role("button", name="Hint").click()
    assert tasks[0].hint in panel.inner_text()
    panel.locator(".line", has_text=tasks[0].wrong).click()
    text = panel.inner_text()
    assert "Found: 0 of 1 at the first try" in text
    assert tasks[0].right in text
    tab.keyboard.press("Enter")
    panel.locator(".line", has_text=tasks[1].wrong).click()
    assert "Found: 1 of 2 at the first try" in panel.inner_text()
    tab.keyboard.press("Enter")
    assert panel.locator("h2").inner_text() == "What is given"


def test_one_exercise_and_none(tasks, tab, tmp_path, neuron):
    open_page(tab, tmp_path, bp.explore(neuron, exercises=tasks[1]))
    tab.locator("#hunt").click()
    tab.get_by_role("button", name="Show me").click()
    assert "Here it is: 0 of 1" in tab.locator("#panel").inner_text()
    open_page(tab, tmp_path, bp.explore(neuron))
    assert not tab.locator("#hunt").is_visible()
