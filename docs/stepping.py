"""A picture that moves: the drawing of a graph of numbers, stepping through both passes.

It is the drawing of `bp.draw` with styles that show and hide its parts in turn. There is no
script in it, so it plays as an image on any page. Who asks for less motion sees the last step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import tinygrad_bp as bp
from tinygrad_bp.drawing.themes import ThemeName, theme_of
from tinygrad_bp.exploring.recording import Contribution, record
from tinygrad_bp.exploring.rules import name_terms, write_op, write_rule
from tinygrad_bp.viewing.graph import Graph, Role, describe
from tinygrad_bp.viewing.plain_text import number

SVG = "{http://www.w3.org/2000/svg}"
for prefix, address in (("", SVG[1:-1]), ("xlink", "http://www.w3.org/1999/xlink")):
    ElementTree.register_namespace(prefix, address)

#: Seconds that a step takes, and that the last one stays before all begins anew.
STEP, REST = 1.6, 4.0


@dataclass(frozen=True)
class Step:
    """What happens at a time.

    `text` says it. `node` gets its value, or its gradient if the step is `backward` and
    `complete`; the numbers come along `edges`, from the first node of each to the second.
    """

    text: str
    node: bp.Value
    edges: tuple[tuple[bp.Value, bp.Value, int], ...] = ()
    backward: bool = False
    complete: bool = True


def steps(graph: Graph) -> Iterator[Step]:
    """Yield each op of the forward pass, then each contribution of the engine's own sweep."""
    terms = name_terms(graph)
    recording = record(graph.root.value)
    for node in recording.nodes:
        if node.op is not None:
            code = write_op(node, terms).code[-1]
            edges = tuple((parent, node, k) for k, parent in enumerate(node.parents))
            yield Step(
                f"forward:  {terms[node].code} = {code} = {number(node.item())}", node, edges
            )
    result = graph.root.value
    yield Step(f"backward:  {terms[result].gradient.code} = 1", result, backward=True)
    for visit in recording.visits:
        for part in visit.contributions:
            rule = write_rule(part.node, part.position, visit.upstream, terms)
            gets = "=" if part.old is None else "+="
            name = terms[part.operand].gradient.code
            text = f"backward:  {name} {gets} {rule.code[-1]} = {_numbers(visit.upstream, part)}"
            edge = (part.operand, part.node, part.position)
            yield Step(text, part.operand, (edge,), backward=True, complete=part.complete)


def _numbers(upstream: Any, part: Contribution) -> str:
    if part.local is None or part.local == 1:
        return number(part.delta)
    return f"{number(upstream)} × {number(part.local)} = {number(part.delta)}"


def stepping(value: bp.Value, theme: ThemeName = "light") -> str:
    """Draw a graph of numbers whose two passes play.

    Parameters
    ----------
    value : Value
        The result, after a backward pass that has kept all gradients.
    theme : str
        As for `tinygrad_bp.draw`.

    Returns
    -------
    str
        An SVG document.
    """
    graph, colours = describe(value), theme_of(theme)
    shown = list(steps(graph))
    ids = {node.value: node.id for node in graph.nodes}
    root = ElementTree.fromstring(bp.draw(value, direction="LR", theme=theme).pipe("svg"))
    groups = {group.get("id"): group for group in root.iter(f"{SVG}g")}
    follows: dict[Element, list[str]] = defaultdict(list)  # key frames
    for k, step in enumerate(shown):
        node = groups[ids[step.node]]
        follows[outline(node)].append(f"frame{k}")
        if step.complete:
            follows[text_beside(node, "grad" if step.backward else "value")].append(f"from{k}")
        for tail, head, position in step.edges:
            edge = groups[f"{ids[tail]}-{ids[head]}-{position}"]
            colour = colours.alarm if step.backward else colours.outlines[Role.PARAMETER]
            follows[dot_along(edge, colour)] += [f"only{k}", f"along{k}"]
    for k, caption in enumerate(captions(root, groups["graph0"], shown, colours.ink)):
        follows[caption].append(f"only{k}")
    for element, names in follows.items():
        element.set("style", f"{element.get('style', '')}animation-name:{','.join(names)}")
    style = Element(f"{SVG}style")
    style.text = "\n" + "\n".join(styles(shown)) + "\n"
    root.insert(0, style)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def outline(node: Element) -> Element:
    """Return the frame of a node."""
    return next(each for each in node.iter() if each.get("stroke"))


def text_beside(node: Element, label: str) -> Element:
    """Return the text that follows a label."""
    texts = node.iter(f"{SVG}text")
    next(text for text in texts if text.text == label)
    return next(texts)


def dot_along(edge: Element, colour: str) -> Element:
    """Put a dot on an edge."""
    path = next(edge.iter(f"{SVG}path")).get("d")
    dot = SubElement(edge, f"{SVG}circle", {"r": "4", "fill": colour, "opacity": "0"})
    dot.set("style", f"offset-path:path('{path}');")
    return dot


def captions(root: Element, graph: Element, shown: list[Step], colour: str) -> Iterator[Element]:
    """Put the text of each step in the place of the legend; without motion the last is seen."""
    background = graph.find(f"{SVG}g/{SVG}a")
    for legend in background.findall(f"{SVG}text"):
        background.remove(legend)
    left, _, width, _ = map(float, root.get("viewBox", "").split())
    for step in shown:
        caption = SubElement(
            background, f"{SVG}text", {"x": f"{left + width / 2 - 14.4:g}", "y": "-8"}
        )
        caption.attrib |= {"class": "caption", "fill": colour}
        caption.attrib |= {"opacity": "1" if step is shown[-1] else "0"}
        caption.text = step.text
        yield caption


def styles(shown: list[Step]) -> Iterator[str]:
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
        yield f"@keyframes only{k} {{ {there}{fades} }}"
        yield f"@keyframes from{k} {{ 0% {{ opacity: 0 }} {arrival} {{ opacity: 1 }} }}"
        yield f"@keyframes frame{k} {{ {wide} }}"
        begins, arrives = f"0%, {begin}", f"{arrival}, 100%"
        along = f"offset-distance: {start} }} {arrives} {{ offset-distance: {goal}"
        yield f"@keyframes along{k} {{ {begins} {{ {along} }} }}"
