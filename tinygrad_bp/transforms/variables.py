"""What a function calls what it computes, and what it can see: the names of variables."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from itertools import count
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeGuard

import numpy as np

from ..kernel.op import Op
from ..kernel.value import Value

_PACKAGE = __name__.partition(".")[0]
#: Where a node is made.
_RECORDS = Op.__call__.__code__
#: Who is told of a node that is made, and of the frame that called the op.
Maker = Callable[[Value, FrameType], object]


@contextmanager
def named_after_variables(taken: Collection[str] = (), made: Maker | None = None) -> Iterator[None]:
    """Give nodes that are made in this context, and have no name, that of a local variable.

    The variables are read whenever a function returns, so one that was assigned twice names what
    it was last. A node that has a name in several functions gets that of the outermost, and a
    result without a variable that of the function which returned it. The second node by the name
    ``z``, or the first where that is taken, is ``z_2``. Names that the user gave stay. Where
    `made` is given, it is told of every node at once.

    Nothing is named or told while a profiler runs in this thread, for there can be but one.
    """
    if sys.getprofile() is not None:
        yield
        return
    variables: dict[Value, str] = {}
    results: dict[Value, str] = {}

    def look(frame: FrameType, event: str, returned: Any) -> None:
        title = frame.f_code.co_name
        if frame.f_code is _RECORDS and event == "return" and isinstance(returned, Value):
            if made is not None and frame.f_back is not None:
                made(returned, frame.f_back)
            return
        if event != "return" or title.startswith("<") or _is_ours(frame):
            return  # <lambda>, <listcomp>: the names there are for one line only
        for name in _own_names(frame.f_code):
            node = frame.f_locals.get(name)
            if _is_unnamed(node):
                variables[node] = name
        if _is_unnamed(returned) and _is_name(title):
            results[returned] = title

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)
        _give(results | variables, set(taken))


def _is_ours(frame: FrameType) -> bool:
    """Say whether a frame runs code of this package or of NumPy, whose variables say nothing."""
    module = str(frame.f_globals.get("__name__", ""))
    return module.partition(".")[0] in (_PACKAGE, "numpy")


def user_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the user's that led to a frame."""
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _own_names(code: CodeType) -> tuple[str, ...]:
    """List the variables that a function assigns: what it is given belongs to its caller."""
    given = code.co_argcount + code.co_kwonlyargcount
    given += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    ours = (*code.co_varnames[given:], *code.co_cellvars)
    return tuple(n for n in ours if _is_name(n) and n not in code.co_varnames[:given])


def _is_name(text: str) -> bool:
    """Say whether this is a name to show: no ``_``, no ``__call__``."""
    return text.strip("_") != "" and not text.startswith("__")


def _is_unnamed(node: Any) -> TypeGuard[Value]:
    return isinstance(node, Value) and node.op is not None and node.name is None


def _give(names: dict[Value, str], taken: set[str]) -> None:
    for node, name in names.items():
        if node.name is not None:  # by the user, after a function had returned
            continue
        numbered = (f"{name}_{k}" for k in count(2))
        node.name = name if name not in taken else next(n for n in numbered if n not in taken)
        taken.add(node.name)


def names_of_arrays(fun: Callable[..., Any]) -> dict[Hashable, str]:
    """Find what a function, and the functions beside it that it calls, call arrays.

    The names are by `memory_of` the arrays.
    """
    waiting: list[Any] = [inspect.unwrap(fun)]
    module = getattr(waiting[0], "__module__", None)
    names: dict[Hashable, str] = {}
    for function in waiting:
        for name, seen in _visible(function).items():
            if isinstance(seen, np.ndarray | float):
                names.setdefault(memory_of(seen), name)
            elif isinstance(seen, FunctionType) and seen.__module__ == module:
                waiting += [] if seen in waiting else [seen]
    return names


def memory_of(array: Any) -> Hashable:
    """Tell arrays apart: one and another view of all of it, in whatever class, are the same."""
    if not isinstance(array, np.ndarray):
        return id(array)
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _visible(function: Any) -> dict[str, Any]:
    """Return what a function can see by name: globals, closure, defaults."""
    try:
        outside = inspect.getclosurevars(function)
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    defaults = {p.name: p.default for p in parameters}
    return {**outside.globals, **outside.nonlocals, **defaults}
