"""Formulas as layouts: plain data, which printers write as LaTeX or as MathML.

A layout is a tuple of a kind and its parts:

- ``("name", "net")`` what the user calls something, ``("plain", "h1")`` an index or a number,
  ``("function", "tanh")``, ``("text", "axis ")``, ``("space",)``;
- ``("row", *parts)``, ``("sub", base, index)``, ``("sup", base, exponent)``,
  ``("frac", above, below)``, ``("sqrt", part)``, ``("fence", "(", part, ")")``;
- ``("infix", sign, left, right)``, ``("prefix", sign, part)``, ``("call", function, *parts)``,
  ``("sum", where, part)``, ``("cases", one, condition, other)``.

In the row of an op numbers stand for operands: ``math=("sup", "e", 0)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..programs.program import Instruction
from .expressions import ATOM, COMPARISON, POWER, PRODUCT, SUM, UNARY
from .literals import number_text

Layout = tuple[Any, ...]

#: How Python's operators of two sides are written between them.
_SIGNS: Mapping[str, tuple[str, int]] = {
    "+": ("+", SUM),
    "-": ("-", SUM),
    "@": ("", PRODUCT),
    ">": (">", COMPARISON),
    ">=": ("≥", COMPARISON),
    "<": ("<", COMPARISON),
    "<=": ("≤", COMPARISON),
    "==": ("=", COMPARISON),
    "!=": ("≠", COMPARISON),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A layout, and how tightly its outermost operator binds."""

    layout: Layout
    level: int = ATOM
    sign: str = ""


def symbol(name: str) -> Layout:
    """Lay out a name, with what follows an underscore as its index.

    Examples
    --------
    >>> symbol("w_1")
    ('sub', ('name', 'w'), ('plain', '1'))
    """
    base, _, index = name.partition("_")
    if not base or not index:
        return "name", name
    return "sub", ("name", base), ("plain", index)


def gradient_of(part: Layout) -> Layout:
    """Lay out what the derivative by an inner node is called."""
    return "sub", ("name", "delta"), part


def number(value: Any) -> Formula:
    """Lay out a number."""
    text = number_text(value)
    if np.iscomplexobj(value):
        text = text.replace("j", "i")
    size = text.removeprefix("-")
    found = re.fullmatch(r"(.*)e([+-]?)0*(\d+)", size)
    if found:
        power = ("sup", ("plain", "10"), ("plain", found[2].strip("+") + found[3]))
        layout: Layout = ("infix", "·", ("plain", found[1]), power)
    else:
        layout = {"np.nan": ("function", "NaN"), "np.inf": ("plain", "∞")}.get(
            size, ("plain", size)
        )
    if size != text:
        return Formula(("prefix", "-", layout), UNARY)
    return Formula(layout, PRODUCT if found else ATOM)


def formula(step: Instruction, operands: Sequence[Formula], shapes: Sequence[Any]) -> Formula:
    """Lay out an op of operands."""
    op = step.op
    assert op is not None
    if op.math is not None and not isinstance(op.math, str):
        return _by_its_row(op.math, step, operands)
    if op.symbol in _OPERATORS:
        return _OPERATORS[op.symbol](operands, shapes)
    if op.symbol in _SIGNS and len(operands) == 2:
        return _infix(op.symbol, operands)
    function: Layout = ("function", op.math or op.name)
    if step.metadata.get("axis") is not None:
        function = ("sub", function, _axis(step))
    return Formula(("call", function, *(each.layout for each in operands)))


def _by_its_row(math: Any, step: Instruction, operands: Sequence[Formula]) -> Formula:
    if isinstance(math, int):
        return operands[math]
    kind, *parts = math
    if kind == "sum":
        where = None if step.metadata["axis"] is None else _axis(step)
        return Formula(("sum", where, _inside(operands[parts[0]], PRODUCT)), SUM)
    closed = kind in ("sup", "row")  # there an operand has to stand for itself
    laid_out = [
        _inside(operands[part], ATOM if closed and k == 0 else 0)
        if isinstance(part, int)
        else _literal(kind, k, part)
        for k, part in enumerate(parts)
    ]
    return Formula((kind, *laid_out), POWER if kind == "sup" else ATOM)


def _literal(kind: str, place: int, text: str) -> Any:
    """Lay out what stands in a row beside its operands."""
    if kind == "fence":
        return text
    return ("function", text) if kind == "call" and place == 0 else ("plain", text)


def _axis(step: Instruction) -> Layout:
    axis = str(step.metadata["axis"]).strip("(),")
    return "row", ("text", "axis "), ("plain", axis)


def _inside(part: Formula, level: int) -> Layout:
    return part.layout if part.level >= level else ("fence", "(", part.layout, ")")


# --- Python's operators ------------------------------------------------------------------------


def _infix(operator: str, operands: Sequence[Formula]) -> Formula:
    sign, level = _SIGNS[operator]
    left, right = operands
    layout = ("infix", sign, _inside(left, level), _inside(right, level + 1))
    if level == COMPARISON:  # Iverson's bracket: 1 where it is true
        return Formula(("fence", "[", layout, "]"))
    return Formula(layout, level)


def _product(operands: Sequence[Formula], shapes: Sequence[Any]) -> Formula:
    sign = "⊙" if all(shape != () for shape in shapes) else "·"
    left, right = operands
    first = _inside(left, PRODUCT if left.sign == sign else UNARY)
    return Formula(("infix", sign, first, _inside(right, UNARY + 1)), PRODUCT, sign)


def _quotient(operands: Sequence[Formula], shapes: Sequence[Any]) -> Formula:
    return Formula(("frac", operands[0].layout, operands[1].layout), PRODUCT)


def _power(operands: Sequence[Formula], shapes: Sequence[Any]) -> Formula:
    return Formula(("sup", _inside(operands[0], ATOM), operands[1].layout), POWER)


def _difference(operands: Sequence[Formula], shapes: Sequence[Any]) -> Formula:
    if len(operands) == 2:
        return _infix("-", operands)
    (part,) = operands
    return Formula(("prefix", "-", _inside(part, PRODUCT)), UNARY if part.level > SUM else PRODUCT)


_OPERATORS: Mapping[str, Callable[[Sequence[Formula], Sequence[Any]], Formula]] = {
    "*": _product,
    "/": _quotient,
    "**": _power,
    "-": _difference,
}
