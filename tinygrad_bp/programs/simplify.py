"""Folding, merging and leaving out: the same numbers in fewer steps.

Every change keeps the values as they are, to the last bit (a zero may change its sign).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import ops
from ..kernel import Op
from ..kernel.data import is_weak
from ..ops.elementary import positive
from ..ops.shaping import _astype, _flattened, _repeated, _reshape, _transpose
from ..transforms.running import _alias
from .composition import is_elementwise
from .program import Instruction, Kind, Program, compute

#: Ops that only show the same numbers in another way.
_VIEWS = frozenset({_transpose, _reshape, ops.broadcast_to})


def simplify(program: Program) -> Program:
    """Fold constants, drop what changes nothing, merge what is the same, remove what is unused.

    Parameters
    ----------
    program : Program
        As it was traced.

    Returns
    -------
    Program
        With the same inputs, outputs and gradients, and shapes and dtypes as they come out.
    """
    builder = _Builder()
    moved: list[int] = []
    for step in program.instructions:
        operands = tuple(moved[k] for k in step.operands)
        of = None if step.of is None else moved[step.of]
        moved.append(builder.add(replace(step, operands=operands, of=of)))
    inputs = [program.instructions[k].data for k in program.inputs]
    seeds = [program.instructions[k].data for k in program.seeds]
    return remove_dead_steps(program.renumber(builder.steps, moved)).infer_types(inputs, seeds)


def remove_dead_steps(program: Program) -> Program:
    """Keep what outputs and gradients are computed from, and all inputs."""
    steps = program.instructions
    ends = (*program.inputs, *program.seeds, *program.outputs, *program.gradients)
    alive = [False] * len(steps)
    for k in ends:
        alive[k] = True
    for k in reversed(range(len(steps))):
        if alive[k]:
            for operand in steps[k].operands:
                alive[operand] = True
    kept = [k for k in range(len(steps)) if alive[k]]
    new = {k: position for position, k in enumerate(kept)}
    moved = (
        replace(
            steps[k],
            operands=tuple(new[operand] for operand in steps[k].operands),
            of=None if (of := steps[k].of) is None else new.get(of),
        )
        for k in kept
    )
    return program.renumber(moved, new)


class _Builder:
    """Instructions as they are added, each once."""

    def __init__(self) -> None:
        self.steps: list[Instruction] = []
        self._found: dict[Any, int] = {}

    def add(self, step: Instruction) -> int:
        """Add an instruction, or find one with the same numbers."""
        if step.op is None:
            return self._source(step)
        rule = _RULES.get(step.op)
        found = None if rule is None else rule(self, step)
        if found is None:
            step = self._absorb_broadcast(step)
            found = self._fold(step)
        return self._merge(step) if found is None else self._adopt_name(found, step)

    def _source(self, step: Instruction) -> int:
        if step.kind is Kind.CONSTANT:
            key = key_of(step.data)
            if key in self._found:
                return self._adopt_name(self._found[key], step)
            self._found[key] = len(self.steps)
        self.steps.append(step)
        return len(self.steps) - 1

    def _adopt_name(self, position: int, step: Instruction) -> int:
        """Let an instruction have the name, and the meaning, of one that is the same."""
        kept = self.steps[position]
        if kept.name is None and step.name is not None and kept.op is not None:
            kept = replace(kept, name=step.name)
        if kept.of is None and step.of is not None and kept.kind is Kind.BACKWARD:
            kept = replace(kept, of=step.of)
        self.steps[position] = kept
        return position

    def _merge(self, step: Instruction) -> int:
        operands = step.operands
        if step.op is not None and step.op.commutes:
            operands = tuple(sorted(operands))
        key = (id(step.op), operands, key_of(dict(step.metadata)))
        if key in self._found:
            return self._adopt_name(self._found[key], step)
        self._found[key] = len(self.steps)
        self.steps.append(step)
        return len(self.steps) - 1

    def constant(self, data: Any, like: Instruction) -> int:
        """Add a constant."""
        return self._source(
            Instruction(Kind.CONSTANT, shape=np.shape(data), data=data, scope=like.scope)
        )

    def scalar(self, position: int) -> Any:
        """Return the number of a constant, or of one that is broadcast; None for all else."""
        step = self.steps[position]
        if step.op is ops.broadcast_to:
            step = self.steps[step.operands[0]]
        if step.kind is Kind.CONSTANT and np.shape(step.data) == () and step.data is not None:
            return step.data
        return None

    def same(self, step: Instruction, position: int) -> int | None:
        """Return an operand that an instruction leaves as it is, if type and shape say so too."""
        kept = self.steps[position]
        if type(kept.data) is float:  # takes the precision of what it meets, the result does not
            return None
        fits = kept.shape == step.shape and kept.dtype == step.dtype
        return position if fits else None

    def operation(
        self, op: Any, operands: Sequence[int], like: Instruction, **metadata: Any
    ) -> int:
        """Add another op in the place of an instruction."""
        return self.add(replace(like, op=op, operands=tuple(operands), metadata=metadata))

    def _absorb_broadcast(self, step: Instruction) -> Instruction:
        """Leave out broadcasting of what an elementwise op would broadcast anyway."""
        if len(step.operands) < 2 or step.op is None or not is_elementwise(step.op):
            return step
        operands = list(step.operands)
        for k, operand in enumerate(operands):
            source = self.steps[operand]
            if source.op is not ops.broadcast_to:
                continue
            trial = [*operands[:k], source.operands[0], *operands[k + 1 :]]
            if np.broadcast_shapes(*(self.steps[t].shape for t in trial)) == step.shape:
                operands = trial
        return replace(step, operands=tuple(operands))

    def _fold(self, step: Instruction) -> int | None:
        """Compute an op of constants alone, as one number where it is one."""
        sources = [self.steps[k] for k in step.operands]
        if step.op is None:
            return None
        if all(each.kind is Kind.CONSTANT for each in sources):
            if step.op in _VIEWS and step.shape != ():
                return None
            data = [each.data for each in sources]
            if not is_elementwise(step.op):  # a number of Python's has no axes
                data = [_as_numpys(one, each.dtype) for one, each in zip(data, sources)]
            return self.constant(_value(step, data), step)
        numbers = [self.scalar(k) for k in step.operands]
        broadcast = [each for each in sources if each.op is ops.broadcast_to]
        if broadcast and is_elementwise(step.op) and not any(n is None for n in numbers):
            number = self.constant(_value(step, numbers), step)
            return self.operation(broadcast[0].op, [number], step, shape=step.shape)
        return None


def _as_numpys(data: Any, dtype: Any) -> Any:
    return dtype.type(data) if is_weak(data) else data


def _value(step: Instruction, data: list[Any]) -> Any:
    assert step.op is not None
    with np.errstate(all="ignore"):
        value = compute(step.op, data, step.metadata)
    weak = all(map(is_weak, data)) and np.shape(value) == ()
    return float(value) if weak and np.asarray(value).dtype.kind == "f" else value


def key_of(data: Any) -> Any:
    """Return something hashable that is equal where data are the same."""
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
        return ("array", array.shape, array.dtype.str, array.tobytes())
    if isinstance(data, dict):
        return ("dict", *((key, key_of(item)) for key, item in data.items()))
    if isinstance(data, tuple | list):
        return ("sequence", *map(key_of, data))
    if isinstance(data, slice):
        return ("slice", *map(key_of, (data.start, data.stop, data.step)))
    try:
        hash(data)
    except TypeError:
        return ("object", id(data))
    return (type(data), repr(data) if isinstance(data, float | complex) else data)


# --- what changes nothing ----------------------------------------------------------------------


def _identity(builder: _Builder, step: Instruction) -> int | None:
    return step.operands[0]


def _plainly(op: Op) -> Callable[[_Builder, Instruction], int]:
    """Write another op that computes the same: in a program nothing is assigned to."""
    return lambda builder, step: builder.add(replace(step, op=op))


def _if_same(builder: _Builder, step: Instruction) -> int | None:
    return builder.same(step, step.operands[0])


def _neutral(*numbers: float | None) -> Callable[[_Builder, Instruction], int | None]:
    """Drop an operand, the one at a position, where it is a number that changes nothing."""

    def rule(builder: _Builder, step: Instruction) -> int | None:
        for k, neutral in enumerate(numbers):
            number = builder.scalar(step.operands[k])
            if neutral is not None and number is not None and number == neutral:
                return builder.same(step, step.operands[1 - k])
        return None

    return rule


def _add(builder: _Builder, step: Instruction) -> int | None:
    a, b = step.operands
    if builder.steps[b].op is ops.neg:
        return _replace_op(builder, step, ops.sub, (a, builder.steps[b].operands[0]))
    return _neutral(0, 0)(builder, step)


def _sub(builder: _Builder, step: Instruction) -> int | None:
    a, b = step.operands
    if builder.steps[b].op is ops.neg:
        return _replace_op(builder, step, ops.add, (a, builder.steps[b].operands[0]))
    return _neutral(None, 0)(builder, step)


def _mul(builder: _Builder, step: Instruction) -> int | None:
    found = _neutral(1, 1)(builder, step)
    if found is None:
        for k, operand in enumerate(step.operands):
            if builder.scalar(operand) == -1:
                other = step.operands[1 - k]
                if builder.same(step, other) is not None:
                    return _replace_op(builder, step, ops.neg, (other,))
    return found


def _replace_op(
    builder: _Builder, step: Instruction, op: Op, operands: tuple[int, ...]
) -> int | None:
    return builder.add(replace(step, op=op, operands=operands, metadata={}))


def _neg(builder: _Builder, step: Instruction) -> int | None:
    inner = builder.steps[step.operands[0]]
    return inner.operands[0] if inner.op is ops.neg else None


def _simplify_transpose(builder: _Builder, step: Instruction) -> int | None:
    inner = builder.steps[step.operands[0]]
    ndim = len(step.shape)
    axes = _axes(step, ndim)
    if axes == list(range(ndim)):
        return step.operands[0]
    if inner.op is _transpose:
        outer = _axes(inner, ndim)
        if [outer[k] for k in axes] == list(range(ndim)):
            return inner.operands[0]
    return None


def _axes(step: Instruction, ndim: int) -> list[int]:
    axes = step.metadata.get("axes")
    return list(range(ndim))[::-1] if axes is None else list(axes)


def _simplify_reshape(builder: _Builder, step: Instruction) -> int | None:
    inner = builder.steps[step.operands[0]]
    if inner.op is _reshape:
        return builder.add(replace(step, operands=inner.operands))
    return _if_same(builder, step)


_RULES: Mapping[Op | None, Callable[[_Builder, Instruction], int | None]] = {
    _alias: _identity,
    ops.add: _add,
    ops.sub: _sub,
    ops.mul: _mul,
    ops.div: _neutral(None, 1),
    ops.pow: _neutral(None, 1),
    ops.neg: _neg,
    positive: _identity,
    _transpose: _simplify_transpose,
    _reshape: _simplify_reshape,
    _astype: _if_same,
    _flattened: _plainly(_reshape),
    ops.broadcast_to: _if_same,
    _repeated: _plainly(ops.broadcast_to),
}
