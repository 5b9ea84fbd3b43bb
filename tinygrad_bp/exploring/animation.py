"""`animate`: the drawing of a graph as a picture that moves, through both passes.

It is a drawing as `draw` makes it, with styles that show its parts in turn. There is no script in
it, so it plays as an image on any page or slide. Who asks for less motion sees the last step.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from ..drawing.accessible import accessible, description, title
from ..drawing.dot import Style, dot_lines
from ..drawing.render import render
from ..drawing.themes import Theme, ThemeName, theme_of
from ..kernel import Value
from ..saving import write
from ..viewing.gradients import Gradients, run_backward
from ..viewing.graph import Graph, Role, describe
from ..viewing.labels import cards
from ..viewing.plain_text import clip, count_of, summary
from .recording import Contribution, record
from .rules import name_terms, write_op, write_rule

#: Nobody watches more.
MOST_STEPS = 60
#: Seconds that a step takes, and that the last one stays before all begins anew.
STEP, REST = 1.6, 4.0

_SVG = "{http://www.w3.org/2000/svg}"
#: How wide a letter of a caption is, about, and how far the drawing is from its edge.
_LETTER, _MARGIN = 6.0, 14.4


class MovingPicture:
    """A picture made by `tinygrad_bp.animate`; a notebook shows it.

    Attributes
    ----------
    svg : str
        The whole file.
    title : str
        What is drawn.
    """

    def __init__(self, svg: str, title: str) -> None:
        self.svg, self.title = svg, title

    def __repr__(self) -> str:
        return f"<MovingPicture {self.title!r}>"

    def _repr_html_(self) -> str:
        """Show it as an image, so that its styles are its own."""
        data = b64encode(self.svg.encode()).decode()
        return f'<img alt="{escape(self.title)}" src="data:image/svg+xml;base64,{data}">'


def animate(
    value: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    direction: Literal["LR", "TB"] = "LR",
    theme: ThemeName = "light",
) -> MovingPicture:
    """Draw a small graph as a picture that moves through the forward and the backward pass.

    At each step of the forward pass numbers move along the edges into a node, and its value
    appears; at each step of the backward pass, in the engine's order, a gradient moves to an
    operand. A line below has the code and the numbers of the step.

    Parameters
    ----------
    value : Value
        The last node, a scalar. Its graph is only read; no ``.grad`` changes.
    path : str or os.PathLike, optional
        The file to write, ``.svg``. It is replaced as a whole or not at all.
    direction : {"LR", "TB"}, optional
        Whether the graph runs from left to right or from top to bottom.
    theme : {"light", "dark", "print", "colour-blind"}, optional
        The colours.

    Returns
    -------
    MovingPicture
        An SVG without scripts: it plays in a browser, in a notebook, and as the image of a page.

    Raises
    ------
    TypeError
        If `value` is not a Value.
    ValueError
        If it is no scalar, the graph takes more than 60 steps, the theme is unknown, or the path
        does not end in ``.svg``.
    OSError
        If the file cannot be written. An old file of that name is then as it was.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value(3.0, name="x")
    >>> y = bp.named(x * x, "y")
    >>> bp.animate(y)
    <MovingPicture 'Computational graph of y, in 4 steps'>
    """
    if not isinstance(value, Value):
        raise TypeError(f"animate: expected a Value, got {type(value).__name__}")
    if path is not None and Path(path).suffix.lower() != ".svg":
        raise ValueError(f"animate: {os.fspath(path)} does not end in .svg")
    graph = describe(value)
    shown = list(steps(graph))
    if len(shown) > MOST_STEPS:
        raise ValueError(
            f"animate: the graph takes {len(shown)} steps, and nobody watches more than "
            f"{MOST_STEPS}; animate an earlier node of it, compute with arrays rather than with "
            "single numbers, or use explore, which has a page for larger graphs"
        )
    terms = name_terms(graph.nodes)
    written = {
        id: card if card.name or not card.op else replace(card, name=terms[node.value].code)
        for node, (id, card) in zip(graph.nodes, cards(graph, gradients=_gradients(value)).items())
    }
    about = f"{title(graph, written)}, in {count_of(len(shown), 'step')}"
    style = Style(direction, theme_of(theme))
    source = f"digraph {{\n{''.join(dot_lines(graph, written, style=style))}}}\n"
    drawn = accessible(render(source, "svg"), about, description(graph, written))
    root = ElementTree.fromstring(drawn)
    _set_in_motion(root, graph, shown, style.theme)
    for prefix, address in (("", _SVG[1:-1]), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, address)
    picture = MovingPicture(ElementTree.tostring(root, encoding="unicode") + "\n", about)
    if path is not None:
        write(path, picture.svg.encode())
    return picture


def _gradients(value: Value) -> Gradients:
    """Return the gradients of all nodes."""
    return run_backward(value, np.ones((), value.dtype)[()]) if value.requires_grad else Gradients()


# --- what happens -------------------------------------------------------------------------------


@dataclass(frozen=True)
class MovingStep:
    """What happens at a time.

    `text` says it. `node` gets its value, or its gradient if the step is `backward` and
    `complete`; the numbers come along `edges`, each a tail, a head and a position.
    """

    text: str
    node: Value
    edges: tuple[tuple[Value, Value, int], ...] = ()
    backward: bool = False
    complete: bool = True


def steps(graph: Graph) -> Iterator[MovingStep]:
    """Yield each op of the forward pass, then each contribution of the engine's own sweep."""
    terms, result = name_terms(graph.nodes), graph.root.value
    recording = record(result)
    for node in recording.nodes:
        if node.op is not None:
            code = write_op(node, terms).code[-1]
            text = f"forward:  {terms[node].code} = {code} = {summary(node.data)}"
            edges = tuple((parent, node, k) for k, parent in enumerate(node.parents))
            yield MovingStep(text, node, edges)
    if recording.visits:
        yield MovingStep(f"backward:  {terms[result].gradient.code} = 1", result, backward=True)
    for visit in recording.visits:
        for part in visit.contributions:
            rule = write_rule(part.node, part.position, visit.upstream, terms).code[-1]
            gets = "=" if part.old is None else "+="
            name = terms[part.operand].gradient.code
            text = f"backward:  {name} {gets} {rule} = {_numbers(visit.upstream, part)}"
            edge = (part.operand, part.node, part.position)
            yield MovingStep(text, part.operand, (edge,), backward=True, complete=part.complete)


