"""Likely mistakes, each once, with what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..checking.adapting import Adapted
from ..checking.problem import Problem
from ..diagnosing.catalogue import rank
from ..diagnosing.diagnosis import Diagnosis
from ..diagnosing.edits import Edit
from ..diagnosing.evidence import Case
from ..diagnosing.explain import Explainer
from ..diagnosing.script import Script
from ..diagnosing.search import Found
from ..diagnosing.structure import Structure
from ..diagnosing.textbook import find_layers
from ..programs.labelled import Labelled, record_lines
from .leaves import ALIKE, BOLD, retell
from .likely import likely_mistakes
from .points import Evaluation, Points


class Plant(NamedTuple):
    """A mistake that can be made in a backward pass, and what is to be said of it."""

    edit: Edit
    diagnosis: Diagnosis


class Garden:
    """A program, and the mistakes that can be planted in its backward pass.

    Parameters
    ----------
    fun : callable
        The loss, as for `compare`.
    params : nested containers of arrays
        Where it is recorded.
    tolerance : float, optional
        The largest relative difference that a gradient check does not see.

    Attributes
    ----------
    program : Adapted
        The loss as a function of nested arrays that gives a scalar.
    params : nested dicts, lists and tuples
        The parameters that this takes, in float64.
    plants : list of Plant
        Mistakes that give wrong gradients at inputs in general, those nearest to the loss first;
        of those that are the same function only the likeliest.
    same : list of Edit
        Edits that give the right gradients at all inputs that were tried: no mistakes of this
        function.

    Raises
    ------
    TypeError, ValueError
        If `fun` gives no scalar, computes with complex numbers or does not depend on the
        parameters; if it or its gradient is not finite.
    """

    def __init__(self, fun: Callable[..., Any], params: Any, tolerance: float = 1e-7) -> None:
        self.program = Adapted(fun, params)
        problem = Problem(self.program, self.program.params)
        self.params = problem.structure(problem.x.copy())
        lines = record_lines(self.program, self.params, {})
        if lines is None:
            raise ValueError(
                "fun does not depend on params: no mistake can be made in its gradient"
            )
        if any(map(np.iscomplexobj, lines.values)):
            raise TypeError(
                "fun computes with complex numbers; mistakes are planted among real ones only"
            )
        self.lines: Labelled = lines
        self.script = Script(lines)
        self.points = Points(lines, self.script.name, tolerance)
        if not self.points.here.is_finite:
            raise ValueError(
                "the loss or its gradient is not finite at params, so no mistake shows there; "
                "choose other parameters"
            )
        generic = self.points.generic()
        recorded = [(new, old) for old, new in generic.indices]
        found = [
            replace(edit, changes=retell(edit.changes, recorded))
            for edit in likely_mistakes(generic.lines, lines)
        ]
        self.same = [edit for edit in found if not self.shows_in_general(edit)]
        known = set(map(id, self.same))
        self.plants = self._each_once([edit for edit in found if id(edit) not in known])

    def shows_in_general(self, edit: Edit) -> bool:
        """Whether an edit gives wrong gradients where all inputs are drawn at random."""
        generic = map(self.points.generic, (BOLD, ALIKE))
        return any(point.shows(edit.changes) for point in generic)

    def _each_once(self, edits: list[Edit]) -> list[Plant]:
        point = self.points.generic()
        alike: dict[Any, list[Edit]] = {}
        for edit in edits:
            gradients = point.gradients(edit.changes)
            if gradients is not None and all(np.isfinite(g).all() for g in gradients):
                alike.setdefault(_round(gradients, point), []).append(edit)
        return [self._plant(group) for group in alike.values()]

    def _plant(self, edits: list[Edit]) -> Plant:
        """Take the likeliest of edits that are one function."""
        edit = min(edits, key=lambda e: (round(e.cost, 3), rank(e.mistake)))
        return Plant(edit, self.describe([edit, *edits]))

    def describe(self, edits: list[Edit]) -> Diagnosis:
        """Describe an edit, the first, and others that are the same function."""
        point = self.points.generic()
        told = [replace(edit, changes=retell(edit.changes, point.indices)) for edit in edits]
        diagnosis, _ = self._explainer.describe(Found(told, frozenset()), point.machine)
        return diagnosis

    @cached_property
    def _explainer(self) -> Explainer:
        point = self.points.generic()
        right = dict(zip(point.lines.names, point.right, strict=True))
        structure = Structure(point.lines)
        usual = next(iter(find_layers(structure)), [])
        return Explainer(Case(point.lines, right, {}), self.script, structure, usual)


def _round(gradients: list[Any], point: Evaluation) -> tuple[Any, ...]:
    """Return what is the same for gradients that differ by round-off."""
    key: list[Any] = []
    for gradient, right in zip(gradients, point.right, strict=True):
        size = float(np.max(np.abs(right), initial=0.0)) or 1.0
        key += [gradient.shape, (np.round(gradient / size, 8) + 0.0).tobytes()]
    return tuple(key)
