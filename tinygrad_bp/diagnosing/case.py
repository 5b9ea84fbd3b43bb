"""`Case`: a point, the graph there, and the gradients that the user handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .graph import Graph
from .sweep import Backward

#: Which nodes, by their numbers.
Numbers = frozenset[int]

#: A mistake explains a gradient if its numbers differ by no more than this, relatively.
TOLERANCE = 1e-9
#: Numbers that differ by less are the same but for round-off.
ROUND_OFF = 1e-13


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

    @property
    def inner(self) -> list[int]:
        """The inner nodes whose gradients were handed over."""
        return [k for k in self.manual if self.graph.nodes[k].op is not None]

    @cached_property
    def start(self) -> Backward:
        """The backward pass without mistakes."""
        return Backward(self.graph, self.manual)

    @cached_property
    def _allowed(self) -> dict[int, float]:
        """The noise, and at least the round-off that numbers as large as the right ones have."""
        right = self.start.right
        sizes = {k: float(np.max(np.abs(right[k]), initial=0.0)) for k in self.manual}
        return {k: max(self.noise.get(k, 0.0), ROUND_OFF * size) for k, size in sizes.items()}

    def residuals(self, state: Backward) -> dict[int, float]:
        """Compute for each gradient how far a backward pass is from it."""
        return {k: self.residual(k, state.predicted[k]) for k in self.manual}

    def residual(self, number: int, predicted: Any) -> float:
        """Compute how far a gradient is from what the user handed over."""
        return residual(predicted, self.manual[number], self._allowed[number])

    def untouched(self, state: Backward) -> Numbers:
        """Return which gradients are right but for round-off."""
        return frozenset(k for k, r in self.residuals(state).items() if r <= ROUND_OFF)

    def wrong(self, state: Backward) -> Numbers:
        """Return which gradients a backward pass does not explain."""
        return frozenset(k for k, r in self.residuals(state).items() if r > self.tolerance)
