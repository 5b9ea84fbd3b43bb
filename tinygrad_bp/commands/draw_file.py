"""``tinygrad-bp draw``: the graph of a function in a user's file, with gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..checking.adapting import Adapted
from ..checking.compare import compare
from ..drawing.draw import draw
from ..kernel import Value
from ..transforms.running import Trace
from ..trees import flatten, rebuild
from ..viewing.plain_text import break_lines
from .files import Run, UserFile, not_blamed

#: Of a terminal.
_WIDTH = 80


def answer(
    run: Run,
    file: Path,
    *,
    out: Path,
    params: str = "params",
    loss: str = "loss",
    manual: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Draw ``loss(params)`` of a file, with the gradients called `manual` compared.

    The other options are those of `draw`.
    """
    script = run(file)
    at = script.parameters(params)
    by_hand = None if manual is None else script.look_up("--manual", manual)
    result = differentiate(script, at, loss, by_hand)
    if by_hand is not None:
        options["comparison"] = compare(script.function(loss), at, by_hand)
    with not_blamed():
        diagram = draw(result, out, **options)
    lines = break_lines(f"{diagram.title}: {diagram.description}", _WIDTH)
    return {"text": "".join(f"{line}\n" for line in lines)}


def differentiate(script: UserFile, at: Any, loss: str, manual: Any = None) -> Value:
    """Run a function of a file at its parameters, and the backward pass where there is one."""
    program = Adapted(script.function(loss), at, manual)
    data = [leaf.data if isinstance(leaf, Value) else leaf for _, leaf in flatten(program.params)]
    arguments = (rebuild(program.params, iter(data)),)
    result = Trace(loss, program, arguments, {}, [0], naming=True).value
    if not isinstance(result, Value):
        raise TypeError(f"{loss} gives a {type(result).__name__} for Values; expected a Value")
    if result.ndim == 0 and result.requires_grad:
        result.backward()
    return result
