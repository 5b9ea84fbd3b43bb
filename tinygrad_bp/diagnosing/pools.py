"""What may have been put in the place of an operand: the numbers of the program, by shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import ops
from ..ops.shaping import matrix_transpose
from ..programs.labelled import ACCUMULATE
from ..programs.program import Kind
from .edits import Call, Expr, Number, Ref, call, times
from .structure import Structure, is_uniform

#: How many values of one shape are looked at.
_MOST = 400
_ONE = Number(1.0)


@dataclass(frozen=True)
class Source:
    """Something that may stand in the place of an operand.

    Attributes
    ----------
    expr : Expr
        How it is computed.
    number : array
        What it is here.
    kind : str
        "" for a value as it is, "T" where it is transposed, else the form.
    place : int
        The step that it is made of; -1 for none.
    cost : float
        The less likely, the larger.
    """

    expr: Expr
    number: Any
    kind: str
    place: int
    cost: float = 0.0


def _power(exponent: float) -> Any:
    return lambda v: call(ops.pow, v, Number(exponent))


def _minus(v: Expr) -> Expr:
    return call(ops.sub, _ONE, v)


def _mask(v: Expr) -> Expr:
    return call(POSITIVE, v)


#: A step function as an op, so that an expression can have it.
POSITIVE = ops.relu.__class__("positive part", lambda a: np.greater(a, 0) * 1.0, None)
NEGATIVE = ops.relu.__class__("negative part", lambda a: np.less_equal(a, 0) * 1.0, None)

#: The forms in which a derivative has a value.
FORMS: dict[str, Any] = {
    "1 - v": _minus,
    "v (1 - v)": lambda v: times(v, _minus(v)),
    "1 - v²": lambda v: _minus(call(ops.pow, v, Number(2.0))),
    "v²": _power(2.0),
    "1 / v": lambda v: call(ops.div, _ONE, v),
    "v > 0": _mask,
    "v <= 0": lambda v: call(NEGATIVE, v),
    "1 + v²": lambda v: call(ops.add, _ONE, _power(2.0)(v)),
    "1 + v": lambda v: call(ops.add, _ONE, v),
    "sqrt v": lambda v: call(ops.sqrt, v),
    "1 / sqrt v": _power(-0.5),
    "v³": _power(3.0),
    "1 / v²": _power(-2.0),
    "1 / v³": _power(-3.0),
    "v ** -1.5": _power(-1.5),
    "exp v": lambda v: call(ops.exp, v),
    "exp -v": lambda v: call(ops.exp, call(ops.neg, v)),
    "log v": lambda v: call(ops.log, v),
    "sigmoid v": lambda v: call(ops.sigmoid, v),
    "sigmoid' v": lambda v: times(call(ops.sigmoid, v), _minus(call(ops.sigmoid, v))),
    "tanh v": lambda v: call(ops.tanh, v),
    "tanh' v": lambda v: _minus(call(ops.pow, call(ops.tanh, v), Number(2.0))),
    "sign v": lambda v: call(SIGN, v),
    "(v (1 - v))²": lambda v: call(ops.pow, times(v, _minus(v)), Number(2.0)),
    "(1 - v²)²": lambda v: call(ops.pow, _minus(_power(2.0)(v)), Number(2.0)),
}
SIGN = ops.relu.__class__("sign", np.sign, None)


class Pools:
    """The numbers of a program by shape, each once."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._plain: dict[tuple[int, ...], list[Source]] = {}
        self._forms: dict[int, list[Source]] = {}
        steps = structure.steps
        self._values = [
            k
            for k, step in enumerate(steps)
            if step.kind in (Kind.FORWARD, Kind.INPUT)
            or (step.kind is Kind.CONSTANT and step.shape != ())
            or (step.kind is Kind.BACKWARD and not structure.flows[k])
        ]
        self._cotangents = [
            k
            for k, step in enumerate(steps)
            if structure.flows[k] and (step.op is ACCUMULATE or step.kind is Kind.SEED)
        ]

    def plain(self, shape: tuple[int, ...]) -> list[Source]:
        """Return the values that fit a shape, as they are, transposed or reshaped."""
        if shape not in self._plain:
            self._plain[shape] = _distinct(self._fitting(shape, self._values), shape)
        return self._plain[shape]

    def cotangents(self, shape: tuple[int, ...], before: int) -> list[Source]:
        """Return the cotangents of a shape that are known before a step."""
        key = (-1, *shape)
        if key not in self._plain:
            self._plain[key] = _distinct(self._fitting(shape, self._cotangents), shape)
        return [s for s in self._plain[key] if s.place < before]

    def forms(self, place: int) -> list[Source]:
        """Return the forms in which a derivative may have a value."""
        if place not in self._forms:
            number = np.asarray(self._structure.values[place])
            found = []
            if number.dtype.kind == "f":
                with np.errstate(all="ignore"):
                    for cost, (kind, form) in enumerate(FORMS.items()):
                        expr = form(Ref(place))
                        made = _value(expr, number)
                        if np.isfinite(made).all():
                            found.append(Source(expr, made, kind, place, 0.5 + cost / 40))
            self._forms[place] = found
        return self._forms[place]

    def _fitting(self, shape: tuple[int, ...], places: list[int]) -> Iterator[Source]:
        values = self._structure.values
        size = int(np.prod(shape))
        for k in places:
            number = np.asarray(values[k])
            if number.dtype.kind not in "fb" or number.size <= 1 < size:
                continue
            if number.dtype.kind == "b":
                number = number * 1.0
            if not np.isfinite(number).all():
                continue
            if _fits(number.shape, shape):
                yield Source(Ref(k), number, "", k)
            if number.ndim >= 2 and _fits((*number.shape[:-2], *number.shape[:-3:-1]), shape):
                flipped = matrix_transpose(number)
                yield Source(_transposed(k, number.ndim), flipped, "T", k, 0.25)
            if number.size == size and number.shape != shape and len(shape) != 1 and number.ndim > 1:
                expr = Call(reshape_op(), (Ref(k),), {"shape": shape})
                yield Source(expr, number.reshape(shape), "reshaped", k, 0.75)


