"""`explore`: from a Value to a page that steps through its forward and backward pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..checking import Comparison
from ..drawing.render import TIME_LIMIT
from ..kernel import Value, topological_order
from ..planting import Exercise
from ..programs.witnesses import run_in_full
from ..saving import write
from ..transforms.running import Trace
from ..viewing.graph import Graph, describe
from ..viewing.plain_text import printable
from ..waiting import shown_after_a_second
from .code_lines import CodeLines
from .computing import Computing
from .document import Page, assemble
from .picture import pictures
from .recording import record
from .rules import name_terms
from .story import story

#: Larger graphs are explored on request only.
MOST_NODES = 1000

_SUFFIXES = (".html", ".htm")


@shown_after_a_second("making a page")
def explore(
    value: Value | Callable[[Any], Any],
    path: str | os.PathLike[str] | None = None,
    *,
    params: Any = None,
    comparison: Comparison | None = None,
    exercises: Exercise | Sequence[Exercise] = (),
    title: str | None = None,
    seed: Any = None,
    force: bool = False,
    time_limit: float = TIME_LIMIT,
) -> Page:
    """Make a page that steps through the forward and the backward pass of a graph.

    The page is one HTML file that needs no network and makes no request. It plays the forward
    pass, then the backward sweep in the engine's order: at each step the node, its rule as a
    formula and as code, ``upstream × local = contribution`` and ``gradient: old + Δ → new`` with
    the numbers of this graph. Numbers of leaves can be changed, and both passes follow. Learners
    can be asked for the gradients instead.

    Parameters
    ----------
    value : Value or callable
        The last node, such as a loss. Its graph is only read; no ``.grad`` changes. Or a function
        of `params` that gives one: then comparisons in its code are nodes of the graph, and follow
        when a number of a parameter is changed.
    path : str or os.PathLike, optional
        The file to write, ``.html``. It is replaced as a whole or not at all.
    params : array_like, nested dicts, lists and tuples of them, optional
        Where a function is run.
    comparison : Comparison, optional
        What `tinygrad_bp.compare` gave for the same function and parameters. Manual, automatic
        and numeric gradients are then shown side by side, and the page stops at the first wrong
        step. Parameters are found by their names and shapes.
    exercises : Exercise or sequence of Exercise, optional
        What `tinygrad_bp.exercise` or `tinygrad_bp.exercises` made: the page lets its readers find
        the wrong line.
    title : str, optional
        The heading; by default the name of `value`.
    seed : array_like, optional
        The gradient to start from, of the shape of `value`; 1 for a scalar.
    force : bool, optional
        Whether to make a page of more than 1,000 nodes.
    time_limit : float, optional
        Seconds that laying out the diagram may take.

    Returns
    -------
    Page
        Its `html`, and its `path`; a notebook shows it.

    Raises
    ------
    TypeError
        If `value` is neither a Value nor a function with `params`, `comparison` not a Comparison,
        something in `exercises` no Exercise, or a number complex.
    ValueError
        If the suffix is another one, the graph is too large, `value` is not a scalar and there
        is no seed, or the comparison belongs to other parameters.
    StaleGraphError
        If data were assigned after the graph had used them.
    OSError
        If the file cannot be written. An old file of that name is then as it was.
    RenderError
        If the diagram cannot be laid out.

    Notes
    -----
    Arrays of up to 256 numbers are in the page in full, larger ones as the means of blocks, so
    that its size is bounded. A graph without anything to differentiate has a forward pass only.

    The page computes in JavaScript, in float64. Where it cannot, for an op that it does not know,
    arrays of more than 4,096 numbers, or a graph whose code compared numbers, it says so, and its
    numbers are fixed. Numbers that code took out of the graph, by ``.data`` or ``float()``, are
    constants of the graph and do not follow.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(3.0, name="x")
    >>> page = bp.explore(bp.named(x * x, "y"))
    >>> page.html[:15]
    '<!DOCTYPE html>'

    Of a function, whose masks follow:

    >>> page = bp.explore(lambda p: p * (p > 0), params=2.0)

    As a file, with a check of gradients that were derived by hand:

    >>> import pathlib, tempfile
    >>> comparison = bp.compare(lambda p: p["x"] ** 2, {"x": 3.0}, {"x": 5.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = bp.explore(x**2, f"{folder}/page.html", comparison=comparison)
    ...     page.path.name
    'page.html'
    """
    in_full, code = False, CodeLines()
    if not isinstance(value, Value):
        value, in_full = _run(value, params, code)
    if comparison is not None and not isinstance(comparison, Comparison):
        raise TypeError(f"explore: expected a Comparison, got {type(comparison).__name__}")
    found = exercises if isinstance(exercises, Sequence) else [exercises]
    if not all(isinstance(each, Exercise) for each in found):
        raise TypeError(
            "explore: expected exercises as bp.exercises(fun, params, count=...) makes them, got "
            f"{exercises!r}"
        )
    if path is not None and Path(path).suffix.lower() not in _SUFFIXES:
        raise ValueError(f"explore: {os.fspath(path)!r} does not end in .html")
    graph = describe(value)
    if len(graph.nodes) > MOST_NODES and not force:
        _refuse(graph)
    _refuse_complex(value)
    recording = record(value, seed)
    order, lines = code.order(graph), code.read()
    terms, computing = name_terms(order), Computing(graph, in_full)
    told = story(
        graph,
        recording,
        terms,
        computing,
        title=title or printable(value.name or "A computational graph"),
        comparison=comparison,
        exercises=found,
        order=order,
        lines=lines,
    )
    names = {
        node.value: "" if about["number"] else about.get("expression") or about["name"]
        for node, about in zip(graph.nodes, told["nodes"], strict=True)
    }
    drawn = pictures(graph, recording, names, time_limit=time_limit)
    page = Page(assemble(told, drawn, _in_words(graph), computing.script.text()))
    if path is not None:
        write(path, page.html.encode())
        page.path = Path(path)
    return page


def _run(fun: Any, params: Any, code: CodeLines) -> tuple[Value, bool]:
    """Run a function on Values, and note the lines of its code that make them.

    Returns
    -------
    value, in_full
        Its result, and whether comparisons are nodes.
    """
    if not callable(fun):
        raise TypeError(f"explore: expected a Value or a function, got {type(fun).__name__}")
    if params is None:
        raise TypeError("explore: a function needs params=, the parameters to run it at")
    traced, in_full = run_in_full(
        lambda: Trace("explore", fun, (params,), {}, [0], naming=True, made=code.note)
    )
    if not isinstance(traced.value, Value):
        raise TypeError(
            f"explore: the function gives a {type(traced.value).__name__} for Values; expected a "
            "Value"
        )
    return traced.value, in_full


def _in_words(graph: Graph) -> str:
    return (
        f"Diagram of {len(graph.nodes)} nodes and {len(graph.edges)} edges. The panel tells each "
        "step in words; the search field goes to a node by its name."
    )


def _refuse_complex(value: Value) -> None:
    for node in topological_order(value):
        if node.op is not None and np.iscomplexobj(node._data):
            raise TypeError(
                f"explore: a page shows real numbers, and the graph has complex ones, from "
                f"{node.op.name} on; draw() and derive() take them"
            )


def _refuse(graph: Graph) -> None:
    raise ValueError(
        f"explore: the graph has {len(graph.nodes)} nodes and {len(graph.edges)} edges, and nobody "
        f"steps through more than {MOST_NODES}; explore an earlier node of it, compute with arrays "
        "rather than with single numbers, or pass force=True"
    )
