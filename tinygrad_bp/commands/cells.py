"""Notebooks: the cells of code in a .ipynb file, as Python.

Lines are counted through all cells of code, so that one file name and one number are a place, for
tracebacks too. `locate` says which cell and which line of it that is.
"""

from __future__ import annotations

import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import NamedTuple

#: Cell magics below which there is Python, which runs; below the others there is something else.
_PYTHON_BELOW = {"capture", "time", "timeit", "prun"}
#: A magic, a command of the shell, or a question: as a whole line, or assigned.
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.,\[\] ]+=\s*(?:!|%\w)|[\w.]+\?{1,2}\s*$)")


class Skipped(NamedTuple):
    """A line of a notebook that is no Python, and is not run."""

    cell: int
    line: int
    text: str

    def __str__(self) -> str:
        return f"cell {self.cell}, line {self.line}: not run: {self.text}"


@dataclass(frozen=True)
class Cell:
    """A cell of code.

    Attributes
    ----------
    number : int
        Which of all cells, from 1.
    start : int
        How many lines of code the cells before it have.
    source : str
        Its Python, with as many lines as the cell has.
    skipped : list of Skipped
        What is left out of it.
    """

    number: int
    start: int
    source: str
    skipped: list[Skipped]


def is_notebook(path: Path) -> bool:
    """Say whether a file is a notebook, by its name."""
    return path.suffix == ".ipynb"


def read_cells(path: Path) -> list[Cell]:
    """Read the cells of code in a notebook.

    Raises
    ------
    ValueError
        If the file is no notebook.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(cells, start=1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path.name} is no notebook of version 4 ({type(error).__name__}: {error})"
        ) from error
    found, start = [], 0
    for number, text in texts:
        lines, skipped = _python(text.splitlines(), number)
        found.append(Cell(number, start, "\n".join(lines), skipped))
        start += len(lines)
    return found


def locate(path: Path, line: int) -> tuple[int | None, int]:
    """Return the cell and the line in it, for a line counted through; no cell of other files."""
    if not is_notebook(path):
        return None, line
    cells = [cell for cell in read_cells(path) if cell.start < line]
    return (cells[-1].number, line - cells[-1].start) if cells else (None, line)


def _python(lines: list[str], number: int) -> tuple[list[str], list[Skipped]]:
    """Put `pass` in the place of what is no Python."""
    kept: list[str] = []
    skipped = [Skipped(number, k, lines[k - 1].strip()) for k in _magics(lines, kept)]
    return kept, skipped


def _magics(lines: list[str], kept: list[str]) -> Iterator[int]:
    """Yield the lines that are no Python, from 1; add to `kept` what is."""
    for k, line in enumerate(lines, start=1):
        below = re.match(r"\s*%%(\w+)", line) if not any(map(str.strip, kept)) else None
        if below and below[1] not in _PYTHON_BELOW:
            kept += ["pass"] + [""] * (len(lines) - k)
            yield k
            return
        if _MAGIC.match(line) and not _is_open(kept):
            kept.append(line[: len(line) - len(line.lstrip())] + "pass")
            yield k
        else:
            kept.append(line)


def _is_open(lines: list[str]) -> bool:
    """Say whether a bracket, a string or a line goes on behind these lines."""
    if lines and lines[-1].endswith("\\"):
        return True
    try:
        for _ in tokenize.generate_tokens(StringIO("\n".join(lines) + "\n").readline):
            pass
    except tokenize.TokenError:
        return True
    except SyntaxError:  # an indent; what is wrong is said when the cell runs
        return False
    return False
