"""`draw`: from a Value to a picture, and to a file of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ..kernel import Value
from .diagram import Diagram
from .dot import dot_lines
from .graph import Graph, describe
from .labels import cards
from .mermaid import mermaid
from .render import TIME_LIMIT, render, write
from .text import tree

__all__ = ["MOST_NODES", "draw"]

#: Larger graphs are drawn on request only.
MOST_NODES = 1000

_SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv", ".mmd", ".txt")


def draw(
    value: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    direction: Literal["TB", "LR"] = "TB",
    force: bool = False,
    time_limit: float = TIME_LIMIT,
) -> Diagram:
    """Draw the graph that computed a Value.

    Every Value is one node: its name, its op, its shape, its numbers and its gradient. The shape
    of a node says what it is: a rectangle for a parameter (a leaf with a gradient), a rectangle
    with a folded corner for a constant, a rounded one for a computed Value, a rounded one with a
    double frame for `value` itself. Groups are the scopes (`tinygrad_bp.scope`); a leaf made
    outside every scope is drawn in the innermost one around all its uses. Where the order of
    operands matters, edges carry their positions.

    Up to four numbers are written in full, more as ``min .. max, mean``. A picture in SVG shows
    up to 400 of them in full while the pointer rests on the node. The gradient is ``-`` until a
    backward pass has left one; those of inner nodes stay with ``backward(retain_grads=True)``.
    NaN and infinities are called out.

    Parameters
    ----------
    value : Value
        The last node, such as a loss.
    path : str or os.PathLike, optional
        A file to write as well: ``.svg``, ``.png``, ``.dot`` (or ``.gv``), ``.mmd`` (Mermaid; at
        most 500 edges and 50,000 characters, which is what Mermaid draws by default), ``.txt``
        (the tree of `tinygrad_bp.drawing.text_tree`, in UTF-8) or ``.pdf``. PDF alone needs a
        system Graphviz.
    direction : {"TB", "LR"}, optional
        Whether the graph runs from top to bottom or from left to right.
    force : bool, optional
        Whether to draw a graph of more than 1,000 nodes, or more than Mermaid takes.
    time_limit : float, optional
        Seconds that drawing a picture may take.

    Returns
    -------
    Diagram
        A `graphviz.Digraph`, which a notebook shows. The same graph gives the same bytes.

    Raises
    ------
    TypeError
        If `value` is not a Value.
    ValueError
        If the suffix or the direction is unknown, or the graph is too large.
    OSError
        If the file cannot be written. An old file of that name is then as it was.
    RenderError
        If the picture cannot be drawn, for example as PDF without a system Graphviz.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(3.0, name="x")
    >>> y = bp.named(x * x, "y")
    >>> y.backward()
    >>> diagram = bp.draw(y)
    >>> diagram.source.count("n0 -> n1")
    2
    >>> diagram.pipe("svg")[:5]
    b'<?xml'

    In a file:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = bp.draw(y, f"{folder}/graph.txt")
    ...     print(pathlib.Path(folder, "graph.txt").read_text(encoding="utf-8"))
    n1  y = x * x         ()  value 9  grad -
    ├─ n0  x (parameter)  ()  value 3  grad 6
    └─ x -> see n0
    """
    suffix = None if path is None else _suffix(path)
    if direction not in ("TB", "LR"):
        raise ValueError(f'draw: direction must be "TB" or "LR", got {direction!r}')
    if not isinstance(value, Value):
        raise TypeError(f"draw: expected a Value, got {type(value).__name__}")
    graph = describe(value)
    if len(graph.nodes) > MOST_NODES and not force:
        _refuse(graph)
    written = cards(graph)
    diagram = Diagram(body=dot_lines(graph, written, direction=direction))
    diagram.text = tree(graph, written)
    diagram.time_limit = time_limit
    if path is not None and suffix is not None:
        contents: dict[str, Callable[[], str]] = {
            ".dot": lambda: diagram.source,
            ".gv": lambda: diagram.source,
            ".mmd": lambda: mermaid(graph, written, direction=direction, force=force),
            ".txt": lambda: f"{diagram.text}\n",
        }
        if suffix in contents:
            write(path, contents[suffix]().encode())
        else:
            write(path, render(diagram.source, suffix[1:], time_limit=time_limit))
    return diagram


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES[:-1])
        raise ValueError(
            f"draw: {os.fspath(path)!r} ends in {suffix or 'no suffix'!r}; expected one of "
            f"{known} and {_SUFFIXES[-1]}"
        )
    return suffix


def _refuse(graph: Graph) -> None:
    raise ValueError(
        f"draw: the graph has {len(graph.nodes)} nodes and {len(graph.edges)} edges, and more than "
        f"{MOST_NODES} nodes cannot be read in one picture; draw an earlier node of it, compute "
        "with arrays rather than with single numbers, write it as text with "
        "bp.drawing.text_tree(value), or pass force=True"
    )
