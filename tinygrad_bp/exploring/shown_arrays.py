"""The numbers of a page: each array once, and a large one by what can be seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..viewing.blocks import means_of_blocks, rows_of
from ..viewing.plain_text import summary

#: Arrays of up to so many numbers are written in full, unless there are too many of them.
IN_FULL = 256
#: What all the arrays of a page may hold together.
MOST_NUMBERS = 60_000


class Arrays:
    """A table of arrays, which a page refers to by their place in it."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}
        self._arrays: list[npt.NDArray[Any]] = []

    def add(self, data: Any) -> int:
        """Return the place of an array, the same for the same numbers."""
        array = np.asarray(data)
        array = array.astype(np.float64) if array.dtype.kind in "fiub" else np.full((), np.nan)
        key = (array.shape, array.tobytes())
        if key not in self._places:
            self._places[key] = len(self._arrays)
            self._arrays.append(array)
        return self._places[key]

    @property
    def most(self) -> int:
        """Up to how many numbers an array is told in full."""
        return _most_of([array.size for array in self._arrays])

    def content(self) -> list[dict[str, Any]]:
        """Return the table as plain data.

        Each array has its ``shape``, its ``summary`` as text, and ``rows``: all of its numbers as
        a list of rows, or ``blocks``: the means of its blocks. More than two axes are laid out
        as rows of the last one.
        """
        return [_content(array, self.most) for array in self._arrays]


def _most_of(sizes: Sequence[int]) -> int:
    """Return up to how many numbers an array is told in full."""
    most = IN_FULL
    while most > 4 and sum(min(size, most) for size in sizes) > MOST_NUMBERS:
        most //= 4
    return most


def _content(array: npt.NDArray[Any], most: int) -> dict[str, Any]:
    rows = rows_of(array)
    about = {"shape": list(array.shape), "summary": summary(array)}
    if array.size <= most:
        return {**about, "rows": rows.tolist()}
    return {**about, "blocks": means_of_blocks(rows, max(int(most**0.5), 1))}
