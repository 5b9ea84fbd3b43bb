"""Which mistakes, at which places, give exactly the numbers that were handed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .constants import Constants
from .graph import Edge, Graph
from .hypothesis import Hypothesis, Unknown
from .mistakes import hypotheses
from .sweep import Backward

__all__ = ["Case", "Match", "Search", "Solution", "confirmed", "residual"]

#: A mistake explains a gradient if its numbers differ by no more than this, relatively.
TOLERANCE = 1e-9
#: Numbers that differ by less are the same but for round-off.
ROUND_OFF = 1e-13
#: Which nodes, by their numbers.
Numbers = frozenset[int]

#: What rules raise where a mistake cannot be made, because shapes do not fit.
UNFIT = (ValueError, TypeError, IndexError, ZeroDivisionError, np.linalg.LinAlgError)
#: How many mistakes at once are looked for, and how many combinations are tried.
_DEPTHS = (1, 2, 3, 8)
_STATES = 40


def residual(predicted: Any, manual: Any, noise: float = 0.0) -> float:
    """Compute the largest difference relative to the largest entry; infinite for other shapes."""
    predicted, manual = np.asarray(predicted), np.asarray(manual)
    if predicted.shape != manual.shape:
        return np.inf
    largest = max(np.abs(manual).max(initial=0.0), np.abs(predicted).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    found = max(0.0, float(np.abs(predicted - manual).max()) - noise) / float(largest)
    return found if np.isfinite(found) else np.inf


@dataclass(frozen=True)
class Case:
    """A point: the graph there, and what the user handed over.

    Attributes
    ----------
    graph : Graph
        With the numbers of the point.
    manual : mapping of int to array
        The gradients that are to be explained, by the number of the node.
    noise : mapping of int to float
        How far each gradient may be off without being wrong, in absolute terms.
    tolerance : float
        The largest residual of an explanation.
    """

    graph: Graph
    manual: Mapping[int, Any]
    noise: Mapping[int, float]
    tolerance: float = TOLERANCE

    def start(self) -> Backward:
        """Return the backward pass without mistakes."""
        return Backward(self.graph, self.manual)

    def residuals(self, state: Backward) -> dict[int, float]:
        """Compute for each gradient how far a backward pass is from it."""
        return {k: self.residual(k, state.predicted[k]) for k in self.manual}

    def residual(self, number: int, predicted: Any) -> float:
        """Compute how far a gradient is from what the user handed over."""
        return residual(predicted, self.manual[number], self.noise.get(number, 0.0))


@dataclass(frozen=True)
class Match:
    """A hypothesis that makes something right that was not explained before.

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


#: One mistake after the other; for each the hypotheses that give the same numbers.
Solution = list[list[Match]]


class Search:
    """The search for the mistakes of one case.

    Attributes
    ----------
    case : Case
        What is to be explained.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._reach = _reach(case.graph, case.manual)
        self._constants = Constants(case.graph)
        self._candidates = [
            (hypothesis, self._reached(hypothesis)) for hypothesis in hypotheses(case.graph)
        ]
        self._states = 0
        self._known: dict[tuple[int, ...], list[list[Match]]] = {}

    def solve(self) -> Solution:
        """Find as few mistakes as explain everything; an empty list where none do."""
        start = self.case.start()
        for depth in _DEPTHS:
            found = self._explain(start, depth, ())
            if found:
                return found
        return []

    def _explain(self, state: Backward, depth: int, path: tuple[int, ...]) -> Solution:
        wrong = self._wrong(state)
        clusters = self._known.get(path)
        if clusters is None:
            if self._states >= _STATES:
                return []
            self._states += 1
            clusters = self._known[path] = self._clusters(state)
        complete = [match for cluster in clusters for match in cluster if match.fixed == wrong]
        if complete:
            return [complete]
        if depth == 1:
            return []
        for k, cluster in enumerate(clusters):
            rest = self._explain(cluster[0].apply(state), depth - 1, (*path, k))
            if rest:
                return [cluster, *rest]
        return []

    # --- one step ----------------------------------------------------------------------------

    def _wrong(self, state: Backward) -> Numbers:
        found = self.case.residuals(state).items()
        return frozenset(k for k, r in found if r > self.case.tolerance)

    def _clusters(self, state: Backward) -> list[list[Match]]:
        """Collect what explains something, those with the same effect together, largest first."""
        residuals = self.case.residuals(state)
        wrong = self._wrong(state)
        untouched = {
            k for k, r in residuals.items() if r <= ROUND_OFF and np.any(self.case.manual[k])
        }
        matches = [
            match
            for hypothesis, reached in self._candidates
            if reached & wrong and not reached & untouched
            for match in self._match(state, hypothesis, reached, wrong)
        ]
        clusters: list[list[Match]] = []
        for match in matches:
            for cluster in clusters:
                if self._same(cluster[0], match, state):
                    cluster.append(match)
                    break
            else:
                clusters.append([match])
        clusters.sort(key=lambda c: (-len(c[0].fixed), -max(m.hypothesis.place for m in c)))
        return clusters

    def _same(self, one: Match, other: Match, state: Backward) -> bool:
        if one.fixed != other.fixed:
            return False
        for k in one.changed | other.changed:
            first = one.predicted.get(k, state.predicted[k])
            second = other.predicted.get(k, state.predicted[k])
            if residual(first, second) > self.case.tolerance:
                return False
        return True

    def _match(
        self,
        state: Backward,
        hypothesis: Hypothesis,
        reached: Numbers,
        wrong: Numbers,
    ) -> Iterator[Match]:
        try:
            outcomes = list(self._outcomes(state, hypothesis, reached, wrong))
        except UNFIT:
            return  # cannot be made here: shapes do not fit
        best: Match | None = None
        for number, predicted in outcomes:
            residuals = {k: self.case.residual(k, p) for k, p in predicted.items()}
            right = frozenset(k for k, r in residuals.items() if r <= self.case.tolerance)
            fixed = right & wrong
            if fixed and right | wrong >= reached and (best is None or fixed > best.fixed):
                worst = max(residuals[k] for k in fixed)
                best = Match(hypothesis, number, fixed, reached, predicted, worst)
        if best is not None:
            yield best

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
    state = case.start()
    try:
        for match, *_ in solution:
            state = match.apply(state)
    except UNFIT:
        return False
    return max(case.residuals(state).values(), default=0.0) <= case.tolerance
