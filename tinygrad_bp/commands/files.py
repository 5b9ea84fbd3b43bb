"""Running a user's Python file, and saying at which line it went wrong."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any


class ScriptError(Exception):
    """A file cannot be run, or does not have what is looked for.

    Attributes
    ----------
    file : Path or None
        The file to blame.
    line : int or None
        The line of it, where one is known.
    what : str
        What went wrong.
    kind : str
        A word for programs: ``"file"``, ``"name"``, ``"exit"``, ``"exception"``...
    """

    def __init__(
        self, what: str, *, file: Path | None = None, line: int | None = None, kind: str = "file"
    ) -> None:
        self.what, self.file, self.line, self.kind = what, file, line, kind
        at = "" if file is None else f"{file}{'' if line is None else f', line {line}'}: "
        super().__init__(at + what)


def run_file(file: Path) -> dict[str, Any]:
    """Run a Python file as a module, and return what it defines.

    What stands under ``if __name__ == "__main__"`` is not run. While it runs, imports find what
    lies beside it, as for a script.

    Raises
    ------
    ScriptError
        If there is no such file, or it raises or ends itself.
    """
    if not file.is_file():
        raise ScriptError(f"there is no file {file}")
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        return runpy.run_path(str(file))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise blame(file, error) from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def look_up(file: Path, namespace: Mapping[str, Any], option: str, name: str) -> Any:
    """Return what a file calls `name`; `option` is the one that gives another name."""
    if name not in namespace:
        raise ScriptError(
            f"defines no {name!r}; define it there, or name another with {option}",
            file=file,
            kind="name",
        )
    return namespace[name]


def look_up_parameters(file: Path, namespace: Mapping[str, Any], name: str) -> Any:
    """Return the parameters of a file, which may have them or a function that gives them."""
    found = look_up(file, namespace, "--params", name)
    if not callable(found) or hasattr(found, "__array__"):
        return found
    with blamed(file):
        return found()


def blame(file: Path, error: BaseException) -> ScriptError:
    """Make an error that says at which line of the user's file another one was raised."""
    if isinstance(error, ScriptError):
        return error
    line = _line(file, error)
    if isinstance(error, SystemExit):
        what = f"it ended itself with exit status {error.code}"
        return ScriptError(what, file=file, line=line, kind="exit")
    if isinstance(error, SyntaxError) and _same(error.filename, file):
        return ScriptError(
            f"SyntaxError: {error.msg}", file=file, line=error.lineno, kind="exception"
        )
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    kind = "memory" if isinstance(error, MemoryError) else "exception"
    what = f"{type(error).__name__}: {error}{notes}"
    return ScriptError(what, file=file, line=line, kind=kind)


@contextmanager
def blamed(file: Path) -> Iterator[None]:
    """Turn what goes wrong with what a file defines into a ScriptError with its line."""
    try:
        yield
    except Exception as error:
        raise blame(file, error) from error


def _line(file: Path, error: BaseException) -> int | None:
    line, own = None, cache(lambda name: _same(name, file))  # there may be a million frames
    for frame, at in traceback.walk_tb(error.__traceback__):
        if own(frame.f_code.co_filename):
            line = at
    return line


def _same(filename: str | None, file: Path) -> bool:
    return filename is not None and (
        Path(filename) == file or Path(filename).resolve() == file.resolve()
    )
