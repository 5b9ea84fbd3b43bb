"""What people do wrong in a line: candidates for edits, tested by a probe as they are made."""

from __future__ import annotations

from collections.abc import Iterator

from ..edits import Edit
from . import (
    commonest,
    groups,
    loop_paths,
    one_use,
    operands,
    overwriting,
    parts,
    regions,
    swaps,
    terms,
)
from .bench import Bench
from .everywhere import in_lines_alike
from .states import in_states
from .sums import wider_sums

__all__ = ["Bench", "commonest", "proposals", "unproven"]


def proposals(bench: Bench) -> Iterator[Edit]:
    """Yield the edits that fit all projections, as candidates to be run."""
    for kind in (terms, overwriting, parts, operands, one_use, swaps, regions, groups):
        yield from kind.proposals(bench)


def unproven(bench: Bench) -> Iterator[Iterator[Edit]]:
    """Yield candidates that no product tests, the likelier before the others."""
    yield wider_sums(bench)
    yield loop_paths.cut_off(bench)
    compounding = groups.compounding(bench)
    yield compounding(groups.PLAIN)
    yield loop_paths.two_paths(bench)
    yield loop_paths.keep_paths(bench)
    yield in_states(bench)
    yield swaps.compounding(bench)
    yield compounding(groups.VALUES)
    yield in_lines_alike(bench)
    yield compounding(groups.FURTHER)
