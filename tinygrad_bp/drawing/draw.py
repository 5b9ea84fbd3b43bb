"""`draw`: from a Value to a picture, and to a file of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..kernel import Value
from ..saving import write
from ..viewing.gradients import gradients_in
from ..viewing.graph import Graph, describe
from ..viewing.labels import Card, cards
from ..viewing.marks import Mark
from .accessible import description, title
from .backward_graph import with_backward
from .derivatives import local_derivatives
from .diagram import Diagram
from .dot import Style, dot_lines
from .focus import Around, find, focus_on
from .folding import fold_scopes, fold_to_be_read, fold_where
from .heat_maps import find_heat_maps, write_heat_maps
from .mermaid import mermaid
from .render import TIME_LIMIT
from .repeats import fold_loops
from .text import tree
from .themes import ThemeName, theme_of

if TYPE_CHECKING:
    from ..checking import Comparison

#: Larger graphs are drawn on request only.
MOST_NODES = 1000

_SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv", ".mmd", ".txt")


def draw(
    value: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    direction: Literal["TB", "LR"] = "TB",
    backward: bool | Literal["beside", "combined"] = False,
    comparison: Comparison | None = None,
    depth: int | None = None,
    fold: Callable[[Value], bool] | Literal["loops"] | None = None,
    focus: Value | str | None = None,
    around: Around = "both",
    derivatives: bool = False,
    colours: Literal["roles", "gradients"] = "roles",
    heat_maps: bool = False,
    theme: ThemeName = "light",
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
    backward pass has left some; those of inner nodes, which it does not keep, are computed again,
    and no ``.grad`` changes. Called out in words are: NaN and infinity; gradients that vanish (no
    entry above 1e-8, and more than round-off) or explode (one above 10,000); rectifiers with units
    that no sample (row) activates.

    Parameters
    ----------
    value : Value
        The last node, such as a loss.
    path : str or os.PathLike, optional
        A file to write as well: ``.svg``, ``.png``, ``.dot`` (or ``.gv``), ``.mmd`` (Mermaid; at
        most 500 edges and 50,000 characters, which is what Mermaid draws by default), ``.txt``
        (the tree of `tinygrad_bp.drawing.text_tree`, in UTF-8) or ``.pdf``, which needs a system
        Graphviz or the extra ``pdf``.
    direction : {"TB", "LR"}, optional
        Whether the graph runs from top to bottom or from left to right.
    backward : bool or {"beside", "combined"}, optional
        Draw the graph of the backward pass, too: beside the forward one and upwards, a node for
        each cotangent with its formula (True), or combined with it, a node for each op, with the
        forward Values that it uses drawn again near it. A cotangent is called after the node
        that it belongs to, ``d_w`` for w. For a Value that is no scalar it starts from ones.
    comparison : Comparison, optional
        What `tinygrad_bp.compare` found for the same function at the same parameters: each
        parameter, which has to bear the name it has there, shows the manual, automatic and
        numeric derivative of its worst entry. The node to look at first is pointed out: where
        the diagnosis found the mistake, else the wrong gradient that is computed first.
    depth : int, optional
        Draw each scope inside of so many others as one node; 0 for all scopes.
    fold : callable or "loops", optional
        ``fold(node)`` says of a Value whether it is drawn as one with its neighbours for which
        it is true, too. "loops" draws of a loop the first pass, one that stands for all others,
        with their number and the numbers of the last of them, and the pass that ends the graph.
    focus : Value or str, optional
        The node of interest, or its name, or its id in another drawing: only what it is computed
        from and what is computed from it is drawn.
    around : {"both", "ancestors", "descendants", "path"}, optional
        What is drawn with `focus`; "path" is the shortest way to `value`.
    derivatives : bool, optional
        Whether edges show the local derivative: a number for scalars, for arrays what the rule
        does with the gradient ``ḡ`` of the node below.
    colours : {"roles", "gradients"}, optional
        What the fill of a node repeats: its role, or the decade of the largest entry of its
        gradient, with fixed limits.
    heat_maps : bool, optional
        Whether arrays are shown as small maps of colours, too: of at most 12 x 12 cells, the means
        of blocks where there are more entries; each relative to its largest entry.
    theme : {"light", "dark", "print", "colour-blind"}, optional
        The colours.
    force : bool, optional
        Whether to draw all nodes of a graph of any size. Otherwise one of more than 150 nodes is
        folded, by its scopes or its loops, whatever leaves fewer nodes, else into expressions of
        what is used once, unless `depth`, `fold` or `focus` says something else; and what then
        has more than 1,000 nodes, or is more than Mermaid takes, is refused.
    time_limit : float, optional
        Seconds that drawing a picture may take.

    Returns
    -------
    Diagram
        A `graphviz.Digraph`, which a notebook shows. The same graph gives the same bytes.

    Raises
    ------
    TypeError
        If `value` is not a Value, or another argument not what it should be.
    ValueError
        If an option is not one of those above, the graph is too large, has no node such as
        `focus`, or is not the one that was compared.
    OSError
        If the file cannot be written. An old file of that name is then as it was.
    RenderError
        If the picture cannot be drawn, for example as PDF where nothing can write that.
    RuntimeError
        If the backward graph is asked for and no gradient flows from `value`.

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
    n1  y = x * x         ()  value 9  grad 1
    ├─ n0  x (parameter)  ()  value 3  grad 6
    └─ x -> see n0
    """
    suffix = None if path is None else _suffix(path)
    _one_of("direction", direction, "TB", "LR")
    _one_of("backward", backward, False, True, "beside", "combined")
    _one_of("colours", colours, "roles", "gradients")
    theme_used = theme_of(theme)
    if not isinstance(value, Value):
        raise TypeError(f"draw: expected a Value, got {type(value).__name__}")
    graph = describe(value)
    marks, gradients = _marks(graph, comparison, focus), gradients_in(value)
    if focus is not None:
        graph = focus_on(graph, find(graph, focus), around)
    if backward:
        graph = with_backward(graph, "combined" if backward == "combined" else "beside")
    graph = _fold(graph, depth, fold, force, is_focused=focus is not None)
    written = cards(graph, marks, gradients)
    style = Style(
        direction,
        theme_used,
        by_gradient=colours == "gradients",
        derivatives=local_derivatives(graph) if derivatives else {},
        heat_maps=write_heat_maps(find_heat_maps(graph, gradients), theme_used)
        if heat_maps
        else {},
        with_ids=bool(derivatives or backward),
    )
    diagram = _diagram(graph, written, style)
    diagram.time_limit = time_limit
    if path is not None and suffix is not None:
        contents: dict[str, Callable[[], str]] = {
            ".dot": lambda: diagram.source,
            ".gv": lambda: diagram.source,
            ".mmd": lambda: mermaid(graph, written, style=style, force=force),
            ".txt": lambda: f"{diagram.text}\n",
        }
        if suffix in contents:
            write(path, contents[suffix]().encode())
        else:
            picture = diagram.pipe(suffix[1:])
            write(path, picture if isinstance(picture, bytes) else picture.encode())
    return diagram


