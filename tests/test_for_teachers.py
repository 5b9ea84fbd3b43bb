"""The recipes of the page for teachers, on a class of three."""

import ast
import csv
import doctest
import os
import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "for_teachers.md").read_text(encoding="utf-8")
OTTER = ROOT / "examples" / "grading" / "otter_test.py"
MISTAKES = ROOT / "examples" / "mistakes"
WRONG = (MISTAKES / "relu_mask_missing.py").read_text(encoding="utf-8")
RIGHT = re.sub(r"=.*  # MISTAKE: (.*)", r"= \1", WRONG)
#: What each earns: two parameters below the mask are wrong.
POINTS = {"right": (RIGHT, [1, 1, 1, 1]), "wrong": (WRONG, [0, 0, 1, 1])}


def recipe(heading, page=PAGE):
    """Return the first program in a section."""
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.search(r"```python\n(.*?)```", section, re.S)[1]


@pytest.fixture(params=POINTS)
def submission(request, tmp_path):
    """What a submission defines, and its points."""
    text, points = POINTS[request.param]
    (tmp_path / "submission.py").write_text(text, encoding="utf-8")
    return runpy.run_path(str(tmp_path / "submission.py")), points


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """A folder with a task, in which tinygrad-bp runs from these sources."""
    scripts = Path(sys.executable).parent
    if not any(scripts.glob("tinygrad-bp*")):
        pytest.skip("tinygrad-bp is not installed as a command")
    monkeypatch.setenv("PATH", os.pathsep.join([str(scripts), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "task.py").write_text(RIGHT, encoding="utf-8")


def test_the_points_of_one(commands, tmp_path, capsys):
    (tmp_path / "submission.py").write_text(WRONG, encoding="utf-8")
    exec(recipe("For teachers", (ROOT / "docs" / "check.md").read_text(encoding="utf-8")), {})
    points, remark, *_ = capsys.readouterr().out.splitlines()
    assert points == "2 of 4 points"
    assert "mask" in remark
    (tmp_path / "submission.py").write_text("1 / 0", encoding="utf-8")
    exec(recipe("For teachers", (ROOT / "docs" / "check.md").read_text(encoding="utf-8")), {})
    assert capsys.readouterr().out == "0 points: ZeroDivisionError: division by zero in line 1\n"


def test_the_table_of_points(commands, tmp_path):
    (tmp_path / "submissions").mkdir()
    given = {"ann.py": RIGHT, "bob.py": WRONG, "carl.py": "\n\n1 / 0"}
    for name, text in given.items():
        (tmp_path / "submissions" / name).write_text(text, encoding="utf-8")
    exec(recipe("Grading 200 submissions"), {})
    with open("points.csv", newline="") as file:
        head, ann, bob, carl = csv.reader(file)
    assert head == ["file", "w_1", "b_1", "w_2", "b_2", "points", "remark"]
    assert ann[1:] == ["1", "1", "1", "1", "4", ""]
    assert bob[1:6] == ["0", "0", "1", "1", "2"]
    assert "mask" in bob[6]
    assert carl[1:] == ["0", "0", "0", "0", "0", "ZeroDivisionError: division by zero"]


def test_nbgrader(submission, capsys):
    namespace, points = submission
    *program, last = ast.parse(recipe("In nbgrader")).body
    exec(compile(ast.Module(program, []), "<cell>", "exec"), namespace)
    result = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
    assert result == sum(points)
    printed = capsys.readouterr()
    assert printed.out.startswith("gradients")
    assert printed.err == ""  # for which nbgrader gives no points

    grade = pytest.importorskip("nbgrader.utils").determine_grade
    nbformat = pytest.importorskip("nbformat").v4
    outputs = [
        nbformat.new_output("stream", text=printed.out),
        nbformat.new_output("execute_result", {"text/plain": repr(result)}),
    ]
    about = {"nbgrader": {"grade": True, "solution": False, "points": 4}}
    cell = nbformat.new_code_cell(metadata=about, outputs=outputs)
    assert grade(cell) == (sum(points), 4)


def test_otter_as_doctests(submission):
    namespace, points = submission
    test = runpy.run_path(str(OTTER))["test"]
    earned = []
    for case, worth in zip(test["suites"][0]["cases"], test["points"], strict=True):
        parsed = doctest.DocTestParser().get_doctest(case["code"], namespace, "case", None, 0)
        runner = doctest.DocTestRunner()
        failed = runner.run(parsed, out=lambda text: None, clear_globs=False).failed
        earned.append(0 if failed else worth)
    assert earned == points


def test_otter_itself(submission):
    ok_test = pytest.importorskip("otter.test_files.ok_test")
    namespace, points = submission
    file = ok_test.OKTestFile.from_file(str(OTTER))
    file.run(namespace)
    assert file.score == sum(points)
    assert [case.passed for case in file.test_case_results] == [bool(each) for each in points]
