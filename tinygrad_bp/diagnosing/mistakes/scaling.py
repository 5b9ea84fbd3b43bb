"""Constants, signs, gradients that were not zeroed, weight decay."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..graph import Edge, Graph
from ..hypothesis import Function, Hypothesis, Unknown, fixed


def hypotheses(graph: Graph, handed: Collection[int]) -> Iterator[Hypothesis]:
    """Yield the mistakes that multiply a gradient, or add the weight to it."""
    yield from _not_zeroed(graph)
    for number in dict.fromkeys([*stretches(graph), *handed]):
        yield _factor(number, number)
    for number, node in enumerate(graph.nodes):
        if node.op is None:
            yield _factor(number, number)
            yield _weight_decay(number)
            yield from _calls(number)
        if len(graph.uses[number]) > 1:
            for edge in graph.uses[number]:
                yield _factor(edge, number)


def stretches(graph: Graph) -> Iterator[int]:
    """Yield one inner node of each stretch along which nothing branches off.

    A factor gives the same wherever it is on such a stretch. The loss stands for the stretch at
    the end; of the others the lowest node that has a name, or else the lowest.
    """
    stretch: list[int] = []
    for number in reversed(range(len(graph.nodes))):
        if graph.nodes[number].op is None:
            continue
        stretch = [number]
        while (above := _continued(graph, stretch[-1])) is not None:
            stretch.append(above)
        lower = [e for e in graph.parents[number].values() if _continued(graph, e) == number]
        if any(graph.nodes[k].op is not None for k in lower):
            continue  # not the lowest
        if len(stretch) == 1 and _copied(graph, number):
            continue
        if stretch[-1] == graph.root:
            yield graph.root
        else:
            named = [k for k in stretch if graph.nodes[k].name]
            yield (named or stretch)[0]


def _copied(graph: Graph, number: int) -> bool:
    """Whether the cotangent of a node is that of a sum, which no line of a program computes."""
    uses = graph.uses[number]
    added = len(uses) == 1 and graph.op(uses[0].child) == "add"
    return added and not graph.nodes[number].name


def _continued(graph: Graph, number: int) -> int | None:
    """Return the only node that uses a node, where that one uses nothing else."""
    if len(graph.uses[number]) != 1:
        return None
    child = graph.uses[number][0].child
    return child if len(graph.parents[child]) == 1 else None


def _factor(key: int | Edge, place: int) -> Hypothesis:
    def scaled(t: float) -> Function:
        if isinstance(key, Edge):
            return lambda g, backward: t * backward.graph.contribution(key, g)
        return lambda g, backward: t * g

    what, refers = "the gradient of {node} is {factor} times the right one", {}
    if isinstance(key, Edge):
        what = "the contribution of {by} to the gradient of {node} is {factor} times the right one"
        refers = {"by": key.child}
    return Hypothesis(
        "constant-factor",
        place,
        lambda t: {key: scaled(t)},
        what,
        place,
        refers,
        Unknown.FACTOR,
    )


def _weight_decay(leaf: int) -> Hypothesis:
    return Hypothesis(
        "weight-decay-missing-or-extra",
        leaf,
        lambda t: {leaf: lambda g, backward: g + t * backward.graph.data(leaf)},
        "the gradient of {node} is too {size} by {coefficient} · {node}",
        leaf,
        unknown=Unknown.COEFFICIENT,
    )


def _calls(number: int) -> Iterator[Hypothesis]:
    """Yield what adding up the gradients of several calls does to one node."""

    def times(count: int) -> Function:
        return lambda g, backward: count * g

    for count in (2, 3, 4, 5, 10):
        what = f"the gradients of {count} calls are added up in {{node}}"
        yield fixed("not-zeroed", number, {number: times(count)}, what)


def _not_zeroed(graph: Graph) -> Iterator[Hypothesis]:
    """Yield what several calls leave behind: in the leaves alone, or in inner nodes as well."""

    def added(number: int) -> Function:
        return lambda g, backward: g + backward.right[number]

    yield from _calls(graph.root)
    inner = [k for k, node in enumerate(graph.nodes) if k != graph.root]
    named = [k for k in inner if graph.nodes[k].op is None or graph.nodes[k].name]
    for kept in (inner, named):
        yield fixed(
            "not-zeroed",
            graph.root,
            {k: added(k) for k in kept},
            "the gradients of a former call are still there, in inner nodes too, when they are "
            "propagated",
        )
