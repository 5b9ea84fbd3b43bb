"""Whose memory a value is, for how long it is needed, and which buffers can serve again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from ...programs import Instruction, Program

#: Where the numbers of a result are: in a buffer of the program, in the memory of an operand, in
#: memory of its own that is made in every call, or perhaps in that of any operand.
Memory = Literal["buffer", "view", "new", "unknown"]

_END = -1


class Lifetimes:
    """For each step whose memory its value may be in, and when that is read for the last time.

    Parameters
    ----------
    program : Program
        The steps.
    memory : sequence of Memory
        Where the result of each of them is; for inputs and constants it does not matter.
    order : sequence of int
        The order in which the steps are computed.
    lasting : iterable of int
        Positions whose memory is needed to the end and beyond.
    """

    def __init__(
        self,
        program: Program,
        memory: Sequence[Memory],
        order: Sequence[int],
        lasting: Iterable[int],
    ) -> None:
        self.roots: list[frozenset[int]] = []
        for k, step in enumerate(program.instructions):
            self.roots.append(self._roots(k, step, memory[k]))
        self._when = {k: time for time, k in enumerate(order)}
        self._last: dict[int, int] = {}
        for k in order:
            for operand in program.instructions[k].operands:
                for root in self.roots[operand]:
                    self._last[root] = k
        for k in lasting:
            for root in self.roots[k]:
                self._last[root] = _END

    def _roots(self, k: int, step: Instruction, memory: Memory) -> frozenset[int]:
        if step.shape == ():  # a NumPy scalar
            return frozenset()
        if step.op is None or memory == "buffer":
            return frozenset({k})
        if memory == "new":
            return frozenset()
        shared = step.operands[:1] if memory == "view" else step.operands
        return frozenset().union(*(self.roots[operand] for operand in shared))

    def dies_at(self, root: int, k: int) -> bool:
        """Return whether nothing reads some memory after a step."""
        return self._last.get(root, root) == k

    def is_over(self, root: int, k: int) -> bool:
        """Return whether nothing reads some memory from a step on."""
        last = self._last.get(root)
        return last is None or (last != _END and self._when[last] < self._when[k])


class Pool:
    """Pieces of memory that are handed out, taken back and handed out again."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._free: dict[int, list[int]] = {}

    def take(self, size: int) -> int:
        """Return the number of a free piece of memory, for so many bytes."""
        free = self._free.get(size.bit_length())
        if free:
            number = free.pop()
            self.sizes[number] = max(self.sizes[number], size)
            return number
        self.sizes.append(size)
        return len(self.sizes) - 1

    def give_back(self, number: int) -> None:
        """Let a piece of memory be handed out again."""
        self._free.setdefault(self.sizes[number].bit_length(), []).append(number)

    def arrays(self) -> Mapping[int, np.ndarray]:
        """Allocate the memory, as bytes."""
        return {number: np.empty(size, np.uint8) for number, size in enumerate(self.sizes)}
