"""Layouts of formulas as MathML, which browsers draw themselves and read aloud.

An element is written as a list of its tag, then its text or its children, so that a page makes
elements of it and never parses markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.entities import name2codepoint
from typing import Any

from ..writing.latex_text import GREEK
from ..writing.notation import Layout

Tree = list[Any]

#: A mark is no operator, which would have space around it.
_MARKS = {each: ["mtext", each] for each in "⊤\u00a0"} | {"": ["mtext", "\u2009"]}
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]|.", re.S)


def mathml(layout: Layout) -> Tree:
    r"""Write a layout as MathML.

    Parameters
    ----------
    layout : tuple
        See `tinygrad_bp.writing.notation`.

    Returns
    -------
    list
        ``[tag, ...]``: the tag of an element, then a text or children.

    Examples
    --------
    >>> mathml(("infix", "+", ("name", "delta"), ("plain", "2")))
    ['mrow', ['mi', 'δ'], ['mo', '+'], ['mn', '2']]
    """
    kind, *parts = layout
    tree: Tree = _PRINTERS[kind](*parts)
    return tree


def _name(name: str) -> Tree:
    return ["mi", chr(name2codepoint[name]) if name in GREEK else _printable(name)]


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _plain(text: str) -> Tree:
    """Write an index or a number, token by token."""
    tokens = _TOKEN.findall(_printable(text).replace(" ", "\u00a0"))
    found = [_MARKS.get(token) or [_tag(token), token.replace("-", "−")] for token in tokens]
    return found[0] if len(found) == 1 else ["mrow", *found]


def _tag(token: str) -> str:
    return "mn" if token[0].isdigit() else "mi" if token.isalpha() else "mo"


def _sign(sign: str) -> Tree:
    return _MARKS.get(sign) or ["mo", sign.replace("-", "−")]


def _script(tag: str, base: Layout, script: Layout) -> Tree:
    below = mathml(base)
    if tag == "msup" and below[0] == "msub":
        return ["msubsup", *below[1:], mathml(script)]
    return [tag, below, mathml(script)]


def _fence(opening: str, part: Layout, closing: str) -> Tree:
    return ["mrow", ["mo", opening], mathml(part), ["mo", closing]]


def _call(function: Layout, *parts: Layout) -> Tree:
    inside: Tree = []
    for part in parts:
        inside += [["mo", ","]] * bool(inside) + [mathml(part)]
    return ["mrow", mathml(function), ["mo", "("], *inside, ["mo", ")"]]


def _sum(where: Layout | None, part: Layout) -> Tree:
    sign = ["mo", "∑"]
    return ["mrow", sign if where is None else ["msub", sign, mathml(where)], mathml(part)]


def _cases(one: Layout, condition: Layout, other: Layout) -> Tree:
    rows = ((mathml(one), mathml(condition)), (mathml(other), ["mtext", "otherwise"]))
    table = [["mtr", ["mtd", value], ["mtd", when]] for value, when in rows]
    return ["mrow", ["mo", "{"], ["mtable", *table]]


_PRINTERS: Mapping[str, Callable[..., Tree]] = {
    "name": _name,
    "plain": _plain,
    "function": _name,
    "text": lambda text: ["mtext", text],
    "row": lambda *parts: ["mrow", *map(mathml, parts)],
    "sub": lambda base, index: _script("msub", base, index),
    "sup": lambda base, exponent: _script("msup", base, exponent),
    "frac": lambda above, below: ["mfrac", mathml(above), mathml(below)],
    "sqrt": lambda part: ["msqrt", mathml(part)],
    "fence": _fence,
    "infix": lambda sign, a, b: ["mrow", mathml(a), _sign(sign), mathml(b)],
    "prefix": lambda sign, part: ["mrow", _sign(sign), mathml(part)],
    "call": _call,
    "sum": _sum,
    "cases": _cases,
}
