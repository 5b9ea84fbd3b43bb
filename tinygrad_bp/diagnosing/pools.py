"""What may have been put in the place of an operand: the numbers of the program, by shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.shaping import matrix_transpose
from ..programs.labelled import ACCUMULATE
from ..programs.program import Kind
from ..programs.witnesses import op_of
from .edits import Call, Expr, Number, Ref, call, times
from .facts import scatters
from .machine import fits
from .structure import Structure, is_uniform, softmax_axis

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
    whole : bool
        In regions: whether it is the whole contribution, and no factor of it.
    """

    expr: Expr
    number: Any
    kind: str
    place: int
    cost: float = 0.0
    whole: bool = False


class Block(NamedTuple):
    """Sources of one shape, and their numbers, one a row."""

    sources: list[Source]
    matrix: Any

    @classmethod
    def of(cls, sources: Sequence[Source], shape: tuple[int, ...]) -> Block:
        """Put sources together."""
        found = np.empty((len(sources), *shape))
        for row, source in enumerate(sources):
            found[row] = source.number
        return cls(list(sources), found.reshape(len(sources), int(np.prod(shape))))


def _power(exponent: float) -> Any:
    return lambda v: call(ops.pow, v, Number(exponent))


def _minus(v: Expr) -> Expr:
    return call(ops.sub, _ONE, v)


def _mask(v: Expr) -> Expr:
    return call(POSITIVE, v, Number(0.0))


POSITIVE, NEGATIVE, SIGN = (
    op_of(f, n) for f, n in ((np.greater, 2), (np.less_equal, 2), (np.sign, 1))
)

#: The forms in which a derivative has a value.
FORMS: dict[str, Any] = {
    "1 - v": _minus,
    "v (1 - v)": lambda v: times(v, _minus(v)),
    "1 - v²": lambda v: _minus(call(ops.pow, v, Number(2.0))),
    "v²": _power(2.0),
    "1 / v": lambda v: call(ops.div, _ONE, v),
    "v > 0": _mask,
    "v <= 0": lambda v: call(NEGATIVE, v, Number(0.0)),
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


class Pools:
    """The numbers of a program by shape, each once."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._blocks: dict[Any, Block] = {}
        self.regions: dict[Any, Any] = {}
        self._forms: dict[int, list[Source]] = {}
        self._single: dict[tuple[str, int], Source] = {}
        steps = structure.steps
        self._values = [
            k
            for k, step in enumerate(steps)
            if step.kind in (Kind.FORWARD, Kind.INPUT)
            or (step.kind is Kind.CONSTANT and step.shape != ())
            or (step.kind is Kind.BACKWARD and not structure.flows[k])
        ] + list(structure.lines.handed.values())
        self._cotangents = [
            k for k, step in enumerate(steps) if structure.flows[k] and step.op is ACCUMULATE
        ]

    def plain(self, shape: tuple[int, ...]) -> Block:
        """Return the values that fit a shape, as they are, transposed or reshaped."""
        return self._remember(
            ("plain", shape),
            lambda: Block.of(
                _distinct(self._fitting(shape, self._values, self._structure.values), shape), shape
            ),
        )

    def cotangents(self, shape: tuple[int, ...], values: Sequence[Any]) -> Block:
        """Return the cotangents of a shape, as they are now."""
        found = _distinct(self._fitting(shape, self._cotangents, values), shape)
        return Block.of(found, shape)

    def near(self, places: frozenset[int], shape: tuple[int, ...]) -> Block:
        """Return the forms of some values that fit a shape."""

        def made() -> Block:
            values = self._structure.values
            fitting = [
                p
                for p in sorted(places, reverse=True)
                if np.shape(values[p]) and fits(np.shape(values[p]), shape)
            ]
            return Block.of([form for p in fitting for form in self.forms(p)], shape)

        return self._remember(("near", places, shape), made)

    def marks(self, shape: tuple[int, ...]) -> Block:
        """Return 1 at the places that an index takes, and 0 elsewhere; and the opposite."""

        def made() -> Block:
            found = []
            for step in self._structure.steps:
                if scatters(step) and step.shape == shape:
                    assert step.op is not None
                    given = np.ones(np.shape(self._structure.values[step.operands[0]]))
                    mark = (step.op.forward(given, **step.metadata) != 0) * 1.0
                    if not is_uniform(mark):
                        found.append(Source(Number(mark), mark, "the elements that are taken", -1))
                        rest = 1.0 - mark
                        found.append(Source(Number(rest), rest, "the other elements", -1))
            return Block.of(found, shape)

        return self._remember(("marks", shape), made)

    def masks(self, shape: tuple[int, ...]) -> Block:
        """Return what a mask may have been made of."""

        def made() -> Block:
            plain = [s for s in self.plain(shape).sources if s.kind == ""]
            found = [f for s in plain for f in self.forms(s.place) if f.kind in ("v > 0", "v <= 0")]
            return Block.of(found, shape)

        return self._remember(("masks", shape), made)

    def probabilities(self, shape: tuple[int, ...]) -> list[tuple[Source, int]]:
        """Return the values that add up to 1 along an axis, and that axis."""
        key = ("probabilities", shape)
        if key not in self.regions:
            plain = [
                s for s in self.plain(shape).sources if s.kind == "" and np.shape(s.number) == shape
            ]
            self.regions[key] = [(s, a) for s in plain if (a := softmax_axis(s.number)) is not None]
        found: list[tuple[Source, int]] = self.regions[key]
        return found

    def _remember(self, key: Any, make: Callable[[], Block]) -> Block:
        if key not in self._blocks:
            self._blocks[key] = make()
        return self._blocks[key]

    def form(self, kind: str, place: int) -> Source:
        """Return one form of a value."""
        key = kind, place
        if key not in self._single:
            expr = FORMS[kind](Ref(place)) if kind else Ref(place)
            with np.errstate(all="ignore"):
                number = _value(expr, np.asarray(self._structure.values[place], np.float64)[()])
            self._single[key] = Source(expr, number, kind, place, 0.5)
        return self._single[key]

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
                        if np.isfinite(made).all() and not (number.ndim and is_uniform(made)):
                            found.append(Source(expr, made, kind, place, 0.5 + cost / 40))
            self._forms[place] = found
        return self._forms[place]

    def _fitting(
        self, shape: tuple[int, ...], places: list[int], values: Sequence[Any]
    ) -> Iterator[Source]:
        size = int(np.prod(shape))
        for k in places:
            number = np.asarray(values[k])
            if number.dtype.kind not in "fb" or number.size <= 1 < size:
                continue
            if number.dtype.kind == "b":
                number = number * 1.0
            if not np.isfinite(number).all():
                continue
            if fits(number.shape, shape):
                yield Source(Ref(k), number, "", k)
            if number.ndim >= 2 and fits((*number.shape[:-2], *number.shape[:-3:-1]), shape):
                flipped = matrix_transpose(number)
                yield Source(swap_last_axes(k, number.ndim), flipped, "T", k, 0.25)
            if (
                number.size == size
                and number.shape != shape
                and len(shape) != 1
                and number.ndim > 1
            ):
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


def swap_last_axes(k: int, ndim: int) -> Call:
    """Swap the last two axes of a step."""
    axes = (*range(ndim - 2), ndim - 1, ndim - 2)
    return Call(transpose_op(), (Ref(k),), {"axes": axes})


def _value(expr: Expr, number: Any) -> Any:
    if isinstance(expr, Ref):
        return number
    if isinstance(expr, Number):
        return expr.number
    assert isinstance(expr, Call)
    return expr.op.forward(*(_value(e, number) for e in expr.operands), **expr.metadata)


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
