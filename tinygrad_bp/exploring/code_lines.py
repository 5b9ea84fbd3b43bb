"""The lines of code that made the nodes of a graph, and the names that nodes have in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from types import CodeType, FrameType
from typing import NamedTuple

import numpy as np

from ..drawing.repeats import in_time
from ..kernel import Value
from ..transforms.variables import line_of, memory_of, user_frame
from ..viewing.graph import Graph, Node

_SEVERAL = (ast.Tuple, ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


class _MadeAt(NamedTuple):
    """Where in the code a node was made: `instruction` grows within a line that runs once."""

    node: Value
    line: int
    instruction: int
    text: str


class CodeLines:
    """Follows a function that runs on Values; see `transforms.variables.Maker`.

    Attributes
    ----------
    of : dict of Value to tuple
        The number and the text of the line that made a node, where it is known.
    """

    def __init__(self) -> None:
        self.of: dict[Value, tuple[int, str]] = {}
        self._places: dict[CodeType, list[_MadeAt]] = {}

    def made(self, node: Value, frame: FrameType) -> None:
        """Note where a node is made, and what constants are called there."""
        user = user_frame(frame)
        found = line_of(user)
        if user is None or found is None:
            return
        self.of[node] = found
        place = _MadeAt(node, found[0], user.f_lasti, found[1])
        self._places.setdefault(user.f_code, []).append(place)
        if any(_is_nameless_array(parent) for parent in node.parents):
            seen = {
                memory_of(each): name
                for name, each in user.f_locals.items()
                if isinstance(each, np.ndarray)
            }
            for parent in filter(_is_nameless_array, node.parents):
                parent.name = seen.get(memory_of(parent._data))

    def order(self, graph: Graph) -> list[Node]:
        """Return the nodes of a graph as they were computed, leaves where they are used first.

        What is not known of a graph, its program may well have computed as late as it could.
        """
        computed, when = in_time(graph), {node: k for k, node in enumerate(self.of)}
        if all(node.value in when for node in computed):
            computed.sort(key=lambda node: when[node.value])
        nodes = {node.value: node for node in graph.nodes}
        order = dict[Node, None]()
        for node in computed:
            order |= dict.fromkeys(nodes[parent] for parent in node.value.parents) | {node: None}
        return [*order, *(node for node in graph.nodes if node not in order)]

    def name_nodes(self) -> None:
        """Give what a line computes last, and has no name, that of the variable it assigns.

        So the states of a loop have the name of its variable in every pass.
        """
        for places in self._places.values():
            for node, name in _assigned(places):
                if node.name is None:
                    node.name = name


def _is_nameless_array(node: Value) -> bool:
    return node.op is None and node.name is None and node.ndim > 0


def _assigned(places: list[_MadeAt]) -> Iterator[tuple[Value, str]]:
    for place, after in pairwise([*places, None]):
        assert place is not None
        goes_on = after and after.line == place.line and after.instruction > place.instruction
        if not goes_on and (name := _target(place.text)):
            yield place.node, name


def _target(line: str) -> str | None:
    """Return the variable or the attribute that a line assigns, if it is one and no more."""
    try:
        (statement,) = ast.parse(line).body
    except (SyntaxError, ValueError):
        return None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AugAssign):
        target, value = statement.target, statement.value
    else:
        return None
    if isinstance(value, _SEVERAL):
        return None
    return getattr(target, "id", None) or getattr(target, "attr", None)
