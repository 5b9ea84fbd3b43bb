"""One step of the search: which mistakes explain some of the gradients that are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import Case, Numbers, residual
from .constants import Constants
from .graph import Edge, Graph
from .hypothesis import Hypothesis, Unknown
from .mistakes import hypotheses
from .sweep import Backward

#: What rules raise where a mistake cannot be made, because shapes do not fit.
UNFIT = (ValueError, TypeError, IndexError, ZeroDivisionError, np.linalg.LinAlgError)
#: Factors that are tried where there is another mistake at the same place.
_COMMON = (-1.0, 2.0, 0.5)


@dataclass(frozen=True, eq=False)
class Match:
    """A hypothesis, and what it makes of the gradients.

    Attributes
    ----------
    hypothesis : Hypothesis
        The mistake.
    number : float
        Its unknown number; 0 where it has none.
    fixed : frozenset of int
        The gradients that it explains.
    changed : frozenset of int
        Those that it changes.
    predicted : mapping of int to array
        Those gradients.
    residual : float
        The largest residual of those explained.
    """

    hypothesis: Hypothesis
    number: float
    fixed: Numbers
    changed: Numbers
    predicted: Mapping[int, Any]
    residual: float

    def apply(self, state: Backward) -> Backward:
        """Make the mistake."""
        return state.changed(self.hypothesis.change(self.number))


#: Mistakes that give the same numbers.
Cluster = list[Match]


class Matcher:
    """The hypotheses of a graph, tried on what is not explained yet."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._reach = _reach(case.graph, case.manual)
        self._constants = Constants(case.graph)
        self._candidates = [
            (hypothesis, self._reached(hypothesis))
            for hypothesis in hypotheses(case.graph, case.inner)
        ]

    def clusters(self, state: Backward, stage: Numbers | None = None) -> list[Cluster]:
        """Collect what explains something, those with the same effect together, largest first.

        Parameters
        ----------
        state : Backward
            The pass with the mistakes that are known already.
        stage : frozenset of int, optional
            Try only what reaches exactly these gradients.
        """
        wrong = self.case.wrong(state)
        clusters: list[Cluster] = []
        for hypothesis, reached in self._viable(state, wrong):
            if stage is not None and reached != stage:
                continue
            for match in self._matches(state, hypothesis, reached, wrong):
                for cluster in clusters:
                    if self._same(cluster[0], match, state):
                        cluster.append(match)
                        break
                else:
                    clusters.append([match])
        clusters.sort(key=lambda c: (-len(c[0].fixed), -max(m.hypothesis.place for m in c)))
        return clusters

    def firsts(self, state: Backward) -> Iterator[Match]:
        """Yield mistakes that may be one of two at the same place, and explain nothing alone."""
        for hypothesis, reached in self._viable(state, self.case.wrong(state)):
            numbers = {None: (0.0,), Unknown.FACTOR: _COMMON}.get(hypothesis.unknown, ())
            for number in numbers:
                yield Match(hypothesis, number, frozenset(), reached, {}, 0.0)

    def _viable(self, state: Backward, wrong: Numbers) -> Iterator[tuple[Hypothesis, Numbers]]:
        """Yield the hypotheses that reach something wrong, and nothing that is right."""
        untouched = self.case.untouched(state)
        right = {k for k in untouched if np.any(self.case.manual[k])}  # 0 times anything is 0
        for hypothesis, reached in self._candidates:
            if reached & wrong and not reached & right:
                yield hypothesis, reached

    def _same(self, one: Match, other: Match, state: Backward) -> bool:
        if one.fixed != other.fixed:
            return False
        for k in one.changed | other.changed:
            first = one.predicted.get(k, state.predicted[k])
            second = other.predicted.get(k, state.predicted[k])
            if residual(first, second) > self.case.tolerance:
                return False
        return True

    def _matches(
        self, state: Backward, hypothesis: Hypothesis, reached: Numbers, wrong: Numbers
    ) -> Iterator[Match]:
        try:
            outcomes = list(self._outcomes(state, hypothesis, reached, wrong))
        except UNFIT:
            return
        for number, predicted in outcomes:
            residuals = {k: self.case.residual(k, p) for k, p in predicted.items()}
            right = frozenset(k for k, r in residuals.items() if r <= self.case.tolerance)
            fixed = right & wrong
            if fixed and right | wrong >= reached:
                worst = max(residuals[k] for k in fixed)
                yield Match(hypothesis, number, fixed, reached, predicted, worst)

    def _outcomes(
        self,
        state: Backward,
        hypothesis: Hypothesis,
        reached: Numbers,
        wrong: Numbers,
    ) -> Iterator[tuple[float, dict[int, Any]]]:
        """Yield the gradients with the mistake, for each value that its unknown number may have."""
        unknown = hypothesis.unknown
        if unknown is None:
            after = state.changed(hypothesis.change(0.0))
            yield 0.0, {k: after.predicted[k] for k in reached}
            return
        # the gradients are linear in the unknown number
        after = state.changed(hypothesis.change(unknown.neutral + 1.0))
        before = {k: state.predicted[k] for k in reached}
        slope = {k: after.predicted[k] - before[k] for k in reached}
        tried: list[float] = []
        for k in sorted(reached & wrong, reverse=True):
            step = _step(self.case.manual[k] - before[k], slope[k])
            number = self._allowed(unknown, step + unknown.neutral, int(np.count_nonzero(slope[k])))
            if number is None or any(np.isclose(number, t, rtol=1e-6) for t in tried):
                continue
            tried.append(number)
            moved = number - unknown.neutral
            yield number, {k: before[k] + moved * slope[k] for k in reached}

    def _allowed(self, unknown: Unknown, number: float, entries: int) -> float | None:
        """Return the number if it can be one of its kind; entries are what it was found from."""
        if not np.isfinite(number):
            return None
        if unknown is Unknown.FACTOR:
            return self._constants.nearest(number, self.case.tolerance)
        if entries < 3 or abs(number) < 1e-12:  # a free number explains one or two of anything
            return None
        if unknown is Unknown.LEARNING_RATE and not 0 < number < 1e4:
            return None
        return number

    def _reached(self, hypothesis: Hypothesis) -> Numbers:
        found: set[int] = set()
        for key in hypothesis.changed():
            if isinstance(key, Edge):
                found |= self._reach[self.case.graph.parents[key.child][key]]
            else:
                found |= self._reach[key]
        return frozenset(found)


def _step(difference: Any, slope: Any) -> float:
    """Solve ``difference = step * slope`` by least squares."""
    size = float(np.sum(slope * slope))
    return float(np.sum(difference * slope)) / size if size else np.nan


def _reach(graph: Graph, manual: Mapping[int, Any]) -> list[Numbers]:
    """For each node, which of the handed-over gradients are computed from its cotangent."""
    found: list[Numbers] = []
    for number in range(len(graph.nodes)):
        if number in manual:
            found.append(frozenset([number]))
        else:
            found.append(frozenset().union(*(found[p] for p in graph.parents[number].values())))
    return found
