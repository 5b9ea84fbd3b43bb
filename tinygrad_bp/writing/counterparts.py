"""Two texts of almost the same program that call the same steps the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from ..programs.program import Kind, Program


def find_names(program: Program, other: Program, names: Mapping[int, str]) -> dict[int, str]:
    """Find what another text calls the steps of a program, where that is certain.

    Parameters
    ----------
    program, other : Program
        With keys for their steps.
    names : mapping of int to str
        What the steps of the other are called.

    Returns
    -------
    dict of int to str
        The names of steps of `program`, each given once.
    """
    known = {what: names[k] for k, what in _identities(other).items() if k in names}
    return {k: known[what] for k, what in _identities(program).items() if what in known}


def _identities(program: Program) -> dict[int, Hashable]:
    """Say of each step what it is in the user's code, and in which pass, if it is alone in that."""
    found: dict[int, Hashable] = {}
    gradients = dict(zip(program.gradients, program.wanted, strict=True))
    for k, step in enumerate(program.instructions):
        of = found.get(-1 if step.of is None else step.of)
        if k in gradients:
            found[k] = "gradient", gradients[k]
        elif step.kind is Kind.INPUT:
            found[k] = "input", program.inputs.index(k)
        elif step.kind is Kind.CONSTANT:
            found[k] = "constant", step.name, _numbers(step.data)
        elif step.kind is Kind.BACKWARD and of is not None:
            found[k] = "cotangent", of
        elif step.key is not None:
            found[k] = step.kind, step.op_name, step.key, step.turn
    counts = Counter(found.values())
    return {k: what for k, what in found.items() if counts[what] == 1}


def _numbers(data: Any) -> Hashable:
    return np.shape(data), np.asarray(data).tobytes()
