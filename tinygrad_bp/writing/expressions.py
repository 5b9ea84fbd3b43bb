"""Expressions as text, with no more parentheses than they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)


@dataclass(frozen=True, slots=True)
class Expr:
    """A text, and how tightly its outermost operator binds."""

    text: str
    level: int = ATOM
    symbol: str = ""

    def __str__(self) -> str:
        return self.text


def inside(part: Expr, level: int) -> str:
    """Write a part with parentheses unless it binds at least as tightly as a level."""
    return part.text if part.level >= level else f"({part.text})"


def is_whole_argument(before: str, after: str) -> bool:
    """Say whether brackets or commas hold what stands between two texts: it needs no more."""
    return before.endswith(("(", "[", ", ")) and after.startswith((")", "]", ","))


def infix(symbol: str, level: int, operands: Sequence[Expr]) -> Expr:
    """Write an operator between two expressions, in the order in which Python evaluates it."""
    left, right = operands
    mixed = "@" in (symbol, left.symbol) and symbol != left.symbol and left.level == PRODUCT
    low = level + 1 if level in (COMPARISON, POWER) or mixed else level
    # the right side of an operator is evaluated first only in parentheses; -a there reads badly
    high = max(level + 1, POWER) if right.level == UNARY or level == POWER else level + 1
    text = f"{inside(left, low)} {symbol} {inside(right, ATOM if level == POWER else high)}"
    return Expr(text, level, symbol)
