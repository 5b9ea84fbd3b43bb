"""What a comparison found, row by row and entry by entry, and how it is shown."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from io import StringIO
from math import isfinite, isnan
from textwrap import wrap
from typing import Any, Literal

from ..diagnosing import Diagnosis

#: What may be said of a row, and of which gradient.
Verdict = Literal["correct", "wrong", "missing", "not read"]
WrongSide = Literal["manual", "automatic", "both"] | None

_WIDTH = 80
_MOST_ENTRIES = 1000
#: Of a verdict in a notebook: wrong, correct; both can be read on white and on black.
_COLOURS = ("#e6202d", "#118833")
#: Stands in a remark where a line must not break.
NO_BREAK = "\N{NO-BREAK SPACE}"
#: Numbers are written with at least so many digits, and wrong ones until they are seen to differ.
_DIGITS, _MOST_DIGITS = 4, 10
_METHODS = {
    "complex": "complex step",
    "adaptive": "adaptive differences",
    "five-point": "five-point differences",
    "central": "central differences",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of a comparison, or one inner Value.

    Attributes
    ----------
    name : str
        The path to it, such as ``w_1`` or ``layers[0].w``.
    shape : tuple of int
        Its shape.
    worst : tuple of int or None
        The index of the wrong entry with the largest relative difference, or of any entry where
        none is wrong. None where there are no entries.
    manual_error : float or None
        The largest relative difference of manual and automatic entries, or numeric ones where
        there is no automatic gradient; None without a manual gradient. Infinite where there is NaN.
    numeric_error : float or None
        The largest relative difference of automatic and numeric entries; None for an inner Value,
        and without an automatic gradient.
    verdict : {"correct", "wrong", "missing", "not read"}
        Wrong if any entry is, or the manual gradient has another shape; missing where there is no
        manual gradient for this parameter alone; not read where what there is are no numbers.
    wrong_side : {"manual", "automatic", "both"} or None
        Which gradient is wrong.
    note : str
        What else there is to know.
    manual, automatic, numeric : float or None
        The derivatives at the worst entry; None where there is none.
    """

    name: str
    shape: tuple[int, ...]
    worst: tuple[int, ...] | None
    manual_error: float | None
    numeric_error: float | None
    verdict: Verdict
    wrong_side: WrongSide
    note: str
    manual: float | None = None
    automatic: float | None = None
    numeric: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of one parameter.

    Attributes
    ----------
    name, index : str, tuple of int
        Which.
    manual, automatic, numeric : float
        Its derivatives; `manual` is None without a manual gradient of this parameter, `automatic`
        where there is none, `numeric` where it was not taken: above 1,000 entries it is a sample.
    relative_error : float
        ``|a - b| / max(|a|, |b|)`` of manual and automatic, without a manual gradient of
        automatic and numeric, without an automatic one of manual and numeric. 0 where both are 0,
        infinite where either is NaN.
    verdict : {"correct", "wrong", "kink"}
        See `compare`. "kink" is not wrong: there is no derivative, and those given are between
        the slopes on both sides.
    """

    name: str
    index: tuple[int, ...]
    manual: float | None
    automatic: float | None
    numeric: float | None
    relative_error: float
    verdict: Literal["correct", "wrong", "kink"]


class Report(ABC):
    """What was found, as text, HTML and JSON; `Comparison` says it."""

    loss: float
    tolerance: float
    numeric_method: str
    numeric_note: str
    diagnosis: list[Diagnosis]
    notes: list[str]
    faults: list[str]
    refusal: str

    @property
    @abstractmethod
    def ok(self) -> bool:
        """Whether every entry is correct."""

    @property
    @abstractmethod
    def rows(self) -> list[Row]:
        """One `Row` for each parameter, in their order, then one for each inner Value."""

    @property
    @abstractmethod
    def entries(self) -> list[Entry]:
        """One `Entry` for each entry of each parameter."""

    @property
    @abstractmethod
    def wrong_of(self) -> tuple[int, int]:
        """How many entries of the parameters are wrong, of how many."""

    @property
    @abstractmethod
    def remarks(self) -> list[str]:
        """What there is to say below the table."""

    @property
    def summary(self) -> str:
        """How it went, in one line."""
        wrong, total = self.wrong_of
        if not wrong and self.faults:
            return "gradients match, but what computes them is NOT right"
        if not wrong and not self.ok:
            return "gradients match, but those by inner Values do NOT"
        if not wrong:
            return f"gradients match: {total} {'entry' if total == 1 else 'entries'}"
        return (
            f"gradients do NOT match: {wrong} of {total} {'entry' if total == 1 else 'entries'} "
            f"{'is' if wrong == 1 else 'are'} wrong{self._or_missing}"
        )

    @property
    def _or_missing(self) -> str:
        missing = any(row.verdict in ("missing", "not read") for row in self.rows)
        return " or missing" if missing else ""

    def __str__(self) -> str:
        return _as_text(self)

    def __repr__(self) -> str:
        return f"<Comparison: {self.summary}>"

    def _repr_html_(self) -> str:
        return _as_html(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """Write everything as JSON.

        Parameters
        ----------
        indent : int, optional
            How far to indent nested lines; by default everything is on one line.

        Returns
        -------
        str
            An object with the keys ``ok``, ``loss``, ``tolerance``, ``numeric_method``,
            ``numeric_note``, ``refusal``, ``faults``, ``notes``, ``rows``, ``entries`` and
            ``diagnosis``; rows and entries have the keys of `Row` and `Entry`. Numbers that are not
            finite are the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, which ``float()``
            reads; what there is none of is null. Of more than 1,000 entries those are listed whose
            numeric derivative was taken, then wrong ones, up to 1,000, and ``entries_left_out``
            says how many are not.
        """
        return _as_json(self, indent)


def _as_text(comparison: Report) -> str:
    """Write a table, plain and of fixed width, with what is wrong below it."""
    # rich is imported when a table is first wanted: it takes longer than a comparison
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.MARKDOWN)
    first, *rest = _headings(comparison)
    table.add_column(first, overflow="fold")
    for heading in rest:
        table.add_column(heading, no_wrap=True)
    for row in comparison.rows:
        table.add_row(*map(Text, _cells(row, comparison)))  # Text: names are no markup
    lines = StringIO()
    Console(
        file=lines,
        width=_WIDTH,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,  # which would show the table at once, and leave nothing to write
        legacy_windows=False,
    ).print(table)
    body = [line.rstrip() for line in lines.getvalue().splitlines() if line.strip()]
    remarks = [line for remark in comparison.remarks for line in _wrap(remark)]
    causes = [line for diagnosis in comparison.diagnosis for line in _as_lines(diagnosis)]
    footer = _wrap(_footer(comparison))
    refusal = _wrap(_say_refusal(comparison)) if comparison.refusal else []
    return "\n".join([*refusal, comparison.summary, *body, *remarks, *causes, *footer])


def _as_html(comparison: Report) -> str:
    """Write a table for notebooks; every text in it is escaped."""
    heads = "".join(f"<th>{escape(heading)}</th>" for heading in _headings(comparison))
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}"
        f'<td style="color:{_COLOURS[row.verdict == "correct"]}">{escape(verdict)}</td></tr>'
        for row in comparison.rows
        for *cells, verdict in [_cells(row, comparison)]
    )
    remarks = "".join(f"<li>{escape(line)}</li>" for line in comparison.remarks)
    refusal = f"<p>{escape(_say_refusal(comparison))}</p>" if comparison.refusal else ""
    return (
        f"<div>{refusal}<p><strong>{escape(comparison.summary)}</strong></p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f"{f'<ul>{remarks}</ul>' if remarks else ''}"
        f"{''.join(map(_as_paragraph, comparison.diagnosis))}"
        f"<p>{escape(_footer(comparison))}</p></div>"
    )


def _as_json(comparison: Report, indent: int | None) -> str:
    """Write an object, see `Comparison.to_json`."""
    listed = _list_entries(comparison.entries)
    content = {
        "ok": comparison.ok,
        "loss": comparison.loss,
        "tolerance": comparison.tolerance,
        "numeric_method": comparison.numeric_method,
        "numeric_note": comparison.numeric_note,
        "refusal": comparison.refusal,
        "faults": comparison.faults,
        "notes": comparison.notes,
        "rows": [asdict(row) for row in comparison.rows],
        "entries": [asdict(entry) for entry in listed],
        "diagnosis": [asdict(each) for each in comparison.diagnosis],
    }
    if left_out := len(comparison.entries) - len(listed):
        content["entries_left_out"] = left_out
    return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _list_entries(entries: list[Entry]) -> list[Entry]:
    """Choose the entries of a JSON object, which is for people's screens and networks, too."""
    if len(entries) <= _MOST_ENTRIES:
        return entries

    def rank(k: int) -> tuple[bool, bool]:
        return entries[k].numeric is None, entries[k].verdict == "correct"

    chosen = sorted(range(len(entries)), key=rank)[:_MOST_ENTRIES]
    return [entries[k] for k in sorted(chosen)]


