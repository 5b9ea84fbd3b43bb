"""From nodes to a program: what was computed between some of them and another one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..kernel import Value
from .program import Instruction, Kind, Program


def program_between(leaves: Collection[Value], last: Value) -> tuple[Program, list[Value]]:
    """Write down how a Value is computed from others.

    Parameters
    ----------
    leaves : dict or set of Value
        Where to stop.
    last : Value
        The output. It is written down even where it is one of the leaves, if it is computed.

    Returns
    -------
    program : Program
        Whose inputs are the leaves that were met.
    met : list of Value
        These, in the order of the inputs.
    """
    order: dict[Value, None] = {}
    stack = [last]
    while stack:
        node = stack[-1]
        stops = node in leaves and node is not last
        missing = [] if stops else [p for p in node.parents if p not in order]
        if missing and node not in order:
            stack.extend(reversed(missing))
        else:
            order[stack.pop()] = None
    places = {node: k for k, node in enumerate(order)}
    met = {n: places[n] for n in order if n in leaves and (n is not last or not n.parents)}
    steps = tuple(_instruction(node, places, node in met) for node in order)
    return Program(steps, tuple(met.values()), (), (places[last],), (), ()), list(met)


def _instruction(node: Value, places: Mapping[Value, int], is_input: bool) -> Instruction:
    known: dict[str, Any] = {"shape": node.shape, "dtype": node.dtype}
    if is_input or node.op is None:
        kind = Kind.INPUT if is_input else Kind.CONSTANT
        return Instruction(kind, data=node._data, **known)
    operands = tuple(places[parent] for parent in node.parents)
    return Instruction(Kind.FORWARD, node.op, operands, node.metadata, **known)
