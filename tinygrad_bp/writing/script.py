"""Deriving what stands in a user's Python file: the work of ``tinygrad-bp derive``."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .derivation import Derivation, derive

__all__ = ["ScriptError", "blamed", "loaded", "written"]


class ScriptError(Exception):
    """A file cannot be run, or does not have what is looked for."""


def written(file: Path, *, params: str, loss: str, latex: bool, output: Path | None) -> str:
    """Derive ``loss(params)`` of a file, and return what is to be printed.

    Parameters
    ----------
    file : Path
        A Python file. It is run as a module, so what stands under ``if __name__ ==
        "__main__"`` is not.
    params, loss : str
        The names of the parameters and of the function in it.
    latex : bool
        Whether formulas are wanted, or source.
    output : Path or None
        Where to write it instead.

    Raises
    ------
    ScriptError
        If that is not possible, with the line of the file to blame where there is one.
    """
    derivation = _derivation(file, params, loss)
    try:
        text = derivation.latex + "\n" if latex else derivation.source
        if output is None:
            return text
        if latex:
            output.write_text(text, encoding="utf-8")
        else:
            derivation.export(output)
    except OSError as error:
        raise ScriptError(f"cannot write {output}: {error.strerror or error}") from None
    return f"Written to {output}.\n"


def _derivation(file: Path, params: str, loss: str) -> Derivation:
    found, fun = loaded(file, params=params, loss=loss)
    with blamed(file):
        return derive(fun, found)


def loaded(file: Path, **names: str) -> list[Any]:
    """Run a file, and return what has the names in it; each is an option of the command line.

    Raises
    ------
    ScriptError
        If it cannot be run, or does not define one of them.
    """
    namespace = _run(file)
    for option, name in names.items():
        if name not in namespace:
            raise ScriptError(
                f"{file} defines no {name!r}; define it there, or name another with --{option}"
            )
    return [namespace[name] for name in names.values()]


@contextmanager
def blamed(file: Path) -> Iterator[None]:
    """Turn what goes wrong with what a file defines into a ScriptError with its line."""
    try:
        yield
    except Exception as error:
        raise ScriptError(_about(file, error)) from error


def _run(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ScriptError(f"there is no file {file}")
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)  # as for a script, so that it finds what lies beside it
    try:
        return runpy.run_path(str(file))
    except SystemExit as error:
        raise ScriptError(f"{file} ended itself with exit status {error.code}") from None
    except Exception as error:
        raise ScriptError(_about(file, error)) from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _about(file: Path, error: Exception) -> str:
    """Say what went wrong, at which line of the user's file."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{file}, line {error.lineno}: SyntaxError: {error.msg}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == file or Path(frame.filename).resolve() == file.resolve()
    ]
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    return f"{file}{f', line {lines[-1]}' if lines else ''}: {what}{notes}"
