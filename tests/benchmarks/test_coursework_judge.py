"""Answers about coursework are judged rightly, wrong ones too; the runner counts them."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_bp as bp
from benchmarks.coursework.__main__ import main
from benchmarks.coursework.asking import Answer, Cause, ask
from benchmarks.coursework.corpus import Case, Program, load, names
from benchmarks.coursework.judge import OUTCOMES, judge
from benchmarks.coursework.report import HEAD, Result, as_json, from_json, report

DOCS = Path(__file__).parents[2] / "docs/diagnosis_report.md"


@pytest.fixture(scope="module")
def program() -> Program:
    return load("programs/mlp_two_layers")


@pytest.fixture
def case(program) -> Case:
    """Return the case whose relu mask is forgotten: W1 and b1 are wrong."""
    return next(case for case in program.cases if case.mistake == "no relu")


def cause(mistake="relu-mask-missing", node="z1", parameters=("W1", "b1"), alternatives=()):
    return Cause(mistake, node, parameters, alternatives)


def answered(*causes, ok=False, **details):
    return Answer(0.1, ok, causes, **details)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answered(cause()), "named"),
        (answered(cause("mask-missing")), "named"),  # a broader word
        (answered(cause("missing-activation-derivative")), "named"),  # an older one
        (answered(cause("factor-missing", node="?")), "named"),  # the parameters are the place
        (answered(cause(parameters=("W1",))), "named"),  # the node is
        (answered(cause(parameters=("W1",), node="?")), "false"),  # nothing is
        (answered(cause(alternatives=("constant-factor",))), "ambiguous"),
        (answered(cause("constant-factor", alternatives=("relu-mask-missing",))), "ambiguous"),
        (answered(cause("relu-mask-inverted")), "false"),
        (answered(cause(parameters=("W1", "b1", "W2"))), "false"),  # W2 is right
        (answered(cause(), cause("axis")), "partly false"),
        (answered(cause(parameters=("W1",)), cause(parameters=("b1",))), "named"),
        (answered(cause(), cause("unexplained")), "unexplained"),
        (answered(cause("unexplained")), "unexplained"),
        (answered(), "unexplained"),
        (answered(ok=True), "missed"),
        (answered(cause(), reconstructed=True), "named"),
        (answered(cause("axis"), reconstructed=True), "reworded"),
        (answered(cause(), reconstructed=False), "false"),
        (answered(cause("unexplained"), reconstructed=True), "unexplained"),
        (answered(cause("axis", parameters=("W2",)), reconstructed=True), "false"),
        (Answer(5.0, None, late=True), "late"),
        (Answer(6.0, False, (cause(),), late=True), "late"),
        (Answer(0.1, None, error="TypeError: no"), "refused"),
    ],
)
def test_an_answer_about_a_wrong_program(program, case, answer, outcome):
    assert judge(program, case, answer) == outcome


def test_an_answer_about_a_right_program(program):
    assert judge(program, program.right, answered(ok=True)) == "right"
    assert judge(program, program.right, answered(cause())) == "accused"
    assert judge(program, program.right, Answer(5.0, None, late=True)) == "late"


def test_the_package_is_asked(program, case):
    answer = ask(program, case)
    assert answer.ok is False
    assert answer.causes
    assert answer.seconds > 0
    assert ask(program, program.right).ok


def test_an_answer_that_takes_too_long_is_late(program):
    def never(params):
        while True:
            np.sum(params["W1"])

    answer = ask(program, Case("", "", never), limit=0.05)
    assert answer.late
    assert judge(program, program.right, answer) == "late"


def test_an_error_is_a_refusal(program):
    def broken(params):
        raise TypeError("not today")

    answer = ask(program, Case("", "", broken))
    assert "not today" in answer.error
    assert judge(program, program.right, answer) == "refused"


@pytest.mark.parametrize("holds", [True, False])
def test_a_reconstruction_is_held_against_the_case(program, case, monkeypatch, holds):
    def compare(loss, params, manual):
        comparison = bp.compare(loss, params, manual(params))
        given = manual(params)  # a reconstruction from one point does not hold at another
        comparison.reconstruction = lambda p: (loss(p), manual(p) if holds else given)
        return comparison

    monkeypatch.setattr("benchmarks.coursework.asking.bp", SimpleNamespace(compare=compare))
    assert ask(program, case).reconstructed is holds


def test_a_reconstruction_that_cannot_be_run_does_not_hold(program, case, monkeypatch):
    def broken(params):
        raise ValueError("not of this shape")

    def compare(*args):
        comparison = bp.compare(*args)
        comparison.reconstruction = broken
        return comparison

    monkeypatch.setattr("benchmarks.coursework.asking.bp", SimpleNamespace(compare=compare))
    assert ask(program, case).reconstructed is False


def test_the_report_counts():
    results = [
        Result("programs/one", outcome, ("axis",), outcome, answered())
        for outcome in OUTCOMES
        if outcome not in ("right", "accused")
    ]
    results += [Result("programs/one", "", (), "right", answered(ok=True))]
    results += [Result("public/two", "", ("axis",), "refused", Answer(0.1, None, error="no\nmore"))]
    text = report(from_json(as_json(results)), limit=5.0)
    line = next(line for line in text.splitlines() if line.startswith("| programs/one"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["programs/one", "9", "22.2"]
    assert dict(zip(HEAD[3:11], cells[3:11], strict=True)) == {
        **dict.fromkeys(("ambiguous", "unexplained", "late", "right"), "1"),
        **dict.fromkeys(("named", "false", "refused"), "2"),
        "accused": "",
    }
    assert "- `programs/one`: unexplained; partly false (partly false); false (false)" in text
    assert "- `public/two` (1 refused): no\n" in text


def test_the_page_in_the_documentation_is_of_the_command():
    page = DOCS.read_text(encoding="utf-8")
    assert with_blanks(page) == with_blanks(report([], limit=5.0))
    counted = [line for line in rows(page) if "/" in line[0]]
    totals = [line for line in rows(page) if line[0].startswith("**")]
    assert "**unseen**" in {line[0] for line in totals}
    for line in totals:
        folder = line[0].strip("*")
        some = [each for each in counted if folder in ("all", each[0].partition("/")[0])]
        for column in (1, *range(3, 11)):
            assert int(line[column] or 0) == sum(int(each[column] or 0) for each in some)
        assert folder == "all" or sorted(each[0] for each in some) == sorted(names((folder,)))


def rows(page):
    """Return the lines of the tables that the command makes, without their heads."""
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in line] for line in lines if len(line) == len(HEAD)]
    return [line for line in found if line[0] != HEAD[0] and not line[0].startswith("-")]


def with_blanks(page):
    """Return what a person wrote of a page, without its tables and lists."""
    return [
        line for line in page.splitlines() if line and not line.startswith(("|", "- ", "Nothing."))
    ]


def test_the_runner_writes_what_it_prints(tmp_path, capsys):
    path, numbers = tmp_path / "report.md", tmp_path / "report.json"
    chosen = ["--only", "kernels/swiglu", "--only", "poisson_regression"]
    assert main([*chosen, "--markdown", str(path), "--json", str(numbers)]) == 0
    text = path.read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    assert "| programs/poisson_regression" in text
    results = json.loads(numbers.read_text(encoding="utf-8"))
    assert len(results) == len(load("kernels/swiglu").cases) + len(
        load("programs/poisson_regression").cases
    )
    assert {result["outcome"] for result in results} <= {*OUTCOMES}
    assert main(["--only", "nothing"]) == 2
