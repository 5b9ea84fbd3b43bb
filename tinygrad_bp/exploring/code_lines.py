"""The lines of code that made the nodes of a graph, and the names that nodes have in them."""

from __future__ import annotations

import linecache
from types import FrameType

import numpy as np

from ..drawing.repeats import in_time
from ..kernel import Value
from ..programs.origins import Origin, find_origin, read_origin
from ..transforms.running import Trace
from ..transforms.variables import memory_of, user_frame
from ..viewing.graph import Graph, Node


class CodeLines:
    """Follows a function that runs on Values; see `transforms.variables.Maker`."""

    def __init__(self) -> None:
        self._made: dict[Value, Origin] = {}
        self._files: dict[Value, str] = {}

    def note(self, node: Value, frame: FrameType) -> None:
        """Note where a node is made, and what constants are called there."""
        self._made[node] = find_origin(frame, Trace.__init__.__code__)
        user = user_frame(frame)
        if user is None:
            return
        self._files[node] = user.f_code.co_filename
        if any(_is_nameless_array(parent) for parent in node.parents):
            seen = {
                memory_of(each): name
                for name, each in user.f_locals.items()
                if isinstance(each, np.ndarray)
            }
            for parent in filter(_is_nameless_array, node.parents):
                parent.name = seen.get(memory_of(parent._data))

    def read(self) -> dict[Value, tuple[int, str]]:
        """Return the number and the text of the line of each node, where they are known.

        What is all that a line assigns, and has no name, gets that of the variable. So the states
        of a loop have the name of its variable in every pass.
        """
        lines: dict[Value, tuple[int, str]] = {}
        for node, origin in self._made.items():
            passage = read_origin(origin)
            if passage is None:
                continue
            text = linecache.getline(self._files[node], passage.line).strip()
            lines[node] = (passage.line, text)
            if node.name is None and passage.variable:
                node.name = passage.variable
        return lines

    def order(self, graph: Graph) -> list[Node]:
        """Return the nodes of a graph as they were computed, leaves where they are used first.

        What is not known of a graph, its program may well have computed as late as it could.
        """
        computed, when = in_time(graph), {node: k for k, node in enumerate(self._made)}
        if all(node.value in when for node in computed):
            computed.sort(key=lambda node: when[node.value])
        nodes = {node.value: node for node in graph.nodes}
        order = dict[Node, None]()
        for node in computed:
            order |= dict.fromkeys(nodes[parent] for parent in node.value.parents) | {node: None}
        return [*order, *(node for node in graph.nodes if node not in order)]


def _is_nameless_array(node: Value) -> bool:
    return node.op is None and node.name is None and node.ndim > 0
