"""The report: a page with a line for each program, the totals, and what is not explained."""

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .asking import Answer
from .judge import Outcome

__all__ = ["HEAD", "Result", "as_json", "from_json", "report"]

#: What a page is made of, and what a person has to say on it.
PAGE = Path(__file__).with_name("page.md")
#: What was counted of the corpus of nets the last time, by hand.
SAMPLED = Path(__file__).with_name("sampled.md")
#: The columns, and which outcomes each counts.
COLUMNS: dict[str, tuple[Outcome, ...]] = {
    "named": ("named", "reworded"),
    "ambiguous": ("ambiguous",),
    "unexplained": ("unexplained",),
    "false": ("partly false", "false"),
    "late": ("late",),
    "refused": ("missed", "refused"),
    "right": ("right",),
    "accused": ("accused",),
}
HEAD = ("program", "wrong", "named %", *COLUMNS, "median s", "max s")


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
    """Write the page as Markdown that can also be read as it is."""
    programs = dict.fromkeys(result.program for result in results)
    folders = dict.fromkeys(program.partition("/")[0] for program in programs)
    totals = [
        _line(f"**{folder}**", [r for r in results if r.program.startswith(f"{folder}/")])
        for folder in folders
    ]
    lines = [_line(p, [r for r in results if r.program == p]) for p in programs]
    return PAGE.read_text(encoding="utf-8").format(
        limit=limit,
        totals=_table([*totals, _line("**all**", results)]),
        programs=_table(lines),
        unexplained="\n".join([*_open(results), *_refusals(results)]) or "Nothing.",
        sampled=SAMPLED.read_text(encoding="utf-8").strip(),
    )


def _line(name: str, results: Sequence[Result]) -> tuple[str, ...]:
    outcomes = Counter(result.outcome for result in results)
    wrong = sum(result.wrong for result in results)
    seconds = [result.answer.seconds for result in results if not result.answer.error]
    counts = {column: sum(outcomes[o] for o in some) for column, some in COLUMNS.items()}
    return (
        name,
        str(wrong),
        f"{100 * counts['named'] / wrong:.1f}" if wrong else "",
        *(str(count or "") for count in counts.values()),
        f"{statistics.median(seconds):.2f}" if seconds else "",
        f"{max(seconds):.2f}" if seconds else "",
    )


def _table(lines: Iterable[tuple[str, ...]]) -> str:
    cells = [HEAD, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = tuple(
        "-" * width if k == 0 else f"{'-' * (width - 1)}:" for k, width in enumerate(widths)
    )
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in (HEAD, rule, *cells[1:])
    )


def _open(results: Sequence[Result]) -> list[str]:
    """List what is not explained, or too late, or false, by program."""
    found: dict[str, list[str]] = {}
    for result in results:
        if result.outcome in ("unexplained", "late", "partly false", "false", "missed", "accused"):
            note = "" if result.outcome == "unexplained" else f" ({result.outcome})"
            found.setdefault(result.program, []).append(f"{result.mistake or 'right'}{note}")
    return [f"- `{program}`: {'; '.join(texts)}" for program, texts in found.items()]


def _refusals(results: Sequence[Result]) -> list[str]:
    """Say which programs were refused, each error once."""
    errors = Counter(
        (result.program, result.answer.error.partition("\n")[0][:160])
        for result in results
        if result.answer.error
    )
    return [f"- `{program}` ({n} refused): {error}" for (program, error), n in errors.items()]


def as_json(results: Sequence[Result]) -> str:
    """Write every case, its answer and the outcome."""
    return json.dumps([asdict(result) for result in results], indent=1)


def from_json(text: str) -> list[Result]:
    """Read what `as_json` wrote, as far as a report needs it."""
    return [
        Result(**{**each, "names": tuple(each["names"]), "answer": Answer(**each["answer"])})
        for each in json.loads(text)
    ]
