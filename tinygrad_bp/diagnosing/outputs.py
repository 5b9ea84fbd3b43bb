"""What was done to all gradients after they were computed: nothing at all, clipped, rounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .catalogue import FIXES
from .diagnosis import Diagnosis
from .evidence import ROUND_OFF, Case, residual
from .explain import effect


def afterwards(case: Case) -> Diagnosis | None:
    """Find one thing done to all gradients that explains them."""
    right = case.right
    off = {n for n, g in case.manual.items() if residual(right[n], g) > ROUND_OFF}
    wrong = sorted(case.wrong or off, key=case.lines.names.index)  # rounded numbers are near
    if not wrong:
        return None
    for mistake, what, done in _propose_alterations(case):
        try:
            agrees = all(case.agrees(name, done(right)) for name, right in case.right.items())
        except (ValueError, OverflowError):
            continue
        if agrees:
            return Diagnosis(
                mistake=mistake,
                node=wrong[0],
                position=case.lines.positions.get(case.lines.steps[case.places[wrong[0]]].of or 0),
                parameters=tuple(wrong),
                residual=0.0,
                explanation=f"{what}. {effect(wrong)}",
                fix=FIXES[mistake].format(node=wrong[0]),
            )
    return None


def find_exchanged(case: Case) -> Diagnosis | None:
    """Find two gradients of one shape, each of which is the right one of the other."""
    one, other, *more = [*sorted(case.wrong, key=case.lines.names.index), "", ""]
    if not other or any(more):
        return None
    a, b = case.right[one], case.right[other]
    opposite = np.shape(a) == np.shape(b) and residual(-a, b) <= case.tolerance[other]
    if opposite or not (case.agrees(one, b) and case.agrees(other, a)):
        return None  # of opposite ones the sign may be wrong as well
    return Diagnosis(
        mistake="swapped",
        node=one,
        position=case.lines.positions.get(case.lines.steps[case.places[one]].of or 0),
        parameters=(one, other),
        residual=max(case.residual(one, b), case.residual(other, a)),
        explanation=f"The gradients of {one} and {other} are exchanged. {effect((one, other))}",
        fix=FIXES["swapped"],
    )


def _propose_alterations(case: Case) -> Iterator[tuple[str, str, Callable[[Any], Any]]]:
    yield "all-zero", "All gradients are 0: nothing is computed yet", np.zeros_like
    largest = max(
        (float(np.max(np.abs(g), initial=0.0)) for g in case.manual.values()), default=0.0
    )
    yield "rounded", "The gradients are cut to whole numbers", np.trunc
    for digits in range(9):
        what = f"The gradients are rounded to {digits} decimals"
        yield "rounded", what, partial(np.round, decimals=digits)
    limits = sum(int((np.abs(g) == largest).sum()) for g in case.manual.values())
    if limits > 1:
        what = f"The gradients are clipped to {largest:.6g}"
        yield "clipped", what, lambda g: np.clip(g, -largest, largest)
