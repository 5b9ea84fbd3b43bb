"""From what was found to a `Diagnosis`: the likelier mistake, its place, and what to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .case import Case, residual
from .catalogue import FIXES, UNEXPLAINED, rank
from .diagnosis import Diagnosis
from .graph import SHAPING, Edge, Graph
from .hypothesis import Unknown
from .matching import Match
from .script import Script
from .sweep import Backward

_AFFINE = frozenset(["matmul", "einsum", "add", "sub", "mul", *SHAPING])


def reported(
    cluster: Sequence[Match], before: Backward, names: Mapping[int, str], script: Script
) -> Diagnosis:
    """Describe one mistake.

    Parameters
    ----------
    cluster : sequence of Match
        The hypotheses that give the same numbers.
    before : Backward
        The pass without this mistake.
    names : mapping of int to str
        The parameters by their numbers.
    script : Script
        The derived backward pass.
    """
    best = min(cluster, key=lambda match: _preference(match, before.graph))
    hypothesis, number = best.hypothesis, best.number
    after = best.apply(before)
    wrong = [
        name
        for k, name in names.items()
        if residual(after.predicted[k], before.predicted[k]) > 1e-13 or k in best.fixed
    ] or _below(before.graph, best.fixed, names)
    words = {name: script.text(k) for name, k in hypothesis.refers.items()}
    words |= {"node": script.text(hypothesis.place)}
    words.setdefault("low", script.text(hypothesis.lands))
    if hypothesis.unknown is Unknown.COEFFICIENT:
        words |= {"coefficient": f"{abs(number):.6g}", "size": "small" if number < 0 else "large"}
    elif hypothesis.unknown is not None:
        words |= {hypothesis.unknown.name.lower(): f"{number:.6g}"}
    node = words["node"]
    what = hypothesis.what.format(**words).replace(f"the {node} that gives {node}", f"the {node}")
    others = {m.hypothesis.mistake for m in cluster} - {hypothesis.mistake}
    return Diagnosis(
        mistake=hypothesis.mistake,
        node=script.name(hypothesis.place),
        position=before.graph.positions[before.graph.nodes[hypothesis.place]],
        parameters=tuple(wrong),
        residual=best.residual,
        explanation=f"{_sentence(what)} {_effect(wrong)}",
        fix=FIXES[hypothesis.mistake].format(**words),
        line=script.line(hypothesis.lands),
        alternatives=tuple(sorted(others, key=rank)),
        factor=number if hypothesis.unknown is Unknown.FACTOR else None,
        learning_rate=number if hypothesis.unknown is Unknown.LEARNING_RATE else None,
    )


def _preference(match: Match, graph: Graph) -> tuple[Any, ...]:
    """Order the likelier first; of the same mistake the one at a node with a name, and exactly.

    A factor on one of several paths, and a sign within the net, are less likely than a mistake
    that is particular to paths and to second operands.
    """
    hypothesis = match.hypothesis
    vague = hypothesis.unknown is Unknown.FACTOR and (
        any(isinstance(key, Edge) for key in hypothesis.changed())
        or (match.number == -1.0 and hypothesis.place != graph.root)
    )
    name = graph.nodes[hypothesis.place].name
    return vague, rank(hypothesis.mistake), not name, -hypothesis.place, match.residual


def _below(graph: Graph, numbers: Iterable[int], names: Mapping[int, str]) -> list[str]:
    """Name the parameters below nodes."""
    reached, waiting = set(numbers), list(numbers)
    while waiting:
        for k in graph.parents[waiting.pop()].values():
            if k not in reached:
                reached.add(k)
                waiting.append(k)
    return [name for k, name in names.items() if k in reached]


def _effect(wrong: Sequence[str]) -> str:
    noun = "gradient" if len(wrong) == 1 else "gradients"
    return f"That makes the {noun} of {_listed(wrong)} wrong."


def _listed(words: Sequence[str]) -> str:
    if len(words) > 8:
        return f"{', '.join(words[:6])} and {len(words) - 6} others"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _sentence(text: str) -> str:
    """End with a full stop. The first word may be a name, which stays as it is."""
    first, rest = text[:1], text[1:]
    begins = text.startswith(("the ", "of ", "a "))
    return f"{first.upper() if begins else first}{rest}."


def merged(found: Sequence[tuple[Match, Diagnosis]], case: Case) -> list[Diagnosis]:
    """Put together what is one mistake in several parameters: of one layer, or all weights."""
    graph = case.graph
    groups: dict[Any, list[Diagnosis]] = {}
    for match, diagnosis in found:
        groups.setdefault(_together(match, diagnosis, graph), []).append(diagnosis)
    leaves = [k for k in case.manual if graph.nodes[k].op is None]
    return _everywhere([_joined(group) for group in groups.values()], len(leaves))


def _joined(group: Sequence[Diagnosis]) -> Diagnosis:
    first = group[0]
    if len(group) == 1:
        return first
    parameters = tuple(dict.fromkeys(name for d in group for name in d.parameters))
    others = set.intersection(*({*d.alternatives} for d in group))
    what = first.explanation.partition(". ")[0]
    what = what.replace(f"of {first.node} ", f"of {_listed(parameters)} ", 1)
    if what.endswith(f"· {first.node}"):
        what = f"{what.removesuffix(first.node)}the parameter"
    return replace(
        first,
        parameters=parameters,
        residual=max(d.residual for d in group),
        explanation=f"{what}. {_effect(parameters)}",
        alternatives=tuple(sorted(others, key=rank)),
    )


def _everywhere(found: list[Diagnosis], parameters: int) -> list[Diagnosis]:
    """Put together what was not set to zero in any parameter."""
    names = [name for d in found for name in d.parameters]
    if len(found) < 2 or any("not-zeroed" not in (d.mistake, *d.alternatives) for d in found):
        return found
    if len({d.factor for d in found}) > 1 or not len(set(names)) == len(names) == parameters:
        return found
    first = found[0]
    what = "the gradients of several calls are added up in the parameters"
    return [
        replace(
            first,
            mistake="not-zeroed",
            parameters=tuple(names),
            residual=max(d.residual for d in found),
            explanation=f"{_sentence(what)} {_effect(names)}",
            fix=FIXES["not-zeroed"],
            alternatives=() if first.mistake == "not-zeroed" else (first.mistake,),
            factor=None,
        )
    ]


def _together(match: Match, diagnosis: Diagnosis, graph: Graph) -> Any:
    leaf = match.hypothesis.place
    number = float(f"{match.number:.6g}")
    if graph.nodes[leaf].op is not None:
        return object()
    if diagnosis.mistake == "weight-decay-missing-or-extra":
        return diagnosis.mistake, number
    if diagnosis.mistake in ("constant-factor", "leaf-without-activation-derivative"):
        return diagnosis.mistake, number, _layer(graph, leaf)
    return object()


def _layer(graph: Graph, leaf: int) -> int:
    """Go up from a parameter as long as there are only products and sums."""
    number = leaf
    while len(graph.uses[number]) == 1 and graph.op(graph.uses[number][0].child) in _AFFINE:
        number = graph.uses[number][0].child
    return number


def unexplained(
    state: Backward, wrong: Sequence[int], names: Mapping[int, str], script: Script
) -> Diagnosis:
    """Say where something is wrong that no known mistake explains, and how it looks there."""
    graph = state.graph
    first = max(wrong, key=lambda k: max((e.child for e in graph.uses[k]), default=k))
    node = script.name(first)
    parameters = _below(graph, wrong, names)
    return Diagnosis(
        mistake=UNEXPLAINED,
        node=node,
        position=graph.positions[graph.nodes[first]],
        parameters=tuple(parameters),
        residual=residual(state.predicted[first], state.manual[first]),
        explanation=f"No mistake that is known gives these numbers; the step nearest to the loss "
        f"that is wrong is that of {node}. {_ratios(state, first, node)}",
        fix=FIXES[UNEXPLAINED],
        line=script.line(first),
    )


def idle(name: str) -> Diagnosis:
    """Say that the loss does not depend on a parameter which has a gradient."""
    return Diagnosis(
        mistake=UNEXPLAINED,
        node=name,
        position=None,
        parameters=(name,),
        residual=1.0,
        explanation=f"The loss does not depend on {name}. Its gradient is 0.",
        fix=f"Hand over zeros for {name}, or let the loss use it.",
    )


def _ratios(state: Backward, number: int, node: str) -> str:
    given, right = np.asarray(state.manual[number]), np.asarray(state.predicted[number])
    if given.shape != right.shape:
        return f"Its gradient has the shape {given.shape} instead of {right.shape}."
    with np.errstate(all="ignore"):
        ratios = (given / right)[(right != 0) & np.isfinite(given)]
    if not ratios.size:
        return f"The right gradient of {node} is 0, or the manual one is not finite."
    low, middle, high = np.min(ratios), np.median(ratios), np.max(ratios)
    return (
        f"Manual divided by right is between {low:.4g} and {high:.4g} for {node}, with the median "
        f"{middle:.4g}."
    )
