"""The page itself: one HTML file, with all that it needs in it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape, unescape
from importlib.resources import files
from math import isfinite, isnan
from pathlib import Path
from string import Template
from typing import Any

#: How high a page is in a notebook, in pixels.
HEIGHT = 760
#: A page shows four digits and names six; the last bits differ between machines.
DIGITS = 6


class Page:
    """A page made by `tinygrad_bp.explore`; a notebook shows it.

    Attributes
    ----------
    html : str
        The whole file.
    path : pathlib.Path or None
        Where it was written.
    """

    def __init__(self, html: str, path: Path | None = None) -> None:
        self.html, self.path = html, path

    def __repr__(self) -> str:
        title = unescape(self.html.partition("<title>")[2].partition(", step by step</title>")[0])
        where = f" in {self.path}" if self.path else ""
        return f"<Page {title!r}{where}>"

    def _repr_html_(self) -> str:
        """Show the page in a frame of its own, which can reach nothing outside.

        Its forms are answers of learners, which go nowhere, and it can print.
        """
        return (
            f'<iframe title="Backpropagation, step by step" '
            f'sandbox="allow-scripts allow-forms allow-modals" width="100%" '
            f'height="{HEIGHT}" style="border:0" srcdoc="{escape(self.html)}"></iframe>'
        )


#: The scripts of a page, in the order in which they run: `arrays.js` before what is derived.
SCRIPTS = (
    "elements.js",
    "expressions.js",
    "figures.js",
    "computing.js",
    "diagram.js",
    "loops.js",
    "maps.js",
    "reasons.js",
    "paths.js",
    "panel.js",
    "lesson.js",
    "steps.js",
    "editor.js",
    "worksheets.js",
    "hunts.js",
    "start.js",
)


def assemble(
    story: Mapping[str, Any], pictures: Sequence[str], alternative: str, functions: str
) -> str:
    """Put a page together.

    Whatever users named is escaped: as HTML here, as SVG in the picture; in the story no
    character is left that could end the script element it stands in. A policy forbids the page
    all requests, and all scripts and styles but its own, which it knows by their hashes.

    Parameters
    ----------
    story : dict
        Plain data, see `tinygrad_bp.exploring.story.story`.
    pictures : sequence of str
        SVG, escaped; the first one is seen first.
    alternative : str
        What they show, in words.
    functions : str
        JavaScript: an expression that gives the list of the functions that compute the graph.
    """
    style, script = _part("page.css"), "".join(map(_part, SCRIPTS))
    functions = f'"use strict";\nconst functions = {functions};\n'
    arrays = _part("arrays.js")
    return Template(_part("page.html")).substitute(
        title=escape(story["title"]),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        arrays=arrays,
        arrays_hash=_hash(arrays),
        functions=functions,
        functions_hash=_hash(functions),
        pictures="".join(
            f'<div role="img" aria-label="{escape(alternative)}">{each}</div>' for each in pictures
        ),
        story=_json(story),
    )


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(story: Mapping[str, Any]) -> str:
    r"""Write JSON in ASCII and without ``<``, ``>`` and ``&``, which HTML would read.

    Examples
    --------
    >>> _json({"name": "</script>\u2028", "numbers": [0.1 + 0.2, 2.0]})
    '{"name":"\\u003c/script\\u003e\\u2028","numbers":[0.3,2]}'
    """
    text = json.dumps(_round(story), separators=(",", ":"), allow_nan=False)
    for each in "<>&":
        text = text.replace(each, f"\\u{ord(each):04x}")
    return text


def _round(told: Any) -> Any:
    """Round every number to `DIGITS`, and write as text what JSON has no number for."""
    if isinstance(told, Mapping):
        return {key: _round(each) for key, each in told.items()}
    if isinstance(told, list | tuple):
        return [_round(each) for each in told]
    return _number(told) if isinstance(told, float) else told


def _number(x: float) -> float | str:
    if not isfinite(x):
        return "NaN" if isnan(x) else "Infinity" if x > 0 else "-Infinity"
    x = float(f"{x:.{DIGITS}g}")
    return int(x) if x.is_integer() and abs(x) < 1e15 and str(x) != "-0.0" else x
