"""``tinygrad-bp check FOLDER``: each file in a folder on its own, in an order that stays."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..viewing.plain_text import clip, count_of
from .files import ScriptError
from .process import Outcome, report_failure, run_command

#: What is checked in a folder where nothing else is said, at any depth.
PATTERNS = ("**/*.py", "**/*.ipynb")
#: How wide a line of the report is.
_WIDTH = 100


def find_files(folder: Path, pattern: str | None, besides: Path | None = None) -> list[Path]:
    """List the files to be checked, sorted by their path.

    Parameters
    ----------
    folder : Path
        Where to look.
    pattern : str or None
        Which files, as for `pathlib.Path.glob`; all Python files and notebooks by default.
    besides : Path, optional
        A file that is not to be checked: the reference.

    Returns
    -------
    list of Path
        Each begins with `folder`. Nothing in hidden folders and in ``__pycache__`` is listed.

    Raises
    ------
    ScriptError
        If there is none.
    """
    given = (pattern,) if pattern else PATTERNS
    found = {path for each in given for path in folder.glob(each) if not path.is_dir()}
    own = besides and besides.resolve()
    files = [path for path in found if path.resolve() != own and not _is_hidden(path, folder)]
    if not files:
        raise ScriptError(f"there is no {' or '.join(given)} in {folder}; --pattern names others")
    return sorted(files, key=lambda path: path.relative_to(folder).parts)


def _is_hidden(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return any(part.startswith(".") or part == "__pycache__" for part in parts)


def check_each(files: Sequence[Path], jobs: int | None = None, **options: Any) -> Iterator[Outcome]:
    """Check files, several at a time; the outcomes come in the order of the files.

    Parameters
    ----------
    files : sequence of Path
        The files.
    jobs : int, optional
        How many run at a time; as many as there are processors by default.
    **options
        For `run_command`.
    """

    def check(file: Path) -> Outcome:
        try:
            return run_command("check", file, **options)
        except Exception as error:  # whatever it is, the other files are checked
            return report_failure(ScriptError(f"{type(error).__name__}: {error}", file=file))

    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        yield from pool.map(check, files)
    finally:
        pool.shutdown(cancel_futures=True)


def describe_line(name: str, outcome: Outcome) -> str:
    """Say in a line what came of a file: status, parameters that are right, name, reason."""
    credit = outcome.credit
    points = f"{sum(credit.values())}/{len(credit)}" if credit else "-"
    line = f"{outcome.status:8}{points:>7}  {name}  {_reason(outcome)}".rstrip()
    return clip("".join(map(_as_shown, line)), _WIDTH)


def _as_shown(character: str) -> str:
    """Write what would break the line, or steer a terminal, as Python writes it in a text."""
    return character if character.isprintable() else repr(character)[1:-1]


def _reason(outcome: Outcome) -> str:
    if outcome.error is not None:
        line = outcome.error["line"]
        return f"{f'line {line}: ' if line else ''}{outcome.error['message']}"
    wrong = ", ".join(name for name, right in outcome.credit.items() if not right)
    causes = [each["mistake"] for each in outcome.answer["comparison"]["diagnosis"]]
    return f"{wrong}: {', '.join(dict.fromkeys(causes))}" if wrong else ""


def summarise(statuses: Iterable[str]) -> str:
    """Count what came of all files."""
    counts = Counter(statuses)
    said = {"correct": "correct", "wrong": "wrong", "error": "could not be checked"}
    parts = [f"{counts[status]} {what}" for status, what in said.items() if counts[status]]
    return f"{count_of(counts.total(), 'file')}: {', '.join(parts)}"
