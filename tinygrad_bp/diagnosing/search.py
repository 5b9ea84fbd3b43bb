"""Which mistakes, one after the other, give exactly the numbers that were handed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from .case import Case
from .matching import UNFIT, Cluster, Match, Matcher
from .sweep import Backward

#: How many mistakes at once are looked for, and how many combinations are tried.
_DEPTHS = (1, 2, 3, 8)
_STATES = 40
#: How many numbers a step has to explain where not all is explained.
_ENOUGH = 3
#: How many pairs of mistakes at one place are begun.
_FIRSTS = 60

#: Which cluster was chosen at each step.
Path = tuple[int, ...]
#: One mistake after the other; for each the hypotheses that give the same numbers.
Solution = list[Cluster]


class Search:
    """The search for the mistakes of one case."""

    def __init__(self, case: Case) -> None:
        self._case, self._matcher = case, Matcher(case)
        self._states = 0
        self._known: dict[Path, list[Cluster]] = {}
        self._pairs_known: dict[Path, list[tuple[Match, Backward, Cluster]]] = {}

    def solve(self) -> list[Solution]:
        """Find as few mistakes as explain everything: the simplest solutions, or none."""
        for depth in _DEPTHS:
            found = list(self._explain(self._case.start, depth, ()))
            if found:
                costs = [sum(_cost(cluster) for cluster in solution) for solution in found]
                pairs = zip(found, costs, strict=True)
                return [solution for solution, cost in pairs if cost == min(costs)]
        return []

    def partial(self) -> Solution:
        """Explain what can be explained where not everything can, step by step.

        Only where gradients of inner nodes were handed over: then each step stands alone, and
        what is said of one does not hang on another that nobody understands.
        """
        solution: Solution = []
        state = self._case.start
        while self._case.inner:
            clusters = self._matcher.clusters(state)
            clear = [c for c in clusters if _entries(c[0]) >= _ENOUGH]
            if not clear:
                break
            best = clear[0]
            rivals = [c for c in clear[1:] if c[0].fixed & best[0].fixed]
            solution.append([match for cluster in (best, *rivals) for match in cluster])
            state = best[0].apply(state)
        return solution

    def _explain(self, state: Backward, depth: int, path: Path) -> Iterator[Solution]:
        clusters = self._known.get(path)
        if clusters is None:
            if self._states >= _STATES:
                return
            self._states += 1
            clusters = self._known[path] = self._matcher.clusters(state)
        wrong = self._case.wrong(state)
        complete = [match for cluster in clusters for match in cluster if match.fixed == wrong]
        if complete:
            yield [complete]
        elif clusters and depth > 1:
            for k, cluster in enumerate(clusters):
                for rest in self._explain(cluster[0].apply(state), depth - 1, (*path, k)):
                    yield [cluster, *rest]
        elif depth > 1:
            yield from self._pairs(state, depth, path)

    def _pairs(self, state: Backward, depth: int, path: Path) -> Iterator[Solution]:
        """Look for two mistakes at one place, neither of which explains anything alone."""
        if path not in self._pairs_known:
            self._pairs_known[path] = list(self._begun(state))
        wrong = self._case.wrong(state)
        for k, (first, after, cluster) in enumerate(self._pairs_known[path]):
            start = [[first], cluster]
            if cluster[0].fixed == wrong:
                yield start
            elif depth > 2:
                for rest in self._explain(cluster[0].apply(after), depth - 2, (*path, -1 - k)):
                    yield [*start, *rest]

    def _begun(self, state: Backward) -> Iterator[tuple[Match, Backward, Cluster]]:
        for _, first in zip(range(_FIRSTS), self._matcher.firsts(state)):
            try:
                after = first.apply(state)
            except UNFIT:
                continue
            for cluster in self._matcher.clusters(after, first.changed):
                if cluster[0].hypothesis.mistake != first.hypothesis.mistake:
                    yield replace(first, fixed=cluster[0].fixed), after, cluster


def together(found: Sequence[Solution]) -> Solution:
    """Take the first of several solutions; the others become alternatives in it."""
    if not found:
        return []
    best, *others = found
    others = [other for other in others if _made(other) != _made(best)]
    joined = []
    for cluster in best:
        mistakes = {match.hypothesis.mistake for match in cluster}
        more = [
            match
            for solution in others
            for other in solution
            if other[0].fixed & cluster[0].fixed
            for match in other
            if match.hypothesis.mistake not in mistakes
        ]
        joined.append([*cluster, *more])
    return joined


def _made(solution: Solution) -> set[tuple[str, int]]:
    """Return what is done where, in whatever order."""
    return {(c[0].hypothesis.mistake, c[0].hypothesis.place) for c in solution}


def _entries(match: Match) -> int:
    """Count the numbers that a match explains."""
    return sum(int(np.count_nonzero(match.predicted[k])) for k in match.fixed)


def _cost(cluster: Cluster) -> int:
    return min(_oddity(match) for match in cluster)


def _oddity(match: Match) -> int:
    """Constants other than -1, 2 and 1/2 are a little less likely than other mistakes."""
    if match.hypothesis.mistake != "constant-factor":
        return 2
    return 2 if match.number in (-1.0, 2.0, 0.5) else 3


def confirmed(solution: Solution, cases: Sequence[Case]) -> Solution:
    """Keep the hypotheses that explain everything at other points too; none left: no solution."""
    kept = [list(cluster) for cluster in solution]
    for place, cluster in enumerate(solution):
        kept[place] = [
            match
            for match in cluster
            if all(_explains([*kept[:place], [match], *kept[place + 1 :]], case) for case in cases)
        ]
        if not kept[place]:
            return []
    return kept


def _explains(solution: Solution, case: Case) -> bool:
    """Whether mistakes, made one after the other, give the numbers of another point."""
    state = case.start
    try:
        for match, *_ in solution:
            state = match.apply(state)
    except UNFIT:
        return False
    return not case.wrong(state)
