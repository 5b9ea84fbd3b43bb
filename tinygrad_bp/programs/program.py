"""A traced computation as plain data: an ordered list of instructions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from ..kernel import Op


class Kind(StrEnum):
    """What an instruction is to its program."""

    INPUT = "input"  # a leaf of an argument
    SEED = "seed"  # the cotangent of an output that is no scalar
    CONSTANT = "constant"
    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True, eq=False)
class Instruction:
    """One step: what is computed, of which other steps, and what it is called.

    Attributes
    ----------
    kind : Kind
        Inputs, seeds and constants have no op.
    op : Op or None
        What computes it: ``op.forward(*operands, **metadata)``.
    operands : tuple of int
        The positions of other instructions, all of them before this one.
    data : object
        The numbers of a constant. A Python float takes the precision of what it meets.
    name : str or None
        What the user calls it; not checked in any way.
    scope : tuple of str
        The groups that it belongs to. A step of the backward pass belongs where the node is
        whose cotangent it helps to compute.
    of : int or None
        For a step that completes a cotangent: the instruction whose cotangent it is.
    shares : bool
        Whether its value may be in the memory of an operand.
    key : hashable or None
        Where in the user's code it comes from, in a program that `record_lines` made: the same
        for every pass of a loop.
    turn : int
        Which pass that is, counted from the last one, which is 0.
    """

    kind: Kind
    op: Op | None = None
    operands: tuple[int, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    dtype: Any = None
    name: str | None = None
    scope: tuple[str, ...] = ()
    data: Any = None
    of: int | None = None
    shares: bool = True
    key: Hashable = None
    turn: int = 0

    @property
    def op_name(self) -> str:
        """The name of the op, "" where there is none."""
        return self.op.name if self.op is not None else ""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Instructions in an order in which they can be computed, and what goes in and comes out.

    Attributes
    ----------
    instructions : tuple of Instruction
        Each refers to earlier ones by position.
    inputs, seeds, outputs : tuple of int
        Positions, in the order of the leaves of arguments and of the value.
    gradients : tuple of int
        For each input that is differentiated by, where its gradient is.
    wanted : tuple of int
        For each gradient, which of `inputs` it belongs to.
    """

    instructions: tuple[Instruction, ...]
    inputs: tuple[int, ...]
    seeds: tuple[int, ...]
    outputs: tuple[int, ...]
    gradients: tuple[int, ...]
    wanted: tuple[int, ...]

    def run(self, inputs: Sequence[Any], seeds: Sequence[Any] = ()) -> tuple[list[Any], list[Any]]:
        """Compute outputs and gradients with the forward functions of the ops."""
        values = self.evaluate(inputs, seeds)
        return [values[k] for k in self.outputs], [values[k] for k in self.gradients]

    def evaluate(self, inputs: Sequence[Any], seeds: Sequence[Any] = ()) -> list[Any]:
        """Compute all instructions."""
        given = dict(zip((*self.inputs, *self.seeds), (*inputs, *seeds), strict=True))
        values: list[Any] = []
        for position, step in enumerate(self.instructions):
            if step.op is None:
                values.append(given.get(position, step.data))
            else:
                values.append(compute(step.op, [values[k] for k in step.operands], step.metadata))
        return values

    def infer_types(self, inputs: Sequence[Any], seeds: Sequence[Any]) -> Program:
        """Write down the shape, dtype and memory of each value, as they are for these inputs."""
        with np.errstate(all="ignore"):
            values = self.evaluate(inputs, seeds)
        return replace(
            self,
            instructions=tuple(
                replace(
                    step,
                    shape=np.shape(value),
                    dtype=np.asarray(value).dtype,
                    shares=_shares(step, value, [values[k] for k in step.operands]),
                )
                for step, value in zip(self.instructions, values, strict=True)
            ),
        )

    def renumber(
        self, instructions: Iterable[Instruction], places: Sequence[int] | Mapping[int, int]
    ) -> Program:
        """Take other instructions; `places` says of each of the former ones where it is now."""

        def at(positions: Sequence[int]) -> tuple[int, ...]:
            return tuple(places[k] for k in positions)

        return replace(
            self,
            instructions=tuple(instructions),
            inputs=at(self.inputs),
            seeds=at(self.seeds),
            outputs=at(self.outputs),
            gradients=at(self.gradients),
        )

    def count_uses(self) -> list[int]:
        """Count how often each instruction is an operand or is returned."""
        counts = [0] * len(self.instructions)
        for position in self._read():
            counts[position] += 1
        return counts

    def _read(self) -> Iterator[int]:
        for step in self.instructions:
            yield from step.operands
        yield from (*self.outputs, *self.gradients)


def _shares(step: Instruction, value: Any, operands: Sequence[Any]) -> bool:
    """Return whether a value may be in the memory of an operand: as its op says, or as it is.

    Rows of the table say so where they share, a user's own op where it does not.
    """
    if step.op is None:
        return False
    said = step.op.shares
    if said is None:
        said = not _is_known(step.op)
    return bool(said) or any(np.may_share_memory(value, operand) for operand in operands)


def _is_known(op: Op) -> bool:
    """Return whether an op shares the same memory for all numbers: ours and NumPy's do."""
    home = getattr(op.forward, "__module__", None) or np.__name__
    return home.partition(".")[0] in (__name__.partition(".")[0], "numpy", "scipy", "_operator")


def compute(op: Op, operands: Sequence[Any], metadata: Mapping[str, Any]) -> Any:
    """Compute one op on arrays, as the op does."""
    forward: Callable[..., Any] = op.forward
    result = forward(*operands, **metadata)
    return result if type(result) is np.ndarray and result.ndim else np.asarray(result)[()]
