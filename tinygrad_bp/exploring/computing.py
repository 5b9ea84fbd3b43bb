"""What lets a page compute: both passes of a graph as JavaScript, or the reason why not."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from ..kernel import Value
from ..kernel.value import constant
from ..ops.places import parts_of
from ..programs.between import program_between
from ..programs.program import Program
from ..programs.simplify import simplify
from ..viewing.graph import Graph, Role
from ..viewing.plain_text import printable
from ..writing.javascript import JavaScript, NotWrittenError
from .rules import apply_op, apply_rule

#: What the functions take: the gradient that arrives and the result, before the operands.
_GRADIENT, _RESULT = "g", "y"
#: Up to how many numbers a page computes with: in an array, in all leaves, in all nodes.
LARGEST, MOST_GIVEN, MOST_COMPUTED = 4096, 10_000, 60_000


class Computing:
    """The functions of a page, each once.

    Parameters
    ----------
    graph : Graph
        Of the result.
    in_full : bool, optional
        Whether comparisons of parameters are nodes of it; other masks are then data.

    Attributes
    ----------
    refusal : str or None
        Why the numbers of the page are fixed.
    refused : Value or None
        The node that cannot be computed, where it is one.
    parameters_alone : bool
        Whether only parameters may change: there are masks, which may be computed of data.
    """

    def __init__(self, graph: Graph, in_full: bool = False) -> None:
        self.script = JavaScript()
        self._known: dict[Hashable, int] = {}
        self.parameters_alone = in_full and _has_masks(graph)
        self.refusal = _refusal(graph, in_full)
        self.refused: Value | None = None

    def op(self, node: Value) -> int | None:
        """Return which function computes a node of its operands, one after another."""
        return self._function(node, None)

    def rule(self, node: Value, position: int) -> int | None:
        """Return which function is the derivative rule of a node for an operand.

        It takes the gradient of the node, the node, its operands. Broadcasting is not undone.
        """
        return self._function(node, position)

    def program(self, program: Program) -> int | None:
        """Return which function computes the outputs of a program of its inputs, as a list."""
        names = [f"x{k}" for k in range(len(program.inputs))]
        try:
            return None if self.refusal else self.script.add(program, names)
        except NotWrittenError:
            return None

    def _function(self, node: Value, position: int | None) -> int | None:
        if self.refusal is not None:
            return None
        key = _key(node, position)
        try:
            if key not in self._known:
                self._known[key] = self._write(node, position)
            return self._known[key]
        except NotWrittenError as error:
            name = printable(node.name or node.op.name)
            self.refusal = f"{name} needs {printable(error.op)}, which this page cannot compute."
            self.refused = node
        except Exception:  # a user's op or rule that runs on arrays alone
            self.refusal = f"This page cannot compute the op {printable(node.op.name)}."
            self.refused = node
        return None

    def _write(self, node: Value, position: int | None) -> int:
        operands = [_leaf(parent) for parent in node.parents]
        names = [f"x{k}" for k in range(len(operands))]
        if position is None:
            leaves, output = operands, apply_op(node, operands)
        else:
            names = [_GRADIENT, _RESULT, *names]
            leaves = [Value(np.ones(node.shape)), Value(node._data), *operands]
            output = apply_rule(node, position, *leaves)
        named = dict(zip(leaves, names, strict=True))
        output = output if isinstance(output, Value) else constant(output)
        program, met = program_between(named, output)
        return self.script.add(simplify(program), [named[leaf] for leaf in met], names)


def _leaf(node: Value) -> Value:
    """Make a leaf of the numbers of a node; places stay whole numbers."""
    leaf = Value(np.asarray(node._data, np.float64))
    if np.asarray(node._data).dtype.kind in "iu":
        leaf._data = node._data
    return leaf


def _key(node: Value, position: int | None) -> Hashable:
    """Return what two nodes that are computed alike have in common."""
    metadata = tuple(node.metadata.items())
    try:
        hash(metadata)
    except TypeError:
        return node, position
    return node.op, position, metadata, tuple(parent.shape for parent in node.parents)


def _has_masks(graph: Graph) -> bool:
    return any(
        node.role is Role.CONSTANT and np.asarray(node.value._data).dtype == np.bool_
        for node in graph.nodes
    )


def _has_outcome(node: Value) -> bool:
    """Say whether a node has been told what code found by looking at numbers: a mask, an order."""
    if node.op is not None and node.op.numpy is np.take_along_axis:  # as by np.sort
        return True
    told = (part for option in node.metadata.values() for part in parts_of(option))
    return any(isinstance(part, np.ndarray) and part.dtype == np.bool_ for part in told)


def _refusal(graph: Graph, in_full: bool) -> str | None:
    """Say why a graph cannot be computed with other numbers, as far as that is seen at once."""
    sizes = [node.value.size for node in graph.nodes]
    given = sum(node.value.size for node in graph.nodes if node.value.op is None)
    if max(sizes) > LARGEST or sum(sizes) > MOST_COMPUTED or given > MOST_GIVEN:
        return "There are more numbers than a page can hold and compute."
    if not in_full and (_has_masks(graph) or any(_has_outcome(n.value) for n in graph.nodes)):
        return (
            "Code compared numbers, and the graph has the outcome alone: with other numbers it "
            "could be another one. A page of the function itself, explore(fun, params=params), "
            "has the comparisons, too."
        )
    dtypes = {np.asarray(node.value._data).dtype for node in graph.nodes}
    if np.dtype(np.float32) in dtypes:
        return "It is computed in float32, and a browser computes in float64."
    if any(dtype.kind == "c" for dtype in dtypes):
        return "It has complex numbers, and this page computes with real ones."
    return None


def write_exactly(leaf: Value) -> str:
    """Write all numbers of a leaf so that they can be read back without a loss.

    Examples
    --------
    >>> write_exactly(Value([0.1, -2.0, float("inf")]))
    '0.1 -2.0 Infinity'
    """
    return " ".join(map(_exactly, np.ravel(np.asarray(leaf._data, np.float64)).tolist()))


def _exactly(x: float) -> str:
    return repr(x) if np.isfinite(x) else "NaN" if np.isnan(x) else f"{'-' * (x < 0)}Infinity"