def _numbers(upstream: Any, part: Contribution) -> str:
    """Write upstream × local = contribution for single numbers, else what is added."""
    if part.local is None or part.raw.ndim or part.local == 1:
        return summary(part.delta)
    return f"{summary(upstream)} × {summary(part.local)} = {summary(part.delta)}"


# --- how it is shown ----------------------------------------------------------------------------


def _set_in_motion(root: Element, graph: Graph, shown: list[MovingStep], colours: Theme) -> None:
    """Let the parts of a drawing be seen in turn."""
    ids = {node.value: node.id for node in graph.nodes}
    groups = {group.get("id"): group for group in root.iter(f"{_SVG}g")}
    follows: dict[Element, list[str]] = defaultdict(list)  # key frames
    for k, step in enumerate(shown):
        node = groups[ids[step.node]]
        follows[next(each for each in node.iter() if each.get("stroke"))].append(f"frame{k}")
        if step.complete:
            for number in _beside(node, "grad" if step.backward else "value"):
                follows[number].append(f"from{k}")
        for tail, head, position in step.edges:
            edge = groups.get(f"{ids[tail]}-{ids[head]}-{position}")
            if edge is not None:
                colour = colours.alarm if step.backward else colours.outlines[Role.PARAMETER]
                follows[_add_dot(edge, colour)] += [f"only{k}", f"along{k}"]
    for k, caption in enumerate(_add_captions(root, groups["graph0"], shown, colours.ink)):
        follows[caption].append(f"only{k}")
    for element, names in follows.items():
        element.set("style", f"{element.get('style', '')}animation-name:{','.join(names)}")
    style = Element(f"{_SVG}style")
    style.text = "\n" + "\n".join(_styles(shown)) + "\n"
    root.insert(0, style)


def _beside(node: Element, label: str) -> list[Element]:
    """Return the text that follows a label, if there is one."""
    return [after for text, after in pairwise(node.iter(f"{_SVG}text")) if text.text == label]


def _add_dot(edge: Element, colour: str) -> Element:
    """Put a dot on an edge."""
    path = next(edge.iter(f"{_SVG}path")).get("d")
    dot = SubElement(edge, f"{_SVG}circle", {"r": "4", "fill": colour, "opacity": "0"})
    dot.set("style", f"offset-path:path('{path}');")
    return dot


def _add_captions(
    root: Element, drawing: Element, shown: list[MovingStep], colour: str
) -> Iterator[Element]:
    """Put the text of each step in the place of the legend; without motion the last is seen."""
    background = drawing.find(f"{_SVG}g/{_SVG}a")
    assert background is not None
    for legend in background.findall(f"{_SVG}text"):
        background.remove(legend)
    left, _, width, _ = map(float, root.get("viewBox", "").split())
    place = {"x": f"{left + width / 2 - _MARGIN:g}", "y": "-8", "class": "caption", "fill": colour}
    for step in shown:
        caption = SubElement(background, f"{_SVG}text", place)
        caption.set("opacity", "1" if step is shown[-1] else "0")
        caption.text = clip(step.text, int(width / _LETTER))
        yield caption


def _styles(shown: list[MovingStep]) -> Iterator[str]:
    """Yield what is seen when: a dot moves for the first half of a step, then a number is there."""
    seconds = len(shown) * STEP + REST
    yield f"* {{ animation: {seconds:g}s step-end infinite }}"
    yield "circle { animation-timing-function: step-end, ease-in-out }"
    yield ".caption { font: 12px Helvetica, Arial, sans-serif; text-anchor: middle }"
    yield "@media (prefers-reduced-motion: reduce) { * { animation: none !important } }"
    for k, step in enumerate(shown):
        begin, arrival, end = (f"{100 * STEP * at / seconds:.1f}%" for at in (k, k + 0.5, k + 1))
        start, goal = ("100%", "0%") if step.backward else ("0%", "100%")
        there = f"0% {{ opacity: 0 }} {begin} {{ opacity: 1 }}"
        fades = "" if step is shown[-1] else f" {end} {{ opacity: 0 }}"
        wide = f"{begin} {{ stroke-width: 3 }} {end} {{ stroke-width: 1 }}"
        along = f"offset-distance: {start} }} {arrival}, 100% {{ offset-distance: {goal}"
        yield f"@keyframes only{k} {{ {there}{fades} }}"
        yield f"@keyframes from{k} {{ 0% {{ opacity: 0 }} {arrival} {{ opacity: 1 }} }}"
        yield f"@keyframes frame{k} {{ {wide} }}"
        yield f"@keyframes along{k} {{ 0%, {begin} {{ {along} }} }}"
