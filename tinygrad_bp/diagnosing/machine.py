"""The backward program as it runs: with edits, and the other way round, for sensitivities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..kernel.backward import sum_to_shape
from ..programs.labelled import ACCUMULATE, Labelled
from ..programs.program import Kind
from .edits import OWN, RESULT, Expr, Number, Own, Ref, Slot, evaluate, leaves, put
from .facts import affine

#: The numbers of steps that differ from those of the machine.
Overlay = dict[int, Any]


class Machine:
    """A program with its numbers, and what has been changed in it.

    Parameters
    ----------
    lines : Labelled
        The program.
    values : sequence of array
        The numbers of its steps.
    changes : mapping of Slot to Expr
        What these numbers were computed with.
    """

    def __init__(
        self, lines: Labelled, values: Sequence[Any], changes: Mapping[Slot, Expr] | None = None
    ) -> None:
        self.lines, self.values = lines, values
        self.changes: Mapping[Slot, Expr] = changes or {}
        self.steps = lines.steps
        self.gradients = lines.program.gradients

    # --- running ------------------------------------------------------------------------------

    @cached_property
    def _functions(self) -> list[Callable[..., Any] | None]:
        return [
            None
            if step.op is None
            else partial(step.op.forward, **step.metadata)
            if step.metadata
            else step.op.forward
            for step in self.steps
        ]

    @cached_property
    def below(self) -> list[int]:
        """For each step the steps that are computed from it, and itself, as the bits of a number.

        Of forward steps, only what the backward pass computes.
        """
        found = [0] * len(self.steps)
        for k in reversed(range(len(self.steps))):
            found[k] |= 1 << k
            if self.steps[k].kind is Kind.BACKWARD:
                for operand in self._read(k):
                    found[operand] |= found[k]
        return found

    @cached_property
    def above(self) -> list[int]:
        """For each step the steps of the backward pass that it is computed from, as bits."""
        found: list[int] = []
        for k, step in enumerate(self.steps):
            bits = 1 << k
            if step.kind is Kind.BACKWARD:
                for operand in self._read(k):
                    bits |= found[operand]
            found.append(bits)
        return found

    def _read(self, k: int) -> Iterable[int]:
        """Return which steps a step reads, as it is changed."""
        for j, operand in enumerate(self.steps[k].operands):
            expr = self.changes.get(Slot(k, j))
            if expr is None:
                yield operand
            else:
                yield from _places(expr, operand)
        expr = self.changes.get(Slot(k, RESULT))
        if expr is not None:
            yield from _places(expr, k, without=k)

    def run(self, changes: Mapping[Slot, Expr], only: int = -1) -> Overlay:
        """Compute what changes make of the numbers; of all steps or of `only` some, as bits."""
        new: Overlay = {}
        values, functions = self.values, self._functions

        def value_of(place: int) -> Any:
            found = new.get(place, self)
            return values[place] if found is self else found

        changed = {slot.place for slot in changes} | {slot.place for slot in self.changes}
        waiting = 0
        for slot in changes:
            waiting |= self.below[slot.place]
        waiting &= only
        while waiting:
            low = waiting & -waiting
            waiting ^= low
            k = low.bit_length() - 1
            step = self.steps[k]
            if k not in changed:
                operands = [new[o] if o in new else values[o] for o in step.operands]
                new[k] = functions[k](*operands)  # type: ignore[misc]
                continue
            operands = []
            for j, o in enumerate(step.operands):
                slot = Slot(k, j)
                own = value_of(o)
                if slot in self.changes:
                    own = evaluate(self.changes[slot], value_of, own)
                if slot in changes:
                    own = evaluate(changes[slot], value_of, own)
                operands.append(own)
            result = functions[k](*operands)  # type: ignore[misc]
            slot = Slot(k, RESULT)
            for layer in (self.changes, changes):
                if slot in layer:
                    result = evaluate(layer[slot], value_of, result)
            shape = np.shape(values[k])
            new[k] = result if np.shape(result) == shape else _broadcast(result, shape)
        return new

    def apply(self, changes: Mapping[Slot, Expr]) -> Machine:
        """Return the machine that has these changes too."""
        new = self.run(changes)
        values = [new.get(k, value) for k, value in enumerate(self.values)]
        merged = dict(self.changes)
        for slot, expr in changes.items():
            merged[slot] = put(expr, {OWN: merged[slot]}) if slot in merged else expr
        return Machine(self.lines, values, merged)

    # --- the other way round ------------------------------------------------------------------

    def sensitivities(self, seeds: Mapping[int, Any]) -> Sensitivities:
        """Pull projections of the gradients back through the backward program.

        Parameters
        ----------
        seeds : mapping of int to array
            For each gradient, by its place, the vectors to project it on: (n, *shape).
        """
        return Sensitivities(self, seeds)


def _broadcast(result: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast to a shape; what is larger stays, as a gradient that was not reduced."""
    try:
        return np.broadcast_to(result, shape)
    except ValueError:
        return result


