"""What people do wrong in a line: candidates for edits, tested by a probe as they are made."""

from __future__ import annotations

from collections.abc import Iterator

from ..edits import Edit
from . import groups, operands, places, regions, terms
from .bench import Bench

__all__ = ["Bench", "groups", "proposals"]


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits that fit all projections, as candidates to be run."""
    for kind in (terms, places, operands, regions, groups):
        yield from kind.proposals(bench)
