"""The program of a part of a graph: how one node is computed from others."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np

from ..kernel import Value
from .program import Instruction, Kind, Program
from .simplify import simplified


def program_between(stops: Container[Value], output: Value) -> tuple[Program, list[Value]]:
    """Write down how a node is computed, back to nodes where it stops.

    Parameters
    ----------
    stops : container of Value
        Which nodes are inputs. The output is one only if it is a leaf.
    output : Value
        The node.

    Returns
    -------
    program : Program
        Simplified; of one output and no gradients.
    inputs : list of Value
        The nodes where it stops, in the order of the program's inputs.
    """
    order = _order(stops, output)
    places = {node: k for k, node in enumerate(order)}
    inputs = {node: None for node in order if _stops_at(node, stops, output)}
    steps = [_instruction(node, places, is_input=node in inputs) for node in order]
    program = Program(
        tuple(steps), tuple(places[node] for node in inputs), (), (places[output],), (), ()
    )
    with np.errstate(all="ignore"):
        return simplified(program), list(inputs)


def _stops_at(node: Value, stops: Container[Value], output: Value) -> bool:
    return node in stops and (node is not output or not node.parents)


def _order(stops: Container[Value], output: Value) -> list[Value]:
    """Return what a node is computed from, down to where it stops, parents first."""
    order: dict[Value, None] = {}
    stack = [output]
    while stack:
        node = stack[-1]
        parents = () if _stops_at(node, stops, output) else node.parents
        missing = [parent for parent in parents if parent not in order]
        if missing and node not in order:
            stack.extend(reversed(missing))
        else:
            order[stack.pop()] = None
    return list(order)


def _instruction(node: Value, places: Mapping[Value, int], *, is_input: bool) -> Instruction:
    source = is_input or node.op is None
    return Instruction(
        Kind.INPUT if is_input else Kind.CONSTANT if source else Kind.FORWARD,
        op=None if source else node.op,
        operands=() if source else tuple(places[parent] for parent in node.parents),
        metadata={} if source else node.metadata,
        shape=node.shape,
        dtype=node.dtype,
        data=node._data if source else None,
    )
