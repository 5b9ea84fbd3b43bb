"""What it is called to put something else in the place of an operand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...ops.losses import _softmax
from ...programs.program import Kind
from ..edits import RESULT, Edit, Slot
from ..facts import negates, selects
from ..pools import FORMS, Source
from ..structure import Structure, activation, is_uniform, softmax_axis
from .bench import scale_by

#: What the same thing is called where nothing is known of the place.
ALSO = {
    "swapped": ("exponent", "factor-replaced"),
    "missing-activation-derivative": ("factor-missing",),
    "mask-missing": ("factor-missing",),
    "mask-replaced": ("factor-replaced",),
    "relu-mask-missing": ("mask-missing", "factor-missing"),
    "relu-mask-wrong-source": ("mask-replaced",),
    "activation-derivative-wrong-argument": ("factor-replaced",),
    "activation-derivative-twice": ("factor-twice",),
    "wrong-matrix": ("factor-replaced",),
    "weight-from-preactivation": ("factor-replaced",),
    "leaf-without-activation-derivative": ("factor-missing",),
    "transposed-weight": ("transposed",),
    "index-shifted": ("factor-replaced",),
}


class Instead(NamedTuple):
    """Something that stands in the place of an operand of a derivative rule, or of its result."""

    slot: Slot
    edge: tuple[int, int]
    own: int
    source: Source
    constant: float


def name_edit(structure: Structure, instead: Instead) -> Edit:
    """Describe it."""
    slot, edge, own, source, constant = instead
    mistake, what, refers, node, cost = _name_instead(structure, instead)
    also = ALSO.get(mistake, ())
    if mistake == "activation-derivative-wrong-argument" and source.kind in ("one", "operand"):
        also = ("factor-missing",)
    if mistake == "activation-derivative-wrong-argument" and source.kind in ("exponent", "operand"):
        also = (*also, "exponent", "factor-replaced")
    if constant != 1.0:
        cost += 1.0 if constant in (-1.0, 2.0, 0.5) else 1.5
    del own, edge
    return Edit(
        mistake,
        {slot: scale_by(constant, source.expr)},
        node,
        what,
        refers,
        1.0 + cost + source.cost,
        also=also,
    )


def _name_instead(
    structure: Structure, instead: Instead
) -> tuple[str, str, dict[str, Any], int, float]:
    slot, edge, own, source, _ = instead
    child, operand = edge
    steps = structure.steps
    parent = steps[child].operands[operand]
    leaf = structure.leaf(edge)
    refers: dict[str, Any] = {"low": parent, "own": own, "other": source.place}
    if source.kind in FORMS:
        refers["form"] = source.kind
    if slot.operand == RESULT and source.kind == "operand" and negates(steps[slot.place].op):
        what = "the sign of the derivative of {node} is wrong"
        return "second-operand-sign", what, refers, child, 0.2
    upstream = structure.flows[own] and slot.operand != RESULT
    if upstream:
        return _upstream(structure, instead, leaf, refers)
    if steps[source.place].op is _softmax and steps[own].op is not _softmax:
        axis = softmax_axis(structure.values[own if slot.operand != RESULT else parent])
        if axis is not None and axis == steps[source.place].metadata["axis"]:
            return "mask-missing", "the softmax is one without the mask", refers, child, 0.0
        return "axis", "the softmax is taken along the wrong axis", refers, child, 0.1
    if source.kind == "inverted":
        return (
            "relu-mask-inverted",
            "the mask of {node} lets through what it should stop",
            refers,
            child,
            0.0,
        )
    mask = _switch(structure, own)
    if mask and selects(steps[child].op):
        return _name_routing(source, refers, child)
    if mask:
        if source.kind == "one" and steps[own].kind is Kind.CONSTANT:
            what = "{own} is left out of the derivative of {node}"
            return "mask-missing", what, refers, child, 0.0
        if source.kind == "one":
            return "relu-mask-missing", "the mask of {node} is left out", refers, child, 0.0
        if source.kind in ("v > 0", "v <= 0"):
            what = "the mask of {node} is made of {other}"
            if structure.flows[source.place]:
                what = "the mask of {node} is made of the gradient"
            return "relu-mask-wrong-source", what, refers, child, 0.2
        return "mask-replaced", "the mask of {node} is replaced by {other}", refers, child, 0.6
    given = steps[own].kind is Kind.CONSTANT and not is_uniform(structure.values[own])
    if activation(structure, child) and not given:
        if source.kind == "one" and _factors(structure, edge) == 1:
            what = "the derivative of {node} is left out"
            return "missing-activation-derivative", what, refers, child, 0.2
        if source.kind == "one":
            what = "a factor of the derivative of {node} is left out"
            return "activation-derivative-wrong-argument", what, refers, child, 0.2
        if source.kind == "own²":
            if _factors(structure, edge) > 1:
                what = "the factor {own} of the derivative of {node} is multiplied in twice"
                return "factor-twice", what, refers, child, 0.0
            what = "the derivative of {node} is multiplied in twice"
            return "activation-derivative-twice", what, refers, child, 0.0
        if source.kind in ("exponent", "operand"):
            what = "an exponent in the derivative of {node} is wrong"
            return "activation-derivative-wrong-argument", what, refers, child, 0.3
        return (
            "activation-derivative-wrong-argument",
            "the derivative of {node} is computed from the wrong numbers",
            refers,
            child,
            0.5,
        )
    return _operand(structure, instead, leaf, refers)


def _name_routing(
    source: Source, refers: dict[str, Any], child: int
) -> tuple[str, str, dict[str, Any], int, float]:
    """Say to which elements a gradient goes instead of the one that was taken."""
    if source.kind == "one":
        what = "the gradient of {node} is handed to all elements, not to the one that was taken"
        return "routed-to-all", what, refers, child, 0.0
    if source.kind == "value":
        what = "the gradient of {node} is multiplied with the element that was taken"
        return "factor-added", what, refers, child, 0.3
    where = {
        "inverted": "all elements but the one that was taken",
        "other extreme": "the element at the other end",
        "v > 0": "all positive elements",
        "v <= 0": "all elements that are not positive",
        "first": "the first element",
        "last": "the last element",
    }.get(source.kind, "the places of another mask")
    what = f"the gradient of {{node}} is handed to {where}"
    return "mask-replaced", what, refers, child, 0.1


def _factors(structure: Structure, edge: tuple[int, int]) -> int:
    """Count what a cotangent is multiplied with along an edge, beside plain numbers."""
    count = 0
    for k, found in structure.lines.edges.items():
        step = structure.steps[k]
        if found == edge and structure.flows[k]:
            others = [o for o in step.operands if not structure.flows[o]]
            count += sum(not is_uniform(structure.values[o]) for o in others)
    return count


def _switch(structure: Structure, own: int) -> bool:
    number = np.asarray(structure.values[own])
    if number.dtype.kind == "b":
        return True
    some = number.size > 1 and bool(np.any(number))
    return some and bool(np.isin(number, (0.0, 1.0)).all())


def _upstream(
    structure: Structure, instead: Instead, leaf: int | None, refers: dict[str, Any]
) -> tuple[str, str, dict[str, Any], int, float]:
    _, edge, _, source, _ = instead
    child = edge[0]
    if source.kind == "one":
        what = "the derivative of {node} is not multiplied with the gradient that arrives"
        return "upstream-dropped", what, refers, child, 0.3
    of = structure.steps[source.place].of if source.place >= 0 else None
    refers["other"] = child if of is None else of
    if leaf is not None and of is not None and of > child and source.kind == "":
        what = "the gradient of {node} is made from that of {other}, without the derivative between"
        between = _between(structure, child, of)
        if between and not any(activation(structure, k) for k in between):
            refers["between"] = between[0]
            what = (
                "the gradient of {node} is made from that of {other}, without the step back "
                "through {between}"
            )
            return "factor-missing", what, refers, leaf, 0.2
        return "leaf-without-activation-derivative", what, refers, leaf, 0.2
    if source.kind == "T":
        what = "what arrives at {node} is transposed"
        return "transposed", what, refers, child, 0.3
    what = "the step of {node} takes the gradient of {other} where it needs its own"
    return "factor-replaced", what, refers, child, 0.6


def _equal(structure: Structure, place: int, others: Sequence[int]) -> int | None:
    """Return which of other steps has the numbers of a step."""
    values = structure.values
    return next(
        (k for k in others if place >= 0 and np.array_equal(values[k], values[place])), None
    )


def _between(structure: Structure, low: int, high: int) -> list[int]:
    """Return the steps from one to another, where there is but one way."""
    path = []
    while low != high:
        users = [k for k, _ in structure.uses.get(low, ()) if k <= high]
        if len(users) != 1:
            return []
        path.append(low := users[0])
    return path


def _operand(
    structure: Structure, instead: Instead, leaf: int | None, refers: dict[str, Any]
) -> tuple[str, str, dict[str, Any], int, float]:
    slot, edge, own, source, _ = instead
    child = edge[0]
    steps = structure.steps
    place = child if leaf is None else leaf
    behind = structure.source(own)
    weight = steps[behind].kind is Kind.INPUT
    same = source.place >= 0 and structure.source(source.place) == behind
    if source.kind == "one":
        return (
            "factor-missing",
            "the factor {own} of the derivative of {node} is left out",
            refers,
            child,
            0.0,
        )
    if source.kind == "own²":
        return (
            "factor-twice",
            "a factor of the derivative of {node} is multiplied in twice",
            refers,
            child,
            0.4,
        )
    if source.kind == "exponent":
        return "exponent", "an exponent in the derivative of {node} is wrong", refers, child, 0.2
    if source.kind in ("operand", "product"):
        return (
            "factor-missing",
            "a factor of the derivative of {node} is left out",
            refers,
            child,
            0.3,
        )
    if source.kind in ("order", "reshaped"):
        return (
            "order",
            "the elements of what goes through {node} are in the wrong order",
            refers,
            place,
            0.4,
        )
    if source.kind == "T" or (same and slot.operand != RESULT):
        mistake = "transposed-weight" if weight or leaf is not None else "transposed"
        refers["other"] = behind
        node = behind if weight else place
        what = "the error is propagated through {node} transposed the wrong way"
        if not same and slot.operand != RESULT:
            mistake, what = "wrong-matrix", "{other}, transposed, stands where {own} should"
        elif slot.operand == RESULT or not weight:
            what = "the gradient of {node} is transposed"
        return mistake, what, refers, node, 0.2
    went_in = _equal(structure, source.place, steps[behind].operands)
    if leaf is not None and activation(structure, behind) and went_in is not None:
        refers |= {"right": behind, "other": went_in}
        what = "the gradient of {node} is made with {other}, not with {right}"
        return "weight-from-preactivation", what, refers, leaf, 0.1
    key, other = steps[own].key, steps[max(source.place, 0)].key
    if source.kind == "" and key is not None and key == other:
        what = "the step of {node} takes {other} of another pass"
        return "index-shifted", what, refers, place, 0.1
    if weight and source.place >= 0 and steps[source.place].kind in (Kind.INPUT, Kind.SEED):
        what = "the error is propagated through {other} instead of {node}"
        return "wrong-matrix", what, refers, behind, 0.3
    if leaf is not None:
        what = "the gradient of {node} is made with {other} instead of {own}"
        return "wrong-matrix", what, refers, leaf, 0.4
    return (
        "factor-replaced",
        "{other} stands where {own} should, in the derivative of {node}",
        refers,
        child,
        0.5,
    )
