"""Notebooks are read cell by cell, and what is no Python in them is left out, and said."""

import json

import pytest
from typer.testing import CliRunner

from tinygrad_bp.commands.cells import locate, read_cells
from tinygrad_bp.commands.cli import app

DATA = """\
%matplotlib inline
import numpy as np
x = np.array([[0.5, -1.0], [2.0, 0.3]])
params = {"w": np.array([0.1, 0.2])}"""
LOSS = """\
def loss(params):
    return np.sum(np.tanh(x.dot(params["w"])) ** 2)"""
GRADIENTS = """\
def manual_gradients(params):
    y = np.tanh(x @ params["w"])
    return {"w": x.T @ (2 * y * (1 - y ** 2))}"""


@pytest.fixture
def notebook(tmp_path):
    def write(*sources):
        path = tmp_path / "work.ipynb"
        cells = [{"cell_type": "markdown", "source": ["# Title\n"]}]
        cells += [
            {"cell_type": "code", "source": each.splitlines(keepends=True)} for each in sources
        ]
        path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
        return path

    return write


def kept(cells):
    return [cell.source.splitlines() for cell in cells]


def said(cells):
    return [str(skipped) for cell in cells for skipped in cell.skipped]


def test_only_code_is_read_and_the_cells_are_counted_as_they_are_shown(notebook):
    cells = read_cells(notebook("a = 1\nb = 2", "c = 3"))
    assert [(cell.number, cell.start, cell.source) for cell in cells] == [
        (2, 0, "a = 1\nb = 2"),
        (3, 2, "c = 3"),
    ]


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("%matplotlib inline", "pass"),
        ("!pip install numpy", "pass"),
        ("    %timeit f()", "    pass"),
        ("files = !ls", "pass"),
        ("took = %time f()", "pass"),
        ("?np.sum", "pass"),
        ("np.sum?", "pass"),
        ("f??", "pass"),
    ],
)
def test_magics_and_commands_of_the_shell_are_left_out(notebook, line, instead):
    cells = read_cells(notebook(f"a = 1\n{line}\nb = 2"))
    assert kept(cells) == [["a = 1", instead, "b = 2"]]
    assert said(cells) == [f"cell 2, line 2: not run: {line.strip()}"]


@pytest.mark.parametrize(
    "text",
    [
        'print("%d"\n      % 3)',
        'print("%d" \\\n% 3)',
        'text = """\n%matplotlib inline\n!pip\n"""',
        "a = b != c",
        "a = 7 % 3",
        "a = x[0] % 3",
    ],
)
def test_what_only_looks_like_a_magic_is_kept(notebook, text):
    cells = read_cells(notebook(text))
    assert kept(cells) == [text.splitlines()]
    assert said(cells) == []


def test_python_below_a_magic_runs_and_other_languages_do_not(notebook):
    cells = read_cells(notebook("%%time\na = 1", "%%bash\nls\nrm x"))
    assert kept(cells) == [["pass", "a = 1"], ["pass", ""]]
    assert said(cells) == ["cell 2, line 1: not run: %%time", "cell 3, line 1: not run: %%bash"]
    assert cells[1].source == "pass\n\n"


def test_lines_are_found_in_their_cells(notebook):
    path = notebook("a = 1\nb = 2", "c = 3")
    assert [locate(path, line) for line in (1, 2, 3)] == [(2, 1), (2, 2), (3, 1)]
    assert locate(path.with_suffix(".py"), 3) == (None, 3)


def test_a_notebook_is_checked(notebook):
    done = CliRunner().invoke(app, ["check", str(notebook(DATA, LOSS, GRADIENTS))])
    assert done.exit_code == 0, done.stderr
    assert "cell 2, line 1: not run: %matplotlib inline" in done.stderr
    wrong = GRADIENTS.replace("2 * y", "y")
    assert CliRunner().invoke(app, ["check", str(notebook(DATA, LOSS, wrong))]).exit_code == 1


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("a = 1\n1 / 0", "cell 5, line 2: ZeroDivisionError"),
        ("a = 1\nif a", "cell 5, line 2: SyntaxError"),
    ],
)
def test_errors_name_the_cell(notebook, cell, place):
    path = notebook(DATA, LOSS, GRADIENTS, cell)
    assert place in CliRunner().invoke(app, ["check", str(path)]).stderr
    done = CliRunner().invoke(app, ["check", str(path), "--json"])
    error = json.loads(done.stdout)["error"]
    assert (error["cell"], error["line"]) == (5, 2)


@pytest.mark.parametrize("text", ["no json", "[]", '{"cells": [{"source": 3}]}'])
def test_what_is_no_notebook(tmp_path, text):
    path = tmp_path / "work.ipynb"
    path.write_text(text)
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 2
    assert "work.ipynb is no notebook" in done.stderr
