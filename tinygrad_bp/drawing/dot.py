"""A graph as DOT, the language of Graphviz.

Node labels are Graphviz's tables (its HTML-like labels): plain records cannot set a name in bold
above its numbers. What users wrote is escaped on the way in, as text of a table in `_text`, as a
label in `_quoted` and as a tooltip in `_tooltip`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from math import ceil
from unicodedata import east_asian_width

from .graph import Edge, Graph, Node, Role
from .labels import OPERATORS, Card, clipped, printable

__all__ = ["FONT", "dot_lines"]

#: A font whose widths every Graphviz knows; of a list of fonts it would take those of Times.
FONT = "Helvetica"
_SIZE = 10  # points
_INK, _FAINT, _ALARM = "#1f2328", "#636c76", "#b42318"

#: Each role has a shape of its own; the colours repeat what the shapes say.
_LOOKS = {
    Role.PARAMETER: 'shape=box style=filled fillcolor="#dbeafe" color="#1d4ed8"',
    Role.CONSTANT: 'shape=note style=filled fillcolor="#f3f4f6" color="#6b7280"',
    Role.COMPUTED: 'shape=box style="rounded,filled" fillcolor="#ffffff" color="#4b5563"',
    Role.RESULT: (
        'shape=box style="rounded,filled" fillcolor="#fef3c7" color="#92400e" peripheries=2'
    ),
}
_LEGEND = {
    Role.PARAMETER: "rectangle: parameter",
    Role.CONSTANT: "folded corner: constant",
    Role.COMPUTED: "rounded: computed",
    Role.RESULT: "double frame: result",
}


def dot_lines(graph: Graph, cards: Mapping[str, Card], *, direction: str) -> Iterator[str]:
    """Yield the lines inside ``digraph { }``, the same for the same graph."""
    yield from _defaults(graph, direction)
    indent, open_groups = "\t", 0
    for index, group in enumerate(graph.groups()):
        while open_groups > max(len(group.scope) - 1, 0):
            open_groups -= 1
            yield f"{indent * (open_groups + 1)}}}\n"
        if group.scope:
            yield from _group(group.scope[-1], index, indent * len(group.scope))
            open_groups += 1
        for node in group.nodes:
            yield indent * (len(group.scope) + 1) + _node(cards[node.id])
    for depth in range(open_groups, 0, -1):
        yield f"{indent * depth}}}\n"
    beside = _beside(graph)
    for edge in graph.edges:
        yield indent + _edge(edge, cards, " minlen=0" if edge in beside else "")


def _defaults(graph: Graph, direction: str) -> Iterator[str]:
    present = {node.role for node in graph.nodes}
    legend = "      ".join(text for role, text in _LEGEND.items() if role in present)
    counts = f"{len(graph.nodes)} nodes, {len(graph.edges)} edges"
    yield (
        f'\tgraph [rankdir={direction} ordering=in ranksep=0.3 nodesep=0.4 fontname="{FONT}" '
        f'fontsize={_SIZE} fontcolor="{_FAINT}" bgcolor="#ffffff" pad=0.2 '
        f'label="\\n{legend}" labelloc=b tooltip="{counts}"]\n'
    )
    yield (
        f'\tnode [fontname="{FONT}" fontsize={_SIZE} fontcolor="{_INK}" '
        'margin="0.08,0.04" height=0.3]\n'
    )
    yield (
        f'\tedge [fontname="{FONT}" fontsize=9 fontcolor="{_FAINT}" color="#6b7280" '
        "arrowsize=0.6 labeldistance=1.4]\n"
    )


def _group(name: str, index: int, indent: str) -> Iterator[str]:
    name = printable(name)
    label, tooltip = _quoted(clipped(name)), _tooltip(name)
    yield f"{indent}subgraph cluster_{index} {{\n"
    yield (
        f"{indent}\tgraph [label={label} tooltip={tooltip} labeljust=l labelloc=t fontsize=11 "
        f'style="rounded,filled" fillcolor="#f8fafc" color="#cbd5e1"]\n'
    )


def _node(card: Card) -> str:
    alarm = f' color="{_ALARM}" penwidth=2.5' if card.flags else ""
    look = _LOOKS[card.role] + alarm
    return f"{card.id} [label=<{_table(card)}> tooltip={_tooltip(card.details)} {look}]\n"


def _table(card: Card) -> str:
    rows = [_head(card)]
    if card.name or card.op or card.shape != "()":
        rows.append(_row("value", card.value))
    if card.gradient:
        rows.append(_row("grad", card.gradient))
    rows += map(_alarm, card.flags)
    style = 'border="0" cellborder="0" cellspacing="0" cellpadding="1"'
    return f"<table {style}>{''.join(rows)}</table>"


def _head(card: Card) -> str:
    """Write name, op and shape; an unnamed number is its own name."""
    shape = "" if card.shape == "()" else card.shape
    operator = OPERATORS.get(card.op)
    op = f"{card.op} {operator}" if operator else card.op
    title = card.name or op or (card.value if not shape else card.role)
    rest = "  ".join(part for part in (op if card.name else "", shape) if part)
    faint = f'<font color="{_FAINT}">  {_text(rest)}</font>' if rest else ""
    width = _width(f"{title}  {rest}")
    return f'<tr><td colspan="2"{width}><b>{_text(title)}</b>{faint}</td></tr>'


def _row(what: str, numbers: str) -> str:
    return (
        f'<tr><td align="left" width="32"><font color="{_FAINT}">{what}</font></td>'
        f'<td align="left"{_width(numbers)}>{_text(numbers)}</td></tr>'
    )


def _alarm(flag: str) -> str:
    text = f'<font color="{_ALARM}"><b>! {_text(flag)}</b></font>'
    return f'<tr><td colspan="2" align="left">{text}</td></tr>'


def _beside(graph: Graph) -> set[Edge]:
    """Find the leaves to put beside the op that uses them, where another operand leads to it.

    So the computed Values form a line, and neither the picture nor its groups are longer.
    """
    continued = {edge.head.id for edge in graph.edges if edge.tail.value.parents}
    return {
        edge for edge in graph.edges if not edge.tail.value.parents and edge.head.id in continued
    }


def _edge(edge: Edge, cards: Mapping[str, Card], placed: str) -> str:
    position = f' headlabel="{edge.position}"' if edge.ordered else ""
    tail, head = (_called(node, cards) for node in (edge.tail, edge.head))
    tooltip = _tooltip(f"{tail} is operand {edge.position} of {head}")
    return f"{edge.tail.id} -> {edge.head.id} [tooltip={tooltip}{position}{placed}]\n"


def _called(node: Node, cards: Mapping[str, Card]) -> str:
    card = cards[node.id]
    return f"{card.id} ({card.name or card.op or card.role})"


def _text(text: str) -> str:
    r"""Escape a text for a table: no markup, and no ``\N``, which would be the node's id."""
    return escape(text, quote=True).replace("\\", "\\\\")


def _width(text: str) -> str:
    """Reserve room for letters outside ASCII: some renderers take them to be narrow."""
    if text.isascii():
        return ""
    ems = sum(1.0 if east_asian_width(each) in "WF" or each > "\uffff" else 0.62 for each in text)
    return f' width="{ceil(ems * _SIZE)}"'


def _quoted(text: str) -> str:
    """Quote a text as a label: no entities of HTML, and no escapes of Graphviz's."""
    return _string(escape(text, quote=False).replace("\\", "\\\\"))


def _tooltip(text: str) -> str:
    """Quote a text as a tooltip, in which Graphviz reads escapes twice."""
    return _string(escape(text, quote=False).replace("\\", "\\" * 4).replace("\n", "\\n"))


def _string(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
