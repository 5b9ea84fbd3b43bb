"""What a command says, in colours; they repeat what the words say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: What is seen of a report, and how it is shown.
_LOOKS = (
    (r"^gradients match: .*$", "bold green"),
    (r"^gradients (do NOT match|match, but).*$", "bold red"),
    (r"\b(manual|automatic|both) wrong\b", "red"),
    (r"\b(missing|not read)(?= *\|)", "red"),
    (r"\bcorrect(?= *\|)", "green"),
    (r"^[^|\n]* is wrong: ", "red"),
    (r"^(?![ |]|gradients )[^\n:|]+: [\w-]+( \(or [^)]*\))?$", "bold"),
    (r"(?<=^  You computed:).*(\n    .*)?$", "red"),
    (r"(?<=^  The right step:).*(\n    .*)?$", "green"),
    (r"^\|[-|]+\|$", "dim"),
    (r"^Shown: .*\n(?:  .*\n?)*", "dim"),
)


def colour_report(text: str) -> Text:
    """Colour a comparison by its verdicts: what is wrong is red, what is right is green."""
    from rich.text import Text

    coloured = Text(text)
    for pattern, style in _LOOKS:
        for found in re.finditer(pattern, text, re.MULTILINE):
            coloured.stylize(style, *found.span())
    return coloured


def colour_summary(console: Console, markdown: str) -> Text:
    """Lay out a summary for a terminal, and colour the verdicts in its tables."""
    from rich.markdown import Markdown
    from rich.text import Text

    with console.capture() as captured:
        console.print(Markdown(markdown))
    laid_out = Text.from_ansi(captured.get())
    laid_out.highlight_regex(r"(?<=  )wrong(?=  )", "red")
    laid_out.highlight_regex(r"(?<=  )correct(?=  )", "green")
    return laid_out


def colour_source(text: str) -> Text:
    """Colour source code."""
    from rich.syntax import Syntax

    coloured = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(text)
    return coloured if text.endswith("\n") else coloured[: len(text)]