def _finite(content: Any) -> Any:
    """Replace the numbers that JSON does not have by strings."""
    if isinstance(content, dict):
        return {key: _finite(item) for key, item in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(item) for item in content]
    if isinstance(content, float) and not isfinite(content):
        return "NaN" if isnan(content) else "Infinity" if content > 0 else "-Infinity"
    return content


def _say_refusal(comparison: Report) -> str:
    """Say that there is no automatic side, and what to do."""
    return (
        "manual gradients are compared with numeric ones alone; there are no automatic ones: "
        f"{comparison.refusal}"
    )


def _sides(comparison: Report) -> list[str]:
    """Choose the gradients that are shown beside each other: two, or all where they part."""
    manual = ["manual"] * any(row.manual is not None for row in comparison.rows)
    parted = any(row.wrong_side in ("automatic", "both") for row in comparison.rows)
    if comparison.refusal:
        return [*manual, "numeric"]
    return [*manual, "automatic", *(["numeric"] if parted or not manual else [])]


def _headings(comparison: Report) -> list[str]:
    return ["worst entry", *_sides(comparison), "error", "verdict"]


def _cells(row: Row, comparison: Report) -> list[str]:
    given = [getattr(row, side) for side in _sides(comparison)]
    error = row.numeric_error if row.manual_error is None else row.manual_error
    return [
        f"{row.name}{list(row.worst)}" if row.worst else row.name,
        *_write_apart(given, is_wrong=row.verdict == "wrong"),
        "-" if error is None else f"{error:.1e}",
        row.verdict if row.wrong_side is None else f"{row.wrong_side} wrong",
    ]


