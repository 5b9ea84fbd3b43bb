"""A graph as a Mermaid flowchart, which GitHub, GitLab and many editors draw in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import ascii_letters, digits

from .graph import Graph, Role
from .labels import Card, clipped, printable

__all__ = ["MOST_CHARACTERS", "MOST_EDGES", "mermaid"]

#: What Mermaid draws unless the page that shows it was configured otherwise.
MOST_CHARACTERS = 50_000
MOST_EDGES = 500

_SHAPES = {
    Role.PARAMETER: ('["', '"]'),
    Role.CONSTANT: ('[/"', '"/]'),
    Role.COMPUTED: ('("', '")'),
    Role.RESULT: ('[["', '"]]'),
}
_COLOURS = {
    Role.PARAMETER: "fill:#dbeafe,stroke:#1d4ed8,color:#1f2328",
    Role.CONSTANT: "fill:#f3f4f6,stroke:#6b7280,color:#1f2328",
    Role.COMPUTED: "fill:#ffffff,stroke:#4b5563,color:#1f2328",
    Role.RESULT: "fill:#fef3c7,stroke:#92400e,color:#1f2328",
}
#: All other ASCII means something to Mermaid somewhere: quotes, HTML, Markdown, icons, formulas.
_PLAIN = frozenset(f"{ascii_letters}{digits} ,=()")
#: In numbers these mean nothing more.
_IN_NUMBERS = _PLAIN | frozenset(".[]-+")


def mermaid(
    graph: Graph, cards: Mapping[str, Card], *, direction: str = "TB", force: bool = False
) -> str:
    """Write a description in Mermaid's language.

    Raises
    ------
    ValueError
        If it is more than Mermaid draws by default and `force` is not given.
    """
    text = "".join(f"{line}\n" for line in _lines(graph, cards, direction))
    if not force and (len(text) > MOST_CHARACTERS or len(graph.edges) > MOST_EDGES):
        raise ValueError(
            f"the graph has {len(graph.edges)} edges, in Mermaid {len(text)} characters; Mermaid "
            f"draws at most {MOST_EDGES} edges and {MOST_CHARACTERS} characters unless its page is "
            "configured otherwise: write .svg, draw an earlier node, or pass force=True"
        )
    return text


def _lines(graph: Graph, cards: Mapping[str, Card], direction: str) -> Iterator[str]:
    yield f"flowchart {direction}"
    depth = 0
    for index, group in enumerate(graph.groups()):
        while depth > max(len(group.scope) - 1, 0):
            yield "  " * depth + "end"
            depth -= 1
        if group.scope:
            depth += 1
            yield f'{"  " * depth}subgraph g{index}["{_text(clipped(printable(group.scope[-1])))}"]'
        for node in group.nodes:
            yield "  " * (depth + 1) + _node(cards[node.id])
    yield from ("  " * level + "end" for level in range(depth, 0, -1))
    for edge in graph.edges:
        position = f"|{edge.position}|" if edge.ordered else ""
        yield f"  {edge.tail.id} -->{position} {edge.head.id}"
    for role in dict.fromkeys(node.role for node in graph.nodes):
        yield f"  classDef {role} {_COLOURS[role]}"


def _node(card: Card) -> str:
    opening, closing = _SHAPES[card.role]
    computed = " = ".join(part for part in (card.name, card.op) if part)
    shape = "" if card.shape == "()" else card.shape
    lines = [
        _text(f"{computed or card.role} {shape}".rstrip()),
        f"value {_text(card.value, _IN_NUMBERS)}",
        *([f"grad {_text(card.gradient, _IN_NUMBERS)}"] if card.gradient else []),
        *(_text(f"! {flag}") for flag in card.flags),
    ]
    return f"{card.id}{opening}{'<br/>'.join(lines)}{closing}:::{card.role}"


def _text(text: str, plain: frozenset[str] = _PLAIN) -> str:
    """Write everything that Mermaid might read as more than text by its number."""
    return "".join(
        each if each in plain or not each.isascii() else f"#{ord(each)};" for each in text
    )
