"""The text of a compiled function: loops with known bounds over flat memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...ops import matmul
from ...ops.joining import _concatenate
from ...programs.addresses import NOWHERE, row_major
from ...programs.program import Instruction
from ...writing.expressions import Expr
from .fusion import Plan, domain_of, find_reduced_axes, is_reduction
from .layout import Memory, Stretch
from .scalars import convert, is_number, number, write_scalar

#: A loop over an axis of a nest is known by its number, one inside of it by its name.
Loop = int | str | None


class _Reduction(NamedTuple):
    """Where a reduction starts, and how an element is added to it."""

    start: float
    update: str


_REDUCTIONS: Mapping[Any, _Reduction] = {
    np.add: _Reduction(0, "{0} += {1}"),
    np.multiply: _Reduction(1, "{0} *= {1}"),
    np.maximum: _Reduction(-np.inf, "{0} = np.maximum({0}, {1})"),
    np.minimum: _Reduction(np.inf, "{0} = np.minimum({0}, {1})"),
    np.logical_or: _Reduction(False, "{0} = {0} or {1}"),
    np.logical_and: _Reduction(True, "{0} = {0} and {1}"),
}


class Kernel:
    """Some stages of a plan as the lines of a function.

    Parameters
    ----------
    plan : Plan
        What is computed.
    memory : Memory
        Where it is.
    stages : sequence of int
        The numbers of the stages.

    Attributes
    ----------
    lines : list of str
        The body of the function.
    used : dict of str to None
        The buffers, ``w_float64``, and the inputs, ``a3``, that it needs.
    """

    def __init__(self, plan: Plan, memory: Memory, stages: Sequence[int] = ()) -> None:
        self.plan, self.memory = plan, memory
        self.steps = plan.steps
        self.used: dict[str, None] = {}
        self.lines: list[str] = []
        self._leaves = {
            k: f"a{j}" for j, k in enumerate((*plan.program.inputs, *plan.program.seeds))
        }
        self._depth = 0
        self._groups: dict[int, int] = {}  # the loops that are written, and their extents
        self._met: set[tuple[int, ...]] = set()
        self._stage = -1
        nests = [plan.stages[each] for each in stages]  # what fills an array has no variable
        self._known = {k for nest in nests if nest.domain is not None for k in nest.body}
        self._inside: dict[int, list[int]] = {}
        for k in sorted(plan.inlined):
            self._inside.setdefault(plan.inlined[k], []).append(k)
        for stage in stages:
            self._write_stage(stage)

    def copy(self, source: Stretch, target: Stretch, size: int) -> None:
        """Write a loop that copies a region."""
        self._each(size, lambda one: f"{one(target)} = {one(source)}")

    def take_in(self, leaf: int, target: Stretch, shape: Sequence[int]) -> None:
        """Write how an argument comes into a region."""
        if shape:
            self.copy(Stretch(f"a{leaf}", 0), target, math.prod(shape))
        else:
            self.used[f"a{leaf}"] = None
            self._line(f"{self._element(target, 0, {})} = a{leaf}")

    def _each(self, size: int, write: Callable[[Callable[[Stretch], str]], str]) -> None:
        """Write a loop with one statement over the elements of regions."""
        self._nest((size,), lambda: self._line(write(lambda r: self._element(r, 0, {0: 1}))))

    # --- nests -----------------------------------------------------------------------------------

    def _write_stage(self, number: int) -> None:
        stage = self.plan.stages[number]
        self._stage = number
        if stage.domain is None:
            (position,) = stage.body
            self._fill(position)
        else:
            self._nest(stage.domain, lambda: self._body(stage.body))

    def _nest(self, domain: tuple[int, ...], body: Callable[[], None]) -> None:
        """Write loops around a body, which is written twice: first to see how loops can merge."""
        before = len(self.lines)
        self._groups, self._met = dict(enumerate(domain)), set()
        body()
        del self.lines[before:]
        self._groups = _merge_loops(domain, self._met)
        for axis, extent in self._groups.items():
            self._line(f"for i{axis} in range({extent}):")
            self._depth += 1
        body()
        self._depth -= len(self._groups)

    def _line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)

    def _body(self, positions: Sequence[int]) -> None:
        for position in positions:
            self._statement(position)
        for position in positions:  # nothing is overwritten that the nest reads
            if position in self.plan.stored:
                axes = _axes(self.steps[position].shape)
                self._line(f"{self._own(position, axes)} = v{position}")

    def _own(self, position: int, axes: Sequence[Loop]) -> str:
        shape = self.steps[position].shape
        return self._at(self.memory.regions[position], 0, row_major(shape), shape, axes)

    # --- statements ------------------------------------------------------------------------------

    def _statement(self, position: int) -> None:
        step = self.steps[position]
        axes = _axes(step.shape)
        if self.plan.is_gathered(position):
            self._gather(position, step, axes)
        elif is_reduction(step):
            self._reduce(position, step, axes)
        elif step.op is matmul:
            self._product(position, step, axes)
        else:
            self._compute(position, axes)

    def _compute(self, position: int, axes: Sequence[Loop]) -> None:
        step = self.steps[position]
        parts = [self._read(k, axes) for k in step.operands]
        sources = [self._source(k) for k in step.operands]
        self._line(f"v{position} = {write_scalar(step, parts, sources)}")

    def _reduce(self, position: int, step: Instruction, axes: Sequence[Loop]) -> None:
        (operand,) = step.operands
        shape = self.steps[operand].shape
        reduced = find_reduced_axes(step, len(shape))
        kept = iter([loop for loop in axes if loop is not None])
        inner: list[Loop] = []
        for axis, n in enumerate(shape):
            name = f"r{position}_{axis}" if axis in reduced else None
            inner.append(None if n == 1 else name or next(kept))
        assert step.op is not None
        start, update = _REDUCTIONS[step.op.reduces]
        self._line(f"v{position} = {number(start, step.dtype)}")
        loops = [(loop, n) for loop, n in zip(inner, shape, strict=True) if isinstance(loop, str)]
        for loop, n in loops:
            self._line(f"for {loop} in range({n}):")
            self._depth += 1
        for k in self._inside.get(position, ()):
            self._compute(k, inner)
        self._line(update.format(f"v{position}", self._read(operand, inner)))
        self._depth -= len(loops)

    def _product(self, position: int, step: Instruction, axes: Sequence[Loop]) -> None:
        one, other = step.operands
        vectors = [len(self.steps[k].shape) == 1 for k in step.operands]
        count = len(axes) - 2 + sum(vectors)
        batch = list(axes[:count])
        row = [] if vectors[0] else [axes[count]]
        column = [] if vectors[1] else [axes[-1]]
        inner = self.steps[one].shape[-1]
        loop = f"r{position}" if inner != 1 else None
        left = self._read_as(one, [*batch, *row, loop], step.dtype)
        right = self._read_as(other, [*batch, loop, *column], step.dtype)
        if loop is None:
            self._line(f"v{position} = {left} * {right}")
            return
        self._line(f"v{position} = {number(0, step.dtype)}")
        self._line(f"for {loop} in range({inner}):")
        self._line(f"    v{position} += {left} * {right}")

    def _gather(self, position: int, step: Instruction, axes: Sequence[Loop]) -> None:
        (operand,) = step.operands
        root = self.plan.root(operand)
        region = self.memory.tables[position, 0]
        table = self.plan.tables[position, 0]
        self._line(f"t = {self._at(region, 0, row_major(step.shape), step.shape, axes)}")
        text = str(self._variable(root) or self._element(self._region(root), 0, {}, "t"))
        if table.min() == NOWHERE:
            text = f"{text} if t >= 0 else {number(0, step.dtype)}"
        self._line(f"v{position} = {text}")

    def _fill(self, position: int) -> None:
        step, region = self.steps[position], self.memory.regions[position]
        if step.op is not _concatenate:
            zero = number(0, step.dtype)
            self._each(math.prod(step.shape), lambda one: f"{one(region)} = {zero}")
        for k in range(len(step.operands)):
            shape = self.steps[step.operands[k]].shape
            self._nest(domain_of(shape), lambda k=k: self._put(position, k))  # type: ignore[misc]

    def _put(self, position: int, k: int) -> None:
        step, region = self.steps[position], self.memory.regions[position]
        operand = step.operands[k]
        shape = self.steps[operand].shape
        axes = _axes(shape)
        regular = self.plan.filled[position][k]
        assigned = "=" if step.op is _concatenate else "+="
        value = self._read_as(operand, axes, step.dtype)
        if regular is not None:
            self._line(f"{self._at(region, *regular, shape, axes)} {assigned} {value}")
            return
        table = self.memory.tables[position, k]
        self._line(f"t = {self._at(table, 0, row_major(shape), shape, axes)}")
        self._line(f"if t >= 0: {self._element(region, 0, {}, 't')} {assigned} {value}")

    # --- elements --------------------------------------------------------------------------------

    def _source(self, position: int) -> Instruction:
        root = self.steps[self.plan.root(position)]
        return root if is_number(root) else self.steps[position]

    def _read_as(self, position: int, axes: Sequence[Loop], dtype: Any) -> Expr:
        return convert(self._read(position, axes), self._source(position), dtype)

    def _read(self, position: int, axes: Sequence[Loop]) -> Expr:
        """Write an element of an operand, at the loops over the axes of what reads it."""
        root, offset, strides = self.plan.places[position]
        if position in self.plan.inlined or self.plan.stage_of.get(root) == self._stage:
            return Expr(f"v{root}")
        found = self._variable(root)
        if found is not None:
            return found
        shape = self.steps[position].shape
        own = axes[len(axes) - len(shape) :]
        return Expr(self._at(self._region(root), offset, strides, shape, own))

    def _variable(self, root: int) -> Expr | None:
        """Write a single number that is in a variable of the function, or is known."""
        step = self.steps[root]
        if self.plan.size(root) != 1:
            return None
        if is_number(step):
            return number(np.asarray(step.data).item(), step.dtype)
        if root in self._known:
            return Expr(f"v{root}")
        if root in self._leaves and step.shape == () and root not in self.memory.regions:
            self.used[self._leaves[root]] = None
            return Expr(self._leaves[root])
        return None

    def _region(self, root: int) -> Stretch:
        return self.memory.regions.get(root) or Stretch(self._leaves[root], 0)

    def _at(
        self,
        region: Stretch,
        offset: int,
        strides: Sequence[int],
        shape: Sequence[int],
        axes: Sequence[Loop],
    ) -> str:
        by_loop: dict[Loop, int] = {}
        for stride, n, loop in zip(strides, shape, axes, strict=True):
            if n != 1 and loop is not None:
                by_loop[loop] = by_loop.get(loop, 0) + stride
        self._met.add(tuple(by_loop.get(axis, 0) for axis in range(len(self._groups))))
        return self._element(region, offset, by_loop)

    def _element(
        self, region: Stretch, offset: int, by_loop: Mapping[Loop, int], start: str = ""
    ) -> str:
        """Write an element of a buffer, so many steps along each loop from a start."""
        self.used[region.buffer] = None
        parts = [start] if start else []
        for loop, stride in by_loop.items():
            name = loop if isinstance(loop, str) else f"i{loop}"
            if stride and (isinstance(loop, str) or loop in self._groups):
                parts.append(name if stride == 1 else f"{name} * {stride}")
        first = region.offset + offset
        if first or not parts:
            parts.append(str(first))
        return f"{region.buffer}[{' + '.join(parts)}]"


def _axes(shape: Sequence[int]) -> list[Loop]:
    """Return which loops of the nest over a shape go along its axes."""
    numbers = iter(range(len(shape)))
    return [None if n == 1 else next(numbers) for n in shape]


def _merge_loops(domain: Sequence[int], met: set[tuple[int, ...]]) -> dict[int, int]:
    """Make one loop of neighbouring ones that everything in them steps through as through one."""
    found = dict(enumerate(domain))
    for axis in range(len(domain) - 1):
        if all(steps[axis] == steps[axis + 1] * domain[axis + 1] for steps in met):
            found[axis + 1] *= found.pop(axis)
    return found