def _write_apart(numbers: list[float | None], *, is_wrong: bool) -> list[str]:
    """Write numbers; those that are wrong with as many digits as it takes to see it."""
    for digits in range(_DIGITS, _MOST_DIGITS + 1):
        written = ["-" if x is None else f"{x + 0.0:.{digits}g}" for x in numbers]
        if not is_wrong or len(set(written) - {"-"}) > 1:
            break
    return written


def _title(diagnosis: Diagnosis) -> str:
    likely = diagnosis.as_likely
    others = f" (or {', '.join(likely)})" if likely else ""
    where = "" if diagnosis.line_number is None else f" (line {diagnosis.line_number})"
    return f"{diagnosis.node}{where}: {diagnosis.mistake}{others}"


def _as_paragraph(diagnosis: Diagnosis) -> str:
    right = f"<br>The right step: <code>{escape(diagnosis.line)}</code>" if diagnosis.line else ""
    if diagnosis.yours:
        right = f"<br>You computed: <code>{escape(diagnosis.yours)}</code>{right}"
    return (
        f"<p><strong>{escape(_title(diagnosis))}</strong><br>{escape(diagnosis.explanation)}"
        f"<br>{escape(diagnosis.fix)}{right}</p>"
    )


def _as_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Write what was done, what else it may have been, and what to do."""
    yield from _wrap(_title(diagnosis))
    for text in (diagnosis.explanation, diagnosis.fix):
        yield from _wrap(f"  {text}")
    lines = [("You computed:   ", diagnosis.yours), ("The right step: ", diagnosis.line)]
    broken = any(len(f"  {said}{line}") > _WIDTH for said, line in lines)
    for said, line in lines:
        if line:
            yield f"  {said.rstrip()}\n    {line}" if broken else f"  {said}{line}"


def _wrap(text: str) -> list[str]:
    """Break a text into lines, those after the first indented; long names stay whole."""
    lines = wrap(
        text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
    return [line.replace(NO_BREAK, " ") for line in lines]


def _footer(comparison: Report) -> str:
    method = _METHODS[comparison.numeric_method]
    if comparison.numeric_note:
        method += f"; not the complex step: {comparison.numeric_note}"
    shown = (
        "Shown: the entry of each parameter with the largest relative error (tolerance "
        f"{comparison.tolerance:g})."
    )
    errors = [row.numeric_error for row in comparison.rows if row.numeric_error is not None]
    if not errors:
        return f"{shown} Numeric side: {method}."
    return f"{shown} Automatic and numeric ({method}) differ by {max(errors):.1e} at most."
