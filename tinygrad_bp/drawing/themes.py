"""The one table of colours, for screens, dark pages, paper, and colour-blind readers.

A colour only repeats what a shape, an outline or a word says. Texts stand out from what is
behind them by a contrast of at least 4.5 to 1, which the tests compute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ..viewing.graph import Role

ThemeName = Literal["light", "dark", "print", "colour-blind"]

#: Where the colours of gradients change: fixed, so that pictures can be compared.
DECADES = (1e-8, 1e-6, 1e-4, 1e-2, 1.0, 1e2)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as ``#rrggbb``.

    Attributes
    ----------
    background, group : str
        What is behind everything, and behind the nodes of a scope.
    ink, faint, alarm, good : str
        Texts: names and numbers; what they are; what is wrong; what was found to be right.
    line, frame : str
        Edges, and the outlines of scopes.
    fills, outlines : mapping of Role to str
        Of nodes.
    ramp : tuple of str
        Fills by the size of the gradient: below the first of `DECADES`, between them, above.
        Only `ink` is written on them.
    negative, zero, positive : str
        The entries of heat maps, on which nothing is written.
    """

    background: str
    group: str
    ink: str
    faint: str
    alarm: str
    good: str
    line: str
    frame: str
    fills: Mapping[Role, str]
    outlines: Mapping[Role, str]
    ramp: tuple[str, ...]
    negative: str
    zero: str
    positive: str


def _by_role(*colours: str) -> dict[Role, str]:
    return dict(zip(Role, colours, strict=True))


#: By role: parameter, constant, computed, result, folded, cotangent.
THEMES: Mapping[str, Theme] = {
    "light": Theme(
        background="#ffffff",
        group="#f8fafc",
        ink="#1f2328",
        faint="#57606a",
        alarm="#b42318",
        good="#116329",
        line="#6b7280",
        frame="#cbd5e1",
        fills=_by_role("#dbeafe", "#f3f4f6", "#ffffff", "#fef3c7", "#ede9fe", "#fdf2f8"),
        outlines=_by_role("#1d4ed8", "#6b7280", "#4b5563", "#92400e", "#6d28d9", "#9d174d"),
        ramp=("#ffffff", "#fff7db", "#ffeab0", "#ffd98a", "#ffc266", "#ffa64d", "#ff8a4c"),
        negative="#225ea8",
        zero="#f3f1ec",
        positive="#b85410",
    ),
    "dark": Theme(
        background="#0d1117",
        group="#151b23",
        ink="#f0f3f6",
        faint="#adb6c0",
        alarm="#ff9b8f",
        good="#6fdd8b",
        line="#8b949e",
        frame="#3d444d",
        fills=_by_role("#122b52", "#262c36", "#0d1117", "#3d2c06", "#2b1f4d", "#3b1229"),
        outlines=_by_role("#79b0ff", "#8b949e", "#b1bac4", "#e3b341", "#c4a7ff", "#ff9bce"),
        ramp=("#0d1117", "#1d1a2e", "#33204a", "#4f2258", "#6e2452", "#8a2d3f", "#a03d20"),
        negative="#60a5f0",
        zero="#282d32",
        positive="#f09650",
    ),
    "print": Theme(
        background="#ffffff",
        group="#ffffff",
        ink="#000000",
        faint="#444444",
        alarm="#000000",
        good="#000000",
        line="#333333",
        frame="#999999",
        fills=_by_role("#ededed", "#ffffff", "#ffffff", "#ffffff", "#f5f5f5", "#ffffff"),
        outlines=_by_role("#000000", "#666666", "#333333", "#000000", "#333333", "#333333"),
        ramp=("#ffffff", "#f2f2f2", "#e4e4e4", "#d5d5d5", "#c5c5c5", "#b5b5b5", "#a3a3a3"),
        negative="#ffffff",
        zero="#b0b0b0",
        positive="#000000",
    ),
    # after Okabe and Ito, Color Universal Design (2008): blue, orange and luminance alone
    "colour-blind": Theme(
        background="#ffffff",
        group="#f7f9fb",
        ink="#111111",
        faint="#4d4d4d",
        alarm="#9c3f00",
        good="#005a8f",
        line="#595959",
        frame="#b8c4ce",
        fills=_by_role("#cfe8f7", "#f2f2f2", "#ffffff", "#fff1b8", "#e3e3f1", "#fdeadb"),
        outlines=_by_role("#0072b2", "#595959", "#404040", "#7a5c00", "#4b4b8f", "#9c3f00"),
        ramp=("#ffffff", "#eaf3fa", "#cfe4f3", "#add2ea", "#86bde0", "#d9c34a", "#f0e442"),
        negative="#0072b2",
        zero="#f4f1e8",
        positive="#d55e00",
    ),
}


def theme_of(name: str) -> Theme:
    """Look up a theme.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in THEMES:
        known = ", ".join(f'"{each}"' for each in get_args(ThemeName))
        raise ValueError(f"draw: theme must be one of {known}, got {name!r}")
    return THEMES[name]


def decade(size: float) -> int:
    """Return which colour of a ramp is that of a gradient of a size.

    Examples
    --------
    >>> decade(0.0), decade(0.003), decade(5e7)
    (0, 3, 6)
    """
    return sum(size >= limit for limit in DECADES)


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours, from 1 to 21.

    As defined in the Web Content Accessibility Guidelines 2.2, section "contrast ratio".

    Examples
    --------
    >>> contrast("#ffffff", "#000000")
    21.0
    """
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
