"""``tinygrad-bp check``: the manual gradients in a user's file, compared."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

from ..checking.compare import compare
from .files import Run, ScriptError

#: What manual gradients are called where no other name is given.
MANUAL = "manual_gradients"


def answer(
    run: Run,
    file: Path,
    *,
    reference: Path | None = None,
    params: str = "params",
    loss: str = "loss",
    manual: str = MANUAL,
    blind_spots: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Compare the manual gradients in a file; `options` are those of `compare`.

    With `blind_spots` it is also said which mistakes would not show at these parameters.

    With a `reference` the parameters and the loss are those of that file. A file without manual
    gradients may have a loss that gives them, beside its number.
    """
    source = run(reference or file)
    source.look_up("--params", params)  # what is missing is said before the next file runs
    fun = source.function(loss)
    own = run(file) if reference else source
    within_loss = manual == MANUAL and not own.defines(manual) and own is source
    by_hand = None if within_loss else own.look_up("--manual", manual)
    given = source.parameters(params)
    comparison = compare(fun, given, by_hand, **options)
    if comparison.manual is None:  # nor does the loss give gradients beside its number
        own.look_up("--manual", manual)
    if not isfinite(comparison.loss):
        raise ScriptError(
            f"{loss} gives {comparison.loss} at the parameters, so there is no gradient to check; "
            "choose parameters at which it is finite",
            file=source.path,
            kind="not-finite",
        )
    answer = {
        "status": "correct" if comparison.ok else "wrong",
        "text": f"{comparison}\n",
        "comparison": json.loads(comparison.to_json()),
    }
    if not blind_spots:
        return answer
    if comparison.refusal:
        what = "blind spots are not looked for: there is no automatic gradient"
        return answer | {"text": f"{comparison}\n\n{what}\n"}
    from ..planting import blind_spots as find_blind_spots  # only who asks pays for it

    found = find_blind_spots(fun, given, tolerance=comparison.tolerance)
    return answer | {"text": f"{comparison}\n\n{found}\n", "blind_spots": found.as_data()}
