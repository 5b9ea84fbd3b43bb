"""The local derivative of each operand: a number, or the rule as the backward pass applies it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..kernel import Value
from ..kernel.backward import sweep
from ..kernel.value import clock, constant
from ..programs.witnesses import recorded_in_full
from ..transforms.running import recorded
from ..viewing.formulas import formula
from ..viewing.graph import Graph, Node
from ..viewing.labels import terms_of
from ..viewing.plain_text import number

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
        rule = head.value.op.rule(edge.position)
        if rule is not None and tail.value.requires_grad:
            found[edge.id] = _derivative(head, edge.position, rule, terms)
    return found


def _derivative(head: Node, position: int, rule: Any, terms: Mapping[Value, str]) -> str:
    value = head.value
    if value.ndim == 0 and all(parent.ndim == 0 for parent in value.parents):
        operands = [parent.data for parent in value.parents]
        with np.errstate(all="ignore"):
            return number(rule(value.dtype.type(1), value.data, *operands, **value.metadata))
    upstream = Value(np.ones(value.shape, value.dtype))
    operands = [_stand_in(each) for each in value.parents]
    with recorded(), recorded_in_full(), np.errstate(all="ignore"):
        result = value.op(*operands, **value.metadata)
        path = dict.fromkeys((operands[position], result))
        steps = sweep(path, upstream, create_graph=True, version=clock[0])
        contribution = dict(steps)[operands[position]]
    stand_ins = zip((result, *operands), (value, *value.parents), strict=True)
    names = {mine: terms[its] for mine, its in stand_ins if its.op or its.name or its.ndim}
    names[upstream] = UPSTREAM
    return formula(contribution, names)


def _stand_in(value: Value) -> Value:
    """Return a leaf with the same data; what is computed from it has a graph of its own."""
    return Value(value.data) if value.requires_grad else constant(value._data)
