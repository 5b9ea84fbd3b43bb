"""What is said about single nodes beside their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Mark:
    """What a comparison, or the user's question, says about a node.

    Attributes
    ----------
    rows : tuple of (str, str)
        What was compared, and the numbers.
    verdict : {"", "correct", "wrong"}
        What came out.
    points : str
        Why the reader should look here; "" if there is no such reason.
    lines : tuple of str
        An explanation.
    """

    rows: tuple[tuple[str, str], ...] = ()
    verdict: Literal["", "correct", "wrong"] = ""
    points: str = ""
    lines: tuple[str, ...] = ()


NOTHING = Mark()
