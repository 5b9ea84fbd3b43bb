"""Lines as a learner would write them: without the names that only the derivation has."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..writing.expressions import is_whole_argument

#: A word that is no attribute and no keyword of a call.
_VARIABLE = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\s*=[^=])(?!\w)")
_ATOM, _POWER = re.compile(r"[\w.]+(\([^()]*\))?"), re.compile(r"\w+ \*\* \d+")
_LONGEST = 90


def in_full(text: str, helpers: Mapping[str, str]) -> str:
    """Put in what variables stand for that the user does not know, while the text stays short."""

    def what(found: re.Match[str]) -> str:
        put, after = helpers.get(found[0], found[0]), found.string[found.end() :]
        alone = is_whole_argument(found.string[: found.start()], after)
        power = _POWER.fullmatch(put) and not after.startswith((" **", ".", "["))
        return put if alone or power or _ATOM.fullmatch(put) else f"({put})"

    while (longer := _VARIABLE.sub(what, text)) != text and len(longer) <= _LONGEST:
        text = longer
    return text