def _places(expr: Expr, own: int, without: int = -1) -> Iterable[int]:
    for leaf in leaves(expr):
        place = leaf.place if isinstance(leaf, Ref) else own if isinstance(leaf, Own) else -1
        if place >= 0 and place != without:
            yield place


class Sensitivities:
    """How projections of the gradients move with each operand of the backward program.

    Attributes
    ----------
    result : dict of int to array
        By the step: (n, *shape).
    operand : dict of Slot to array
        By the operand, before broadcasting is undone.
    straight : set of int
        The steps on which the projections depend in an affine way, as far as they do.
    """

    def __init__(self, machine: Machine, seeds: Mapping[int, Any]) -> None:
        self._machine = machine
        self.result: dict[int, Any] = dict(seeds)
        self.operand: dict[Slot, Any] = {}
        self.bent: set[int] = set()
        steps, values = machine.steps, machine.values
        for k in reversed(range(len(steps))):
            e = self.result.get(k)
            step = steps[k]
            if e is None or step.kind is not Kind.BACKWARD:
                continue
            if Slot(k, RESULT) in machine.changes:
                self._through(machine.changes[Slot(k, RESULT)], e, k, k)
                if not _passes(machine.changes[Slot(k, RESULT)]):
                    continue
            operands = [values[o] for o in step.operands]
            if step.op is ACCUMULATE:
                for j, o in enumerate(step.operands):
                    self._receive(Slot(k, j), o, e, k, True)
                continue
            for j, rule in enumerate(_rules(step.op, len(operands))):
                if rule is None or np.asarray(operands[j]).dtype.kind not in "fb":
                    continue
                pulled = np.stack(
                    [np.asarray(rule(x, values[k], *operands, **step.metadata)) for x in e]
                )
                straight = affine(step, j, operands)
                self._receive(Slot(k, j), step.operands[j], pulled, k, straight)

    def _receive(self, slot: Slot, operand: int, e: Any, k: int, straight: bool) -> None:
        self.operand[slot] = e
        expr = self._machine.changes.get(slot)
        if expr is not None:
            self._through(expr, e, operand, k)
            return
        self._add(operand, e, straight and k not in self.bent)

    def _through(self, expr: Expr, e: Any, own: int, k: int) -> None:
        """Go on through what was put in the place of an operand."""
        if isinstance(expr, Ref | Own):
            place = own if isinstance(expr, Own) else expr.place
            if place != k:
                self._add(place, e, k not in self.bent)
            return
        if isinstance(expr, Number):
            return

        def value_of(place: int) -> Any:
            return self._machine.values[place]

        own_value = self._machine.values[own]
        operands = [np.asarray(evaluate(o, value_of, own_value)) for o in expr.operands]
        y = expr.op.forward(*operands, **expr.metadata)
        for operand, number, rule in zip(
            expr.operands, operands, _rules(expr.op, len(operands)), strict=False
        ):
            if rule is None or isinstance(operand, Number) or number.dtype.kind != "f":
                continue
            if np.shape(y) != e.shape[1:]:
                if not fits(e.shape[1:], np.shape(y)):
                    return  # what stands here is of another shape since an edit before this one
                e = np.broadcast_to(e, (len(e), *np.shape(y)))
            pulled = np.stack([np.asarray(rule(x, y, *operands, **expr.metadata)) for x in e])
            self._through(operand, _sum_to_shape(pulled, number.shape), own, k)

    def _add(self, place: int, e: Any, straight: bool) -> None:
        if self._machine.steps[place].kind is not Kind.BACKWARD:
            return
        e = _sum_to_shape(e, np.shape(self._machine.values[place]))
        before = self.result.get(place)
        self.result[place] = e if before is None else before + e
        if not straight:
            self.bent.add(place)


def fits(small: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether one shape broadcasts to another."""
    if len(small) > len(shape):
        return False
    return all(a in (1, b) for a, b in zip(reversed(small), reversed(shape), strict=False))


def _passes(expr: Expr) -> bool:
    return any(isinstance(leaf, Own) for leaf in leaves(expr))


def _rules(op: Any, count: int) -> list[Any]:
    return [op.rule(k) for k in range(count)]


def _sum_to_shape(e: Any, shape: tuple[int, ...]) -> Any:
    if e.shape[1:] == shape:
        return e
    return np.stack([np.asarray(sum_to_shape(np.asarray(x), shape)) for x in e])
