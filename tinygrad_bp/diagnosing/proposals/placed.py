"""The same numbers at other places: turned round, shifted, in another order, or only a part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...ops.reductions import _sum
from ...ops.shaping import indexing
from ..edits import OWN, Call, Expr, Number, call, times
from ..pools import reshape_op, transpose_op
from ..structure import is_uniform

#: Of longer axes no parts are looked at but the first and the last element; nor of larger arrays.
_LONG, _LARGE = 16, 20_000


class Placed(NamedTuple):
    """Numbers that stand at other places, or only some of them.

    Attributes
    ----------
    expr : Expr
        In terms of what stands there now.
    what : str
        What was done, with ``{it}`` for what it was done to.
    """

    expr: Expr
    number: Any
    mistake: str
    what: str
    cost: float
    also: tuple[str, ...] = ()


_ORDER, _SHIFTED = ("index-shifted", "swapped"), ("order", "factor-replaced", "axis")
_PART = ("not-reduced", "index-overwritten", "term-missing", "fan-out-overwritten", "mask-replaced")


def place_otherwise(now: Any) -> Iterator[Placed]:
    """Yield an array with its elements at other places, the shape as it is."""
    now = np.asarray(now)
    if not is_uniform(now):
        yield from _turn(now)
        yield from _shift(now)
        yield from _reorder(now)
        yield from _pool(now)
    yield from _parts(now)


def _turn(now: Any) -> Iterator[Placed]:
    long = [axis for axis, length in enumerate(now.shape) if length > 1]
    for axes in (*((a,) for a in long), *combinations(long, 2)):
        back = slice(None, None, -1)
        index = tuple(back if axis in axes else slice(None) for axis in range(now.ndim))
        what = "the elements of {it} stand in the opposite order"
        yield Placed(call(indexing, OWN, index=index), now[index], "order", what, 0.6, _ORDER)


def _shift(now: Any) -> Iterator[Placed]:
    """Yield the neighbour's number along an axis, and one number for all."""
    for axis, length in enumerate(now.shape):
        if length == 1:
            continue
        for shift in (1, -1):
            what = "{it} is that which stands beside the right one"
            yield _take(now, np.roll(np.arange(length), shift), axis, what, 0.6)
        for at, which in ((0, "first"), (-1, "last")):
            what = f"{{it}} is the {which} one along axis {axis} for all"
            yield _take(now, np.full(length, at % length), axis, what, 0.7)


def _take(now: Any, places: Any, axis: int, what: str, cost: float) -> Placed:
    index = (*[slice(None)] * axis, places)
    expr = call(indexing, OWN, index=index)
    return Placed(expr, now[index], "index-shifted", what, cost, _SHIFTED)


def _pool(now: Any) -> Iterator[Placed]:
    """Yield the sum or the mean along an axis, or of all, for each element."""
    long = [axis for axis, length in enumerate(now.shape) if length > 1]
    ways = [((axis,), f" along axis {axis}") for axis in long]
    for axes, where in [*ways, (tuple(long), "")] if len(long) > 1 else ways:
        total, count = np.sum(now, axes, keepdims=True), np.prod([now.shape[a] for a in axes])
        expr = call(_sum, OWN, axis=axes, keepdims=True)
        for name, share in (("sum", 1.0), ("mean", 1 / float(count))):
            what = f"instead of {{it}} its {name}{where} is used"
            number = np.broadcast_to(total * share, now.shape)
            full = call(ops.broadcast_to, times(Number(share), expr), shape=now.shape)
            yield Placed(full, number, "axis", what, 0.9, ("factor-replaced", "constant-factor"))


def _reorder(now: Any) -> Iterator[Placed]:
    """Yield axes that are exchanged: of the array, or of two that lie in one axis."""
    what, also = "the elements of {it} are in the wrong order", ("axis", "transposed", *_SHIFTED)
    for axis, length in enumerate(now.shape):
        for rows in range(2, length):
            if length % rows == 0:
                shape = (*now.shape[:axis], rows, length // rows, *now.shape[axis + 1 :])
                split = call(reshape_op(), OWN, shape=shape)
                crossed, number = _cross(split, now.reshape(shape), axis, axis + 1)
                back, number = (
                    call(reshape_op(), crossed, shape=now.shape),
                    number.reshape(now.shape),
                )
                yield Placed(back, number, "order", what, 0.8, also)
    for one, other in combinations(range(now.ndim), 2):
        if now.shape[one] == now.shape[other] > 1:
            expr, number = _cross(OWN, now, one, other)
            if (one, other) == (now.ndim - 2, now.ndim - 1):
                yield Placed(expr, number, "transposed", "{it} is transposed", 0.4, ("order",))
            else:
                yield Placed(expr, number, "order", what, 0.7, also)


def _cross(expr: Expr, now: Any, one: int, other: int) -> tuple[Expr, Any]:
    axes = [*range(now.ndim)]
    axes[one], axes[other] = other, one
    return Call(transpose_op(), (expr,), {"axes": tuple(axes)}), now.transpose(axes)


def _parts(now: Any) -> Iterator[Placed]:
    """Yield that only the first or the last elements along an axis count."""
    for axis, length in enumerate(now.shape):
        most = length if length <= _LONG and now.size <= _LARGE else 2
        for count in range(1, most):
            for start in (0, length - count):
                kept = np.zeros(now.shape)
                kept[(*[slice(None)] * axis, slice(start, start + count))] = 1.0
                which = "last" if start else "first"
                some = f"{which} {count} along" if count > 1 else f"{which} part along"
                what = f"only the {some} axis {axis} of {{it}} is used"
                cost = 0.7 if count == 1 else 0.9
                expr = times(OWN, Number(kept))
                yield Placed(expr, now * kept, "not-reduced", what, cost, _PART)
