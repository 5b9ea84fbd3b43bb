"""What stands for the automatic gradient where a function cannot be recorded on Values."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from ..kernel.value import Value
from .automatic import AutomaticGradient
from .numeric import NumericGradient
from .problem import Problem, Vector
from .signatures import Way

_PACKAGES = ("tinygrad_bp", "numpy", "scipy")
_LONGEST = 300


class NumericAlone(AutomaticGradient):
    """Puts the numeric gradient in the place of the automatic one: there is no graph to ask.

    Attributes
    ----------
    reason : str
        Why there is none, and where.
    """

    def __init__(self, numeric: NumericGradient, problem: Problem, reason: str) -> None:
        self.gradient = numeric.gradient
        self.reached = [True] * len(problem.names)
        self.left = []
        self.reason = reason
        self._error = numeric.error

    @property
    def inner(self) -> dict[str, Value]:
        """No node has a name."""
        return {}

    @property
    def why_wrong(self) -> str:
        """Nothing is known: it is the numeric one."""
        return ""

    @property
    def tied(self) -> bool:
        """Whether a unit is at its kink is not known."""
        return False

    def broadcast_to(self, name: str) -> set[tuple[int, ...]]:
        """Nothing is known of larger shapes."""
        return set()

    def ways_at(self, point: Vector) -> list[Way]:
        """No piecewise part is seen."""
        return []

    def noise(self) -> Vector:
        """Return the error of the numeric gradient, which is what this one may be off."""
        return self._error


def describe(error: Exception) -> str:
    """Say what was raised, in one line that is not too long, and where in the program."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}"
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    place = _place(error)
    return f"{place}: {text}" if place else text


def _place(error: Exception) -> str:
    """Name the innermost line that is the user's."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        name: Any = frame.f_globals.get("__name__", "")
        if str(name).partition(".")[0] not in _PACKAGES:
            place = f"line {line} of {Path(frame.f_code.co_filename).name}"
    return place
