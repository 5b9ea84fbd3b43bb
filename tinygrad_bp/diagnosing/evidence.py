"""What was handed over, how exact it is, and what agrees with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..programs.labelled import Labelled
from .edits import Expr, Slot
from .machine import Machine

#: A mistake explains a gradient if its numbers differ by no more than this, relatively.
TOLERANCE = 1e-9
#: Numbers that differ by less are the same but for round-off.
ROUND_OFF = 1e-13
#: How many roundings a hand-written pass may be away, in units of its own precision.
_ROUNDINGS = 40

Names = frozenset[str]


def residual(predicted: Any, manual: Any, noise: float = 0.0) -> float:
    """Compute the largest difference relative to the largest entry; infinite for other shapes."""
    predicted, manual = np.asarray(predicted), np.asarray(manual)
    if predicted.shape != manual.shape:
        return np.inf
    with np.errstate(all="ignore"):
        largest = max(np.abs(manual).max(initial=0.0), np.abs(predicted).max(initial=0.0))
        if largest == 0.0:
            return 0.0
        off = float(np.abs(predicted - manual).max())
    if not np.isfinite(off):  # max(0.0, nan) would be 0.0: NaN would explain anything
        return np.inf
    return max(0.0, off - noise) / float(largest)


def precision(given: Any, right: Any) -> tuple[float, float]:
    """Return how exact handed-over numbers are: relatively, and in absolute terms.

    Numbers that were computed or printed with fewer digits show it, whatever array they are in:
    all of them are numbers of float32, of bfloat16, or with few decimals, and the right ones
    are not.
    """
    given, right = np.asarray(given), np.asarray(right)
    if given.dtype.kind == "f" and given.dtype.itemsize < 8:
        return _ROUNDINGS * float(np.finfo(given.dtype).eps), 0.0
    given = given.astype(np.float64)
    with np.errstate(all="ignore"):
        for rounded, unit in (
            (_bfloat16, 2.0**-8),
            (lambda a: a.astype(np.float16).astype(np.float64), 2.0**-10),
            (lambda a: a.astype(np.float32).astype(np.float64), 2.0**-23),
        ):
            if _only(rounded, given) and not _only(rounded, right):
                return _ROUNDINGS / 4 * unit, 0.0
        for digits in range(1, 10):
            if _only(lambda a, digits=digits: np.round(a, digits), given):
                return (
                    (TOLERANCE, 0.0)
                    if _only(lambda a, digits=digits: np.round(a, digits), right)
                    else (TOLERANCE, 0.5000001 * 10.0**-digits)
                )
    return TOLERANCE, 0.0


def _only(rounded: Any, numbers: Any) -> bool:
    return bool(np.any(numbers)) and np.array_equal(rounded(numbers), numbers)


def _bfloat16(a: Any) -> Any:
    bits = np.asarray(a, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return bits.view(np.float32).astype(np.float64)


@dataclass(frozen=True)
class Case:
    """A point: the program there, and what was handed over.

    Attributes
    ----------
    lines : Labelled
        With the numbers of the point.
    manual : mapping of str to array
        What was handed over, by the names of the program.
    noise : mapping of str to float
        How far each gradient may be off without being wrong, in absolute terms.
    """

    lines: Labelled
    manual: Mapping[str, Any]
    noise: Mapping[str, float]

    @cached_property
    def machine(self) -> Machine:
        """The program without mistakes."""
        return Machine(self.lines, self.lines.values)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the gradient of each name is."""
        return dict(zip(self.lines.names, self.lines.program.gradients, strict=True))

    @cached_property
    def right(self) -> dict[str, Any]:
        """The right gradients."""
        return {name: self.lines.values[k] for name, k in self.places.items()}

    @cached_property
    def tolerance(self) -> dict[str, float]:
        """The largest residual of an explanation of each gradient: its own, or the coarsest."""
        return {name: self._precision[name][0] for name in self.places}

    @cached_property
    def _precision(self) -> dict[str, tuple[float, float]]:
        return {name: precision(self.manual[name], self.right[name]) for name in self.places}

    @cached_property
    def allowed(self) -> dict[str, float]:
        """The noise, and at least the round-off that numbers as large as the right ones have."""
        return {
            name: max(
                self.noise.get(name, 0.0),
                self._precision[name][1],
                ROUND_OFF * float(np.max(np.abs(right), initial=0.0)),
            )
            for name, right in self.right.items()
        }

    @cached_property
    def inner(self) -> Names:
        """The inner Values whose cotangents were handed over."""
        steps = self.lines.steps
        return frozenset(
            n for n, k in self.places.items() if steps[steps[k].of or 0].op is not None
        )

    def residual(self, name: str, predicted: Any) -> float:
        """Compute how far a gradient is from what was handed over."""
        return residual(predicted, self.manual[name], self.allowed[name])

    def agrees(self, name: str, predicted: Any) -> bool:
        """Whether a gradient is the one that was handed over."""
        return self.residual(name, predicted) <= self.tolerance[name]

    def agreeing(self, name: str, rows: Any) -> Any:
        """Say of each of several gradients whether it is the one that was handed over."""
        manual = np.asarray(self.manual[name])
        flat = np.reshape(rows, (len(rows), -1))
        off = np.abs(flat - manual.ravel()).max(axis=1, initial=0.0) - self.allowed[name]
        largest = np.maximum(np.abs(flat).max(axis=1, initial=0.0), np.abs(manual).max(initial=0.0))
        return off <= self.tolerance[name] * largest  # not so where there is NaN

    @cached_property
    def wrong(self) -> Names:
        """The gradients that are not right."""
        return self.find_unexplained(self.machine)

    def find_unexplained(self, machine: Machine) -> Names:
        """Return the gradients that a program does not give."""
        values = machine.values
        return frozenset(n for n, k in self.places.items() if not self.agrees(n, values[k]))

    def by_distance(self, names: Names) -> list[str]:
        """Sort gradients, those nearest to the loss first."""

        def last_use(name: str) -> int:
            step = self.lines.steps[self.places[name]]
            return max(int(child) for child, _ in step.metadata["labels"])

        return sorted(names, key=last_use, reverse=True)

    def outcome(
        self, machine: Machine, changes: Mapping[Slot, Expr], before: Names
    ) -> tuple[Names, Names]:
        """Return which gradients changes fix, and which they break."""
        new = machine.run(changes)
        fixed, broken = set(), set()
        for name, k in self.places.items():
            if k not in new:
                continue
            if self.agrees(name, new[k]):
                if name in before:
                    fixed.add(name)
            elif name not in before:
                broken.add(name)
        return frozenset(fixed), frozenset(broken)

    def gives(self, changes: Mapping[Slot, Expr], names: Names) -> bool:
        """Whether changes give some of the gradients that were handed over."""
        try:
            new = self.machine.run(changes)
        except (ValueError, TypeError, IndexError):
            return False
        values, places = self.lines.values, self.places
        return all(self.agrees(n, new.get(places[n], values[places[n]])) for n in names)
