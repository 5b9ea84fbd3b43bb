"""What has no derivative and depends on the data all the same: comparisons, signs, places.

While a graph is traced to be written out they become nodes like any other, so that a mask in a
derivative rule is computed anew for every input. Anywhere else they give plain arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from ..kernel import Op, Value
from ..kernel.context import witness
from ..kernel.dispatch import data_of

T = TypeVar("T")


class TracingError(TypeError):
    """A function does what cannot be written out, such as branching on the data."""


#: NumPy's functions of arrays and options: the names of their arguments.
_WITH_OPTIONS = {
    np.any: "a | axis out keepdims",
    np.all: "a | axis out keepdims",
    np.argmax: "a | axis out keepdims",
    np.argmin: "a | axis out keepdims",
    np.argsort: "a | axis kind order stable",
    np.argpartition: "a | kth axis kind order",
    np.count_nonzero: "a | axis keepdims",
    np.round: "a | decimals out",
    np.around: "a | decimals out",
    np.fix: "x |",
    np.isposinf: "x |",
    np.isneginf: "x |",
    np.nan_to_num: "x | copy nan posinf neginf",
    np.searchsorted: "a v | side sorter",
}
#: Functions that depend on the shape and the dtype alone, or are for reading.
PLAIN = {
    np.shape,
    np.ndim,
    np.size,
    np.isrealobj,
    np.iscomplexobj,
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.tril_indices_from,
    np.triu_indices_from,
    np.diag_indices_from,
    np.result_type,
    np.can_cast,
    np.array_repr,
    np.array_str,
    np.array2string,
}
#: An op without a derivative for each function that has been recorded.
OPS: dict[Callable[..., Any], Op] = {}


#: With what functions take elements together.
_REDUCES = {np.any: np.logical_or, np.all: np.logical_and}


def op_of(function: Callable[..., Any], arity: int = 2) -> Op:
    """Return the op of a function without a derivative."""
    if function not in OPS:
        reduces = _REDUCES.get(function)
        OPS[function] = Op(function.__name__, function, *[None] * arity, reduces=reduces)
    return OPS[function]


def _is_traced(argument: Any) -> bool:
    if isinstance(argument, tuple | list):
        return any(map(_is_traced, argument))
    return isinstance(argument, Value) and argument.requires_grad


def _record(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Make a node of a function without a derivative, where it depends on what is traced.

    The node requires a gradient, though none ever reaches it: so everything that would turn it
    into plain numbers is refused, as for any traced Value.
    """
    traced = any(map(_is_traced, (*args, *kwargs.values())))
    if function in PLAIN or not traced:
        return function(*data_of(args), **data_of(kwargs))
    if isinstance(function, np.ufunc) and not kwargs:
        return op_of(function, function.nin)(*args)
    arrays, _, names = _WITH_OPTIONS.get(function, "").partition("|")
    arity = len(arrays.split())
    if arity and len(args) >= arity:
        options = dict(zip(names.split(), args[arity:])) | kwargs
        usual = inspect.signature(function).parameters
        options = {key: item for key, item in options.items() if item is not usual[key].default}
        if options.get("axis", -1) is None:  # of all elements, for functions that take one axis
            args, options = (np.ravel(args[0]), *args[1:]), {**options, "axis": -1}
        if not any(map(_is_traced, options.values())):
            return op_of(function, arity)(*args[:arity], **options)
    raise TracingError(
        f"numpy.{function.__name__} of traced Values gives plain numbers, which would be the same "
        "for every input of what is written out; use numpy.where, comparisons or other functions "
        "whose results are Values"
    )


@contextmanager
def recorded_in_full() -> Iterator[None]:
    """Make comparisons and the like nodes, in this thread, until the block ends."""
    token = witness.set(_record)
    try:
        yield
    finally:
        witness.reset(token)


def run_in_full(run: Callable[[], T]) -> tuple[T, bool]:
    """Run code with comparisons and the like as nodes, or without if it branches on them.

    Returns
    -------
    result, in_full
        What the code gives, and whether these are nodes in it.
    """
    try:
        with recorded_in_full():
            return run(), True
    except Exception:  # what is wrong with the code itself is said by the next run
        return run(), False
