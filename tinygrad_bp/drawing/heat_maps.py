"""Arrays as small maps of colours, which stand in nodes beside their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..viewing.blocks import means_of_blocks, rows_of
from ..viewing.gradients import Gradients
from ..viewing.graph import Graph, Node
from .themes import Theme

#: So many cells along each side; what has more is shown by the means of blocks.
_MOST = 12
#: The side of a cell, in points.
_SIDE = 7
#: And of one in a room that is left.
_ROOM = 6

#: From -1 to 1, relative to the largest, or NaN.
Cells = list[list[float]]
#: The tables of values and of gradients, by the ids of nodes.
HeatMaps = dict[str, dict[str, str]]
#: The colour of a room that is left for a map, by which it is found again.
ROOM = "#010203"


def find_heat_maps(graph: Graph, gradients: Gradients) -> dict[str, dict[str, Cells]]:
    """Return the cells of "value" and "grad" by the ids of nodes, for all that have axes."""
    found: dict[str, dict[str, Cells]] = {}
    for node in _with_axes(graph):
        arrays = {"value": node.value.data, "grad": gradients.arrays.get(node.value)}
        found[node.id] = {what: _cells(a) for what, a in arrays.items() if a is not None}
    return found


def write_heat_maps(maps: Mapping[str, Mapping[str, Cells]], theme: Theme) -> HeatMaps:
    """Write all maps in the colours of a theme."""
    return {
        id: {what: table(cells, theme) for what, cells in its.items()} for id, its in maps.items()
    }


def room_for_maps(graph: Graph) -> HeatMaps:
    """Leave room for maps that are drawn, and change, later on: a value's, a gradient's beside."""
    found: HeatMaps = {}
    for node in _with_axes(graph):
        lengths = rows_of(np.asarray(node.value.data)).shape
        height, width = (_ROOM * min(length, _MOST) for length in lengths)
        look = f'width="{width}" height="{height}" fixedsize="true" bgcolor="{ROOM}"'
        frame = '<table border="0" cellborder="0" cellspacing="3" cellpadding="0" align="left">'
        one = f"<td {look}></td>"
        value, both = (f"{frame}<tr>{rooms}</tr></table>" for rooms in (one, one + one))
        found[node.id] = {"grad": both} if node.value.requires_grad else {"value": value}
    return found


def _with_axes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        value = node.value
        is_shown = value.ndim > 0 and value.size > 1 and value.dtype.kind in "fiub"
        if is_shown and node.side != "backward":
            yield node


def _cells(array: Any) -> Cells:
    means = means_of_blocks(rows_of(np.asarray(array, dtype=np.float64)), _MOST)
    sizes = [abs(x) for row in means for x in row if np.isfinite(x)]
    largest = max(sizes, default=0.0) or 1.0
    return [[x / largest if np.isfinite(x) else np.nan for x in row] for row in means]


def table(cells: Cells, theme: Theme) -> str:
    """Write a map as a table of Graphviz's: negative and positive entries have a colour each."""
    rows = ("".join(_cell(x, theme) for x in row) for row in cells)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    width, height = (_SIDE * count + 2 for count in (len(cells[0]), len(cells)))
    frame = f'border="1" color="{theme.line}" width="{width}" height="{height}" fixedsize="true"'
    return (
        f'<table {frame} cellborder="0" cellspacing="0" cellpadding="0" align="left">{body}</table>'
    )


def _cell(x: float, theme: Theme) -> str:
    look = f'width="{_SIDE}" height="{_SIDE}" fixedsize="true"'
    return f'<td {look} bgcolor="{colour(x, theme)}"></td>'


def colour(x: float, theme: Theme) -> str:
    """Return the colour of an entry between -1 and 1, or of one that is no number.

    Examples
    --------
    >>> from tinygrad_bp.drawing.themes import THEMES
    >>> [colour(x, THEMES["light"]) for x in (-1.0, 0.0, 1.0)]
    ['#225ea8', '#f3f1ec', '#b85410']
    """
    if np.isnan(x):
        return theme.alarm
    end = theme.negative if x < 0 else theme.positive
    return "#" + "".join(_mix(theme.zero, end, abs(x) ** 0.8))


def _mix(one: str, other: str, part: float) -> Iterator[str]:
    for k in (1, 3, 5):
        a, b = int(one[k : k + 2], 16), int(other[k : k + 2], 16)
        yield f"{round(a + (b - a) * part):02x}"
