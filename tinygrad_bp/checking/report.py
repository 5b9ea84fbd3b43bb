"""A comparison as text, HTML and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from html import escape
from io import StringIO
from math import isfinite, isnan
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..diagnosing import Diagnosis
    from .comparison import Comparison, Row

_WIDTH = 100
_NO_BREAK = "\N{NO-BREAK SPACE}"
_COLUMNS = (
    "parameter",
    "shape",
    "worst entry",
    "manual/automatic",
    "automatic/numeric",
    "verdict",
)
_METHODS = {
    "complex": "complex step",
    "adaptive": "adaptive differences",
    "five-point": "five-point differences",
    "central": "central differences",
}


def summary(comparison: Comparison) -> str:
    """Say in one line how it went."""
    wrong = int(comparison._wrong.sum())
    total = comparison._wrong.size
    if not wrong and not comparison.ok:
        return "gradients match, but those by inner Values do NOT"
    if not wrong:
        return f"gradients match: {total} {'entry' if total == 1 else 'entries'}"
    return (
        f"gradients do NOT match: {wrong} of {total} {'entry' if total == 1 else 'entries'} "
        f"{'is' if wrong == 1 else 'are'} wrong"
    )


def as_text(comparison: Comparison) -> str:
    """Write a table, plain and of fixed width, with what is wrong below it."""
    # rich is imported when a table is first wanted: it takes longer than a comparison
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.MARKDOWN)
    for heading in _COLUMNS:
        table.add_column(heading, overflow="fold")
    for row in comparison.rows:
        table.add_row(*map(Text, _cells(row)))  # Text: names are no markup
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
    remarks = [line for remark in _remarks(comparison) for line in _wrapped(remark)]
    causes = [line for diagnosis in comparison.diagnosis for line in _as_lines(diagnosis)]
    footer = _wrapped(_footer(comparison))
    return "\n".join([summary(comparison), *body, *remarks, *causes, *footer])


def as_html(comparison: Comparison) -> str:
    """Write a table for notebooks; every text in it is escaped."""
    heads = "".join(f"<th>{escape(heading)}</th>" for heading in _COLUMNS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(row)) + "</tr>"
        for row in comparison.rows
    )
    remarks = "".join(f"<li>{escape(line)}</li>" for line in _remarks(comparison))
    return (
        f"<div><p><strong>{escape(summary(comparison))}</strong></p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f"{f'<ul>{remarks}</ul>' if remarks else ''}"
        f"{''.join(map(_as_paragraph, comparison.diagnosis))}"
        f"<p>{escape(_footer(comparison))}</p></div>"
    )


def as_json(comparison: Comparison, indent: int | None) -> str:
    """Write an object, see `Comparison.to_json`."""
    content = {
        "ok": comparison.ok,
        "loss": comparison.loss,
        "tolerance": comparison.tolerance,
        "numeric_method": comparison.numeric_method,
        "numeric_note": comparison.numeric_note,
        "rows": [asdict(row) for row in comparison.rows],
        "entries": [asdict(entry) for entry in comparison.entries],
        "diagnosis": [asdict(each) for each in comparison.diagnosis],
    }
    return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _finite(content: Any) -> Any:
    """Replace the numbers that JSON does not have by strings."""
    if isinstance(content, dict):
        return {key: _finite(item) for key, item in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(item) for item in content]
    if isinstance(content, float) and not isfinite(content):
        return "NaN" if isnan(content) else "Infinity" if content > 0 else "-Infinity"
    return content


def _cells(row: Row) -> list[str]:
    return [
        row.name,
        str(row.shape),
        "-" if row.worst is None else str(row.worst),
        "-" if row.manual_error is None else f"{row.manual_error:.1e}",
        "-" if row.numeric_error is None else f"{row.numeric_error:.1e}",
        row.verdict if row.wrong_side is None else f"{row.wrong_side} wrong",
    ]


def _remarks(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each parameter that is wrong or has a note."""
    if not isfinite(comparison.loss):
        yield f"the loss is {comparison.loss}"
    for row, block in zip(comparison.rows, comparison._problem.blocks()):
        if row.verdict == "wrong" and row.worst is not None:
            yield _worst(comparison, row, block)
        elif row.note:
            yield f"{row.name}: {row.note}"
    for row in comparison._steps:
        if row.note:
            yield f"{row.name} is wrong: {row.note}"


def _title(diagnosis: Diagnosis) -> str:
    others = f" (or {', '.join(diagnosis.alternatives)})" if diagnosis.alternatives else ""
    return f"{diagnosis.node}: {diagnosis.mistake}{others}"


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
    yield from _wrapped(_title(diagnosis))
    for text in (diagnosis.explanation, diagnosis.fix):
        yield from _wrapped(f"  {text}")
    if diagnosis.yours:
        yield f"  You computed:   {diagnosis.yours}"
    if diagnosis.line:
        yield f"  The right step: {diagnosis.line}"


def _wrapped(text: str) -> list[str]:
    """Break a text into lines, those after the first indented; long names stay whole."""
    lines = wrap(
        text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _worst(comparison: Comparison, row: Row, block: slice) -> str:
    place = f"[{', '.join(map(str, row.worst))}]" if row.worst else ""
    values = ", ".join(
        f"{side}{_NO_BREAK}{float(vector[block].reshape(row.shape)[row.worst]):.16g}"
        for side, vector in zip(("manual", "automatic", "numeric"), comparison._sides)
        if vector is not None
    )
    return f"{row.name}{place} is wrong: {values}; {row.note}"


def _footer(comparison: Comparison) -> str:
    reason = f" (not the complex step: {comparison.numeric_note})"
    return (
        f"largest relative differences; tolerance {comparison.tolerance:g}; numeric side: "
        f"{_METHODS[comparison.numeric_method]}{reason if comparison.numeric_note else ''}"
    )
