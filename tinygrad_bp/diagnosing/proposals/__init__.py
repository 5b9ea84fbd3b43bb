"""What people do wrong in a line: candidates for edits, tested by a probe as they are made."""

from __future__ import annotations

from collections.abc import Iterator

from ..edits import Edit
from . import groups, loops, operands, parts, places, plain, regions, swaps, terms
from .bench import Bench
from .sums import wider_sums

__all__ = ["Bench", "plain", "proposals", "unproven"]


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits that fit all projections, as candidates to be run."""
    for kind in (terms, places, parts, operands, swaps, regions, groups):
        yield from kind.proposals(bench)


def unproven(bench: Bench) -> Iterator[Iterator[Edit]]:
    """Yield candidates that no product tests, the likelier before the others."""
    yield wider_sums(bench)
    yield loops.cut_off(bench)
    compounding = groups.compounding(bench)
    yield compounding(groups.PLAIN)
    yield loops.two_paths(bench)
    yield compounding(groups.VALUES)
    yield compounding(groups.FURTHER)
