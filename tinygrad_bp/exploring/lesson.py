"""Questions for learners, and what a wrong answer says about how it was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..kernel.backward import sum_to_shape
from .patterns import Pattern, pattern
from .recording import Contribution, Visit

#: How far an answer may be off, relative to the right one.
TOLERANCE = 0.01
#: Against the largest entry of an array, this is 0.
NOTHING = 1e-9
#: Against the gradient that arrives, so little is left over of a sum that should be 0.
ROUND_OFF = 1e-12
#: A page shows so many digits, and no numbers of larger arrays than these.
DIGITS, LARGEST, MOST_COLUMNS = 4, 64, 8
#: Nobody adds up more numbers by hand, or types larger arrays.
MOST_TERMS, MOST_TYPED = 8, 6


def questions(visit: Visit) -> list[dict[str, Any]]:
    """Ask for what a step adds to the gradient of each operand in turn.

    Only what can be computed of the numbers that the page shows is asked for: with these, to four
    digits, the rule gives the answer. So there are no questions for round-off.

    Parameters
    ----------
    visit : Visit
        The step of the backward pass.

    Returns
    -------
    list of dict
        ``part``, which of the contributions; ``index``, of an entry; ``whole``, whether the whole
        array is asked for and not that entry alone; ``answer``, the numbers; and ``mistakes``,
        pairs of a wrong answer for that entry and a hint.
    """
    found = (_question(visit, part, each) for part, each in enumerate(visit.contributions))
    return [each for each in found if each is not None]


def _question(visit: Visit, part: int, asked: Contribution) -> dict[str, Any] | None:
    right = _compute_from_what_is_shown(visit, asked)
    if right is None or not (right.size and np.size(asked.raw)):
        return None
    delta = np.asarray(asked.delta, float)
    most = np.abs(delta[np.isfinite(delta)]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(right - delta) <= TOLERANCE / 2 * np.abs(delta) + NOTHING * most
    is_round_off = 0 < most <= ROUND_OFF * np.abs(visit.upstream).max(initial=0.0)
    if is_round_off or not near.any():
        return None
    index = tuple(
        map(int, np.unravel_index(np.where(near, np.abs(delta), -1.0).argmax(), near.shape))
    )
    whole = bool(near.all()) and 1 < delta.size <= MOST_TYPED
    answer = float(delta[index])
    return {
        "part": part,
        "index": list(index),
        "whole": whole,
        "answer": np.ravel(delta).tolist() if whole else [answer],
        "most": most,
        "mistakes": _tell_apart(_mistakes(visit, asked, index, answer), answer),
    }


def _compute_from_what_is_shown(visit: Visit, asked: Contribution) -> Any:
    """Apply the rule to numbers with four digits; None where some are not shown, or too many."""
    given = [visit.upstream, visit.node._data, *(parent._data for parent in visit.node.parents)]
    if not all(map(_is_shown, given)) or _terms(visit, asked) > MOST_TERMS:
        return None
    try:
        with np.errstate(all="ignore"):
            rule = visit.node.op.rule(asked.position)
            raw = np.asarray(rule(*map(_round, given), **visit.node.metadata))
            return sum_to_shape(raw, asked.delta.shape)
    except (ValueError, TypeError, ArithmeticError, LookupError):
        return None


def _is_shown(data: Any) -> bool:
    lengths = np.shape(data)
    return (
        np.isrealobj(data)
        and np.size(data) <= LARGEST
        and (not lengths or lengths[-1] <= MOST_COLUMNS)
    )


def _round(data: Any) -> Any:
    if np.asarray(data).dtype.kind != "f":  # places, and truth values
        return data
    shown = [float(f"{x:.{DIGITS}g}") for x in np.ravel(data).tolist()]
    return np.reshape(shown, np.shape(data))[()]


def _terms(visit: Visit, asked: Contribution) -> int:
    """Count the numbers that are added up for one entry."""
    kind, length = pattern(visit.node, asked.position), np.shape(visit.upstream)
    if kind is Pattern.MIXES:
        return np.size(visit.upstream)
    if kind is Pattern.MATRIX and len(length) > 1:
        return int(length[-1 - asked.position])
    return np.size(asked.raw) // max(np.size(asked.delta), 1)


def _tell_apart(mistakes: Iterator[tuple[Any, str]], answer: float) -> list[tuple[float, str]]:
    """Keep the mistakes that differ from the right answer and from those before them."""
    kept: list[tuple[float, str]] = []
    for wrong, hint in mistakes:
        x = float(wrong)
        near = (abs(x - other) <= 2 * TOLERANCE * abs(other) for other in (answer, *dict(kept)))
        if np.isfinite(x) and x != 0 and not any(near):
            kept.append((x, hint))
    return kept


def _mistakes(
    visit: Visit, asked: Contribution, index: tuple[int, ...], answer: float
) -> Iterator[tuple[Any, str]]:
    op = visit.node.op.name
    yield -answer, "The size is right, the sign is not."
    if asked.delta.shape != asked.raw.shape:
        yield (
            np.ravel(asked.raw)[0],
            "This operand was broadcast: add up what all of its copies get.",
        )
    if asked.local is not None:
        local = _entry(asked.local, index)
        if local is not None:
            yield (
                local,
                (
                    "This is the local derivative alone: the upstream gradient is missing. "
                    "Multiply by it."
                ),
            )
            with np.errstate(all="ignore"):
                yield answer / local / local, "Multiply by the local derivative; do not divide."
    upstream = _entry(visit.upstream, index)
    if upstream is not None:
        yield (
            upstream,
            (
                f"This is the upstream gradient alone: the local derivative of {op} is missing. "
                "Multiply by it."
            ),
        )
    if len(index) == 2:
        transposed = _entry(asked.delta, index[::-1])
        if transposed is not None:
            yield transposed, "This is the entry with row and column exchanged: transpose."
    yield from _elsewhere(visit, asked, index)
    if asked.old is not None:
        yield asked.new[index], "This is the new sum. What is asked for is only what is added."
    yield from (
        (2 * answer, "This is twice the answer."),
        (answer / 2, "Half of the answer: did you drop the 2 of a square?"),
    )


def _elsewhere(
    visit: Visit, asked: Contribution, index: tuple[int, ...]
) -> Iterator[tuple[Any, str]]:
    """Yield right numbers of other places."""
    for other in visit.contributions:
        entry = _entry(other.delta, index)
        if other is not asked and entry is not None:
            yield entry, f"This goes to operand {other.position}, not to this one."
    at_result = _rule_at(visit, asked, visit.node._data)
    if at_result is not None:
        yield (
            at_result[index],
            f"The derivative of {visit.node.op.name} is taken at its input and not at its output "
            "(or the other way round).",
        )
    for node, what in ((asked.operand, "operand"), (visit.node, "result")):
        entry = _entry(node._data, index)
        if entry is not None:
            yield entry, f"This is the value of the {what}, from the forward pass."


def _rule_at(visit: Visit, asked: Contribution, y: Any) -> Any:
    """Apply the rule of a function of one operand with its input and its output exchanged."""
    (operand, *others) = visit.node.parents
    if others or np.shape(operand._data) != np.shape(y):
        return None
    rule = visit.node.op.rule(0)
    try:
        with np.errstate(all="ignore"):
            wrong = rule(visit.upstream, operand._data, y, **visit.node.metadata)
    except (ValueError, TypeError, ArithmeticError, LookupError):
        return None
    return wrong if np.shape(wrong) == asked.delta.shape else None


def _entry(array: Any, index: tuple[int, ...]) -> Any:
    """Return an entry, of an array that is broadcast to this index; None where there is none."""
    shape = np.shape(array)
    if shape == ():
        return array
    if len(shape) != len(index) or any(k >= n and n != 1 for k, n in zip(index, shape)):
        return None
    return array[tuple(0 if n == 1 else k for k, n in zip(index, shape))]