def _diagram(graph: Graph, written: Mapping[str, Card], style: Style) -> Diagram:
    diagram = Diagram(body=dot_lines(graph, written, style=style))
    diagram.text = tree(graph, written)
    diagram.title, diagram.description = title(graph, written), description(graph, written)
    return diagram


def _marks(
    graph: Graph, comparison: Comparison | None, focus: Value | str | None
) -> dict[str, Mark]:
    marks: dict[str, Mark] = {}
    if comparison is not None:
        from .overlay import overlay  # what compares is loaded where something was compared

        marks = overlay(graph, comparison)
    if focus is not None:
        node = find(graph, focus)
        marks.setdefault(node.id, Mark(points="in focus"))
    return marks


def _fold(
    graph: Graph,
    depth: int | None,
    fold: Callable[[Value], bool] | Literal["loops"] | None,
    force: bool,
    *,
    is_focused: bool,
) -> Graph:
    """Fold as was asked for, else what is large; refuse what is too large all the same."""
    if fold == "loops":
        graph = fold_loops(graph)
    elif fold is not None:
        if not callable(fold):
            raise TypeError(f"draw: fold must be a function of a Value, or 'loops', got {fold!r}")
        graph = fold_where(graph, fold)
    if depth is not None:
        if type(depth) is not int or depth < 0:
            raise ValueError(f"draw: depth must be a whole number from 0, got {depth!r}")
        graph = fold_scopes(graph, depth)
    if force:
        return graph
    if depth is None and fold is None and not is_focused:
        graph = fold_to_be_read(graph)
    if len(graph.nodes) > MOST_NODES:
        _refuse(graph)
    return graph


def _one_of(name: str, given: object, *known: object) -> None:
    if given not in known:
        expected = ", ".join(map(repr, known))
        raise ValueError(f"draw: {name} must be one of {expected}, got {given!r}")


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
    folded = "".join(f" ({note})" for note in graph.notes)
    raise ValueError(
        f"draw: the graph has {len(graph.nodes)} nodes and {len(graph.edges)} edges{folded}, and "
        f"more than {MOST_NODES} nodes cannot be read in one picture; compute in scopes "
        "(bp.scope) and fold them with depth=0, draw what is around one node with focus=, "
        "compute with arrays rather than with single numbers, write it as text with "
        "bp.drawing.text_tree(value), or pass force=True"
    )
