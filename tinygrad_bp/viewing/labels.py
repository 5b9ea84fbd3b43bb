"""Nodes as text: what is written in a node, a line or a tooltip.

All of it is plain text. Each format escapes it in its own way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import numpy as np

from ..kernel import Value
from .gradients import Gradients, gradients_in
from .graph import Graph, Node, Role
from .health import flags, size_of
from .marks import NOTHING, Mark
from .plain_text import (
    array_in_full,
    break_lines,
    clip,
    count_of,
    number,
    printable,
    summary,
)

#: Formulas go on in the next row after so many letters.
_FORMULA = 56


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to say about a node, as plain text of one line each but for the last."""

    id: str
    role: Role
    name: str  # "" where it has none
    op: str  # "" for a leaf
    operator: str  # what Python writes between two operands, "" for all else
    expression: str  # how it is computed, "" for a leaf
    shape: str
    value: str
    gradient: str  # "-" where there is none yet, "" where there will never be one
    flags: tuple[str, ...]  # what is wrong with the numbers
    details: str  # the numbers in full, several lines
    size: float | None = None  # the largest entry of the gradient
    rows: tuple[tuple[str, str], ...] = ()  # further numbers, and what they are
    verdict: Literal["", "correct", "wrong"] = ""  # of a comparison
    points: str = ""  # why to look here
    lines: tuple[str, ...] = ()  # an explanation


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a graph beside its nodes: terms, marks by the ids of nodes, gradients."""

    terms: Mapping[Value, str]
    marks: Mapping[str, Mark]
    gradients: Gradients

    def gradient_of(self, value: Value) -> Any:
        return self.gradients.arrays.get(value)


def cards(
    graph: Graph, marks: Mapping[str, Mark] = {}, gradients: Gradients | None = None
) -> dict[str, Card]:
    """Return the card of each node by the node's id.

    Parameters
    ----------
    graph : Graph
        What is shown.
    marks : mapping of str to Mark, optional
        What is said of nodes, by their ids.
    gradients : Gradients, optional
        By default what `gradients_in` the graph finds.
    """
    known = _Known(terms_of(graph), marks, gradients or gradients_in(graph.root.value))
    return {
        node.id: _sum_up(node, known) if node.members else _card(node, known)
        for node in graph.nodes
    }


def _card(node: Node, known: _Known) -> Card:
    value, terms = node.value, known.terms
    mark = known.marks.get(node.id, NOTHING)
    gradient = value.data if node.side == "backward" else known.gradient_of(value)
    is_round_off = value in known.gradients.round_off
    return Card(
        id=node.id,
        role=node.role,
        name=clip(printable(node.title or value.name or "")),
        op="" if node.formula else _op(value),
        operator="" if node.formula else _operator(value),
        expression=node.formula or _expression(value, terms),
        shape=_shape(value),
        value=summary(value.data),
        gradient="" if node.side == "backward" else _gradient_text(value, known),
        flags=flags(value, known.gradient_of(value), is_round_off=is_round_off),
        details=_details(node, known),
        size=size_of(gradient),
        rows=(
            *(_formula(node.formula) if node.formula and value.op else ()),
            *mark.rows,
        ),
        verdict=mark.verdict,
        points=mark.points,
        lines=mark.lines,
    )


def _formula(text: str) -> Iterator[tuple[str, str]]:
    """Write a formula in rows, which begin after its equals sign."""
    for k, line in enumerate(break_lines(text, _FORMULA)):
        yield ("" if k else "="), line


def _gradient_text(value: Value, known: _Known) -> str:
    gradient = known.gradient_of(value)
    if gradient is None:
        return "-" if value.requires_grad else ""
    return f"{summary(gradient)}{' (round-off)' * (value in known.gradients.round_off)}"


# --- folded nodes --------------------------------------------------------------------------


def _sum_up(node: Node, known: _Known) -> Card:
    """Sum up what is in a folded node; its value and gradient are those of its last member."""
    inside = [_card(member, known) for member in node.members]
    wrong = tuple((card.name, "gradient is wrong") for card in inside if card.verdict == "wrong")
    looked = next((card for card in inside if card.points), None)
    verdicts = {card.verdict for card in inside}
    summed = replace(
        inside[-1],
        id=node.id,
        role=node.role,
        operator="",
        flags=_flags_inside(inside),
        size=max((card.size for card in inside if card.size is not None), default=None),
        rows=wrong,
        verdict="wrong" if wrong else "correct" if "correct" in verdicts else "",
        points=f"{looked.points}: {looked.name or looked.id}" if looked else "",
        lines=looked.lines if looked else (),
    )
    if node.repeats:
        return _show_passes(summed, inside)
    return replace(
        summed,
        name=clip(printable(node.title)),
        op=f"{len(inside)} nodes",
        expression=f"[{len(inside)} nodes: {_ops(node)}]",
        details="\n".join(_details_inside(node, known.terms)),
        rows=(("inside", _ops(node)), *_parameters_inside(node, known), *summed.rows),
    )


def _show_passes(summed: Card, inside: list[Card]) -> Card:
    """Show what is in every pass of a loop as it is in the last one, with its first value."""
    first, last = inside[0], inside[-1]
    op = f"{last.op or last.role} {last.operator}".rstrip()
    change = (("at first", first.value),) if first.value != last.value else ()
    return replace(
        summed,
        op=f"{op}, {len(inside)} times",
        expression=last.expression or f"[{count_of(len(inside), last.role)}]",
        details=f"the last of {len(inside)} passes\n{last.details}",
        rows=(*change, *summed.rows),
    )


def _ops(node: Node) -> str:
    """Count the ops of a folded node: ``7 mul, 6 add, relu``."""
    counts = Counter(member.value.op.name for member in node.members if member.value.op)
    shown = [name if n == 1 else f"{n} {name}" for name, n in counts.most_common(3)]
    return ", ".join([*map(printable, shown), *(["..."] if len(counts) > 3 else [])])


def _parameters_inside(node: Node, known: _Known) -> Iterator[tuple[str, str]]:
    parameters = [m.value for m in node.members if m.role is Role.PARAMETER]
    if parameters:
        sizes = [size_of(known.gradient_of(value)) for value in parameters]
        largest = max((size for size in sizes if size is not None), default=None)
        count = f"{len(parameters)}, {sum(value.size for value in parameters)} numbers"
        gradient = "" if largest is None else f", |grad| up to {number(largest)}"
        yield "params", f"{count}{gradient}"


def _flags_inside(inside: list[Card]) -> tuple[str, ...]:
    found: dict[str, list[str]] = {}
    for card in inside:
        for flag in card.flags:
            found.setdefault(flag.partition(":")[0], []).append(card.name or card.id)
    return tuple(
        clip(f"{flag}: {', '.join(names[:3])}{', ...' * (len(names) > 3)}")
        for flag, names in found.items()
    )


def _details_inside(node: Node, terms: Mapping[Value, str]) -> Iterator[str]:
    yield f"{printable(node.title) or node.id}: {len(node.members)} nodes"
    for member in node.members[:40]:
        value = member.value
        name = printable(value.name or member.id)
        computed = f" = {_expression(value, terms)}" if value.op else f" ({member.role})"
        yield clip(f"{name}{computed}") + f"  {_shape(value)}  value {summary(value.data)}"
    if len(node.members) > 40:
        yield f"... and {len(node.members) - 40} more"


# --- names ---------------------------------------------------------------------------------


def _shape(value: Value) -> str:
    return f"({', '.join(map(str, value.shape))}{',' * (value.ndim == 1)})"


def _op(value: Value) -> str:
    """Name the op of a node, with its metadata: ``sum axis=0``."""
    if value.op is None:
        return ""
    return " ".join([printable(value.op.name), *_metadata(value)])


def _operator(value: Value) -> str:
    return value.op.symbol if len(value.parents) == 2 else ""


def _metadata(value: Value) -> list[str]:
    """Write out the metadata, but for what is off and for the shape, which is given anyway."""
    return [
        f"{key}={clip(printable(_plain(item)))}"
        for key, item in value.metadata.items()
        if item is not None and item is not False and key != "shape"
    ]


def _plain(item: Any) -> str:
    """Write metadata as in Python, slices as in brackets and arrays on one line."""
    if isinstance(item, slice):
        parts = ["" if each is None else str(each) for each in (item.start, item.stop, item.step)]
        return ":".join(parts[: 2 if item.step is None else 3])
    if isinstance(item, tuple):
        return f"({', '.join(map(_plain, item))})"
    if isinstance(item, np.ndarray):
        return summary(item)
    return "..." if item is Ellipsis else str(item)


def terms_of(graph: Graph) -> dict[Value, str]:
    """Find what each node is called in an expression: its name if no other has it, or its id."""
    taken = Counter(node.title or node.value.name for node in graph.whole())
    terms = {node.value: _term(node, taken) for node in graph.whole()}
    for node in graph.nodes:
        if node.repeats:  # in the numbers of one pass, those of others are not told apart
            terms |= dict.fromkeys((member.value for member in node.members), node.id)
        elif node.members and terms[node.value] == node.members[-1].id:
            terms[node.value] = node.id
    return terms


def _term(node: Node, taken: Mapping[str | None, int]) -> str:
    value = node.value
    name = node.title or value.name
    if name and taken[name] == 1:
        return clip(printable(name))
    if not name and node.role is Role.CONSTANT and value.ndim == 0:
        return summary(value.data)
    return node.id


def _expression(value: Value, terms: Mapping[Value, str]) -> str:
    """Write how a node is computed: ``w_1 @ x``, ``sum(n3, axis=0)``."""
    if value.op is None:
        return ""
    operands = [terms[parent] for parent in value.parents]
    operator = value.op.symbol
    if operator:
        return f" {operator} ".join(operands) if len(operands) == 2 else f"{operator}{operands[0]}"
    return f"{printable(value.op.name)}({', '.join([*_count_again(operands), *_metadata(value)])})"


def _count_again(operands: list[str]) -> Iterator[str]:
    """Count what comes several times in a row, as the passes of a loop do."""
    for operand, again in groupby(operands):
        times = len(list(again))
        yield from [operand] * times if times < 4 else [f"{times} times {operand}"]


def _details(node: Node, known: _Known) -> str:
    value, gradient = node.value, known.gradient_of(node.value)
    name = printable(node.title or value.name or "")
    computed = " = ".join(
        part for part in (name, node.formula or _expression(value, known.terms)) if part
    )
    lines = [
        f"{node.id}: {computed or node.role}",
        f"{node.role}, shape {_shape(value)}, {value.dtype}",
        *([f"in {' / '.join(map(printable, node.place))}"] if node.place else []),
        f"value\n{array_in_full(value.data)}",
    ]
    if gradient is not None:
        lines.append(f"gradient\n{array_in_full(gradient)}")
    elif value.requires_grad and node.side != "backward":
        lines.append("gradient: none yet")
    return "\n".join(lines)
