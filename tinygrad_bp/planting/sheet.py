"""`answer_sheet`: what a teacher keeps beside exercises."""

from __future__ import annotations

from collections.abc import Sequence

from .task import Exercise


def file_name(exercise: Exercise, count: int) -> str:
    """Return what the file of an exercise is called, one of so many.

    Names have as many digits as the last one, so that they stand in their order.
    """
    return f"exercise_{exercise.seed:0{max(2, len(str(count - 1)))}d}.py"


def answer_sheet(exercises: Sequence[Exercise]) -> str:
    """Write the answers of exercises, as Markdown.

    Parameters
    ----------
    exercises : sequence of Exercise
        As `tinygrad_bp.exercises` makes them.

    Returns
    -------
    str
        For each its file, the wrong line and the right one, the mistake, and the hint.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> from tinygrad_bp.planting import answer_sheet
    >>> params = {"w": np.array([0.5, -0.3]), "v": np.array([1.5, 2.0])}
    >>> def loss(p):
    ...     return np.sum((np.tanh(p["w"]) * p["v"]) ** 2)
    >>> print(answer_sheet(bp.exercises(loss, params, count=1)).splitlines()[2])
    ## exercise_00.py: missing-activation-derivative
    """
    parts = ["# Answers"]
    for exercise in exercises:
        lines = ", ".join(map(str, exercise.lines))
        parts += [
            f"## {file_name(exercise, len(exercises))}: {exercise.mistake}",
            f"Line {lines}:" if len(exercise.lines) == 1 else f"Lines {lines}, the first of them:",
            f"```python\n{exercise.wrong}  # wrong\n{exercise.right}  # right\n```",
            f"{exercise.solution.splitlines()[-1]}",
            f"Hint: {exercise.hint}",
        ]
    return "\n\n".join(parts) + "\n"
