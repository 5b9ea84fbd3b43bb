r"""Formulas for browsers: from the LaTeX that this package writes to MathML.

MathML is drawn by browsers themselves, and read aloud. An element is written as a list of its
tag, then its text or its children, so that a page makes elements of it and never parses markup.
"""

from __future__ import annotations

import re
from html.entities import name2codepoint
from typing import Any

Tree = list[Any]

_OPERATORS = {
    "cdot": "·",
    "odot": "⊙",
    "partial": "∂",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "sum": "∑",
    "ldots": "…",
    "infty": "∞",
    "sim": "~",
    "hat": "^",
    "backslash": "\\",
    "|": "|",
    **{each: each for each in "{}#$%&_"},
}
_MARKS = {"top": "⊤", ",": "\u2009", " ": "\u00a0"}
_FUNCTIONS = frozenset(["ln", "tanh", "sin", "cos", "tan", "sinh", "cosh", "max", "min", "det"])
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|[^\W\d_]|\S", re.S)


def mathml(latex: str) -> Tree:
    r"""Turn a formula into MathML.

    Parameters
    ----------
    latex : str
        In the part of LaTeX that `tinygrad_bp.writing` uses.

    Returns
    -------
    list
        ``["mrow", ...]``: the tag of an element, then a text or children.

    Examples
    --------
    >>> mathml(r"\delta_{w} \, 2")
    ['mrow', ['msub', ['mi', 'δ'], ['mi', 'w']], ['mtext', '\u2009'], ['mn', '2']]
    """
    return _Parser(latex).row(())


class _Parser:
    """Reads one formula from its start to its end."""

    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._at = 0

    def _peek(self) -> str:
        match = _TOKEN.search(self._latex, self._at)
        return "" if match is None else match[0]

    def _next(self) -> str:
        match = _TOKEN.search(self._latex, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def row(self, ends: tuple[str, ...]) -> Tree:
        """Read elements up to one of the ends, which is left; a single one stands alone."""
        found: Tree = ["mrow"]
        while (token := self._peek()) and token not in ends:
            if token in "_^":
                self._next()
                base = found.pop() if len(found) > 1 else ["mrow"]
                found.append(_scripted(base, token, self._argument()))
            else:
                found.append(self._element())
        return found[1] if len(found) == 2 and ends else found

    def _argument(self) -> Tree:
        if self._peek() != "{":
            return self._element()
        self._next()
        inner = self.row(("}",))
        self._next()
        return inner

    def _element(self) -> Tree:
        token = self._next()
        if token == "{":
            self._at -= 1
            return self._argument()
        if not token.startswith("\\"):
            tag = "mn" if token[0].isdigit() else "mi" if token.isalpha() else "mo"
            return [tag, {"-": "−"}.get(token, token)]
        return self._command(token[1:])

    def _command(self, name: str) -> Tree:
        if name == "frac":
            return ["mfrac", self._argument(), self._argument()]
        if name == "sqrt":
            return ["msqrt", self._argument()]
        if name in ("mathit", "mathrm", "text", "operatorname"):
            return ["mtext" if name == "text" else "mi", self._words()]
        if name in ("left", "right"):
            return ["mo", self._next().removeprefix("\\")]
        if name == "begin":
            return self._cases()
        if name in _FUNCTIONS:
            return ["mi", name]
        if name in _MARKS:
            return ["mtext", _MARKS[name]]  # an operator would have space around it
        if name in _OPERATORS:
            return ["mo", _OPERATORS[name]]
        return ["mi", chr(name2codepoint[name])]  # a Greek letter

    def _words(self) -> str:
        r"""Read the argument of ``\mathit`` and the like as plain text."""
        depth, start = 0, self._latex.index("{", self._at) + 1
        end = start
        while depth or self._latex[end] != "}":
            escaped = self._latex[end] == "\\"
            depth += {"{": 1, "}": -1}.get(self._latex[end], 0)
            end += 2 if escaped else 1
        self._at = end + 1
        words = re.sub(r"\\(backslash|hat|sim)\{\}", _plain, self._latex[start:end])
        return re.sub(r"\\(.)", r"\1", words)

    def _cases(self) -> Tree:
        self._words()
        rows = []
        while True:
            value = self.row(("&",))
            self._next()
            condition = self.row(("\\\\", "\\end"))
            rows.append(["mtr", ["mtd", value], ["mtd", condition]])
            if self._next() == "\\end":
                self._words()
                return ["mrow", ["mo", "{"], ["mtable", *rows]]


def _plain(match: re.Match[str]) -> str:
    return "\\" + _OPERATORS[match[1]]


def _scripted(base: Tree, mark: str, script: Tree) -> Tree:
    if mark == "^" and base[0] == "msub":
        return ["msubsup", *base[1:], script]
    return ["msub" if mark == "_" else "msup", base, script]
