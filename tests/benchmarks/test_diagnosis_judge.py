"""Answers are judged rightly, wrong ones too; the report counts them."""

import dataclasses

import pytest

from benchmarks.diagnosis.__main__ import main
from benchmarks.diagnosis.judge import diagnose, judge
from benchmarks.diagnosis.pairs import pairs
from benchmarks.diagnosis.programs import POINTS, Program, correct, doubles, singles, unknown
from benchmarks.diagnosis.report import Corpus, Result, report
from tinygrad_bp.diagnosing import Diagnosis

NET = "relu-sigmoid, batch 3"


def made(mistake: str) -> Program:
    """Return the first program of a net with this mistake."""
    programs = singles([NET], POINTS[:1])
    return next(p for p in programs if p.mistakes[0].wrong.mistake == mistake)


def answered(mistake: str, node: str = "o", **details: object) -> Diagnosis:
    parameters = details.pop("parameters", ("w_1",))
    return Diagnosis(mistake, node, 0, parameters, 0.0, "", "", **details)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ([answered("bias-mean")], "right"),
        ([answered("bias-mean", alternatives=("constant-factor",))], "ambiguous"),
        ([answered("constant-factor", alternatives=("bias-mean",))], "ambiguous"),
        ([answered("transposed-weight")], "false"),
        ([answered("transposed-weight", alternatives=("wrong-matrix",))], "false"),
        ([answered("bias-mean"), answered("bias-mean")], "several"),
        ([answered("bias-mean"), answered("wrong-matrix")], "partly false"),
        ([answered("unexplained")], "unexplained"),
        ([], "missed"),
        ("the shape is wrong", "refused"),
    ],
)
def test_an_answer_about_one_mistake(answer, outcome):
    assert judge(made("bias-mean"), answer).outcome == outcome


def test_the_place_is_the_node_or_the_parameters():
    program = made("bias-mean")  # of b_3
    assert judge(program, [answered("bias-mean", "b_3")]).place
    assert judge(program, [answered("bias-mean", "?", parameters=("b_3",))]).place
    assert not judge(program, [answered("bias-mean", "b_1")]).place
    assert not judge(program, [answered("bias-mean", "?", parameters=("b_1", "b_3"))]).place


def test_factor_and_learning_rate_are_compared():
    program = made("update-before-propagate")
    right = program.mistakes[0].wrong.learning_rate
    for rate, wanted in ((right, True), (2 * right, False)):
        answer = answered("update-before-propagate", learning_rate=rate)
        assert judge(program, [answer]).numbers is wanted


def test_an_answer_about_two_mistakes():
    programs = (p for p in doubles(50, [NET]) if p.visible)
    program = next(p for p in programs if len({m.wrong.mistake for m in p.mistakes}) == 2)
    one, other = (answered(m.wrong.mistake) for m in program.mistakes)
    assert judge(program, [one, other]).outcome == "both"
    assert judge(program, [other, one]).outcome == "both"
    assert judge(program, [one, answered("unexplained")]).outcome == "part"
    assert judge(program, [one]).outcome == "part"
    made_up = dataclasses.replace(one, mistake="nothing")
    assert judge(program, [made_up]).outcome == "false"
    assert judge(program, [one, made_up]).outcome == "partly false"


def test_what_has_no_name_is_best_left_unexplained():
    program = next(unknown([NET]))
    assert judge(program, [answered("unexplained")]).outcome == "right"
    assert judge(program, [answered("bias-mean")]).outcome == "false"
    assert judge(program, []).outcome == "missed"


def test_a_correct_program_that_is_called_wrong_is_seen():
    program = next(correct([NET]))
    assert judge(program, []).outcome == "right"
    assert judge(program, [answered("unexplained")]).outcome == "false"
    hidden = next(p for p in singles(["square tanh, batch 1"], POINTS[:1]) if not p.visible)
    assert judge(hidden, []).outcome == "right"


def test_one_program_in_so_many_is_asked():
    part = Corpus(nets=(NET,), points=POINTS[:1], doubles=4, others=4)
    whole, some = (
        [(p.kind, p.mistakes) for p in corpus.programs("dictionary")]
        for corpus in (part, dataclasses.replace(part, every=7))
    )
    assert some == whole[::7]
    assert {kind for kind, _ in whole} >= {"single", "double"}


def test_goals_that_are_missed_are_said_to_be():
    corpus = Corpus(nets=(NET,), points=POINTS[:1])
    wrong = [
        Result(program, "dictionary", judge(program, [answered("nothing")]))
        for program in [made("bias-mean"), next(correct([NET]))]
    ]
    text = report(wrong, corpus)
    assert text.count("| NO |") == 3
    right = [
        Result(program, "dictionary", judge(program, answer))
        for program, answer in [
            (made("bias-mean"), [answered("bias-mean", "b_3")]),
            (next(correct([NET])), []),
        ]
    ]
    assert report(right, corpus).count("| yes |") == 3


def test_pairs_with_the_same_numbers_are_found():
    pair = pairs([NET])["constant-factor", "not-zeroed"]
    assert pair.always == pair.sometimes == {NET}


def test_the_package_is_asked():
    program = made("relu-mask-inverted")
    for setting in ("dictionary", "function", "intermediates"):
        assert judge(program, diagnose(program, setting)).outcome in ("right", "ambiguous")


def test_a_quick_report(tmp_path, capsys):
    path = tmp_path / "report.md"
    assert main(["--quick", "--markdown", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    for part in ("## By mistake", "## Two mistakes at once", "## What cannot be told apart"):
        assert part in text
