"""Numbers that leave the graph: by float(), item() and tolist(), after which no gradient flows.

Printing a number is no loss. What else takes one out of a graph is refused or, where somebody
listens, noted with the line of the program in which it happens.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import takewhile
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .context import run

_PACKAGE = __name__.partition(".")[0]
_BINARY = dis.opmap["BINARY_OP"]
#: What ``text % number`` and ``text %= number`` are to the interpreter.
_PERCENT = {k for k, (_, symbol) in enumerate(dis._nb_ops) if symbol in ("%", "%=")}  # type: ignore[attr-defined]


class Left(NamedTuple):
    """Where numbers were taken out of a graph.

    Attributes
    ----------
    what : str
        How, such as ``float()``.
    file, line : str, int
        The place in the program.
    """

    what: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.what} in line {self.line} of {self.file}"


_noted: ContextVar[list[Left] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[list[Left]]:
    """Let numbers leave the graph in this block, and list where they do, each place once.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> from tinygrad_bp.kernel.leaving import noting
    >>> with noting() as left:
    ...     number = float(bp.Value(2.0) * 3)
    >>> number, left[0].what
    (6.0, 'float()')
    """
    left: list[Left] = []
    token = _noted.set(left)
    try:
        yield left
    finally:
        _noted.reset(token)


def note(what: str) -> bool:
    """Note that numbers of a Value leave the graph, and say whether anybody listens."""
    noted = _noted.get()
    if noted is None:
        return False
    frame = _caller()
    if frame is not None:
        place = Left(what, frame.f_code.co_filename, frame.f_lineno)
        if place not in noted:
            noted.append(place)
    return True


def note_data() -> None:
    """Note that a program reads the data of a Value; the package itself may."""
    if _noted.get() is not None and not _is_ours(sys._getframe(2).f_globals.get("__name__", "")):
        note(".data")


def is_printing() -> bool:
    """Say whether the program is formatting a number, as in ``"%.3f" % loss``."""
    frame = _caller()
    if frame is None:
        return False
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] == _BINARY and code[at + 1] in _PERCENT


def is_kept() -> bool:
    """Say whether a number is only kept or printed, as by ``history.append(float(loss))``.

    That is where it goes into an f-string, or into a call whose result nobody takes. Inside of a
    function that is differentiated, what is called must not be of a variable that is the
    function's own: a list there may be summed up.
    """
    frame = _caller()
    return frame is not None and _keeps(frame.f_code, frame.f_lasti, run.get() is not None)


#: How the interpreter calls what the program calls; it has other calls of its own.
_CALLS = {"CALL", "CALL_KW", "CALL_FUNCTION_EX"}


@lru_cache
def _keeps(code: CodeType, at: int, differentiated: bool) -> bool:
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    place = next(k for k, step in enumerate(steps) if step.offset == at)
    after = steps[place + 1 :]
    further = list(takewhile(lambda step: step.opname.startswith("LOAD_"), after))
    taker, *rest = after[len(further) :]
    if not steps[place].opname.startswith("CALL"):  # such as array[0] = v
        return False
    if taker.opname.startswith("FORMAT_"):
        return all(step.opname == "LOAD_CONST" for step in further)
    if taker.opname not in _CALLS or not rest or rest[0].opname != "POP_TOP":
        return False
    first = next(step for step in steps if _start(step) == _start(taker))
    return not (differentiated and _is_own(code, first.argval))


#: What calls are made of in one version of Python and not in another.
_SILENT = {"PRECALL", "PUSH_NULL", "KW_NAMES"}


def _start(step: dis.Instruction) -> Any:
    return step.positions and step.positions[::2]


def _is_own(code: CodeType, name: Any) -> bool:
    """Say whether a variable is one that a function assigns."""
    given = code.co_argcount + code.co_kwonlyargcount
    return name in code.co_varnames[given:] or name in code.co_cellvars


def name_asker() -> str:
    """Name the function of a library that the program called, and that asks for numbers."""
    frame: FrameType | None = sys._getframe(1)
    name = ""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if module in ("numpy", "scipy"):
            name = f"{module}'s {frame.f_code.co_name}: "
        elif module != _PACKAGE:
            break
        frame = frame.f_back
    return name


def _caller() -> FrameType | None:
    """Return the frame of the program that uses the package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame


def _is_ours(module: Any) -> bool:
    return str(module).partition(".")[0] in (_PACKAGE, "numpy", "scipy")
