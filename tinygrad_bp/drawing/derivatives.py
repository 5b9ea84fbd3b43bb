"""The local derivative of each operand: a number, or the rule as the backward pass applies it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..kernel import Value
from ..kernel.backward import sum_to_shape
from ..kernel.order import ordered
from ..transforms.tracing import recorded
from ..writing import TracingError
from ..writing.expressions import Expr
from ..writing.literals import number_text
from ..writing.numpy_text import ENTRIES
from ..writing.program import Instruction, Kind, Program
from ..writing.simplify import simplified
from ..writing.witnesses import recorded_in_full
from .graph import Graph, Node
from .labels import terms_of
from .plain import clipped, number, printable

__all__ = ["UPSTREAM", "local_derivatives"]

#: What the cotangent of the node at the head of an edge is called.
UPSTREAM = "ḡ"


def local_derivatives(graph: Graph) -> dict[str, str]:
    """Return, by the ids of edges, what arrives at the tail for the gradient ḡ of the head.

    For single numbers that is ḡ times the number that is returned; for arrays the rule is
    written out, with the sums that undo broadcasting. Where a user's own op has no text, its
    name stands for it.
    """
    terms = terms_of(graph)
    found: dict[str, str] = {}
    for edge in graph.edges:
        head, tail = edge.head, edge.tail
        if head.members or tail.members or head.side == "backward" or edge.links:
            continue
        rule = list(zip(head.value.parents, head.value.op.rules))[edge.position][1]
        if rule is not None and tail.value.requires_grad:
            found[edge.id] = _derivative(head, edge.position, rule, terms)
    return found


def _derivative(head: Node, position: int, rule: Any, terms: Mapping[Value, str]) -> str:
    value = head.value
    if value.ndim == 0 and all(parent.ndim == 0 for parent in value.parents):
        operands = [parent.data for parent in value.parents]
        with np.errstate(all="ignore"):
            return number(rule(value.dtype.type(1), value.data, *operands, **value.metadata))
    program = _program(value, position, rule, terms)
    return clipped(printable(_text(program).replace("np.", "")))


def _program(value: Value, position: int, rule: Any, terms: Mapping[Value, str]) -> Program:
    """Run a rule on stand-ins for the Values that it is given, and write down its steps."""
    given = [
        Value(np.ones(value.shape, value.dtype), name=UPSTREAM),
        Value(value.data, name=terms[value]),
        *(Value(parent.data, name=terms[parent], requires_grad=True) for parent in value.parents),
    ]
    with recorded(), recorded_in_full(), np.errstate(all="ignore"):
        result = rule(*given, **value.metadata)
        result = sum_to_shape(result, value.parents[position].shape)
    order = list(dict.fromkeys([*given, *ordered(result)]))
    places = {each: k for k, each in enumerate(order)}
    steps = (_instruction(each, places, set(given)) for each in order)
    inputs = tuple(range(len(given)))
    return simplified(Program(tuple(steps), inputs, (), (), (places[result],), inputs))


def _instruction(value: Value, places: Mapping[Value, int], given: set[Value]) -> Instruction:
    kind = Kind.BACKWARD if value.op else Kind.INPUT if value in given else Kind.CONSTANT
    return Instruction(
        kind,
        op=value.op,
        operands=tuple(places[parent] for parent in value.parents),
        metadata=value.metadata,
        shape=value.shape,
        dtype=value.dtype,
        name=value.name,
        data=None if value.op else value.data,
    )


def _text(program: Program) -> str:
    written: list[Expr] = []
    for step in program.instructions:
        written.append(_expression(step, [written[k] for k in step.operands]))
    return written[program.gradients[0]].text


def _expression(step: Instruction, operands: list[Expr]) -> Expr:
    if step.op is None:
        if step.name:
            return Expr(step.name)
        data = np.asarray(step.data)
        return Expr(number_text(data[()]) if data.ndim == 0 else "constant")
    try:
        return ENTRIES[step.row].write(step, operands, lambda array: "places")
    except (KeyError, TracingError):
        return Expr(f"{step.op_name}({', '.join(map(str, operands))})")
