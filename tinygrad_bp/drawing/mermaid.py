"""A graph as a Mermaid flowchart, which GitHub, GitLab and many editors draw in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import ascii_letters, digits

from ..viewing.graph import Graph, Role
from ..viewing.labels import Card
from ..viewing.plain_text import clip, printable
from .dot import Style

#: What Mermaid draws unless the page that shows it was configured otherwise.
MOST_CHARACTERS = 50_000
MOST_EDGES = 500

_SHAPES = {
    Role.PARAMETER: ('["', '"]'),
    Role.CONSTANT: ('[/"', '"/]'),
    Role.COMPUTED: ('("', '")'),
    Role.RESULT: ('[["', '"]]'),
    Role.FOLDED: ('{{"', '"}}'),
    Role.COTANGENT: ('(["', '"])'),
}
#: All other ASCII means something to Mermaid somewhere: quotes, HTML, Markdown, icons, formulas.
_PLAIN = frozenset(f"{ascii_letters}{digits} ,=()")
#: In numbers these mean nothing more.
_IN_NUMBERS = _PLAIN | frozenset(".[]-+")


def mermaid(
    graph: Graph,
    cards: Mapping[str, Card],
    *,
    direction: str = "TB",
    force: bool = False,
    style: Style | None = None,
) -> str:
    """Write a description in Mermaid's language.

    Raises
    ------
    ValueError
        If it is more than Mermaid draws by default and `force` is not given.
    """
    text = "".join(f"{line}\n" for line in _lines(graph, cards, style or Style(direction)))
    if not force and (len(text) > MOST_CHARACTERS or len(graph.edges) > MOST_EDGES):
        raise ValueError(
            f"the graph has {len(graph.edges)} edges, in Mermaid {len(text)} characters; Mermaid "
            f"draws at most {MOST_EDGES} edges and {MOST_CHARACTERS} characters unless its page is "
            "configured otherwise: write .svg, draw an earlier node, or pass force=True"
        )
    return text


def _lines(graph: Graph, cards: Mapping[str, Card], style: Style) -> Iterator[str]:
    yield f"flowchart {style.direction}"
    depth = 0
    for index, group in enumerate(graph.groups()):
        while depth > max(len(group.scope) - 1, 0):
            yield "  " * depth + "end"
            depth -= 1
        if group.scope:
            depth += 1
            yield f'{"  " * depth}subgraph g{index}["{_text(clip(printable(group.scope[-1])))}"]'
        for node in group.nodes:
            yield "  " * (depth + 1) + _node(cards[node.id])
    yield from ("  " * level + "end" for level in range(depth, 0, -1))
    for edge in graph.edges:
        notes = [str(edge.position)] if edge.ordered and not edge.links else []
        if edge.id in style.derivatives:
            notes.append(_text(style.derivatives[edge.id], _IN_NUMBERS))
        if edge.recurs:
            notes.append("next pass")
        label = f"|{' '.join(notes)}|" if notes else ""
        arrow = "-.-" if edge.links else "-->"
        yield f"  {edge.tail.id} {arrow}{label} {edge.head.id}"
    theme = style.theme
    for role in dict.fromkeys(node.role for node in graph.nodes):
        colours = f"fill:{theme.fills[role]},stroke:{theme.outlines[role]},color:{theme.ink}"
        yield f"  classDef {role} {colours}"
    wrong = [node.id for node in graph.nodes if cards[node.id].verdict == "wrong"]
    if wrong:
        yield f"  classDef wrong stroke:{theme.alarm},stroke-width:3px"
        yield f"  class {','.join(wrong)} wrong"


def _node(card: Card) -> str:
    opening, closing = _SHAPES[card.role]
    computed = " = ".join(part for part in (card.name, card.op) if part)
    shape = "" if card.shape == "()" else card.shape
    lines = [
        _text(f"{computed or card.role} {shape}".rstrip()),
        f"value {_text(card.value, _IN_NUMBERS)}",
        *([f"grad {_text(card.gradient, _IN_NUMBERS)}"] if card.gradient else []),
        *(_text(f"{what} {numbers}", _IN_NUMBERS) for what, numbers in card.rows),
        *([card.verdict.upper()] if card.verdict else []),
        *(_text(line) for line in (card.points, *card.lines) if line),
        *(_text(f"! {flag}") for flag in card.flags),
    ]
    return f"{card.id}{opening}{'<br/>'.join(lines)}{closing}:::{card.role}"


def _text(text: str, plain: frozenset[str] = _PLAIN) -> str:
    """Write everything that Mermaid might read as more than text by its number."""
    return "".join(
        each if each in plain or not each.isascii() else f"#{ord(each)};" for each in text
    )
