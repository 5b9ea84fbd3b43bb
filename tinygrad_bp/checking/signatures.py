"""Which way the piecewise parts of a function went: the signature of a point.

relu, abs, max, where, clip, sort and comparisons are smooth as long as every unit stays on its
side. So two points with the same signature have, for all that the graph shows, no kink between
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..kernel.context import witness
from ..kernel.dispatch import data_of
from ..kernel.value import Value
from ..ops.branches import compare_elements
from ..programs.witnesses import PLAIN


class Way(NamedTuple):
    """Which way one piecewise op went.

    Attributes
    ----------
    what : str
        The op.
    node : Value or None
        Whose elements the units are; None where that is no single node.
    number : int
        How many such ops the graph has up to this one.
    units : numpy.ndarray
        A code for the branch of every unit.
    tied : bool
        Whether a unit is exactly between two branches.
    """

    what: str
    node: Value | None
    number: int
    units: npt.NDArray[Any]
    tied: bool = False


_COMPARISONS = {
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.equal,
    np.not_equal,
}


class Decision(NamedTuple):
    """A comparison, or a function without a derivative, of Values, and what `fun` was given."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    given: Any = None

    @property
    def result(self) -> Any:
        """What it gives for the numbers that the Values have now."""
        return self.function(*data_of(self.args), **data_of(self.kwargs))


@contextmanager
def noticed() -> Iterator[list[Decision]]:
    """Note the comparisons, and NumPy's functions without a derivative, in this thread."""
    calls: list[Decision] = []

    def notice(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = Decision(function, args, kwargs).result
        # what the shape alone decides goes no way; held here, a buffer could not be filled
        if function not in PLAIN and np.asarray(given).dtype.kind in "biuf":
            calls.append(Decision(function, args, kwargs, given))
        return given

    token = witness.set(notice)
    try:
        yield calls
    finally:
        witness.reset(token)


def ways_of(path: Iterable[Value], calls: Iterable[Decision]) -> list[Way]:
    """List the ways of a graph: of its piecewise ops, of what was noticed, of masks and places."""
    ways, masks = [], []
    numbers: Counter[str] = Counter()
    for node in path:
        if node.op is None:
            continue
        name = node.op.name
        numbers[name] += 1
        if is_piecewise(node):
            units, tied = _branch_of(node)
            ways.append(Way(name, _unit_node(node, units), numbers[name], units, tied))
        masks += [Way(name, node, numbers[name], array) for array in _masks(node)]
    return ways + list(_ways_of_calls(calls)) + masks


def _ways_of_calls(calls: Iterable[Decision]) -> Iterator[Way]:
    numbers: Counter[str] = Counter()
    for call in calls:
        compares = call.function in _COMPARISONS
        units = np.asarray(compare_elements(*data_of(call.args)) if compares else call.result)
        node = next((a for a in call.args if isinstance(a, Value)), None)
        what = "comparison" if compares else call.function.__name__
        numbers[what] += 1
        yield Way(what, node, numbers[what], units, compares and not units.all())


def is_piecewise(node: Value) -> bool:
    """Say whether the op of a node goes one way or another with the numbers it gets."""
    return node.op is not None and node.op.branch is not None


def _branch_of(node: Value) -> tuple[npt.NDArray[Any], bool]:
    found: tuple[npt.NDArray[Any], bool] = node.op.branch(
        node._data, *[parent._data for parent in node.parents], **node.metadata
    )
    return found


def any_tie(path: Iterable[Value], calls: Iterable[Decision]) -> bool:
    """Say whether a unit is exactly at its kink; costs little where there is none."""
    return any(way.tied for way in _ways_of_calls(calls)) or any(
        _branch_of(node)[1] for node in path if is_piecewise(node)
    )


def _unit_node(node: Value, units: npt.NDArray[Any]) -> Value:
    """Choose whose name a unit gets: the node's, if it has one and the unit is an element of it."""
    if node.shape == units.shape and node.name:
        return node
    return next((p for p in node.parents if p.shape == units.shape), node)


def _masks(node: Value) -> Iterator[npt.NDArray[Any]]:
    """Yield the constants of a node that say which way to go: masks, and places to take from."""
    for parent in node.parents:
        if not parent.requires_grad and np.asarray(parent._data).dtype.kind in "biu":
            yield np.asarray(parent._data)
    for told in node.metadata.values():
        for part in told if isinstance(told, tuple | list) else (told,):
            if isinstance(part, np.ndarray) and part.dtype.kind in "biu":
                yield part


def change(a: list[Way], b: list[Way]) -> str | None:
    """Return which unit went another way, or None where all went the same."""
    for one, other in zip(a, b):
        if one.what != other.what or one.units.shape != other.units.shape:
            return f"the branch before {other.what}"
        differ = one.units != other.units
        if differ.any():
            return _describe(one, tuple(int(i) for i in np.argwhere(differ)[0]))
    return None if len(a) == len(b) else "a branch of fun"


def _describe(way: Way, index: tuple[int, ...]) -> str:
    """Name the op and the unit: ``relu at h_1[3, 0]``, ``relu number 2 at [3, 0]``."""
    what = "sort" if way.what == "take_along_axis" else way.what
    place = f"[{', '.join(map(str, index))}]" if index else ""
    if way.node is not None and way.node.name and way.node.shape == way.units.shape:
        return f"{what} at {way.node.name}{place}"
    number = f" number {way.number}" if way.number > 1 else ""
    return f"{what}{number}{place and f' at {place}'}"
