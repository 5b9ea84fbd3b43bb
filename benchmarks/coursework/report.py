"""The report: a table with a line for each program, and the totals."""

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from .asking import Answer
from .judge import Outcome

__all__ = ["Result", "as_json", "report"]

#: Outcomes of wrong programs, in the order of the columns.
COLUMNS: tuple[Outcome, ...] = (
    "named",
    "reworded",
    "ambiguous",
    "unexplained",
    "partly false",
    "false",
    "missed",
    "late",
    "refused",
)
HEAD = (
    "program",
    "mistakes",
    "named %",
    "or ambiguous %",
    *COLUMNS,
    "right",
    "accused",
    "median s",
    "max s",
)

INTRO = """# Mistakes in coursework

Made by `python -m benchmarks.coursework`. The backward passes are written by hand, in plain NumPy
and without a look at the package; `public` derives anew what public threads describe. Each is
handed over as a function of the parameters.

*named*: the cause that is given is the mistake, at its place. *reworded*: the backward pass that
the package reconstructs gives the same wrong gradients at five fresh points, under another name;
counts as named. *ambiguous*: the mistake is named beside others that give the same numbers.
*partly false*, *false*: one of several causes is not there, or none is. *missed*: a wrong program
is called right. *late*: no answer in {limit:g} s of processor time. *refused*: an error. *right*,
*accused*: right backward passes that are called right, wrong. Times are of the processor.
"""


@dataclass(frozen=True)
class Result:
    """One case, what was answered, and what that is worth."""

    program: str
    mistake: str
    names: tuple[str, ...]
    outcome: Outcome
    answer: Answer

    @property
    def wrong(self) -> bool:
        return bool(self.names)


def report(results: Sequence[Result], limit: float) -> str:
    """Write the report as Markdown that can also be read as it is."""
    programs = dict.fromkeys(result.program for result in results)
    folders = dict.fromkeys(program.partition("/")[0] for program in programs)
    lines = [_line(p, [r for r in results if r.program == p]) for p in programs]
    totals = [
        _line(f"**{folder}**", [r for r in results if r.program.startswith(f"{folder}/")])
        for folder in folders
    ]
    tables = [_table([*totals, _line("**all**", results)]), _table(lines)]
    refused = _refusals(results)
    return "\n\n".join([INTRO.format(limit=limit).rstrip(), *tables, *refused])


def _line(name: str, results: Sequence[Result]) -> tuple[str, ...]:
    outcomes = Counter(result.outcome for result in results)
    wrong = [result for result in results if result.wrong]
    seconds = [result.answer.seconds for result in results if not result.answer.error]
    refused = sum(result.outcome == "refused" for result in wrong)
    counts = {**outcomes, "refused": refused}
    named = counts.get("named", 0) + counts.get("reworded", 0)
    return (
        name,
        str(len(wrong)),
        *(
            f"{100 * part / len(wrong):.1f}" if wrong else ""
            for part in (named, named + counts.get("ambiguous", 0))
        ),
        *(str(counts.get(column) or "") for column in COLUMNS),
        str(outcomes["right"] or ""),
        str(outcomes["accused"] or ""),
        f"{statistics.median(seconds):.2f}" if seconds else "",
        f"{max(seconds):.2f}" if seconds else "",
    )


def _table(lines: Iterable[tuple[str, ...]]) -> str:
    cells = [HEAD, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    ruled = [cells[0], tuple("-" * width for width in widths), *cells[1:]]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in ruled
    )


def _refusals(results: Sequence[Result]) -> list[str]:
    """Say which programs were refused, each error once."""
    errors: dict[tuple[str, str], int] = Counter(
        (result.program, result.answer.error.partition("\n")[0][:160])
        for result in results
        if result.answer.error
    )
    if not errors:
        return []
    return ["Refused:\n\n" + "\n".join(f"- {p} ({n}): {e}" for (p, e), n in errors.items())]


def as_json(results: Sequence[Result]) -> str:
    """Write every case, its answer and the outcome."""
    return json.dumps([asdict(result) for result in results], indent=1)
