"""Names for variables: the user's own where they are safe, and never one for two things."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 40


def as_identifier(text: str, otherwise: str = "value") -> str:
    """Turn any text into a Python identifier.

    Examples
    --------
    >>> as_identifier("w_1"), as_identifier("layers[0].w"), as_identifier("class")
    ('w_1', 'layers_0_w', 'class_')
    >>> as_identifier("x; import os"), as_identifier("2nd"), as_identifier("δ'")
    ('x_import_os', 'v_2nd', 'δ')
    """
    text = unicodedata.normalize("NFKC", text)
    name = text if text.isidentifier() else re.sub(r"\W+", "_", text).strip("_")
    name = name[:_LONGEST] or otherwise
    if not name.isidentifier():
        name = f"v_{name}"
    if not name.isidentifier():
        name = otherwise
    return f"{name}_" if keyword.iskeyword(name) or name in keyword.softkwlist else name


def one_line(text: str) -> str:
    """Write a text so that it stays inside of a comment."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return plain if len(plain) <= 60 else plain[:57] + "..."


class Names:
    """The names of one text, each given once."""

    def __init__(self, reserved: set[str]) -> None:
        self._taken = {*reserved, *dir(builtins)}
        self._next: dict[str, int] = {}

    def __call__(self, wanted: str, otherwise: str = "value") -> str:
        """Return an identifier like the one wanted, which nothing else has."""
        base = as_identifier(wanted, otherwise)
        name = base
        while name in self._taken:
            self._next[base] = self._next.get(base, 1) + 1
            name = f"{base}_{self._next[base]}"
        self._taken.add(name)
        return name

    def reserve(self, names: Iterable[str]) -> None:
        """Give these to nothing."""
        self._taken.update(names)
