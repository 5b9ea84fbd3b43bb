"""What an answer is worth, beside the truth that the file of the case says."""

from collections.abc import Iterable
from typing import Literal, get_args

from .asking import Answer, Cause
from .corpus import Case, Program

__all__ = ["ALSO", "OUTCOMES", "Outcome", "judge"]

Outcome = Literal[
    "named",  # every cause that is given is the mistake, at its place
    "reworded",  # the reconstruction is the same function; the words are others
    "ambiguous",  # the mistake is named beside others with the same numbers
    "unexplained",  # it says that it does not know
    "partly false",  # of several causes one is not there
    "false",  # the causes that are given are not there
    "missed",  # a wrong program is called right
    "late",  # no answer within the limit
    "refused",  # an error instead of an answer
    "right",  # a right program is called right
    "accused",  # a right program is called wrong
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: What else names a mistake: the broader words for it, which are true where it is, and what the
#: catalogue has called the same thing.
ALSO: dict[str, tuple[str, ...]] = {
    "activation-derivative-twice": ("factor-twice",),
    "activation-derivative-wrong-argument": ("factor-replaced",),
    "bias-mean": ("constant-factor",),
    "bias-not-summed": ("not-reduced",),
    "bias-summed-over-units": ("axis",),
    "cross-entropy-twice": ("activation-derivative-twice",),
    "factor-missing": ("missing-activation-derivative",),  # the derivative of the product
    "factor-replaced": ("wrong-matrix",),
    "fan-out-counted-twice": ("term-twice",),
    "fan-out-overwritten": ("term-missing",),
    "leaf-without-activation-derivative": ("factor-missing",),
    "mask-missing": ("factor-missing",),
    "mask-replaced": ("factor-replaced",),
    "missing-activation-derivative": ("factor-missing",),
    "relu-mask-inverted": ("mask-replaced",),
    "relu-mask-missing": ("mask-missing",),
    "relu-mask-wrong-source": ("mask-replaced",),
    "second-operand-sign": ("sign",),
    "sign": ("constant-factor",),
    "softmax-copied": ("missing-activation-derivative",),
    "softmax-diagonal-only": ("term-missing",),
    "swapped": ("order",),
    "target-missing": ("term-missing",),
    "term-missing": ("fan-out-overwritten",),  # the share of one of several uses
    "term-twice": ("fan-out-counted-twice",),
    "transposed": ("transposed-weight",),
    "transposed-weight": ("transposed",),
    "treated-as-constant": ("term-missing",),
    "upstream-dropped": ("factor-missing",),
    "weight-from-preactivation": ("factor-replaced",),
    "wrong-matrix": ("factor-replaced",),
}


def judge(program: Program, case: Case, answer: Answer) -> Outcome:
    """Compare an answer with the truth.

    A cause is true if it has a name of the mistake, or one of `ALSO`, blames no parameter whose
    gradient is right, and stands at the place: at a variable that the case is about, or at
    whatever else makes wrong exactly the parameters that are. A reconstruction has to hold at
    fresh points: one that does not makes the answer false whatever it is called, and one that
    does is the mistake whatever it is called.
    """
    if answer.late:
        return "late"
    if answer.ok is None:
        return "refused"
    if not case.wrong:
        return "right" if answer.ok else "accused"
    if answer.ok:
        return "missed"
    causes = [cause for cause in answer.causes if cause.explained]
    if not causes:
        return "unexplained"
    affected = program.affected(case)
    if answer.reconstructed is False or any(_blames(cause, affected) for cause in causes):
        return "false"
    true = _true(case, causes, affected)
    if answer.reconstructed:
        return "named" if len(true) == len(causes) else "reworded"
    if len(true) < len(causes):
        return "partly false" if true else "false"
    if len(causes) < len(answer.causes):
        return "unexplained"
    accepted = _accepted(case.names)
    certain = all({cause.mistake, *cause.alternatives} <= accepted for cause in causes)
    return "named" if certain else "ambiguous"


def _blames(cause: Cause, affected: set[str]) -> bool:
    """Whether a cause is said to make a gradient wrong that is right."""
    return not affected.issuperset(cause.parameters)


def _true(case: Case, causes: list[Cause], affected: set[str]) -> list[Cause]:
    accepted = _accepted(case.names)
    blamed = {name for cause in causes for name in cause.parameters}
    return [
        cause
        for cause in causes
        if accepted & {cause.mistake, *cause.alternatives}
        and (blamed == affected or cause.node in case.where)
    ]


def _accepted(names: Iterable[str]) -> set[str]:
    """Add what else names the same."""
    accepted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in accepted:
            accepted.add(name)
            waiting += ALSO.get(name, ())
    return accepted
