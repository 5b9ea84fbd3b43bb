"""Exercises in finding the wrong line, as a page asks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..planting import Exercise
from ..viewing.plain_text import printable


def hunts(exercises: Sequence[Exercise]) -> list[dict[str, Any]]:
    """Tell exercises as plain data.

    Returns
    -------
    list of dict
        For each the ``lines`` of its function; ``wrong``, the places of those with the mistake;
        ``right``, what should stand there; ``hint`` and ``solution``.
    """
    return [_hunt(each) for each in exercises]


def _hunt(exercise: Exercise) -> dict[str, Any]:
    lines = exercise.source.splitlines()
    (start,) = (k for k, line in enumerate(lines) if line.startswith(f"def {exercise.function}("))
    return {
        "lines": [printable(line) for line in lines[start:]],
        "wrong": [number - 1 - start for number in exercise.lines],
        "right": printable(exercise.right),
        "hint": printable(exercise.hint),
        "solution": [printable(line) for line in exercise.solution.splitlines()[1:]],
    }
