"""A user's Python file: what it defines, and at which line it went wrong."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


def refuse_missing(file: Path) -> None:
    """Raise ScriptError where there is no such file."""
    if file.is_dir():
        raise ScriptError(f"{file} is a folder; name a Python file in it")
    if not file.is_file():
        raise ScriptError(f"there is no file {file}")


@dataclass(frozen=True)
class UserFile:
    """A file that has run, and what it defines."""

    path: Path
    namespace: dict[str, Any]

    @classmethod
    def run(cls, path: Path) -> UserFile:
        """Run a Python file as a module.

        What stands under ``if __name__ == "__main__"`` is not run. Imports find what lies beside
        the file, as for a script.

        Raises
        ------
        ScriptError
            If the file raises, or ends itself.
        """
        folder = str(path.resolve().parent)
        sys.path.insert(0, folder)
        try:
            return cls(path, runpy.run_path(str(path)))
        except BaseException as error:  # KeyboardInterrupt is the file's own: nobody sits here
            raise blame(error, path) from error
        finally:
            if folder in sys.path:
                sys.path.remove(folder)

    def look_up(self, option: str, name: str) -> Any:
        """Return what the file calls `name`; `option` is the one that gives another name."""
        if name not in self.namespace:
            raise ScriptError(
                f"defines no {name!r}; define it there, or name another with {option}",
                file=self.path,
                kind="name",
            )
        return self.namespace[name]

    def parameters(self, name: str) -> Any:
        """Return the parameters; the file has them, or a function that gives them."""
        found = self.look_up("--params", name)
        return found() if callable(found) and not hasattr(found, "__array__") else found

    def function(self, name: str) -> Callable[[Any], Any]:
        """Return the function of the parameters."""
        found: Callable[[Any], Any] = self.look_up("--loss", name)
        return found


@contextmanager
def not_blamed() -> Iterator[None]:
    """Say what is refused as it stands: the file of the user is not to blame for it."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise ScriptError(str(error)) from error


#: Runs a file for a command.
Run = Callable[[Path], UserFile]


def blame(error: BaseException, *files: Path) -> ScriptError:
    """Make an error that says at which line an error was raised, of the first file that has one."""
    if isinstance(error, ScriptError):
        return error
    found = [(file, line) for file in files if (line := _line(file, error)) is not None]
    file, line = found[0] if found else (files[0], None)
    if isinstance(error, SystemExit):
        what = f"it ended itself with exit status {error.code}"
        return ScriptError(what, file=file, line=line, kind="exit")
    if isinstance(error, SyntaxError) and _is(error.filename, file):
        what = f"SyntaxError: {error.msg}"
        return ScriptError(what, file=file, line=error.lineno, kind="exception")
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    kind = "memory" if isinstance(error, MemoryError) else "exception"
    what = f"{type(error).__name__}: {error}{notes}"
    return ScriptError(what, file=file, line=line, kind=kind)


def _line(file: Path, error: BaseException) -> int | None:
    line, own = None, cache(lambda name: _is(name, file))  # there may be a million frames
    for frame, at in traceback.walk_tb(error.__traceback__):
        if own(frame.f_code.co_filename):
            line = at
    return line


def _is(filename: str | None, file: Path) -> bool:
    return filename is not None and (
        Path(filename) == file or Path(filename).resolve() == file.resolve()
    )
