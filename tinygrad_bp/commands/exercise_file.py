"""``tinygrad-bp exercise``: exercises made of a function in a user's file, and their answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..planting import answer_sheet, exercises
from ..planting.sheet import file_name
from ..saving import write
from .files import Run, ScriptError, not_blamed

#: What the sheet of answers is called.
ANSWERS = "answers.md"


def answer(
    run: Run,
    file: Path,
    *,
    out: Path,
    params: str = "params",
    loss: str = "loss",
    count: int = 10,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write `count` exercises and a sheet of answers into a folder.

    Raises
    ------
    ScriptError
        If there are not so many, or a file is there already and is not to be overwritten.
    """
    script = run(file)
    given = script.parameters(params)
    with not_blamed():
        made = exercises(script.function(loss), given, count=count)
        texts = {file_name(each, count): each.source for each in made}
        texts[ANSWERS] = answer_sheet(made)
        there = [name for name in texts if (out / name).exists()]
        if there and not overwrite:
            raise ScriptError(
                f"{out / there[0]} is there already; name another folder with --out, or replace "
                "what is there with --overwrite"
            )
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write(out / name, text.encode())
    return {"text": f"{count} exercises, and their answers in {ANSWERS}.\n"}