def reshape_op() -> Any:
    """Return the op that reshapes."""
    from ..ops.shaping import _reshape

    return _reshape


def transpose_op() -> Any:
    """Return the op that transposes."""
    from ..ops.shaping import _transpose

    return _transpose


def _transposed(k: int, ndim: int) -> Call:
    axes = (*range(ndim - 2), ndim - 1, ndim - 2)
    return Call(transpose_op(), (Ref(k),), {"axes": axes})


def _value(expr: Expr, number: Any) -> Any:
    if isinstance(expr, Ref):
        return number
    if isinstance(expr, Number):
        return expr.number
    assert isinstance(expr, Call)
    return expr.op.forward(*(_value(e, number) for e in expr.operands), **expr.metadata)


def _fits(small: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    if len(small) > len(shape):
        return False
    return all(a in (1, b) for a, b in zip(reversed(small), reversed(shape), strict=False))


def _distinct(found: Iterator[Source], shape: tuple[int, ...]) -> list[Source]:
    """Keep of equal ones the first, and none that is one number."""
    kept: dict[bytes, Source] = {}
    for source in found:
        if int(np.prod(shape)) > 1 and is_uniform(source.number):
            continue
        full = np.ascontiguousarray(np.broadcast_to(source.number, shape), np.float64)
        kept.setdefault(full.tobytes(), source)
        if len(kept) >= _MOST:
            break
    return list(kept.values())


def matrix(sources: list[Source], shape: tuple[int, ...]) -> Any:
    """Put sources below each other, one a row."""
    if not sources:
        return np.zeros((0, int(np.prod(shape))))
    return np.stack([np.broadcast_to(s.number, shape).ravel() for s in sources])


