"""`diagnose`: from a function and a wrong gradient to a list of `Diagnosis`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..trees import flatten, rebuild
from .case import ROUND_OFF, TOLERANCE, Case, Numbers, residual
from .diagnosis import Diagnosis
from .explain import idle, merged, reported, unexplained
from .graph import Graph, trace
from .matching import Cluster, Match
from .script import Script
from .search import Search, Solution, confirmed, together

Gradients = Mapping[str, Any]

#: How many more points are looked at where the manual gradient is a function.
_POINTS = 5


def diagnose(
    fun: Callable[[Any], Any],
    params: Any,
    manual: Gradients,
    *,
    again: Callable[[Any], Gradients] | None = None,
    noise: Gradients | None = None,
) -> list[Diagnosis]:
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

    Returns
    -------
    list of Diagnosis
        The mistakes, those nearest to the loss first. Empty where nothing is wrong.

    Notes
    -----
    A hypothesis is a mistake made at one place of the graph; a changed backward pass gives the
    gradients that it would give. Tried are those that reach a wrong gradient and none that is
    right, conditional on what is explained already. They are accepted if they give the numbers
    with a residual of at most 1e-9, beyond that noise. With `again`
    they have to give those at five other points too, unless it gives other numbers when it is
    called again: then gradients were not zeroed between the calls.
    """
    with np.errstate(all="ignore"):
        graph = trace(fun, params)
        unneeded = list(_idle(graph, params, manual))
        if graph is None:
            return unneeded
        case = _case(graph, params, manual, noise or {})
        if again is None:
            search = Search(case)
            solution = together(search.solve()) or search.partial()
        elif kept := _kept(case, _case(graph, params, again(params), noise or {})):
            solution = [_not_zeroed(cluster, kept) for cluster in together(Search(case).solve())]
        else:
            others = list(_elsewhere(fun, params, graph, again, noise or {}))
            solution = _solved(case, others)
        return _Report(case, params, Script(graph, fun, params)).of(solution) + unneeded


def _case(graph: Graph, params: Any, manual: Gradients, noise: Gradients) -> Case:
    inner = dict(graph.named())
    places = inner | _parameters(graph, params)
    handed = {name: number for name, number in places.items() if name in manual}
    numbers = {number: np.asarray(manual[name]) for name, number in handed.items()}
    single = any(given.dtype == np.float32 for given in numbers.values())
    tolerance = 40 * float(np.finfo(np.float32).eps) if single else TOLERANCE
    allowed = {k: float(np.max(noise.get(name, 0.0), initial=0.0)) for name, k in handed.items()}
    return Case(graph, numbers, allowed, tolerance)


def _idle(graph: Graph | None, params: Any, manual: Gradients) -> Iterator[Diagnosis]:
    """Yield what is to be said of parameters on which the loss does not depend."""
    needed = {} if graph is None else _parameters(graph, params)
    for path, _ in flatten(params):
        name = path or "params"
        if name not in needed and np.any(manual[name]):
            yield idle(name)


def _parameters(graph: Graph, params: Any) -> dict[str, int]:
    """Return the numbers of the parameters that the loss depends on, by their paths."""
    paths = [path or "params" for path, _ in flatten(params)]
    found = zip(paths, graph.leaves, strict=True)
    return {path: number for path, number in found if number is not None}


def _elsewhere(
    fun: Callable[[Any], Any],
    params: Any,
    graph: Graph,
    again: Callable[[Any], Gradients],
    noise: Gradients,
) -> Iterator[Case]:
    """Yield other points at which the graph is the same and the manual gradient can be had."""
    generator = np.random.default_rng(1)
    arrays = [np.asarray(array, np.float64) for _, array in flatten(params)]
    for _ in range(_POINTS):
        moved = [a + 0.3 * generator.standard_normal(a.shape) for a in arrays]
        try:
            manual = again(rebuild(params, iter([a.copy() for a in moved])))
            there = trace(fun, rebuild(params, iter(moved)))
        except Exception:  # the user's code may not work everywhere; there are other points
            continue
        finite = all(np.isfinite(np.asarray(g)).all() for g in manual.values())
        if there is not None and there.form == graph.form and finite:
            yield _case(there, params, manual, noise)


def _kept(case: Case, later: Case) -> Numbers:
    """Return which gradients are others in a second call at the same point."""
    return frozenset(
        k for k, given in case.manual.items() if residual(given, later.manual[k]) > ROUND_OFF
    )


def _not_zeroed(cluster: Cluster, kept: Numbers) -> Cluster:
    """Where a gradient grows from call to call, keep the explanation that says so."""
    if cluster[0].fixed <= kept:
        return [m for m in cluster if m.hypothesis.mistake == "not-zeroed"] or cluster
    return cluster


def _solved(case: Case, others: list[Case]) -> Solution:
    """Explain one point such that it holds at the others; the first point first."""
    cases = [case, *others]
    for here in cases:
        found = Search(here).solve()
        if not found:
            break
        elsewhere = [other for other in cases if other is not here]
        kept = [solution for each in found if (solution := confirmed(each, elsewhere))]
        if kept:
            return together(kept)
    return []


class _Report:
    """What is said about the mistakes of a case."""

    def __init__(self, case: Case, params: Any, script: Script) -> None:
        self._case, self._script = case, script
        self._names = {k: name for name, k in _parameters(case.graph, params).items()}

    def of(self, solution: Solution) -> list[Diagnosis]:
        """Describe the mistakes, one after the other."""
        state = self._case.start
        found: list[tuple[Match, Diagnosis]] = []
        for cluster in solution:
            diagnosis = reported(cluster, state, self._names, self._script)
            found.append((cluster[0], diagnosis))
            state = cluster[0].apply(state)
        reports = merged(found, self._case)
        wrong = list(self._case.wrong(state))
        if not solution and not wrong:  # wrong by less than what a mistake is looked for
            raw = {k: residual(state.predicted[k], g) for k, g in self._case.manual.items()}
            wrong = [k for k, found in raw.items() if 0 < found == max(raw.values())][:1]
        if wrong:
            reports.append(unexplained(state, wrong, self._names, self._script))
        return reports
