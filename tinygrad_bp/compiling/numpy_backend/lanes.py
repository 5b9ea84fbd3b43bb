"""The same formula for many small arrays, as in an update of all parameters: one call for all.

Arrays that go through the same steps are laid out one after another, and each step becomes one
call for the whole row of them (superword-level parallelism, Larsen and Amarasinghe, 2000).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...programs import Instruction, Program

#: Above this number of elements a call costs little beside what it computes.
_SMALL = 4096


class Lanes:
    """Which steps of a program can be computed side by side.

    Only steps at the end are looked at: elementwise ones that nothing but such steps and the
    results of the program needs. They can wait until all others are done.

    Parameters
    ----------
    program : Program
        The steps.
    formulas : mapping of int to object
        What a step computes elementwise, hashable; None for another kind of step. Steps that are
        not there stay where they are.
    movable : mapping of int to str
        Positions of arrays whose place in memory may be chosen, and what they are: results in
        buffers, or what a loop carries. Only those of one kind stand in one row.

    Attributes
    ----------
    late : list of int
        The steps that are to be computed last, in the order in which to do so.
    groups : dict of tuple of int
        For the first of the steps that are computed by one call, all of them.
    rows : list of tuple of int
        Arrays that are to stand one after another.
    """

    def __init__(
        self,
        program: Program,
        formulas: Mapping[int, Any],
        movable: Mapping[int, str],
    ) -> None:
        self.steps = program.instructions
        self.late: list[int] = []
        self.groups: dict[int, tuple[int, ...]] = {}
        self.rows: list[tuple[int, ...]] = []
        self._movable = movable
        self._row_of: dict[int, tuple[int, ...]] = {}
        late = self._late(formulas)
        kinds = self._kinds(late)
        classes: dict[int, list[int]] = {}
        for k in late:
            classes.setdefault(kinds[k], []).append(k)
        for kind in sorted(classes):
            self._group(tuple(classes[kind]))
        if self.groups:
            self.late = sorted(late, key=lambda k: (kinds[k], k))

    def _late(self, formulas: Mapping[int, Any]) -> dict[int, Any]:
        """Find the steps that only such steps and results need, and what each computes."""
        needed = [False] * len(self.steps)
        found: dict[int, Any] = {}
        for k in reversed(range(len(self.steps))):
            step = self.steps[k]
            if not needed[k] and formulas.get(k) is not None and self._is_plain(step):
                found[k] = formulas[k]
            else:
                for operand in step.operands:
                    needed[operand] = True
        return dict(sorted(found.items()))

    def _is_plain(self, step: Instruction) -> bool:
        """Return whether a step takes numbers, and small arrays of its own shape and dtype."""
        sources = [self.steps[operand] for operand in step.operands]
        return 0 < math.prod(step.shape) <= _SMALL and all(
            source.shape == () or (source.shape, source.dtype) == (step.shape, step.dtype)
            for source in sources
        )

    def _kinds(self, late: dict[int, Any]) -> dict[int, int]:
        """Give steps which compute alike the same number.

        A step has a higher number than what it is computed from.
        """
        numbers: dict[Any, int] = {}
        kinds: dict[int, int] = {}
        for k, formula in late.items():
            step = self.steps[k]
            parts = [
                ("late", kinds[operand])
                if operand in kinds
                else self._movable.get(operand, ("own", operand))
                for operand in step.operands
            ]
            kinds[k] = numbers.setdefault((formula, step.dtype, *parts), len(numbers))
        return kinds

    def _group(self, members: tuple[int, ...]) -> None:
        """Compute steps by one call, if their operands can stand side by side as well."""
        operands = zip(*(self.steps[k].operands for k in members), strict=True)
        columns = dict.fromkeys(c for c in operands if self.steps[c[0]].shape != ())
        if len(members) < 2 or not columns or not self._fit(columns):
            return
        for column in columns:
            self._lay_out(column)
        self.groups[members[0]] = members
        self._lay_out(members)

    def _fit(self, columns: Collection[tuple[int, ...]]) -> bool:
        """Say whether all columns can be rows. An array stands in one place, so in one of them."""
        members = [k for column in columns for k in column]
        return all(map(self._fits, columns)) and len(set(members)) == len(members)

    def _fits(self, column: Sequence[int]) -> bool:
        rows = {self._row_of.get(k) for k in column}
        if rows == {None}:
            return all(k in self._movable for k in column)
        return rows == {tuple(column)}

    def _lay_out(self, row: tuple[int, ...]) -> None:
        if row[0] not in self._row_of:
            self.rows.append(row)
            self._row_of |= dict.fromkeys(row, row)
