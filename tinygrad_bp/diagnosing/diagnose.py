"""`diagnose`: from a function and a wrong gradient to what was done wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from ..programs.labelled import Labelled, record_lines
from ..trees import flatten, rebuild
from .catalogue import FIXES
from .diagnosis import Diagnosis
from .edits import RESULT, ZERO, Slot, together
from .evidence import ROUND_OFF, Case, residual
from .explain import Explainer, effect, idle, merge_alike
from .outputs import afterwards, find_exchanged
from .recomputed import inside_layers, mistakes_in_forward, recompute_forward
from .reconstruction import Reconstruction, reconstruct
from .script import Script
from .search import Found, Search, Solution
from .textbook import Layer, rewrite_layers
from .unknown import numbers_made_anew

Gradients = Mapping[str, Any]

#: How many more points are looked at where the manual gradient is a function.
_POINTS = 5
#: Seconds of processor time.
BUDGET = 3.5


class Findings(NamedTuple):
    """What was found: the mistakes, nearest to the loss first, and the pass that has them."""

    diagnoses: list[Diagnosis]
    reconstruction: Reconstruction | None = None


def diagnose(
    fun: Callable[[Any], Any],
    params: Any,
    manual: Gradients,
    *,
    again: Callable[[Any], Gradients] | None = None,
    noise: Gradients | None = None,
    budget: float = BUDGET,
) -> Findings:
    """Find the mistakes that give exactly a manual gradient.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar; it is run on Values.
    params : nested dicts, lists and tuples of arrays
        The parameters, in float64.
    manual : mapping of str to array
        The gradient by the path of each parameter, ``params`` for one that stands alone; also of
        inner Values, by their names.
    again : callable, optional
        Gives `manual` at other parameters of the same structure.
    noise : mapping of str to array, optional
        How far the right gradient of a parameter itself may be off, by round-off.
    budget : float, optional
        Seconds of processor time for the search.

    Returns
    -------
    Findings
        The mistakes, those nearest to the loss first, none where nothing is wrong; and the
        backward pass with all of them in it, where they explain everything.

    Notes
    -----
    A mistake is an edit of the derived backward program. Every operand of it has a sensitivity,
    so that a dot product says whether something in its place gives the wrong numbers; what may
    be is run. An edit is accepted if it gives all numbers with a residual of at most 1e-9, or as
    exact as these are. With `again` it has to give those at other points too, near and far.
    """
    with np.errstate(all="ignore"):
        lines = record_lines(fun, params, manual)
        unneeded = list(_idle(lines, params, manual))
        if lines is None:
            return Findings(unneeded)
        case = _case(lines, manual, noise or {})
        whole = afterwards(case) or find_exchanged(case)
        if whole is not None:
            zero = {Slot(k, RESULT): ZERO for k in case.places.values()}
            template = reconstruct(lines, zero) if whole.mistake == "all-zero" else None
            return Findings([whole, *unneeded], template)
        kept = again is not None and _find_differing(case, again(params))

        def elsewhere(draw: int = 1) -> list[Case]:
            if again is None or kept:
                return []
            return list(_elsewhere(fun, params, case, again, noise, draw))

        search, solution = _search(case, elsewhere(), lambda: elsewhere(2), budget)
        found = _Report(search).of(solution, grows=bool(kept))
        return found._replace(diagnoses=found.diagnoses + unneeded)


def _search(
    case: Case, points: list[Case], further: Callable[[], list[Case]], budget: float
) -> tuple[Search, Solution]:
    """Look for edits of the derived program, and of that whose layers are as in textbooks.

    One edit is looked for in both, before several are. `further` gives points that nothing was
    solved with.
    """
    ends = process_time() + budget
    searches = [Search(case, points, ends)]
    for layers in searches[0].layers if case.wrong else []:
        others = [_rewrite(point, layers) for point in points]
        searches.append(Search(_rewrite(case, layers), others, ends))
    for some in (searches[:2], searches[2:]):  # other formulas of the same layers come later
        alone = [(search, found) for search in some if (found := search.single()) is not None]
        if alone:
            search, found = min(alone, key=lambda each: each[1].cost)
            return search, [found]
    for search in searches if case.wrong else ():
        for within in dict.fromkeys([None, inside_layers(search.case.lines) or None]):
            again, copies = recompute_forward(search.case.lines, within)
            others = [
                replace(p, lines=recompute_forward(p.lines, within)[0]) for p in search.points
            ]
            anew = Search(replace(case, lines=again), others, ends)
            in_forward = anew.among(mistakes_in_forward(anew.structure, copies))
            if in_forward is not None:
                return anew, [in_forward]
    unknown = _solve_for(searches[0], further) if case.wrong else None
    if unknown is not None:
        return searches[0], [unknown]
    for search in searches:
        if solution := search.several():
            return search, solution
    return searches[0], []


def _solve_for(search: Search, further: Callable[[], list[Case]]) -> Found | None:
    """Find numbers that the program does not have, and hold them against other points."""
    case = search.case
    if search.late:
        return None
    found = search.among(numbers_made_anew(search.structure, case, search.points))
    if found is None:
        return None
    everything, points = frozenset(case.places), further()
    kept = [e for e in found.edits if all(p.gives(e.changes, everything) for p in points)]
    return found._replace(edits=kept) if kept else None


def _rewrite(case: Case, layers: list[Layer]) -> Case:
    return replace(case, lines=rewrite_layers(case.lines, layers))


def _case(lines: Labelled, manual: Gradients, noise: Gradients) -> Case:
    allowed = {n: float(np.max(noise.get(n, 0.0), initial=0.0)) for n in lines.names}
    return Case(lines, {n: np.asarray(manual[n]) for n in lines.names}, allowed)


def _idle(lines: Labelled | None, params: Any, manual: Gradients) -> Iterator[Diagnosis]:
    """Yield what is to be said of parameters on which the loss does not depend."""
    needed = [] if lines is None else lines.names
    for path, _ in flatten(params):
        name = path or "params"
        if name not in needed and np.any(manual[name]):
            yield idle(name)


def _elsewhere(
    fun: Callable[[Any], Any],
    params: Any,
    case: Case,
    again: Callable[[Any], Gradients],
    noise: Gradients | None,
    draw: int,
) -> Iterator[Case]:
    """Yield other points, near and far, at which the program is the same."""
    generator = np.random.default_rng(draw)
    arrays = [np.asarray(array, np.float64) for _, array in flatten(params)]
    form = [(step.op, step.shape) for step in case.lines.steps]
    for k in range(_POINTS):
        size = (0.05, 0.3)[k % 2]
        moved = [
            a
            + size
            * generator.standard_normal(a.shape)
            * (1 if k % 2 else np.maximum(np.abs(a), 0.1))
            for a in arrays
        ]
        try:
            manual = again(rebuild(params, iter([a.copy() for a in moved])))
            lines = record_lines(fun, rebuild(params, iter(moved)), manual)
        except Exception:  # the user's code may not work everywhere; there are other points
            continue
        finite = all(np.isfinite(np.asarray(g)).all() for g in manual.values())
        if lines is not None and finite and [(s.op, s.shape) for s in lines.steps] == form:
            yield _case(lines, manual, noise or {})


def _find_differing(case: Case, later: Gradients) -> list[str]:
    """Return which gradients are others in a second call at the same point."""
    return [name for name, given in case.manual.items() if residual(given, later[name]) > ROUND_OFF]


class _Report:
    """What is said about a solution."""

    def __init__(self, search: Search) -> None:
        self._search, self._case = search, search.case

    def of(self, solution: Solution, *, grows: bool) -> Findings:
        """Describe the mistakes, one after the other, and what is left."""
        case, lines = self._case, self._case.lines
        script = Script(lines)
        usual = next(iter(self._search.layers), [])
        explainer = Explainer(case, script, self._search.structure, usual)
        machine = case.machine
        edits, reports = [], []
        for found in solution:
            diagnosis, edit = explainer.describe(found, machine)
            if grows and "not-zeroed" in diagnosis.alternatives:
                diagnosis = _not_zeroed(diagnosis)
            reports.append((diagnosis, edit))
            edits.append(edit)
            machine = machine.apply(edit.changes)
        wrong = case.find_unexplained(machine)
        diagnoses = merge_alike(reports, case)
        rewritten = reconstruct(lines, together(edits)) if edits and not wrong else None
        if rewritten is not None:
            diagnoses = [_beside(d, rewritten, script) for d in diagnoses]
        if not solution and not wrong:  # wrong by less than what a mistake is looked for
            off = {n: residual(case.right[n], g) for n, g in case.manual.items()}
            wrong = frozenset([max(off, key=lambda name: off[name])] if any(off.values()) else [])
        if wrong:
            diagnoses.append(explainer.describe_unexplained(machine, wrong, self._search.late))
        return Findings(diagnoses, rewritten)


def _not_zeroed(diagnosis: Diagnosis) -> Diagnosis:
    """Say of gradients that grow from call to call why they do."""
    calls = "several" if diagnosis.factor is None else f"{diagnosis.factor:g}"
    what = f"The gradients of {calls} calls are added up in {diagnosis.node}"
    return replace(
        diagnosis,
        mistake="not-zeroed",
        explanation=f"{what}. {effect(diagnosis.parameters)}",
        fix=FIXES["not-zeroed"],
        alternatives=(),
        as_likely=(),
        factor=None,
    )


def _beside(diagnosis: Diagnosis, rewritten: Reconstruction, script: Script) -> Diagnosis:
    """Keep a line that stands beside the right one."""
    about = diagnosis.line, diagnosis.node, diagnosis.parameters
    pair = script.beside(*about, rewritten)
    return diagnosis if pair is None else replace(diagnosis, yours=pair[0], line=pair[1])
