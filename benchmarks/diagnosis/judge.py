"""What a diagnosis is worth, beside the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.diagnosing import Diagnosis

from .programs import Mistake, Program, equal, singles

__all__ = ["SETTINGS", "Outcome", "Setting", "Verdict", "diagnose", "judge", "really_wrong"]

#: What is handed over: one dictionary at one point; a function of the parameters, so that it can
#: be probed elsewhere; a dictionary that has the gradients of intermediate results, too.
Setting = Literal["dictionary", "function", "intermediates"]
SETTINGS: tuple[Setting, ...] = ("dictionary", "function", "intermediates")

Outcome = Literal[
    "right",  # the one answer is the truth
    "ambiguous",  # the one answer names the truth and others
    "both",  # of two mistakes: two answers, each of them one mistake
    "part",  # of two mistakes: some answers are true, none is false
    "same numbers",  # two mistakes that are, in numbers, the one that is named
    "several",  # more answers than mistakes, the first of them true
    "unexplained",
    "refused",  # the shape is wrong; nothing was diagnosed
    "partly false",  # of several answers one is a cause that is not there
    "false",  # the one answer is a cause that is not there
    "missed",  # wrong and not called wrong
]


@dataclass(frozen=True)
class Verdict:
    """What came of one program.

    `first` says whether the first answer names one of the mistakes, `place` whether it names the
    place, `numbers` whether factor or learning rate are right; None where there is none.
    """

    outcome: Outcome
    answer: str
    first: bool | None = None
    place: bool | None = None
    numbers: bool | None = None


def diagnose(program: Program, setting: Setting) -> list[Diagnosis] | str:
    """Ask the package; return its answer, or the text of its refusal."""
    manual = {
        "dictionary": lambda: program.gradients,
        "function": program.function,
        "intermediates": lambda: program.with_intermediates,
    }[setting]()
    try:
        comparison = bp.compare(program.loss, program.params, manual)
    except (TypeError, ValueError) as error:
        return str(error)
    if comparison.ok and comparison.diagnosis:
        raise AssertionError(f"correct, and yet there is a diagnosis: {program}")
    return comparison.diagnosis


def really_wrong(program: Program) -> list[Mistake]:
    """The mistakes of a program that change its numbers."""
    if not program.visible:
        return []
    if len(program.mistakes) == 1:
        return list(program.mistakes)
    found = []
    for k, mistake in enumerate(program.mistakes):
        others = program.mistakes[:k] + program.mistakes[k + 1 :]
        without = Program(program.kind, program.net, program.point, others)
        if not equal(program.gradients, without.gradients):
            found.append(mistake)
    return found


def judge(program: Program, answer: list[Diagnosis] | str) -> Verdict:
    """Compare an answer with the truth."""
    if isinstance(answer, str):
        return Verdict("refused", answer)
    text = "; ".join(map(_text, answer)) or "correct"
    if not program.visible:
        return Verdict("right" if not answer else "false", text)
    if not answer:
        return Verdict("missed", text)
    wrong = really_wrong(program)
    named = [d for d in answer if d.mistake != "unexplained"]
    if not named:
        outcome: Outcome = "right" if program.kind == "unknown" else "unexplained"
        return Verdict(outcome, text, place=_place(program, wrong, answer[0]))
    return Verdict(
        _outcome(program, wrong, answer, named),
        text,
        first=any(answer[0].mistake in mistake.accepted for mistake in wrong),
        place=_place(program, wrong, answer[0]),
        numbers=_numbers(wrong, answer[0]),
    )


def _outcome(
    program: Program, wrong: list[Mistake], answer: list[Diagnosis], named: list[Diagnosis]
) -> Outcome:
    true = [d for d in named if any(_names(d, m) for m in wrong)]
    if len(true) < len(named):
        if len(answer) > 1:
            return "partly false"
        return "same numbers" if len(wrong) > 1 and _equivalent(program, named[0]) else "false"
    if len(wrong) > 1:
        if len(answer) == 1:
            return "same numbers" if _equivalent(program, named[0]) else "part"
        return "both" if all(any(_names(d, m) for d in true) for m in wrong) else "part"
    if len(answer) > 1:
        return "several"
    return "ambiguous" if answer[0].alternatives else "right"


def _names(diagnosis: Diagnosis, mistake: Mistake) -> bool:
    return bool({diagnosis.mistake, *diagnosis.alternatives} & {*mistake.accepted})


def _place(program: Program, wrong: list[Mistake], diagnosis: Diagnosis) -> bool:
    """Whether the place is right.

    It is if the node is one of those whose backward step the wrong line is, or if the parameters
    are exactly those whose gradients are wrong.
    """
    return {*diagnosis.parameters} == program.affected or any(
        diagnosis.node in mistake.line.nodes for mistake in wrong
    )


def _numbers(wrong: list[Mistake], diagnosis: Diagnosis) -> bool | None:
    """Whether factor and learning rate are right, where there is one."""
    for mistake in wrong:
        if diagnosis.mistake == mistake.wrong.mistake:
            for attribute in ("factor", "learning_rate"):
                wanted, got = getattr(mistake.wrong, attribute), getattr(diagnosis, attribute)
                if wanted is not None and got is not None:
                    return bool(np.isclose(got, wanted, rtol=1e-6))
    return None


def _equivalent(program: Program, diagnosis: Diagnosis) -> bool:
    """Whether a single mistake of the corpus with that name has the very same numbers."""
    identifiers = {diagnosis.mistake, *diagnosis.alternatives}
    return any(
        identifiers & {*single.mistakes[0].accepted} and equal(program.gradients, single.gradients)
        for single in _singles(program.net.name, program.point)
    )


@cache
def _singles(net: str, point: str) -> Sequence[Program]:
    return tuple(singles([net], [point]))


def _text(diagnosis: Diagnosis) -> str:
    names = "|".join((diagnosis.mistake, *diagnosis.alternatives))
    detail = "".join(
        f" {name}={value:.6g}"
        for name in ("factor", "learning_rate")
        if (value := getattr(diagnosis, name)) is not None
    )
    return f"{names}{detail} at {diagnosis.node} ({', '.join(diagnosis.parameters)})"
