"""Large arrays by the means of their blocks, as far as they can be seen."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt


def rows_of(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Lay an array out in rows of its last axis; a vector is one row.

    Examples
    --------
    >>> [rows_of(np.ones(shape)).shape for shape in ((), (3,), (2, 3), (4, 2, 3))]
    [(1, 1), (1, 3), (2, 3), (8, 3)]
    """
    rows = array.reshape(prod(array.shape[:-1]), array.shape[-1] if array.ndim else 1)
    return rows.reshape(1, -1) if array.ndim == 1 else rows


def means_of_blocks(rows: npt.NDArray[Any], most: int) -> list[list[float]]:
    """Return the means of at most `most` x `most` blocks of about the same size.

    Examples
    --------
    >>> means_of_blocks(np.arange(12.0).reshape(2, 6), 3)
    [[0.5, 2.5, 4.5], [6.5, 8.5, 10.5]]
    """
    cuts = [_cuts(length, most) for length in rows.shape]
    with np.errstate(all="ignore"):
        return [[float(rows[a:b, c:d].mean()) for c, d in cuts[1]] for a, b in cuts[0]]


def _cuts(length: int, most: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, length, min(length, most) + 1).round().astype(int).tolist()
    return list(pairwise(edges))
