from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

import tinygrad_bp as bp
from tinygrad_bp.commands.cli import app
from tinygrad_bp.commands.colours import colour_report, colour_source, colour_summary

WRONG = """
import numpy as np
params = {"w": np.array([0.1, 0.2]), "b": 0.5}
def loss(p): return np.sum(np.tanh(p["w"]) ** 2) + p["b"]
def manual_gradients(p):
    y = np.tanh(p["w"])
    return {"w": 2 * y * (1 - y), "b": 1.0}
"""


def pieces(coloured, colour):
    """What is written in a colour."""
    return [
        coloured.plain[span.start : span.end]
        for span in coloured.spans
        if colour in str(span.style)
    ]


def test_verdicts_have_their_colours():
    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    text = str(bp.compare(bp.net7652.loss, params, wrong))
    coloured = colour_report(text)
    assert coloured.plain == text
    red, green = pieces(coloured, "red"), pieces(coloured, "green")
    assert red[0] == "gradients do NOT match: 44 of 95 entries are wrong"
    assert red.count("manual wrong") == 4
    assert green[:2] == ["correct", "correct"]
    assert any("w_3 - 0.1 * d_w_3" in each for each in red)
    assert any("(w_3.T @ d_net_o)" in each for each in green)
    assert not any("0.1 * d_w_3" in each for each in green)
    assert "w_3: update-before-propagate" in pieces(coloured, "bold")
    right = colour_report(str(bp.compare(bp.net7652.loss, params)))
    assert pieces(right, "red") == []
    assert pieces(right, "green")[0].startswith("gradients match: 95")


def test_source_stays_as_it_is():
    for text in ("def f(x):\n    return x  # x\n", "x = 1", ""):
        assert colour_source(text).plain == text
    assert colour_source("def f(x):\n    return x\n").spans


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_there_are_none_in_a_pipe(tmp_path, monkeypatch, environment, is_coloured):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "net.py"
    file.write_text(WRONG)
    done = CliRunner().invoke(app, ["check", str(file)])
    assert done.exit_code == 1
    assert ("\x1b[" in done.stdout) == is_coloured
    assert max(map(len, done.stdout.splitlines())) <= 80 or is_coloured


def test_the_verdicts_of_a_summary_have_their_colours():
    console = Console(width=80, force_terminal=True, color_system="standard", file=StringIO())
    table = "# Title\n\n| order | layer 3 | layer 2 |\n|---|---|---|\n| one | correct | wrong |\n"
    coloured = colour_summary(console, table)
    assert pieces(coloured, "red") == ["wrong"]
    assert pieces(coloured, "green") == ["correct"]
    assert "Title" in coloured.plain
