"""A graph as DOT, the language of Graphviz.

Node labels are Graphviz's tables (its HTML-like labels): plain records cannot set a name in bold
above its numbers. What users wrote is escaped on the way in, as text of a table in `_text`, as a
label in `_quoted` and as a tooltip in `_tooltip`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from math import ceil
from unicodedata import east_asian_width

from ..viewing.graph import Edge, Graph, Node, Role
from ..viewing.labels import Card
from ..viewing.plain_text import break_lines, clip, count_of, printable
from .heat_maps import HeatMaps, table
from .rows import Rows
from .stand_ins import find_stand_ins
from .themes import DECADES, THEMES, Theme, decade

#: A font whose widths every Graphviz knows; of a list of fonts it would take those of Times.
FONT = "Helvetica"
_SIZE = 10  # points
#: What stands at an edge to the next pass of a loop.
_RECURS = " next pass "
#: Derivatives at edges go on in the next line after so many letters.
_DERIVATIVE = 36
#: Larger graphs are laid out with fewer refinements, which would take minutes.
_QUICK = 2000

#: Each role has a shape of its own; the colours repeat what the shapes say.
_SHAPES = {
    Role.PARAMETER: 'shape=box style="filled"',
    Role.CONSTANT: 'shape=note style="filled"',
    Role.COMPUTED: 'shape=box style="rounded,filled"',
    Role.RESULT: 'shape=box style="rounded,filled" peripheries=2',
    Role.FOLDED: 'shape=box3d style="filled"',
    Role.COTANGENT: 'shape=box style="rounded,filled,dashed"',
}
_LEGEND = {
    Role.PARAMETER: "rectangle: parameter",
    Role.CONSTANT: "folded corner: constant",
    Role.COMPUTED: "rounded: computed",
    Role.RESULT: "double frame: result",
    Role.FOLDED: "block: several nodes",
    Role.COTANGENT: "dashed: gradient",
}
_VERDICTS = {"correct": "correct", "wrong": "WRONG"}


@dataclass(frozen=True, slots=True)
class Style:
    """How a graph is drawn: what does not depend on its nodes.

    Attributes
    ----------
    direction : {"TB", "LR"}
        Where the edges run.
    theme : Theme
        The colours.
    by_gradient : bool
        Whether the fill of a node says how large its gradient is, or what its role is.
    derivatives : mapping of str to str
        What stands at edges, by their ids.
    heat_maps : mapping of str to mapping
        The maps of values and gradients, by the ids of nodes.
    with_ids : bool
        Whether nodes without a name show their ids, because formulas name them so.
    """

    direction: str = "TB"
    theme: Theme = THEMES["light"]
    by_gradient: bool = False
    derivatives: Mapping[str, str] = field(default_factory=dict)
    heat_maps: HeatMaps = field(default_factory=dict)
    with_ids: bool = False


def dot_lines(
    graph: Graph,
    cards: Mapping[str, Card],
    *,
    direction: str = "TB",
    style: Style | None = None,
) -> Iterator[str]:
    """Yield the lines inside ``digraph { }``, the same for the same graph."""
    style, rows = style or Style(direction), Rows(graph)
    stand_ins = find_stand_ins(graph, rows)
    if any(not cards[edge.tail.id].name for edge in stand_ins):
        style = replace(style, with_ids=True)
    yield from _defaults(graph, style, bool(stand_ins))
    indent, open_groups, root = "\t", 0, graph.root
    drawn_again: dict[Node, dict[str, Node]] = {}
    for edge, id in stand_ins.items():
        drawn_again.setdefault(edge.head, {})[id] = edge.tail
    for index, group in enumerate(graph.groups()):
        while open_groups > max(len(group.scope) - 1, 0):
            open_groups -= 1
            yield f"{indent * (open_groups + 1)}}}\n"
        if group.scope:
            yield from _group(group.scope[-1], index, indent * len(group.scope), style.theme)
            open_groups += 1
        for node in group.nodes:
            inner = indent * (len(group.scope) + 1)
            for id, original in drawn_again.get(node, {}).items():
                yield inner + _stand_in(id, cards[original.id], style)
            yield inner + _node(cards[node.id], node is root, style)
    for depth in range(open_groups, 0, -1):
        yield f"{indent * depth}}}\n"
    beside = _beside(graph)
    for edge in graph.edges:
        if edge.links:
            yield from _link(edge, cards, style, is_seen=rows.is_alone(edge.tail))
            continue
        placed = " minlen=0" if edge in beside else ""
        if edge.recurs:
            placed = f' constraint=false style=dashed label="{_RECURS}"'
        yield indent + _edge(edge, stand_ins.get(edge, edge.tail.id), cards, style, placed)


def _defaults(graph: Graph, style: Style, with_stand_ins: bool) -> Iterator[str]:
    theme = style.theme
    counts = f"{count_of(len(graph.nodes), 'node')}, {count_of(len(graph.edges), 'edge')}"
    faces = " newrank=true" if any(e.links and e.head.formula for e in graph.edges) else ""
    quick = " nslimit=2 nslimit1=2 mclimit=0.1 splines=line" if len(graph.nodes) > _QUICK else ""
    yield (
        f"\tgraph [rankdir={style.direction} ordering=in ranksep=0.3 nodesep=0.4 "
        f'fontname="{FONT}" fontsize={_SIZE} fontcolor="{theme.faint}" '
        f'bgcolor="{theme.background}" pad=0.2 labelloc=b tooltip="{counts}"{faces}{quick} '
        f"label=<{_legend(graph, style, with_stand_ins)}>]\n"
    )
    yield (
        f'\tnode [fontname="{FONT}" fontsize={_SIZE} fontcolor="{theme.ink}" '
        'margin="0.08,0.04" height=0.3]\n'
    )
    yield (
        f'\tedge [fontname="{FONT}" fontsize=9 fontcolor="{theme.faint}" color="{theme.line}" '
        "arrowsize=0.6 labeldistance=1.4]\n"
    )


def _legend(graph: Graph, style: Style, with_stand_ins: bool) -> str:
    """Write what the shapes mean, which colour stands for which size, and what was left out."""
    present = {node.role for node in graph.nodes}
    shapes = [text for role, text in _LEGEND.items() if role in present]
    shapes += ["dotted: the same node again"] if with_stand_ins else []
    roles = " \xa0 \xa0 ".join(shapes)
    rows = [f"<tr><td>{roles}</td></tr>"]
    if style.by_gradient:
        names = [f"below {_decade(DECADES[0])}", *(f"from {_decade(limit)}" for limit in DECADES)]
        cells = "".join(
            f'<td border="1" color="{style.theme.line}" bgcolor="{colour}">'
            f'<font color="{style.theme.ink}">{name}</font></td>'
            for name, colour in zip(names, style.theme.ramp, strict=True)
        )
        head = "<td>largest entry of the gradient: </td>"
        rows.append(
            f'<tr><td><table border="0" cellpadding="3"><tr>{head}{cells}</tr></table></td></tr>'
        )
    if style.derivatives:
        rows.append(
            "<tr><td>on an edge: what becomes of the gradient ḡ on its way up; "
            "a number multiplies it</td></tr>"
        )
    if style.heat_maps:
        rows.append(f"<tr><td>{_scale(style.theme)}</td></tr>")
    rows += [f"<tr><td>{_text(printable(note))}</td></tr>" for note in graph.notes]
    written = "".join(["<tr><td></td></tr>", *rows])
    return f'<table border="0" cellborder="0" cellspacing="2" cellpadding="2">{written}</table>'


def _scale(theme: Theme) -> str:
    """Write what the colours of heat maps say."""
    look = 'border="0" cellborder="0" cellspacing="2" width="150" height="16" fixedsize="true"'
    cells = table([[-1.0, -0.5, 0.0, 0.5, 1.0]], theme)
    return f"<table {look}><tr><td>negative</td><td>{cells}</td><td>positive</td></tr></table>"


def _decade(limit: float) -> str:
    return f"{limit:g}".replace("e-0", "e-")


def _group(name: str, index: int, indent: str, theme: Theme) -> Iterator[str]:
    name = printable(name)
    label, tooltip = _quote(clip(name)), _tooltip(name)
    yield f"{indent}subgraph cluster_{index} {{\n"
    yield (
        f"{indent}\tgraph [label={label} tooltip={tooltip} labeljust=l labelloc=t fontsize=11 "
        f'style="rounded,filled" fillcolor="{theme.group}" color="{theme.frame}"]\n'
    )


def _node(card: Card, is_root: bool, style: Style) -> str:
    theme = style.theme
    if style.by_gradient:
        theme = replace(theme, faint=theme.ink, alarm=theme.ink, good=theme.ink)
    fill, outline = _colours(card, style)
    look = f'{_SHAPES[card.role]} fillcolor="{fill}"'
    if is_root and card.role is Role.FOLDED:
        look += " peripheries=2"
    width = 3.5 if card.points else 2.5 if card.flags or card.verdict == "wrong" else 1
    if width > 1:
        look += f" penwidth={width}"
    label = f"<{_table(card, theme, style)}>"
    tooltip = _tooltip(card.details)
    return f'{card.id} [id="{card.id}" label={label} tooltip={tooltip} {look} color="{outline}"]\n'


def _colours(card: Card, style: Style) -> tuple[str, str]:
    """Choose the fill and the outline of a node."""
    theme = style.theme
    is_bad = card.flags or card.verdict == "wrong"
    outline = theme.alarm if is_bad else theme.outlines[card.role]
    if not style.by_gradient:
        return theme.fills[card.role], outline
    return theme.background if card.size is None else theme.ramp[decade(card.size)], outline


def _stand_in(id: str, card: Card, style: Style) -> str:
    """Draw a node again by its name alone, in the shape of its role."""
    fill, outline = _colours(card, style)
    known = card.name or (card.value if card.role is Role.CONSTANT and not card.op else card.id)
    look = _SHAPES[card.role].replace("filled", "filled,dotted").replace(" peripheries=2", "")
    tooltip = _tooltip(f"{known} again: {card.value}")
    return (
        f'{id} [id="{id}" label={_quote(known)} tooltip={tooltip} {look} '
        f'fillcolor="{fill}" color="{outline}"]\n'
    )


def _table(card: Card, theme: Theme, style: Style) -> str:
    rows = [_head(card, theme, style.with_ids)]
    maps = style.heat_maps.get(card.id, {})
    if card.role is Role.FOLDED:  # below the upper side of the block
        rows.insert(0, '<tr><td colspan="2" height="4" fixedsize="true"></td></tr>')
    if card.points:
        rows.append(_line(f"» {card.points}", theme.alarm if card.verdict else theme.ink))
    rows += [_line(line, theme.ink, bold=False) for line in card.lines]
    if card.name or card.op or card.shape != "()":
        rows.append(_row("value", card.value, theme))
        rows += _map_row(maps.get("value"))
    if card.gradient:
        rows.append(_row("grad", card.gradient, theme))
        rows += _map_row(maps.get("grad"))
    rows += [_row(what, numbers, theme) for what, numbers in card.rows]
    if card.verdict:
        colour = theme.alarm if card.verdict == "wrong" else theme.good
        rows.append(_line(_VERDICTS[card.verdict], colour))
    rows += [_line(f"! {flag}", theme.alarm) for flag in card.flags]
    look = 'border="0" cellborder="0" cellspacing="0" cellpadding="1"'
    return f"<table {look}>{''.join(rows)}</table>"


def _head(card: Card, theme: Theme, with_id: bool) -> str:
    """Write name, op and shape; an unnamed number is its own name."""
    shape = "" if card.shape == "()" else card.shape
    op = f"{card.op} {card.operator}" if card.operator else card.op
    title = card.name or op or (card.value if not shape else card.role)
    is_called = card.name or (card.role is Role.CONSTANT and not shape)
    known = "" if is_called or not with_id else card.id
    rest = "  ".join(part for part in (op if card.name else "", shape, known) if part)
    faint = f'<font color="{theme.faint}">  {_text(rest)}</font>' if rest else ""
    width = _width(f"{title}  {rest}")
    return f'<tr><td colspan="2"{width}><b>{_text(title)}</b>{faint}</td></tr>'


def _row(what: str, numbers: str, theme: Theme) -> str:
    room = max(32, ceil(0.5 * _SIZE * len(what)) + 6)
    said = f'<font color="{theme.faint}">{_text(what)}</font>' if what else ""
    return (
        f'<tr><td align="left" width="{room}">{said}</td>'
        f'<td align="left"{_width(numbers)}>{_text(numbers)}</td></tr>'
    )


def _map_row(heat_map: str | None) -> list[str]:
    return [] if heat_map is None else [f'<tr><td></td><td align="left">{heat_map}</td></tr>']


def _line(text: str, colour: str, *, bold: bool = True) -> str:
    written = f"<b>{_text(text)}</b>" if bold else _text(text)
    cell = f'<font color="{colour}">{written}</font>'
    return f'<tr><td colspan="2" align="left"{_width(text)}>{cell}</td></tr>'


def _beside(graph: Graph) -> set[Edge]:
    """Find the leaves to put beside the op that uses them, where another operand leads to it.

    So the computed Values form a line, and neither the picture nor its groups are longer.
    """
    operands = [edge for edge in graph.edges if not edge.links and not edge.recurs]
    continued = {edge.head for edge in operands if edge.tail.value.parents}
    return {edge for edge in operands if not edge.tail.value.parents and edge.head in continued}


def _link(edge: Edge, cards: Mapping[str, Card], style: Style, *, is_seen: bool) -> Iterator[str]:
    """Put a cotangent into the row of its node; a line joins them where nothing is between."""
    if not edge.head.formula:  # its op is a node, and has a place of its own
        return
    tail, head = (_name_of(node, cards) for node in (edge.tail, edge.head))
    tooltip = _tooltip(f"{head} is the gradient of {tail}")
    look = f'style=dashed color="{style.theme.outlines[Role.COTANGENT]}"'
    yield (
        f'\t{edge.tail.id} -> {edge.head.id} [id="{edge.id}" tooltip={tooltip} arrowhead=none '
        f"{look if is_seen else 'style=invis'} minlen=0 weight=20]\n"
    )


def _edge(edge: Edge, start: str, cards: Mapping[str, Card], style: Style, placed: str) -> str:
    tail, head = (_name_of(node, cards) for node in (edge.tail, edge.head))
    end = "taillabel" if edge.upward else "headlabel"
    derivative, position, label = style.derivatives.get(edge.id), "", ""
    if derivative:
        label = f"{edge.position}: {derivative}" if edge.ordered else derivative
        lines = "\\n".join(_escape(f" {line} ") for line in break_lines(label, _DERIVATIVE))
        label = f" label={_string(lines)}"
    elif edge.ordered:
        position = f' {end}="{edge.position}"'
    tooltip = _tooltip(f"{tail} is operand {edge.position} of {head}")
    ends = (start, edge.head.id)
    upward = ""
    if edge.upward:
        ends, upward = ends[::-1], " dir=back"
    return (
        f'{" -> ".join(ends)} [id="{edge.id}" tooltip={tooltip}{position}{label}{upward}{placed}]\n'
    )


def _name_of(node: Node, cards: Mapping[str, Card]) -> str:
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


def _quote(text: str) -> str:
    """Quote a text as a label: no entities of HTML, and no escapes of Graphviz's."""
    return _string(_escape(text))


def _escape(text: str) -> str:
    return escape(text, quote=False).replace("\\", "\\\\")


def _tooltip(text: str) -> str:
    """Quote a text as a tooltip, in which Graphviz reads escapes twice."""
    return _string(escape(text, quote=False).replace("\\", "\\" * 4).replace("\n", "\\n"))


def _string(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
