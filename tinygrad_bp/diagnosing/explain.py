"""From what was found to a `Diagnosis`: the likelier mistake, its place, and what to say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import Any

import numpy as np

from ..programs.program import Kind
from .catalogue import FIXES, UNEXPLAINED, rank
from .diagnosis import Diagnosis
from .edits import Edit
from .evidence import Case, residual
from .machine import Machine
from .roles import name_roles
from .script import Script
from .search import Found
from .structure import LAYER, Structure
from .textbook import FORMULAS, Layer

#: Mistakes that are that much less likely are as likely, and are no alternatives.
_AS_LIKELY, _MARGIN = 0.15, 2.0
#: How a sentence begins that does not begin with a name.
_BEGINNINGS = (
    *("the ", "of ", "a ", "an ", "what ", "another ", "in ", "from "),
    *("only ", "two ", "three ", "four "),
)
_NOTHING_FITS = "No mistake that is known gives these numbers"
_TIME_IS_UP = "The time was up before a mistake was found that gives these numbers"
#: How often gradients may have been added up.
_CALLS = (2.0, 3.0, 4.0, 5.0, 10.0)


class Explainer:
    """What is said about the mistakes of a case."""

    def __init__(
        self, case: Case, script: Script, structure: Structure, layers: Sequence[Layer]
    ) -> None:
        self._case, self._script, self._structure = case, script, structure
        self._layers = {k: layer for layer in layers for k in layer.region.inside}
        self._roles = name_roles(structure, layers)
        steps = case.lines.steps
        self._leaves = [
            name for name in case.lines.names if steps[self._of(name)].kind is Kind.INPUT
        ]

    def _of(self, name: str) -> int:
        of = self._case.lines.steps[self._case.places[name]].of
        return -1 if of is None else of

    def describe(self, found: Found, before: Machine) -> tuple[Diagnosis, Edit]:
        """Describe one mistake, given those before it."""
        case, script = self._case, self._script
        edit = min(found.edits, key=self._preference)
        new = before.run(edit.changes)
        edit = self._as_zero(edit, new)
        changed = [
            name
            for name in self._leaves
            if case.places[name] in new
            and residual(new[case.places[name]], before.values[case.places[name]]) > 1e-13
        ]
        wrong = changed or self._below(found.fixed)
        off = [case.residual(n, new.get(case.places[n], 0.0)) for n in found.fixed]
        words = self._words(edit)
        names = [self._names(found, edit, new, before, also) for also in (False, True)]
        return Diagnosis(
            mistake=edit.mistake,
            node=script.name(edit.node),
            position=case.lines.positions.get(edit.node),
            parameters=tuple(wrong),
            residual=max(off, default=0.0),
            explanation=f"{_sentence(edit.what.format(**words))} {self._role(edit)}{effect(wrong)}",
            fix=FIXES[edit.mistake].format(**words) + self._name_layer(edit),
            line=script.line(self._lands(edit)),
            line_number=script.line_number(edit.node),
            alternatives=tuple(names[True]),
            as_likely=tuple(names[False]),
            factor=edit.factor if edit.mistake == "constant-factor" else None,
            learning_rate=edit.learning_rate,
        ), edit

    def _as_zero(self, edit: Edit, new: Mapping[int, Any]) -> Edit:
        """Say that nothing arrives at a step where contributions happen to cancel."""
        k = self._case.lines.cotangents.get(edit.node, -1)
        if edit.factor is None or k not in new or np.max(np.abs(new[k]), initial=0.0) > 1e-13:
            return edit
        return replace(
            edit,
            mistake="treated-as-constant",
            what="{node} is treated as a constant: its gradient is 0",
            factor=None,
        )

    def _role(self, edit: Edit) -> str:
        """Say what the place of a mistake is in an attention or a cell."""
        step = self._structure.steps[edit.node]
        node = step.operands[1] if step.op is LAYER else edit.node
        for place in (node, self._lands(edit)):
            if place in self._roles:
                return f"{self._script.name(place)} is {self._roles[place]}. "
        return ""

    def _name_layer(self, edit: Edit) -> str:
        """Say of which known layer the place of a mistake is a part, and what its derivative is."""
        step, script = self._structure.steps[edit.node], self._script
        if step.op is LAYER:
            name, low, high = step.metadata["name"], step.operands[0], step.operands[1]
        elif edit.node in self._layers:
            layer = self._layers[edit.node]
            name, low, high = layer.name, layer.region.low, layer.region.high
        else:
            return ""
        kind = f"{'a' if name[0] != 'a' else 'an'} {name}"
        return (
            f" {script.name(high)} is {kind} of {script.name(low)}: with y = {script.name(high)} "
            f"and its gradient g it hands on {FORMULAS[name]}."
        )

    def _preference(self, edit: Edit) -> tuple[Any, ...]:
        """Order the likelier first; of the same mistake that at the loss, or at a named step."""
        named = bool(self._case.lines.steps[edit.node].name)
        inner = edit.node != self._case.lines.root
        return round(edit.cost, 3), rank(edit.mistake), inner, not named, edit.node

    def _lands(self, edit: Edit) -> int:
        """Return the step whose cotangent is the first to be wrong."""
        slot = min(edit.changes)
        step = self._structure.steps[slot.place]
        if step.of is not None:
            return step.of
        if slot.place not in self._case.lines.edges:
            return edit.node
        child, operand = self._case.lines.edges[slot.place]
        return self._structure.steps[child].operands[operand]

    def _words(self, edit: Edit) -> dict[str, Any]:
        script = self._script
        words: dict[str, Any] = {"node": script.name(edit.node), "factor": "1"}
        words["low"] = script.name(self._lands(edit))
        for name, refers in edit.refers.items():
            if isinstance(refers, int):
                words[name] = script.name(refers) if refers >= 0 else "another number"
            else:
                words[name] = f"{refers:.6g}" if isinstance(refers, float) else refers
        if "form" in words:
            words["other"] = re.sub(r"\bv", f"({words['other']})", words["form"])
        return words

    def _names(
        self, found: Found, edit: Edit, new: Mapping[int, Any], before: Machine, also: bool
    ) -> list[str]:
        """List what else gives the same numbers: what is as likely, or all and its other names."""
        margin = _MARGIN if also else _AS_LIKELY
        near = [e for e in found.edits if e.cost <= edit.cost + margin]
        if not also:  # a sign has a name of its own
            near = [e for e in near if e.factor != -1.0]
        others = {name for e in near for name in (e.mistake, *(e.also if also else ()))}
        if any(self._is_sum_of_calls(e, new, before) for e in near):
            others.add("not-zeroed")
        return sorted(others - {edit.mistake}, key=rank)

    def _is_sum_of_calls(self, edit: Edit, new: Mapping[int, Any], before: Machine) -> bool:
        """Whether a parameter, or all of them, have gradients as if some calls were added up."""
        if edit.mistake != "constant-factor" or edit.factor not in _CALLS:
            return False
        if self._case.lines.steps[edit.node].kind is Kind.INPUT:
            return True
        places = map(self._case.places.__getitem__, self._leaves)
        return all(
            k in new and residual(new[k], edit.factor * before.values[k]) < 1e-9 for k in places
        )

    def _below(self, names: Collection[str]) -> list[str]:
        """Name the parameters below what is named."""
        reached = {self._of(name) for name in names}
        steps = self._case.lines.steps
        for k in sorted(self._case.lines.cotangents, reverse=True):
            if k in reached:
                reached |= {*steps[k].operands}
        return [name for name in self._leaves if self._of(name) in reached]

    def describe_unexplained(
        self, machine: Machine, wrong: Collection[str], late: bool
    ) -> Diagnosis:
        """Say where something is wrong that no known mistake explains, and how it looks there.

        `late` says that the time was up before everything had been tried.
        """
        case = self._case
        first = case.by_distance(frozenset(wrong))[0]
        place = self._of(first)
        node = self._script.name(place)
        now = machine.values[case.places[first]]
        return Diagnosis(
            mistake=UNEXPLAINED,
            node=node,
            position=case.lines.positions.get(place),
            parameters=tuple(self._below(wrong)),
            residual=residual(now, case.manual[first]),
            explanation=(
                f"{_TIME_IS_UP if late else _NOTHING_FITS}; the step nearest to the loss that is "
                f"wrong is that of {node}. {self._region(machine, wrong)}"
                f"{_ratios(case.manual[first], now, node)}"
            ),
            fix=FIXES[UNEXPLAINED],
            line=self._script.line(place),
            line_number=self._script.line_number(place),
        )

    def _region(self, machine: Machine, wrong: Collection[str]) -> str:
        """Say which gradients all that is wrong is computed from, and nothing that is right."""
        case = self._case
        through = [machine.above[k] for n, k in case.places.items() if n in wrong]
        past = [machine.above[k] for n, k in case.places.items() if n not in wrong]
        inside = reduce(and_, through) & ~reduce(or_, past, 0)
        nodes = [k for k, g in case.lines.cotangents.items() if inside >> g & 1]
        nodes = [k for k in nodes if case.lines.steps[k].name] or nodes
        names = list(dict.fromkeys(map(self._script.name, sorted(nodes, reverse=True))))
        if len(wrong) < 2 or not past:
            return ""
        if not names:
            return "No single step leads to all that is wrong and to nothing that is right. "
        return (
            f"It lies in the gradient of {_list(names, 'or')}: all that is wrong comes through "
            "there, and nothing that is right. "
        )


def effect(wrong: Sequence[str]) -> str:
    """Say which gradients a mistake makes wrong."""
    noun = "gradient" if len(wrong) == 1 else "gradients"
    return f"That makes the {noun} of {_list(wrong)} wrong."


def _list(words: Sequence[str], last: str = "and") -> str:
    if len(words) > 8:
        return f"{', '.join(words[:6])} {last} {len(words) - 6} others"
    return (
        f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "nothing"
    )


def _sentence(text: str) -> str:
    """End with a full stop. The first word may be a name, which stays as it is."""
    first, rest = text[:1], text[1:]
    begins = text.startswith(_BEGINNINGS)
    return f"{first.upper() if begins else first}{rest}."


def merge_alike(found: Iterable[tuple[Diagnosis, Edit]], case: Case) -> list[Diagnosis]:
    """Put together what is one mistake in several parameters: of one layer, or all weights."""
    groups: list[list[Diagnosis]] = []
    steps = case.lines.steps
    for diagnosis, edit in found:
        alike = steps[edit.node].kind is Kind.INPUT
        for group in groups if alike else ():
            first = group[0]
            taken = {name for d in group for name in d.parameters}
            if _key(first) == _key(diagnosis) and taken.isdisjoint(diagnosis.parameters):
                group.append(diagnosis)
                break
        else:
            groups.append([diagnosis])
    order = case.lines.names.index
    for group in groups:
        if len(group) > 1:
            group.sort(key=lambda d: order(d.parameters[0]))
    return _everywhere([_join(group) for group in groups], len(case.lines.program.inputs))


def _key(diagnosis: Diagnosis) -> Any:
    number = None if diagnosis.factor is None else float(f"{diagnosis.factor:.6g}")
    what = diagnosis.explanation.partition(". ")[0].replace(diagnosis.node, "")
    return diagnosis.mistake, number, what


def _join(group: Sequence[Diagnosis]) -> Diagnosis:
    first = group[0]
    if len(group) == 1:
        return first
    parameters = tuple(dict.fromkeys(name for d in group for name in d.parameters))
    others = set.intersection(*({*d.alternatives} for d in group))
    what = first.explanation.partition(". ")[0]
    what = what.replace(f"of {first.node} ", f"of {_list(parameters)} ", 1)
    if what.endswith(f"· {first.node}"):
        what = f"{what.removesuffix(first.node)}the parameter"
    return replace(
        first,
        parameters=parameters,
        residual=max(d.residual for d in group),
        explanation=f"{what}. {effect(parameters)}",
        alternatives=tuple(sorted(others, key=rank)),
        as_likely=tuple(name for name in first.as_likely if name in others),
    )


def _everywhere(found: list[Diagnosis], parameters: int) -> list[Diagnosis]:
    """Say what was not set to zero in any parameter."""
    if len(found) != 1 or "not-zeroed" not in found[0].alternatives:
        return found
    (only,) = found
    if len(only.parameters) < parameters or len(only.parameters) < 2:
        return found
    if only.node not in only.parameters:
        return found
    what = "the gradients of several calls are added up in the parameters"
    return [
        replace(
            only,
            mistake="not-zeroed",
            explanation=f"{_sentence(what)} {effect(only.parameters)}",
            fix=FIXES["not-zeroed"],
            alternatives=(only.mistake,),
            as_likely=(only.mistake,),
            factor=None,
        )
    ]


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


def _ratios(manual: Any, now: Any, node: str) -> str:
    given, right = np.asarray(manual), np.asarray(now)
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
