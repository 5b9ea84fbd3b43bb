"""Questions for learners, and what a wrong answer says about how it was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .recording import Contribution, Visit

#: How far an answer may be off, relative to the right one.
TOLERANCE = 0.01
#: Nobody computes with larger arrays by hand.
LARGEST = 64


def question(visit: Visit, number: int) -> dict[str, Any] | None:
    """Ask for one entry of one contribution.

    Parameters
    ----------
    visit : Visit
        The step of the backward pass.
    number : int
        Which question this is: operands take turns.

    Returns
    -------
    dict or None
        ``part``, which of the contributions; ``index``, of the entry; ``answer``; and
        ``mistakes``, pairs of a wrong answer and a hint. None where there is nothing to ask.
    """
    if not visit.contributions or visit.upstream.size > LARGEST:
        return None
    part = number % len(visit.contributions)
    asked = visit.contributions[part]
    sizes = np.where(np.isfinite(asked.delta), np.abs(asked.delta), -1.0)
    if not 0 < asked.delta.size <= LARGEST or sizes.max() < 0:
        return None
    index = tuple(int(i) for i in np.unravel_index(int(sizes.argmax()), sizes.shape))
    answer = float(asked.delta[index])
    return {
        "part": part,
        "index": list(index),
        "answer": answer,
        "mistakes": _tell_apart(_mistakes(visit, asked, index, answer), answer),
    }


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
        (2 * answer, "This is twice as much."),
        (answer / 2, "This is half of it: is there a square?"),
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
    except (ValueError, TypeError, ArithmeticError):
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
