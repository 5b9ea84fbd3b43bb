"""A backward pass that can be changed at one place, and computed anew only below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .graph import Edge, Graph

#: What is done otherwise: at a node ``f(g, backward)`` gives its cotangent from the right one;
#: along an edge ``f(g, backward)`` gives the operand's contribution from the cotangent of the node.
Change = Mapping[int | Edge, Callable[[Any, "Backward"], Any]]


class Backward:
    """The cotangents of all nodes, as a user computes them who makes known mistakes.

    Parameters
    ----------
    graph : Graph
        The nodes and their numbers.
    manual : mapping of int to array
        The gradients that the user handed over, by number: of parameters, and of inner nodes.

    Attributes
    ----------
    predicted : list of array
        The cotangent of each node.
    used : list of array
        What goes on from it: where the user handed over the cotangent of an inner node, that one.
    right : list of array
        The cotangent of each node without any change.
    """

    def __init__(self, graph: Graph, manual: Mapping[int, Any]) -> None:
        self.graph, self.manual = graph, manual
        self.changes: Change = {}
        self._contributions: dict[Edge, Any] = {}
        self.predicted: list[Any] = [None] * len(graph.nodes)
        self.used: list[Any] = [None] * len(graph.nodes)
        for number in reversed(range(len(graph.nodes))):
            self._complete(number)
            for edge in graph.parents[number]:
                self._pull(edge)
        self.right = self.predicted

    def changed(self, change: Change) -> Backward:
        """Return the pass with one more change; only what lies below it is computed anew."""
        new: Backward = object.__new__(Backward)
        new.graph, new.manual, new.right = self.graph, self.manual, self.right
        new.changes = _both(self.changes, change)
        new._contributions = dict(self._contributions)
        new.predicted, new.used = self.predicted[:], self.used[:]
        new._renew(change)
        return new

    def _renew(self, change: Change) -> None:
        graph = self.graph
        stale = {key for key in change if not isinstance(key, Edge)}
        waiting = [-(key.child if isinstance(key, Edge) else key) for key in change]
        waiting.sort()
        while waiting:
            number = -heappop(waiting)
            while waiting and waiting[0] == -number:
                heappop(waiting)
            everywhere = False
            if number in stale:
                self._complete(number)
                everywhere = graph.nodes[number].op is None or number not in self.manual
            for edge, parent in graph.parents[number].items():
                if everywhere or edge in change:
                    self._pull(edge)
                    stale.add(parent)
                    heappush(waiting, -parent)

    def _complete(self, number: int) -> None:
        """Add up what arrives at a node."""
        graph = self.graph
        uses = graph.uses[number]
        if number == graph.root:
            total = np.ones(())
        elif not uses:
            total = np.zeros(graph.nodes[number].shape)
        else:
            total = self._contributions[uses[0]]
            for edge in uses[1:]:
                total = total + self._contributions[edge]
        if number in self.changes:
            total = self.changes[number](total, self)
        self.predicted[number] = self.used[number] = total
        if graph.nodes[number].op is not None and number in self.manual:
            self.used[number] = self.manual[number]

    def _pull(self, edge: Edge) -> None:
        g = self.used[edge.child]
        change = self.changes.get(edge)
        self._contributions[edge] = (
            self.graph.contribution(edge, g) if change is None else change(g, self)
        )


def _both(first: Change, second: Change) -> Change:
    """Put two changes together: at the same node one after the other."""
    together = dict(first)
    for key, function in second.items():
        before = together.get(key)
        if before is None or isinstance(key, Edge):
            together[key] = function
        else:
            together[key] = _after(before, function)
    return together


def _after(
    before: Callable[[Any, Backward], Any], function: Callable[[Any, Backward], Any]
) -> Callable[[Any, Backward], Any]:
    return lambda g, backward: function(before(g, backward), backward)
