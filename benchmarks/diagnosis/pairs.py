"""Which mistakes give the same numbers, found by comparing the gradients of the corpus."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from .nets import NETS, Params
from .programs import POINTS, Program, singles

__all__ = ["Pair", "pairs"]


@dataclass
class Pair:
    """Two identifiers, and where they cannot be told apart.

    `always` are the nets in which two such mistakes have the same gradients at every random
    point, `sometimes` those in which they have at one point at least; `inner` says whether
    gradients of intermediate results tell all those apart that are the same at every point.
    """

    always: set[str] = field(default_factory=set)
    sometimes: set[str] = field(default_factory=set)
    inner: bool = True
    example: tuple[str, str] = ("", "")


def pairs(nets: Sequence[str] = ()) -> dict[tuple[str, str], Pair]:
    """Return the pairs of identifiers that have the same numbers somewhere."""
    found: dict[tuple[str, str], Pair] = defaultdict(Pair)
    for net in nets or NETS:
        points = [_visible(net, point) for point in POINTS]
        together = [set(_alike([_vector(p.gradients) for p in programs])) for programs in points]
        for one, other in sorted(set().union(*together)):
            _note(found, net, points, (one, other), together)
    return dict(found)


def _visible(net: str, point: str) -> list[Program]:
    return list(singles([net], [point]))


def _vector(gradients: Params) -> np.ndarray:
    return np.concatenate([np.ravel(g) for g in gradients.values()])


def _alike(vectors: list[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of vectors that agree to 1e-9 of their largest entry."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for k, vector in enumerate(vectors):
        by_size[vector.size].append(k)
    for members in by_size.values():
        rows = np.array([vectors[k] for k in members])
        for (i, one), (j, other) in combinations(enumerate(members), 2):
            scale = max(np.abs(rows[i]).max(), 1e-300)
            if abs(rows[i, 0] - rows[j, 0]) <= 1e-9 * scale and np.all(
                np.abs(rows[i] - rows[j]) <= 1e-9 * scale
            ):
                yield one, other


def _note(
    found: dict[tuple[str, str], Pair],
    net: str,
    points: list[list[Program]],
    pair: tuple[int, int],
    together: list[set[tuple[int, int]]],
) -> None:
    there = [
        k
        for k, programs in enumerate(points)
        if pair in together[k] and programs[pair[0]].visible and programs[pair[1]].visible
    ]
    one, other = (points[0][k].mistakes[0] for k in pair)
    if not there or {*one.accepted} & {*other.accepted}:
        return
    names = tuple(sorted((one.wrong.mistake, other.wrong.mistake)))
    entry = found[names[0], names[1]]
    always = {0, 1, 2} <= {*there}
    entry.sometimes.add(net)
    if always:
        entry.always.add(net)
        a, b = (points[0][k].with_intermediates for k in pair)
        entry.inner &= not any(True for _ in _alike([_vector(a), _vector(b)]))
    if always or not entry.example[0]:
        texts = sorted([(one.wrong.mistake, str(one)), (other.wrong.mistake, str(other))])
        entry.example = (texts[0][1], texts[1][1])
