"""Paths through the nodes that have names, of whole arrays or of single entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..ops import matmul
from ..programs.composition import is_elementwise
from ..programs.program import Instruction, Kind, Program, compute

#: More paths than these are not written out.
MOST = 20

#: A step, and an entry of it: None for the whole array.
Place = tuple[int, tuple[int, ...] | None]


class Paths:
    """The paths from inputs to the output, from one named node to the next."""

    def __init__(self, program: Program) -> None:
        self.steps = program.instructions
        self.output = program.outputs[0]
        self._users: list[list[int]] = [[] for _ in self.steps]
        forward = [k for k, s in enumerate(self.steps) if s.kind is Kind.FORWARD]
        self._forward = forward
        for k in forward:
            for operand in dict.fromkeys(self.steps[k].operands):
                self._users[operand].append(k)
        self._matters = self._find_leading_to_output()

    def _find_leading_to_output(self) -> set[int]:
        found = {self.output}
        for k in reversed(range(self.output + 1)):
            if k in found:
                found.update(self.steps[k].operands)
        return found

    def is_named(self, position: int) -> bool:
        """Return whether a node is a station of a path."""
        return position == self.output or bool(self.steps[position].name)

    def all(self, start: Place) -> list[list[Place]] | None:
        """List the paths from a place to the output; None where there are more than `MOST`."""
        found: list[list[Place]] = []
        pending: list[list[Place]] = [[start]]
        looked = 0
        while pending:
            path = pending.pop()
            looked += 1
            if path[-1][0] == self.output:
                found.append(path)
            else:
                pending.extend([*path, place] for place in reversed(list(self._next(path[-1]))))
            if len(found) > MOST or looked > 100 * MOST:
                return None
        return found

    def _next(self, place: Place) -> Iterator[Place]:
        """Yield the named nodes, or entries of them, that a place leads to directly."""
        start, index = place
        reached: dict[int, Any] = {start: _only(self.steps[start].shape, index)}
        pending = [start]
        region: set[int] = set()
        while pending:
            for user in self._users[pending.pop()]:
                if user in self._matters and user not in region:
                    region.add(user)
                    if not self.is_named(user):
                        pending.append(user)
        for k in sorted(region):
            step = self.steps[k]
            touched = [reached.get(operand) for operand in step.operands]
            if index is None:
                reached[k] = True
            else:
                reached[k] = _find_touched(step, [self.steps[o] for o in step.operands], touched)
            if self.is_named(k):
                entries = reached.pop(k)
                if index is None:
                    yield k, None
                else:
                    for entry in np.argwhere(entries):
                        yield k, tuple(map(int, entry))


def _only(shape: tuple[int, ...], index: tuple[int, ...] | None) -> Any:
    """Return an array that is true at one entry."""
    if index is None:
        return True
    mask = np.zeros(shape, bool)
    mask[index] = True
    return mask


def _find_touched(step: Instruction, sources: list[Instruction], touched: list[Any]) -> Any:
    """Return which entries of a step depend on the entries of its operands that are true."""
    masks = [
        np.zeros(source.shape, bool) if mask is None else mask
        for source, mask in zip(sources, touched, strict=True)
    ]
    op = step.op
    assert op is not None
    if is_elementwise(op):
        return np.logical_or.reduce(np.broadcast_arrays(*masks))
    if op is matmul:
        a, b = (mask.astype(float) for mask in masks)
        return (a @ np.ones(b.shape) > 0) | (np.ones(a.shape) @ b > 0)
    if op.reduces:
        return np.logical_or.reduce(masks[0], **step.metadata)
    if op.moves or op.fills:
        return np.asarray(compute(op, [m.astype(float) for m in masks], step.metadata)) > 0
    return np.full(step.shape, any(mask.any() for mask in masks))  # every entry may depend on it
