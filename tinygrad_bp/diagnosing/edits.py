"""An edit of the backward program, as plain data: which operands are replaced, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..kernel import Op

# --- what stands in the place of an operand -----------------------------------------------------


class Ref(NamedTuple):
    """The number of another step."""

    place: int


class Number(NamedTuple):
    """A number, or an array."""

    number: Any


class Call(NamedTuple):
    """An op of other expressions."""

    op: Op
    operands: tuple[Expr, ...]
    metadata: Mapping[str, Any]


class Own(NamedTuple):
    """What stands there now."""


Expr = Ref | Number | Call | Own
OWN, ZERO, ONE = Own(), Number(0.0), Number(1.0)


def call(op: Op, *operands: Expr, **metadata: Any) -> Call:
    """Make the expression of an op."""
    return Call(op, operands, metadata)


def times(*factors: Expr) -> Expr:
    """Multiply; factors of 1 are left out."""
    kept = [f for f in factors if not (isinstance(f, Number) and np.all(f.number == 1))]
    if not kept:
        return ONE
    product = kept[0]
    for factor in kept[1:]:
        product = call(ops.mul, product, factor)
    return product


def plus(*terms: Expr) -> Expr:
    """Add up."""
    total = terms[0]
    for term in terms[1:]:
        total = call(ops.add, total, term)
    return total


def add_to(expr: Expr, factor: float, by: Expr) -> Expr:
    """Add a multiple of something, or subtract it."""
    return call(ops.sub if factor < 0 else ops.add, expr, times(Number(abs(factor)), by))


def leaves(expr: Expr) -> Iterator[Expr]:
    """Yield what an expression is made of."""
    if isinstance(expr, Call):
        for operand in expr.operands:
            yield from leaves(operand)
    else:
        yield expr


def put(expr: Expr, where: Mapping[Expr, Expr]) -> Expr:
    """Replace leaves of an expression."""
    if isinstance(expr, Call):
        return Call(expr.op, tuple(put(e, where) for e in expr.operands), expr.metadata)
    return where.get(expr, expr) if isinstance(expr, Ref | Own) else expr


def evaluate(expr: Expr, value_of: Callable[[int], Any], own: Any = None) -> Any:
    """Compute an expression from the numbers of steps."""
    if isinstance(expr, Ref):
        return value_of(expr.place)
    if isinstance(expr, Number):
        return np.float64(expr.number) if type(expr.number) is float else expr.number
    if isinstance(expr, Own):
        return own
    operands = [evaluate(e, value_of, own) for e in expr.operands]
    return expr.op.forward(*operands, **expr.metadata)


# --- edits --------------------------------------------------------------------------------------

#: Stands for the result of a step in the place of the number of an operand.
RESULT = -1


class Slot(NamedTuple):
    """An operand of a step, or its result."""

    place: int
    operand: int


@dataclass(frozen=True)
class Edit:
    """What somebody did instead, in one line or in the same line of several passes.

    Attributes
    ----------
    mistake : str
        The identifier.
    changes : mapping of Slot to Expr
        What is replaced, and by what.
    node : int
        The forward step at whose backward step it was done.
    what : str
        What was done, in words, with ``{node}`` and other names for forward steps.
    refers : mapping of str to int
        The forward steps behind those names, or the number behind ``{factor}``.
    cost : float
        The less likely, the larger.
    factor, learning_rate : float or None
        The number that was solved for.
    group : bool
        Whether it is done in several passes.
    """

    mistake: str
    changes: Mapping[Slot, Expr]
    node: int
    what: str
    refers: Mapping[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    factor: float | None = None
    learning_rate: float | None = None
    group: bool = False
    also: tuple[str, ...] = ()

    @property
    def first(self) -> int:
        """The step that is changed first."""
        return min(slot.place for slot in self.changes)


def together(edits: Sequence[Edit]) -> dict[Slot, Expr]:
    """Make several edits one after the other: what is edited twice is edited as it is then."""
    changes: dict[Slot, Expr] = {}
    for edit in edits:
        for slot, expr in edit.changes.items():
            before = changes.get(slot)
            changes[slot] = expr if before is None else put(expr, {OWN: before})
    return changes
