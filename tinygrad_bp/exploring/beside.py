"""The manual backward pass beside the right one: the gradient that it has for each node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernel import Value
from ..programs.program import Instruction, Kind, Program
from ..viewing.graph import Graph
from .computing import Computing
from .shown_arrays import Arrays

if TYPE_CHECKING:
    from ..diagnosing.reconstruction import Reconstruction


def set_beside(
    reconstruction: Reconstruction,
    graph: Graph,
    gradients: Mapping[Value, Any],
    places: Mapping[Value, int],
    arrays: Arrays,
    computing: Computing,
) -> dict[str, Any]:
    """Tell the manual backward pass, as it was reconstructed, as plain data.

    Returns
    -------
    dict
        ``nodes``, those whose gradient it has, and ``arrays``, these; ``wrong``, the nodes where
        these differ from the right ones; ``lines``, by node: the line that is wrong and the right
        one; ``function``, which computes the gradients of the ``inputs``, or None.
    """
    found = _Beside(reconstruction, graph, gradients)
    cotangents = {places[node]: k for node, k in found.cotangents.items()}
    outputs = tuple(cotangents.values())
    program = replace(found.program, outputs=outputs, gradients=(), wanted=())
    return {
        "nodes": list(cotangents),
        "arrays": [arrays.add(found.values[k]) for k in outputs],
        "wrong": [places[node] for node in found.wrong],
        "lines": {places[node]: list(pair) for node, pair in found.lines()},
        "function": computing.program(program) if len(outputs) > 1 else None,
        "inputs": [places[found.node_of[k]] for k in program.inputs],
    }


class _Beside:
    """A reconstruction, and which of its instructions is which node of a graph.

    Attributes
    ----------
    program : Program
        With every leaf of the graph that it knows as an input.
    node_of : dict of int to Value
        For forward instructions.
    cotangents : dict of Value to int
        Where the program has the gradient of each node, in its order.
    wrong : list of Value
        Where it is not the right one.
    """

    def __init__(
        self, reconstruction: Reconstruction, graph: Graph, gradients: Mapping[Value, Any]
    ) -> None:
        self._changed = reconstruction.changed
        program = reconstruction.program
        steps = program.instructions
        self.values = program.evaluate([steps[k].data for k in program.inputs])
        self.node_of = dict(self._pairs(program, graph))
        inputs = tuple(k for k, node in self.node_of.items() if steps[k].op is None)
        leaves = set(inputs) | set(program.inputs)
        self.program = replace(
            program,
            inputs=inputs,
            instructions=tuple(
                replace(step, kind=Kind.INPUT if k in inputs else Kind.CONSTANT)
                if k in leaves
                else step
                for k, step in enumerate(steps)
            ),
        )
        found = {self.node_of[s.of]: k for k, s in enumerate(steps) if s.of in self.node_of}
        for number, k in enumerate(program.gradients):
            leaf = self.node_of.get(program.inputs[program.wanted[number]])
            if leaf is not None:
                found[leaf] = k
        self.cotangents = dict(sorted(found.items(), key=lambda item: item[1]))
        self.wrong = [
            node
            for node, k in self.cotangents.items()
            if node in gradients and not _are_near(self.values[k], gradients[node])
        ]

    def _pairs(self, program: Program, graph: Graph) -> Iterator[tuple[int, Value]]:
        """Pair what is computed alike: the same op, the same numbers, one after another."""
        waiting = dict.fromkeys(node.value for node in graph.nodes)
        for k, step in enumerate(program.instructions):
            for node in waiting:
                if step.kind is not Kind.BACKWARD and _is_alike(step, self.values[k], node):
                    del waiting[node]
                    yield k, node
                    break

    def lines(self) -> Iterator[tuple[Value, tuple[str, str]]]:
        """Yield each line that differs with the node at which it begins to.

        A line may take several steps back. So it is told at the first node of them, which is
        computed of the one that the line ends with.
        """
        after = -1
        for end, pair in sorted(self._changed.items()):
            last = next((node for node, k in self.cotangents.items() if k == end), None)
            for node in self.wrong:
                k = self.cotangents[node]
                if last is not None and after < k <= end and _is_made_of(node, last):
                    yield node, pair
                    break
            after = end


def _is_alike(step: Instruction, value: Any, node: Value) -> bool:
    if step.op is None and step.shape == () and not step.name:
        return False  # a number in the code
    return (
        step.op_name == (node.op.name if node.op is not None else "")
        and np.shape(value) == node.shape
        and (not step.name or not node.name or step.name == node.name)
        and bool(np.allclose(value, node._data, rtol=1e-9, atol=1e-12, equal_nan=True))
    )


def _are_near(one: Any, other: Any) -> bool:
    scale = np.abs(np.asarray(other)).max(initial=0.0)
    return np.shape(one) == np.shape(other) and bool(
        np.allclose(one, other, rtol=1e-7, atol=1e-9 * scale, equal_nan=True)
    )


def _is_made_of(node: Value, operand: Value) -> bool:
    """Return whether a node is computed of another, or is it."""
    stack, seen = [node], set()
    while stack:
        each = stack.pop()
        if each is operand:
            return True
        if each not in seen:
            seen.add(each)
            stack.extend(each.parents)
    return False
