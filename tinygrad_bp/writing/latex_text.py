r"""Layouts of formulas as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .notation import Layout

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
#: The Greek letters, as LaTeX and HTML call them.
GREEK = frozenset(_LETTERS.split())
_NAMED = (
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim ln log "
    "max min Pr sec sin sinh sup tan tanh"
)
#: The functions that have a command of their own.
_COMMANDS = frozenset(_NAMED.split())
_SIGNS = {
    "": r"\,",
    "⊙": r"\odot",
    "·": r"\cdot",
    "≥": r"\ge",
    "≤": r"\le",
    "≠": r"\ne",
    "∂": r"\partial",
    "∞": r"\infty",
    "⊤": r"\top",
    "[…]": r"[\ldots]",
}
_SPECIAL = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\hat{}",
    "~": r"\sim{}",
    **{c: f"\\{c}" for c in "#$%&_"},
}


def latex(layout: Layout) -> str:
    r"""Write a layout.

    Examples
    --------
    >>> from tinygrad_bp.writing.notation import symbol
    >>> print(*map(latex, map(symbol, ["w_1", "net_h1", "delta", "50%"])))
    w_{1} \mathit{net}_{h1} \delta \mathit{50\%}
    """
    kind, *parts = layout
    text: str = _PRINTERS[kind](*parts)
    return text


def _name(name: str) -> str:
    if name in GREEK:
        return f"\\{name}"
    return _escape(name) if len(name) == 1 else rf"\mathit{{{_escape(name)}}}"


def _escape(text: str) -> str:
    plain = "".join(_SPECIAL.get(c, c) for c in text if c.isprintable())
    return plain.replace(" ", r"\ ")


def _plain(text: str) -> str:
    return _SIGNS.get(text) or _escape(text)


def _function(name: str) -> str:
    known = name in _COMMANDS or name in GREEK
    return f"\\{name}" if known else rf"\operatorname{{{_escape(name)}}}"


def _row(*parts: Layout) -> str:
    """Write parts side by side; a command has to end before a letter."""
    text = ""
    for part in map(latex, parts):
        apart = re.search(r"\\[a-zA-Z]+$", text) and part[:1].isalpha()
        text += f" {part}" if apart or text == _SIGNS["∂"] else part
    return text


def _fence(opening: str, part: Layout, closing: str) -> str:
    return rf"\left{opening}{latex(part)}\right{closing}"


def _call(function: Layout, *parts: Layout) -> str:
    return rf"{latex(function)}\left({', '.join(map(latex, parts))}\right)"


def _sum(where: Layout | None, part: Layout) -> str:
    below = "" if where is None else f"_{{{latex(where)}}}"
    return rf"\sum{below} {latex(part)}"


def _cases(one: Layout, condition: Layout, other: Layout) -> str:
    first = rf"{latex(one)} & {latex(condition)}\\"
    return rf"\begin{{cases}}{first}{latex(other)} & \text{{otherwise}}\end{{cases}}"


_PRINTERS: Mapping[str, Callable[..., Any]] = {
    "name": _name,
    "plain": _plain,
    "function": _function,
    "text": lambda text: rf"\text{{{text}}}",
    "row": _row,
    "sub": lambda base, index: f"{latex(base)}_{{{latex(index)}}}",
    "sup": lambda base, exponent: f"{latex(base)}^{{{latex(exponent)}}}",
    "frac": lambda above, below: rf"\frac{{{latex(above)}}}{{{latex(below)}}}",
    "sqrt": lambda part: rf"\sqrt{{{latex(part)}}}",
    "fence": _fence,
    "infix": lambda s, left, right: f"{latex(left)} {_SIGNS.get(s, s)} {latex(right)}",
    "prefix": lambda s, part: f"{_SIGNS.get(s, s)}{latex(part)}",
    "call": _call,
    "sum": _sum,
    "cases": _cases,
}
