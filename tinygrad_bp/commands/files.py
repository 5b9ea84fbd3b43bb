"""A user's Python file: what it defines, and at which line it went wrong."""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, reduce
from inspect import isfunction, ismethod
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ..numpy.serving import serve
from .cells import is_notebook, locate, read_cells

#: What the module is called that a user's file runs as; so it is not ``"__main__"``.
_MODULE = "<file>"


class ScriptError(Exception):
    """A file cannot be run, or does not have what is looked for.

    Attributes
    ----------
    file : Path or None
        The file to blame.
    line : int or None
        The line of it, where one is known; in a notebook counted through the cells of code.
    place : (int or None, int or None)
        The cell, in a notebook, and the line in it.
    what : str
        What went wrong.
    kind : str
        A word for programs: ``"file"``, ``"name"``, ``"exit"``, ``"exception"``...
    """

    def __init__(
        self, what: str, *, file: Path | None = None, line: int | None = None, kind: str = "file"
    ) -> None:
        self.what, self.file, self.line, self.kind = what, file, line, kind
        self.place = (None, line) if file is None or line is None else locate(file, line)
        cell, line = self.place
        at = [] if file is None else [str(file)]
        at += [] if cell is None else [f"cell {cell}"]
        at += [] if line is None else [f"line {line}"]
        super().__init__(f"{', '.join(at)}: {what}" if at else what)


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
        """Run a Python file, or the cells of a notebook, as a module.

        What stands under ``if __name__ == "__main__"`` is not run. Imports find what lies beside
        the file, as for a script; ``numpy`` and ``math`` are those whose functions take Values.
        What is no Python in a notebook is not run, and that is printed.

        Raises
        ------
        ScriptError
            If the file raises, or ends itself.
        """
        folder = str(path.resolve().parent)
        module = ModuleType(_MODULE)
        vars(module)["__file__"] = str(path)
        serve(vars(module), folder)
        sys.modules[_MODULE] = module  # where pickle and dataclasses look for it
        sys.path.insert(0, folder)
        try:
            for code in _compile(path):
                exec(code, vars(module))
            return cls(path, vars(module))
        except BaseException as error:  # KeyboardInterrupt is the file's own: nobody sits here
            raise blame(error, path) from error
        finally:
            if folder in sys.path:
                sys.path.remove(folder)

    def defines(self, name: str) -> bool:
        """Say whether the file has something of that name."""
        return name.partition(".")[0] in self.namespace

    def look_up(self, option: str, name: str) -> Any:
        """Return what the file calls `name`, such as ``loss`` or ``net.loss``.

        `option` is the one that gives another name.
        """
        first, *attributes = name.split(".")
        try:
            return reduce(getattr, attributes, self.namespace[first])
        except (KeyError, AttributeError):
            raise ScriptError(
                f"defines no {name!r}; define it there, or name another with {option}",
                file=self.path,
                kind="name",
            ) from None

    def parameters(self, name: str) -> Any:
        """Return the parameters; the file has them, or a function that gives them."""
        found = self.look_up("--params", name)
        return found() if isfunction(found) or ismethod(found) else found

    def function(self, name: str) -> Callable[[Any], Any]:
        """Return the function of the parameters."""
        found: Callable[[Any], Any] = self.look_up("--loss", name)
        return found


def _compile(path: Path) -> Iterator[CodeType]:
    """Yield the code of a file, or that of each cell of a notebook."""
    if not is_notebook(path):
        yield compile(path.read_bytes(), str(path), "exec")
        return
    cells = read_cells(path)
    text = "\n".join(cell.source for cell in cells)
    # for whoever asks for the source of a function: the file itself has other lines
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    for cell in cells:
        for skipped in cell.skipped:
            print(skipped, file=sys.stderr)
        try:
            tree = ast.parse(cell.source, str(path))
        except SyntaxError as error:
            error.lineno = cell.start + (error.lineno or 1)
            raise
        yield compile(ast.increment_lineno(tree, cell.start), str(path), "exec")


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
