"""``tinygrad-bp derive``: the backward pass of a function in a user's file, written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..checking.adapting import Adapted
from ..saving import write
from ..writing.derivation import derive
from .files import Run, not_blamed


def answer(
    run: Run,
    file: Path,
    *,
    params: str = "params",
    loss: str = "loss",
    latex: bool = False,
    out: Path | None = None,
) -> dict[str, Any]:
    """Derive ``loss(params)`` of a file as formulas or as source; write it where `out` is given."""
    script = run(file)
    program = Adapted(script.function(loss), script.parameters(params))
    derivation = derive(program, program.params)
    if out is None:
        return {"text": derivation.latex + "\n" if latex else derivation.source}
    with not_blamed():
        if latex:
            write(out, f"{derivation.latex}\n".encode())
        else:
            derivation.export(out)
    return {"text": ""}
