"""``tinygrad-bp explore``: a page that steps through a function in a user's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..checking.adapting import Adapted
from ..checking.compare import compare
from ..exploring.explore import explore
from ..planting import exercises as make_exercises
from .draw_file import differentiate
from .files import Run, not_blamed


def answer(
    run: Run,
    file: Path,
    *,
    out: Path,
    params: str = "params",
    loss: str = "loss",
    manual: str = "manual_gradients",
    exercises: int = 0,
) -> dict[str, Any]:
    """Write the page of ``loss(params)``, with the gradients called `manual` if there are some.

    With `exercises`, so many wrong lines are there to be found.
    """
    script = run(file)
    at = script.parameters(params)
    by_hand = script.namespace.get(manual)
    differentiate(script, at, loss, by_hand)  # which says what is wrong with the file
    comparison = None if by_hand is None else compare(script.function(loss), at, by_hand)
    with not_blamed():
        function = script.function(loss)
        hunted = make_exercises(function, at, count=exercises) if exercises else ()
        title = f"{loss} of {file.name}"
        program = Adapted(function, at, by_hand)
        explore(
            program,
            out,
            params=program.params,
            comparison=comparison,
            exercises=hunted,
            title=title,
        )
    return {"text": ""}
