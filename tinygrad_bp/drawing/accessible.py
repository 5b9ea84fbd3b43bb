"""Pictures for those who do not see them: a title and a description inside of an SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from html import escape

from ..viewing.graph import Graph, Role
from ..viewing.labels import Card
from ..viewing.plain_text import count_of

#: More parameters or problems are counted, not listed.
_LISTED = 12


def title(graph: Graph, cards: Mapping[str, Card]) -> str:
    """Say in a few words what is drawn."""
    card = cards[graph.root.id]
    return f"Computational graph of {card.name or card.op or 'a number'}"


def description(graph: Graph, cards: Mapping[str, Card]) -> str:
    """Describe a graph in sentences: its size, its result, its parameters, what is wrong."""
    root = cards[graph.root.id]
    counts = f"{count_of(len(graph.nodes), 'node')}, {count_of(len(graph.edges), 'edge')}."
    said = [counts, *(f"{note}." for note in graph.notes)]
    said.append(f"The result {root.name or root.id} has the value {root.value}.")
    parameters = [card for card in cards.values() if card.role is Role.PARAMETER]
    if parameters:
        said.append(f"Parameters: {_list_some([_parameter(card) for card in parameters])}.")
    wrong = [card.name or card.id for card in cards.values() if card.verdict == "wrong"]
    if wrong:
        said.append(f"Wrong gradients: {_list_some(wrong)}.")
    for card in cards.values():
        if card.points:
            said.append(f"{card.name or card.id}: {card.points}. {' '.join(card.lines)}".rstrip())
    flagged = [f"{c.name or c.id}: {flag}" for c in cards.values() for flag in c.flags]
    if flagged:
        said.append(f"Problems: {_list_some(flagged)}.")
    return " ".join(said)


def _parameter(card: Card) -> str:
    return f"{card.name or card.id} {card.shape}, gradient {card.gradient}"


def _list_some(items: list[str]) -> str:
    rest = f"; and {len(items) - _LISTED} more" if len(items) > _LISTED else ""
    return "; ".join(items[:_LISTED]) + rest


def accessible(svg: bytes, title: str, description: str) -> bytes:
    """Give a picture a role, a title and a description that assistive technology reads.

    As the SVG Accessibility API Mappings of the W3C ask for. The ids are made of the texts, so
    that two pictures on one page do not share them.
    """
    if not title:
        return svg
    text = svg.decode()
    opening = re.search(r"<svg\b[^>]*>", text)
    if opening is None:
        return svg
    key = sha256(f"{title}\n{description}\n{text}".encode()).hexdigest()[:8]
    ids = f"title-{key}", f"desc-{key}"
    tag = opening.group()[:-1] + f' role="img" aria-labelledby="{" ".join(ids)}">'
    inside = (
        f'\n<title id="{ids[0]}">{escape(title)}</title>'
        f'\n<desc id="{ids[1]}">{escape(description)}</desc>'
    )
    return (text[: opening.start()] + tag + inside + text[opening.end() :]).encode()
