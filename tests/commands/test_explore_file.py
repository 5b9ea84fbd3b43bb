"""`tinygrad-bp explore FILE`."""

import pytest
from typer.testing import CliRunner

from tests.exploring.test_page import told
from tinygrad_bp.commands.cli import app
from tinygrad_bp.exploring import Page

GOOD = """
import numpy as np
params = {"w": np.array([0.5, 1.0]), "layers": [{"b": 2.0}]}
def loss(params):
    return np.sum(np.tanh(params["w"]) ** 2) * params["layers"][0]["b"]
"""
BY_HAND = """
def manual_gradients(params):
    y = np.tanh(params["w"])
    b = params["layers"][0]["b"]
    return {"w": 2 * y * (1 - y) * b, "layers": [{"b": np.sum(y**2)}]}
"""


TWO_LAYERS = """
import numpy as np
params = {"w": np.array([[0.5, -0.3], [0.2, 0.7]]), "v": np.array([1.5, -0.4])}
def loss(p):
    h = np.tanh(p["w"] @ np.array([1.0, 2.0]))
    return np.sum((p["v"] @ h - 0.5) ** 2)
"""


def explore(*arguments):
    return CliRunner().invoke(app, ["explore", *map(str, arguments)])


def story(path):
    return told(Page(path.read_text(encoding="utf-8")))


def test_a_page_is_written(tmp_path):
    file, out = tmp_path / "net.py", tmp_path / "out.html"
    file.write_text(GOOD)
    done = explore(file, "--out", out)
    assert done.exit_code == 0, done.output
    assert str(out) in done.stdout.replace("\n", "")
    names = [node["name"] for node in story(out)["nodes"]]
    assert {"w", "layers[0].b"} <= set(names)
    assert story(out)["comparison"] is None
    assert story(out)["title"] == "loss of net.py"


def test_gradients_derived_by_hand_are_compared(tmp_path):
    file, out = tmp_path / "net.py", tmp_path / "out.html"
    file.write_text(GOOD + BY_HAND)
    assert explore(file, "--out", out).exit_code == 0
    found = story(out)["comparison"]
    assert {each["name"]: each["wrong"] for each in found["parameters"]} == {
        "w": True,
        "layers[0].b": False,
    }
    assert found["stop"] is not None


def test_wrong_lines_are_there_to_be_found(tmp_path):
    file, out = tmp_path / "net.py", tmp_path / "out.html"
    file.write_text(TWO_LAYERS)
    assert explore(file, "--out", out, "--exercises", "2").exit_code == 0
    first, second = story(out)["hunts"]
    assert first["lines"] != second["lines"]
    for hunt in (first, second):
        assert all(" = " in hunt["lines"][k] for k in hunt["wrong"])
        assert hunt["right"] not in "\n".join(hunt["lines"])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("x = 1\n1 / 0", "line 2: ZeroDivisionError"),
        ("params = 1.0", "defines no 'loss'"),
        ("def loss(p): return p", "defines no 'params'"),
        (
            "params = 1.0\ndef loss(p):\n    return 3.0",
            "loss gives a float for Values; expected a Value",
        ),
        ("params = 1.0\ndef loss(p):\n    return p[5]", "line 3"),
        ("params = {'a': 'b'}\ndef loss(p):\n    return p", "TypeError"),
    ],
)
def test_errors_name_the_line(tmp_path, text, match):
    file = tmp_path / "net.py"
    file.write_text(text)
    done = explore(file, "--out", tmp_path / "page.html")
    assert done.exit_code == 2
    assert match in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "page.html").exists()


def test_a_page_that_cannot_be_written(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(GOOD)
    done = explore(file, "--out", tmp_path / "no" / "page.html")
    assert done.exit_code == 2
    assert "make it first" in done.stderr
