"""Arrays as small maps of colours, which stand in nodes beside their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..viewing.blocks import means_of_blocks, rows_of
from ..viewing.gradients import Gradients
from ..viewing.graph import Graph
from .themes import Theme

#: So many cells along each side; what has more is shown by the means of blocks.
_MOST = 12
#: The side of a cell, in points.
_SIDE = 7

#: The cells of a value and of a gradient: from -1 to 1, relative to the largest, or NaN.
Cells = list[list[float]]
HeatMaps = dict[str, dict[str, Cells]]


def find_heat_maps(graph: Graph, gradients: Gradients) -> HeatMaps:
    """Return the cells of "value" and "grad" by the ids of nodes, for all that have axes."""
    found: HeatMaps = {}
    for node in graph.nodes:
        value = node.value
        is_shown = value.ndim > 0 and value.size > 1 and value.dtype.kind in "fiub"
        if not is_shown or node.side == "backward":
            continue
        arrays = {"value": value.data, "grad": gradients.arrays.get(value)}
        found[node.id] = {what: _cells(a) for what, a in arrays.items() if a is not None}
    return found


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
