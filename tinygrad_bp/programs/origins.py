"""Where in the user's code a step comes from, and what stands there."""

from __future__ import annotations

import ast
import linecache
import os
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, takewhile
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

#: Where code is that nobody wants to read.
_NOT_USERS = tuple(os.path.dirname(f) + os.sep for f in (np.__file__, os.path.dirname(__file__)))
_PACKAGE = __name__.partition(".")[0]
#: Where the package hands on what is computed, and makes nothing of its own.
_HANDING_ON = (f"{_PACKAGE}.kernel", f"{_PACKAGE}.numpy.arrays")
#: A place in a text: its first line and column, and its last.
Span = tuple[int | None, int | None, int | None, int | None]


class Origin(NamedTuple):
    """Where in the user's code a step comes from: the line itself, and the calls that led there.

    Each is a list of code and the instruction in it, from inside out. What was assigned to later,
    by item or in place, is `changed`: another step stands for it now.
    """

    own: tuple[Hashable, ...]
    calls: tuple[Hashable, ...]
    changed: bool = False


class Passage(NamedTuple):
    """What the user wrote at a step.

    Attributes
    ----------
    text : str
        The expression, on one line.
    variable : str
        What it is assigned to, here or by who called; empty where it is a part of something.
    operands : tuple of str
        The texts of its operands, where it is an operator or a call.
    line : int
        The line of the file, of the assignment where there is one.
    function : str
        The function that it stands in.
    file : str
        The file.
    """

    text: str
    variable: str
    operands: tuple[str, ...]
    line: int
    function: str
    file: str


class _Found(NamedTuple):
    """A node of a syntax tree, and those around it, from inside out."""

    node: ast.expr | ast.AugAssign
    around: tuple[ast.AST, ...]


def find_origin(frame: FrameType | None, end: CodeType) -> Origin:
    """Note the places in the code that lead to a frame, from inside out, up to a function.

    The places of what only hands on, such as dispatch, are left out.
    """
    frames: list[Hashable] = []
    inner = 0
    while frame is not None and frame.f_code is not end:
        module = str(frame.f_globals.get("__name__", ""))
        if not module.startswith(_HANDING_ON):
            frames.append((frame.f_code, frame.f_lasti))
            if not inner and module.partition(".")[0] != _PACKAGE:
                inner = len(frames)
        frame = frame.f_back
    return Origin(tuple(frames[:inner]), tuple(frames[inner:]))


def read_origin(origin: Hashable) -> Passage | None:
    """Read what the user wrote at a step; None where there is no text of it."""
    if not isinstance(origin, Origin) or origin.changed:
        return None
    frames: list[Any] = [*takewhile(_is_users, (*origin.own[-1:], *origin.calls))]
    found = [_find(code, instruction) for code, instruction in frames]
    here = found[0] if found else None
    if here is None:
        return None
    code = frames[0][0]
    lines = tuple(linecache.getlines(code.co_filename))
    assigned = _find_target(here, found[1:])
    return Passage(
        _text_of(here.node, lines),
        "" if assigned is None else assigned.id,
        tuple(_text_of(each, lines) for each in _operands(here.node)),
        (assigned or here.node).lineno,
        code.co_name,
        code.co_filename,
    )


def _is_users(frame: Hashable) -> bool:
    code = frame[0] if isinstance(frame, tuple) else None
    return isinstance(code, CodeType) and not code.co_filename.startswith(_NOT_USERS)


def _find(code: CodeType, instruction: int) -> _Found | None:
    """Find the expression that an instruction computes."""
    lines = tuple(linecache.getlines(code.co_filename))
    return _index(lines).get(find_span(code, instruction)) if lines else None


@lru_cache(maxsize=4096)
def find_span(code: CodeType, instruction: int) -> Span:
    """Return the place in its file of what an instruction computes."""
    return next(islice(code.co_positions(), instruction // 2, None), (None, None, None, None))


@lru_cache(maxsize=16)
def _index(lines: tuple[str, ...]) -> dict[Span, _Found]:
    """List the expressions of a file by their places."""
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return {}
    return dict(_spans(tree, ()))


def _spans(node: ast.AST, around: tuple[ast.AST, ...]) -> Iterator[tuple[Span, _Found]]:
    if isinstance(node, ast.expr | ast.AugAssign):
        end = node.end_lineno, node.end_col_offset
        yield (node.lineno, end[0], node.col_offset, end[1]), _Found(node, around)
    for child in ast.iter_child_nodes(node):
        yield from _spans(child, (node, *around))


def _text_of(node: ast.AST, lines: Sequence[str]) -> str:
    """Return the text of an expression as it was written, on one line."""
    node = node.value if isinstance(node, ast.AugAssign) else node
    text = ast.get_source_segment("".join(lines), node) or ""
    return text if "\n" not in text else ast.unparse(node)


def _operands(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and not any(isinstance(a, ast.Starred) for a in node.args):
        method = isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name)
        return [node.func.value, *node.args] if method else node.args  # type: ignore[attr-defined]
    return []


def _find_target(here: _Found, outer: Sequence[_Found | None]) -> ast.Name | None:
    """Return what an expression is assigned to, where it is all that is assigned or returned."""
    if isinstance(here.node, ast.AugAssign):
        return _name(here.node.target)
    node, place = here.node, None
    holder = here.around[0] if here.around else None
    if isinstance(holder, ast.Tuple):
        place = [*map(id, holder.elts)].index(id(node))
        node, holder = holder, here.around[1]
    if isinstance(holder, ast.Assign) and holder.value is node:
        return _target(holder.targets[-1], place)
    if isinstance(holder, ast.Return) and outer and outer[0] is not None:
        return _follow_call(outer[0], place, outer[1:])
    return None


def _follow_call(
    call: _Found, place: int | None, outer: Sequence[_Found | None]
) -> ast.Name | None:
    """Return what the result of a call is assigned to, or one of its results."""
    if place is None:
        return _find_target(call, outer)
    holder = call.around[0]
    whole = isinstance(holder, ast.Assign) and holder.value is call.node
    return _target(holder.targets[-1], place) if whole else None  # type: ignore[attr-defined]


def _target(target: ast.AST, place: int | None) -> ast.Name | None:
    if place is None:
        return _name(target)
    if isinstance(target, ast.Tuple) and place < len(target.elts):
        return _name(target.elts[place])
    return None


def _name(target: ast.AST) -> ast.Name | None:
    return target if isinstance(target, ast.Name) and target.id.strip("_") else None
