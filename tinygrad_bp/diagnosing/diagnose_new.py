"""`diagnose`: from a function and a wrong gradient to a list of `Diagnosis`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..programs.labelled import Labelled, record_lines
from ..trees import flatten, rebuild
from .edits import Edit, together
from .evidence import Case
from .machine import Machine
from .search import Search

Gradients = Mapping[str, Any]


def case_of(fun, params, manual, noise) -> Case | None:
    lines = record_lines(fun, params, manual)
    if lines is None:
        return None
    given = {n: np.asarray(manual[n]) for n in lines.names}
    allowed = {n: float(np.max(noise.get(n, 0.0), initial=0.0)) for n in lines.names}
    return Case(lines, given, allowed)


def fresh(params: Any, k: int) -> Any:
    rng = np.random.default_rng(k)
    size = 0.05 if k % 2 == 0 else 0.3
    arrays = [np.asarray(a, np.float64) for _, a in flatten(params)]
    moved = [a * (1 + size * rng.standard_normal(a.shape)) + 0.3 * size * rng.standard_normal(a.shape) for a in arrays]
    return rebuild(params, iter(moved))


def search_of(fun, params, manual, again=None, noise=None, budget=4.0):
    case = case_of(fun, params, manual, noise or {})
    points: list[Case] = []
    if again is not None:
        for k in range(3):
            there = fresh(params, k)
            try:
                given = again(rebuild(there, iter([a.copy() for _, a in flatten(there)])))
                other = case_of(fun, there, given, noise or {})
            except Exception:
                continue
            if other is not None and [s.op for s in other.lines.steps] == [s.op for s in case.lines.steps]:
                points.append(other)

    def confirm(edits: Sequence[Edit]) -> bool:
        changes = together(edits)
        for point in points:
            try:
                new = point.machine.run(changes)
            except Exception:
                return False
            for name, k in point.places.items():
                if not point.agrees(name, new.get(k, point.lines.values[k])):
                    return False
        return True

    return Search(case, confirm, budget)
