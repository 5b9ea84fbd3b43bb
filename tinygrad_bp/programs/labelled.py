"""The forward and backward pass line by line, as a learner writes them: nothing folded or merged.

Every contribution to a cotangent is an operand of its own, every step knows from which place of
the user's code it comes and in which pass of a loop. So single steps can be changed, one or the
same in every pass.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import count
from operator import add
from types import FrameType
from typing import Any

import numpy as np

from ..kernel import Op, Value
from ..kernel.backward import sweep
from ..kernel.order import sort_topologically
from ..kernel.value import clock, constant
from ..ops import add as add_op
from ..transforms.running import Trace, path_between, recorded
from ..transforms.variables import named_after_variables
from ..trees import flatten
from .origins import Origin, Passage, find_origin, read_origin
from .program import Instruction, Kind, Program
from .trace import Recorder
from .witnesses import recorded_in_full

#: Adds up the contributions to a cotangent; `labels` says of each the step and its operand that
#: it comes from.
ACCUMULATE = Op(
    "accumulate",
    lambda *terms, labels: reduce(add, terms),
    variadic=lambda g, y, *terms, labels, position: g,
)
#: A contribution that is the cotangent itself.
PASS = Op("pass", lambda a: a, lambda g, y, a: g)


@dataclass(frozen=True)
class Labelled:
    """A program line by line, with its numbers.

    Attributes
    ----------
    program : Program
        Its gradients are those of `names`, in that order.
    values : list
        The number of each step, at the arguments that it was recorded with.
    names : list of str
        The parameters that the loss depends on, then the inner Values whose cotangents were
        handed over.
    positions : dict of int to int
        The place of each forward step in `topological_order`.
    edges : dict of int to pair of int
        For each step of a derivative rule the forward step whose rule it is, and the operand
        whose cotangent it helps to compute.
    handed : dict of str to int
        Where the cotangents are that were handed over, as numbers to be used by other steps.
    steady : bool
        Whether masks are steps of it, so that it can be run with other numbers.
    """

    program: Program
    values: list[Any]
    names: list[str]
    positions: Mapping[int, int]
    edges: Mapping[int, tuple[int, int]]
    handed: Mapping[str, int]
    fun: Callable[[Any], Any]
    params: Any
    steady: bool

    @property
    def steps(self) -> Sequence[Instruction]:
        """The instructions."""
        return self.program.instructions

    @cached_property
    def cotangents(self) -> dict[int, int]:
        """For each forward step that has a cotangent, where it is completed."""
        return {
            s.of: k for k, s in enumerate(self.steps) if s.op is ACCUMULATE and s.of is not None
        }

    @cached_property
    def written(self) -> dict[int, Passage]:
        """For each forward step that is the whole of what the user wrote, what that is."""
        return read_written(self.steps)

    @property
    def root(self) -> int:
        """The loss."""
        return self.program.outputs[0]


def read_written(steps: Sequence[Instruction]) -> dict[int, Passage]:
    """Read what the user wrote at each forward step; of several that one call makes, the last."""
    whole: dict[Hashable, int] = {}
    for k, step in enumerate(steps):
        if step.kind is Kind.FORWARD and isinstance(step.key, Origin):
            whole[step.key.own[-1:], step.key.calls, step.turn] = k
    found = {k: read_origin(steps[k].key) for k in whole.values()}
    return {k: written for k, written in sorted(found.items()) if written is not None}


def record_lines(
    fun: Callable[[Any], Any], params: Any, given: Mapping[str, Any]
) -> Labelled | None:
    """Record a function of parameters and its backward pass; None where no gradient can flow.

    Parameters
    ----------
    fun : callable
        Gives a scalar.
    params : tree of arrays
        Where it is recorded.
    given : mapping of str to array
        Cotangents that were handed over, by name. From those of inner Values the pass goes on
        with what was handed over.
    """
    try:
        lines = _Lines(fun, params, given, in_full=True)
    except Exception:  # what cannot be written out can be looked at all the same
        lines = _Lines(fun, params, given, in_full=False)
    return lines.to_labelled() if lines.gradient_places else None


class _Lines(Recorder):
    """One run of the function, and its backward pass line by line."""

    def __init__(
        self,
        fun: Callable[[Any], Any],
        params: Any,
        given: Mapping[str, Any],
        *,
        in_full: bool,
    ) -> None:
        self.name, self.fun, self.args, self.inputs, self.wanted = (
            "compare",
            fun,
            (params,),
            [0],
            [0],
        )
        self.steps: list[Instruction] = []
        self.places: dict[Value, int] = {}
        self.of: dict[int, int] = {}
        self._given, self._known, self._in_full = given, list[str](), in_full
        self._frames: dict[Value, Origin] = {}
        self._ops: dict[Value, Op | None] = {}
        self._edges: dict[int, tuple[int, int]] = {}
        self._handed: dict[str, int] = {}
        self._terms: dict[Value, list[tuple[tuple[int, int], int]]] = defaultdict(list)
        paths = [path or "params" for path, _ in flatten(params)]
        with recorded_in_full() if in_full else nullcontext():
            with named_after_variables(paths, self._note_origin):
                self.trace = Trace(self.name, fun, self.args, {}, [0])
            for leaf, path in zip(self.trace.leaves[0], paths, strict=True):
                leaf.name = path
            self._record()

    def to_labelled(self) -> Labelled:
        """Return what was recorded."""
        program = self.program()
        inputs = [program.instructions[k].data for k in program.inputs]
        (output,) = self.trace.outputs
        order = {node: k for k, node in enumerate(sort_topologically(output))}
        values = program.evaluate(inputs, [program.instructions[k].data for k in program.seeds])
        return Labelled(
            self._number_steps(program),
            [np.asarray(value)[()] for value in values],  # plain arrays are the fastest
            self._known,
            {place: order[node] for node, place in self.places.items() if node in order},
            self._edges,
            self._handed,
            self.fun,
            self.args[0],
            self._in_full,
        )

    # --- the user's lines --------------------------------------------------------------------

    def _note_origin(self, node: Value, frame: FrameType | None) -> None:
        self._frames[node] = find_origin(frame, Trace.__init__.__code__)
        self._ops[node] = node.op

    def _key(self, node: Value) -> Origin:
        origin = self._frames.get(node, Origin((self.places[node],), ()))
        return origin._replace(changed=self._ops.get(node) is not node.op)

    def _number_steps(self, program: Program) -> Program:
        """Give each step its key and its pass."""
        steps = list(program.instructions)
        passes: dict[Hashable, list[int]] = defaultdict(list)
        for node in self._frames:  # in the order in which they were made
            if node in self.places:
                passes[self._frames[node]].append(self.places[node])
        turns = {
            place: len(places) - 1 - k
            for places in passes.values()
            for k, place in enumerate(places)
        }
        for node, place in self.places.items():
            if steps[place].kind is not Kind.BACKWARD:
                steps[place] = replace(steps[place], key=self._key(node), turn=turns.get(place, 0))
        for k, step in enumerate(steps):
            if step.kind is Kind.BACKWARD and isinstance(step.key, tuple):
                place, *rest = step.key
                steps[k] = replace(step, key=(steps[place].key, *rest), turn=steps[place].turn)
        _give_names(steps, [self.places[n] for n in self._frames if n in self.places])
        return replace(program, instructions=tuple(steps))

    # --- the backward pass -------------------------------------------------------------------

    def _walk_unused(self) -> None:
        """Write down what the last pass of a loop computes for a next one that does not come."""
        lines = {self._frames[node] for node in self.places if node in self._frames}
        for node, line in self._frames.items():
            if line in lines:
                self._walk(node, Kind.FORWARD, None)

    def _backward(self, outputs: Sequence[Value]) -> list[int]:
        self._walk_unused()
        self._gradients: list[int] = []
        leaves = self.trace.leaves[0]
        output: Value = outputs[0]
        path = path_between(dict.fromkeys(leaves), output)
        if not path or output.shape != ():
            return []
        seed = constant(output.dtype.type(1))
        self.seed_places.append(self._add(seed, Kind.SEED, name=None))
        self._terms[output].append(((self.places[output], 0), self.places[seed]))
        for leaf in leaves:
            name = leaf.name or ""
            if name in self._given and np.shape(self._given[name]) == leaf.shape:
                self._hand_over(name)
        found: dict[Value, int] = {}
        inner: dict[str, int] = {}
        last = {node.name: node for node in path if node.name and node.op is not None}
        with recorded():
            steps = sweep(
                path,
                seed,
                create_graph=True,
                version=clock[0],
                until=dict.fromkeys(leaves),
                tell=self._tell,
            )
            for node, cotangent in steps:
                found[node] = self._sum(node, cotangent)
                name = node.name or ""
                if name in self._given and name in last and last[name] is node:
                    inner[name] = found[node]
                    place = self._hand_over(name)
                    self.places[cotangent] = place
        reached = {leaf.name or "": found[leaf] for leaf in leaves if leaf in found}
        self._known = [*reached, *inner]
        return [*reached.values(), *inner.values()]

    def _hand_over(self, name: str) -> int:
        """Write down a cotangent that was handed over, to go on with."""
        handed = constant(np.asarray(self._given[name], np.float64)[()])
        self._handed[name] = self._add(handed, Kind.SEED, name=f"d_{name}")
        self.seed_places.append(self._handed[name])
        return self._handed[name]

    def _tell(self, node: Value, position: int, raw: Value, contribution: Value) -> None:
        """Write down what one contribution takes."""
        start, place = len(self.steps), self.places[node]
        scope = self.steps[place].scope
        before = self.places.get(raw)
        if before is None:
            self._walk(raw, Kind.BACKWARD, scope)
        else:
            self._append(raw, PASS, (before,), scope)
        if contribution is not raw:
            self._walk(contribution, Kind.BACKWARD, scope)
        term = self.places[contribution]
        for k in range(start, len(self.steps)):
            if self.steps[k].kind is Kind.BACKWARD:
                self.steps[k] = replace(self.steps[k], key=(place, position, k - start))
                self._edges[k] = place, position
        if before is not None:
            self.places[raw] = before
        self._terms[node.parents[position]].append(((place, position), term))

    def _sum(self, node: Value, cotangent: Value) -> int:
        """Write down a cotangent as the sum of what was told."""
        place = self.places[node]
        labels, terms = zip(*self._terms[node], strict=True)
        k = self._append(cotangent, ACCUMULATE, terms, node.scope, labels=labels)
        self.steps[k] = replace(self.steps[k], of=place, key=(place, "sum"))
        return k

    def _append(
        self, like: Value, op: Op, operands: Sequence[int], scope: tuple[str, ...], **metadata: Any
    ) -> int:
        self.places[like] = len(self.steps)
        self.steps.append(
            Instruction(
                Kind.BACKWARD,
                op=op,
                operands=tuple(operands),
                metadata=metadata,
                shape=like.shape,
                dtype=like.dtype,
                scope=scope,
            )
        )
        return self.places[like]

    def program(self) -> Program:
        """Return the steps; only parameters that the loss depends on have gradients."""
        wanted = tuple(k for k, leaf in enumerate(self.trace.leaves[0]) if leaf.name in self._known)
        return replace(super().program(), wanted=wanted)


def _give_names(steps: list[Instruction], made: Sequence[int]) -> None:
    """Call steps after the variables that held them for a while, and arrays after their texts.

    The first, in the order in which they were made, is ``x_1``; the last is ``x`` already.
    """
    taken = {step.name for step in steps}
    found = read_written(steps)
    for k in (k for k in made if k in found):
        written = found[k]
        name = re.sub(r"_\d+$", "", steps[k].name or "")
        if written.variable and name in ("", written.function):
            numbered = (f"{written.variable}_{n}" for n in count(1))
            name = next(n for n in numbered if n not in taken)
            taken.add(name)
            steps[k] = replace(steps[k], name=name)
        operands = steps[k].operands
        if len(written.operands) == len(operands):
            for operand, text in zip(operands, written.operands, strict=True):
                source = steps[operand]
                if source.kind is Kind.CONSTANT and not source.name and source.shape != ():
                    steps[operand] = replace(source, name=text)


def lower(program: Program) -> Program:
    """Write accumulations as additions, and leave out what only passes on, to be simplified."""
    steps: list[Instruction] = []
    moved: list[int] = []
    for step in program.instructions:
        operands = tuple(moved[k] for k in step.operands)
        if step.op is PASS or (step.op is ACCUMULATE and len(operands) == 1):
            moved.append(operands[0])
            if steps[operands[0]].kind is Kind.BACKWARD and step.of is not None:
                before = steps[operands[0]]
                of: int | None = moved[step.of] if before.of is None else before.of
                steps[operands[0]] = replace(before, of=of)
            continue
        if step.op is ACCUMULATE:
            total = operands[0]
            for term in operands[1:]:
                steps.append(replace(step, op=add_op, operands=(total, term), metadata={}, of=None))
                total = len(steps) - 1
            of = None if step.of is None else moved[step.of]
            steps[total] = replace(steps[total], of=of)
        else:
            kind = Kind.CONSTANT if step.kind is Kind.SEED else step.kind
            of = None if step.of is None else moved[step.of]
            steps.append(replace(step, kind=kind, operands=operands, of=of))
        moved.append(len(steps) - 1)
    return replace(program.renumber(steps, moved), seeds=())
