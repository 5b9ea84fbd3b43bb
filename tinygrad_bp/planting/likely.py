"""The mistakes that are likely in a backward pass: edits of its lines, whether they show or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..diagnosing.constants import Constants
from ..diagnosing.edits import (
    OWN,
    RESULT,
    ZERO,
    Call,
    Edit,
    Number,
    Ref,
    Slot,
    add_to,
    call,
    times,
)
from ..diagnosing.evidence import Case
from ..diagnosing.facts import additive, elementwise, moves, negates, product, reduces, switches
from ..diagnosing.pools import Block, Pools, Source, swap_last_axes, transpose_op
from ..diagnosing.probe import Probe
from ..diagnosing.proposals import Bench, groups, overwriting, regions
from ..diagnosing.proposals.naming import Instead, name_edit
from ..diagnosing.proposals.operands import arrange, rearrange
from ..diagnosing.proposals.sums import other_sums
from ..diagnosing.proposals.terms import is_negated, term
from ..diagnosing.structure import Region, Structure, activation, is_uniform, softmax_axis
from ..ops import sub
from ..programs.labelled import Labelled
from ..programs.program import Kind

#: What is done in every pass of a loop, wherever: factors, terms and derivatives left out.
_IN_LOOPS = frozenset(["one", "own", "copied", "T"])
_ONE = Number(1.0)
#: The learning rate of an update that comes too early.
_RATE = 0.1


class _Anywhere(Probe):
    """A probe that lets everything pass: it says of a place no more than its shape."""

    def at(self, slot: Slot) -> Any:
        machine = self.machine
        step, place = machine.steps[slot.place], slot.place
        if slot.operand != RESULT and not elementwise(step.op):
            place = step.operands[slot.operand]
        return np.zeros((1, *np.shape(machine.values[place])))

    def fits(self, e: Any, before: Any, pool: Any) -> Iterator[tuple[int, float]]:
        return iter(())


class _OpenBench(Bench):
    """A bench on which every source fits as it is, whatever gradients it leads to."""

    def fit(
        self, e: Any, before: Any, shape: tuple[int, ...], *found: Block | list[Source]
    ) -> Iterator[tuple[Source, float]]:
        for each in found:
            for source in each.sources if isinstance(each, Block) else each:
                yield source, 1.0


def likely_mistakes(lines: Labelled, recorded: Labelled) -> list[Edit]:
    """List the mistakes that people make, at all lines of a backward pass where they can be made.

    Some may give the same gradients as others, or the right ones. In a loop the same mistake is
    made in every pass. `lines` may have other numbers than were recorded, where nothing is special
    about them; numbers in words are those that were.
    """
    return _Likely(lines, recorded).all()


class _Likely:
    """One program, and the mistakes that can be made in it."""

    def __init__(self, lines: Labelled, recorded: Labelled) -> None:
        self._recorded = recorded
        self.structure = structure = Structure(lines)
        self.lines, self.steps, self.values = lines, lines.steps, lines.values
        right = dict(zip(lines.names, lines.program.gradients, strict=True))
        case = Case(lines, {name: lines.values[k] for name, k in right.items()}, {})
        probe = _Anywhere(case, case.machine, frozenset())
        evidence = sum(np.size(lines.values[k]) for k in right.values())
        self.bench = _OpenBench(probe, structure, Pools(structure), Constants(lines), evidence, 0.0)
        self._looped = self.structure.repeated

    def all(self) -> list[Edit]:
        """List all, those nearest to the loss first."""
        kinds = (
            self._terms,
            self._rules,
            self._updates,
            self._regions,
            self._sums,
            self._counts,
            self._places,
            self._groups,
        )
        found = [edit for kind in kinds for edit in kind()]
        return sorted(found, key=lambda edit: edit.first)

    # --- sums --------------------------------------------------------------------------------

    def _terms(self) -> Iterator[Edit]:
        """Yield contributions left out, with the wrong sign, or overwritten by the last one."""
        for node, k in self.structure.cotangents.items():
            labels = self.steps[k].metadata["labels"]
            if len(labels) < 2 or k in self._looped:
                continue
            by_line = {self.structure.line(child) for child, _ in labels}
            if len(by_line) == 1:
                yield self._overwrite(node, k)
                for j in (0, len(labels) - 1):  # the loop begins too late, or ends too early
                    yield term(self.structure, Slot(k, j), node, labels[j], 0.0)
                continue
            for j, edge in enumerate(labels):
                yield term(self.structure, Slot(k, j), node, edge, 0.0)
                if is_negated(self.structure, edge):
                    yield term(self.structure, Slot(k, j), node, edge, -1.0)
        for k in self.lines.program.gradients:
            what = "the gradient of {node} is 0: it is not computed yet"
            yield Edit("all-zero", {Slot(k, RESULT): ZERO}, self.steps[k].of or 0, what, cost=3.0)

    def _overwrite(self, node: int, k: int) -> Edit:
        """Of what the passes of a loop contribute only the last is kept."""
        count = len(self.steps[k].operands)
        what = f"of {count} contributions to the gradient of {{node}} only the last is kept"
        changes = {Slot(k, j): ZERO for j in range(count - 1)}
        return Edit("fan-out-overwritten", changes, node, what, cost=1.0)

    def _sums(self) -> Iterator[Edit]:
        """Yield sums along another axis, one element instead, a mean instead."""
        for k, edge in self.lines.edges.items():
            if k in self._looped or not reduces(self.steps[k].op):
                continue
            yield from other_sums(self.bench, k)
            leaf, count = self.structure.leaf(edge), self._count(k)
            if leaf is not None and count > 1:
                mean = {Slot(k, RESULT): times(Number(1 / count), OWN)}
                what = "the gradient of {node} is a mean where it should be a sum"
                yield Edit("bias-mean", mean, leaf, what, {"factor": 1 / count}, 1.2, 1 / count)

    def _count(self, k: int) -> int:
        """Return over how many elements a sum goes."""
        (operand,) = self.steps[k].operands
        return int(np.size(self.values[operand]) // max(1, np.size(self.values[k])))

    def _counts(self) -> Iterator[Edit]:
        """Yield means that are divided by the length of another axis."""
        for k, edge in self.lines.edges.items():
            count = self._divisor(k, edge)
            if count is None or k in self._looped:
                continue
            summed = self.steps[edge[0]].operands[0]
            along = self.steps[summed].metadata.get("axis")
            shape = np.shape(self.values[self.steps[summed].operands[0]])
            axes = {a % len(shape) for a in (along if isinstance(along, tuple) else (along,))}
            for other in sorted({n for a, n in enumerate(shape) if a not in axes and n > 1}):
                what = "the derivative of the mean {node} is divided by {other}, not by {count}"
                refers = {"other": float(other), "count": float(count), "factor": count / other}
                divided = {Slot(k, 1): Number(float(other))}
                yield Edit("constant-factor", divided, edge[0], what, refers, 1.5, count / other)

    def _divisor(self, k: int, edge: tuple[int, int]) -> int | None:
        """Return by what the derivative of a mean along some axes is divided."""
        if (
            edge[1] != 0
            or not self._is_quotient(k)
            or not self._is_constant(self.steps[k].operands[1])
        ):
            return None
        summed = self.steps[self.steps[edge[0]].operands[0]]
        if not reduces(summed.op) or summed.metadata.get("axis") is None:
            return None
        elements = np.size(self.values[summed.operands[0]])
        count = elements // max(1, int(np.prod(summed.shape)))
        return count if float(self.values[self.steps[k].operands[1]]) == count > 1 else None

    # --- derivative rules --------------------------------------------------------------------

    def _rules(self) -> Iterator[Edit]:
        """Yield other operands and other results of the steps of derivative rules."""
        for k, edge in self.lines.edges.items():
            step = self.steps[k]
            if step.kind is not Kind.BACKWARD or k in self._looped:
                continue
            for j, own in enumerate(step.operands):
                for source in self._operands(k, own, edge):
                    yield name_edit(self.structure, Instead(Slot(k, j), edge, own, source, 1.0))
            if self._is_sum(k):
                yield from self._without_terms(k, edge)
            for source in self._results(k):
                yield name_edit(self.structure, Instead(Slot(k, RESULT), edge, k, source, 1.0))
            if self._is_quotient(k):
                numerator, own = step.operands
                what = "the derivative of {node} is not divided by {own}"
                undivided = {Slot(k, RESULT): Ref(numerator)}
                refers = {"own": own if self.steps[own].shape else self._number(own)}
                yield Edit("factor-missing", undivided, edge[0], what, refers, 1.0)

    def _updates(self) -> Iterator[Edit]:
        """Yield weights that are updated before the error is propagated through them."""
        for k in self.lines.edges:
            step = self.steps[k]
            through = [o for o in step.operands if not self.structure.flows[o]]
            if k in self._looped or len(step.operands) != 2 or len(through) != 1:
                continue
            (own,) = through
            leaf = self.structure.source(own)
            gradient = self.structure.cotangents.get(leaf)
            if gradient is None or not self._is_used_once(leaf):
                continue
            change = arrange(self.bench, own, leaf, Ref(gradient))
            what = "{node} is updated before the error is propagated through it"
            slot = Slot(k, step.operands.index(own))
            edit = Edit("update-before-propagate", {slot: add_to(OWN, -_RATE, change)}, leaf, what)
            yield replace(edit, learning_rate=_RATE)

    def _is_used_once(self, leaf: int) -> bool:
        """Whether a step is a parameter that is used once, so that its gradient comes first."""
        is_parameter = self.steps[leaf].kind is Kind.INPUT
        return is_parameter and len(self.structure.uses.get(leaf, ())) == 1

    def _operands_of(self, k: int) -> list[Any]:
        return [self.values[o] for o in self.steps[k].operands]

    def _number(self, own: int) -> Any:
        """Return what is to be said of a single number: itself, if it is written in the program."""
        return float(self._recorded.values[own]) if self._is_constant(own) else own

    def _is_sum(self, k: int) -> bool:
        return additive(self.steps[k], self._operands_of(k))

    def _without_terms(self, k: int, edge: tuple[int, int]) -> Iterator[Edit]:
        if activation(self.structure, edge[0]):
            return  # 1 - y² is one thing, which is left out as a whole
        for j in range(len(self.steps[k].operands)):
            what = "a term of the derivative of {node} is missing"
            yield Edit("term-missing", {Slot(k, j): ZERO}, edge[0], what, cost=1.6)

    def _operands(self, k: int, own: int, edge: tuple[int, int]) -> Iterator[Source]:
        """Yield what may stand in the place of an operand."""
        step, number = self.steps[k], np.asarray(self.values[own])
        multiplied = product(step, self._operands_of(k))
        known = activation(self.structure, edge[0]) and not self._is_constant(own)
        if self.structure.flows[own]:
            if multiplied and elementwise(step.op) and edge[0] not in self.structure.switching:
                yield Source(_ONE, 1.0, "one", -1)
            yield from self._later_cotangents(own, edge)
            return
        if multiplied and elementwise(step.op) and not known:
            yield Source(_ONE, 1.0, "one", own if self._is_constant(own) else -1)
        if multiplied and not elementwise(step.op) and _is_square(number):
            yield Source(swap_last_axes(own, 2), number.T, "T", own)
        if number.dtype.kind == "f" and number.ndim and not switches(step):
            yield from self._beside(own)

    def _is_constant(self, place: int) -> bool:
        return self.steps[place].kind is Kind.CONSTANT

    def _beside(self, own: int) -> Iterator[Source]:
        """Yield what goes into, or comes out of, an activation, and parameters of one shape."""
        behind = self.structure.source(own)
        if behind != own:
            yield from self._arrange(own, behind)
            return
        others = [o for o in self.steps[own].operands if activation(self.structure, own)]
        others = [o for o in others if not self._is_constant(o)]
        others += [
            child
            for child, _ in self.structure.uses.get(own, ())
            if activation(self.structure, child)
        ]
        if self.steps[own].kind is Kind.INPUT:
            others += [k for k in self.lines.program.inputs if k != own]
        for other in others:
            if np.shape(self.values[other]) == np.shape(self.values[own]):
                yield Source(Ref(other), self.values[other], "", other)

    def _arrange(self, own: int, behind: int) -> Iterator[Source]:
        """Yield the same of what is arranged anew, as by a transpose."""
        for source in self._beside(behind):
            expr = arrange(self.bench, own, behind, source.expr)
            yield Source(expr, source.number, source.kind, source.place)

    def _later_cotangents(self, own: int, edge: tuple[int, int]) -> Iterator[Source]:
        """Yield, for the gradient of a parameter, the cotangent behind the next activation."""
        node = self.steps[self.structure.source(own)].of
        if node is None or self.structure.leaf(edge) is None:
            return
        for child, _ in self.structure.uses.get(node, ()):
            place = self.structure.cotangents.get(child)
            alike = self.steps[child].shape == self.steps[node].shape
            if place is not None and alike and activation(self.structure, child):
                yield Source(Ref(place), self.values[place], "", place)

    def _results(self, k: int) -> Iterator[Source]:
        """Yield what may stand for the result of a step of a rule."""
        step, numbers = self.steps[k], self._operands_of(k)
        number = np.asarray(self.values[k])
        first = step.operands[0]
        if switches(step) and np.any(number) and not np.all(number):
            yield Source(call(sub, _ONE, OWN), 1.0 - number, "inverted", k)
        if negates(step.op):
            yield Source(Ref(first), numbers[0], "operand", first)
        if _is_square(number) and product(step, numbers) and not elementwise(step.op):
            yield Source(Call(transpose_op(), (OWN,), {"axes": (1, 0)}), number.T, "T", k)
        arranged = np.size(numbers[0]) == number.size and np.shape(numbers[0]) != number.shape
        if moves(step.op) and arranged and self.structure.flows[k]:
            yield from rearrange(first, numbers[0], number.shape)

    def _is_quotient(self, k: int) -> bool:
        """Whether a step divides a cotangent by something."""
        step, numbers = self.steps[k], self._operands_of(k)
        two = len(numbers) == 2 and elementwise(step.op) and self.structure.flows[step.operands[0]]
        return two and not product(step, numbers) and not additive(step, numbers)

    # --- functions, places, loops ------------------------------------------------------------

    def _regions(self) -> Iterator[Edit]:
        """Yield derivatives of functions left out, masks turned round, softmax's diagonal."""
        for region in self.structure.regions:
            k = self.structure.cotangents[region.low]
            if k in self._looped or not self._is_one_function(region):
                continue
            function = regions.function_of(self.bench, region)
            for source in function.factors.sources:
                if self._is_likely(region, source, function.slope):
                    yield regions.edit_of(self.bench, region, k, source, 1.0)

    def _is_likely(self, region: Region, source: Source, slope: Any) -> bool:
        if slope is None:  # no elementwise function
            softmax = softmax_axis(self.values[region.high]) is not None
            return softmax and source.kind in ("copied", "v (1 - v)")
        return source.kind in ("copied", "inverted")

    def _is_one_function(self, region: Region) -> bool:
        """Whether a region is one step, or what leads from one variable to the next."""
        if len(region.inside) == 1:
            return not is_uniform(self.values[region.high]) or region.high != self.lines.root
        between = [k for k in region.inside if k != region.high]
        ends = bool(self.steps[region.low].name and self.steps[region.high].name)
        return ends and not any(self.steps[k].name for k in between)

    def _places(self) -> Iterator[Edit]:
        """Yield assignments where contributions should be added up."""
        yield from overwriting.proposals(self.bench)

    def _groups(self) -> Iterator[Edit]:
        """Yield the mistakes that are made in every pass of a loop."""
        before: frozenset[Slot] = frozenset()
        for group, candidates in groups.all_groups(self.bench):
            slots = frozenset(group)
            passes = {self.steps[slot.place].turn for slot in group}
            looped = all(slot.place in self._looped for slot in group)
            lines = {self.steps[slot.place].key for slot in group}
            if slots < before or not looped or len(passes) < 2 or len(lines) > 1:
                continue
            before = slots
            for candidate in candidates():
                if self._is_likely_in_loops(group[0], candidate.sources[0]):
                    yield candidate.describe(candidate.sources, 1.0)

    def _is_likely_in_loops(self, slot: Slot, source: Source) -> bool:
        """Whether something is left out, transposed, of another pass, or beside an activation."""
        if slot.operand == RESULT or source.kind not in ("", "T"):
            return source.kind in _IN_LOOPS
        own = self.steps[slot.place].operands[slot.operand]
        edge = self.lines.edges.get(slot.place)
        behind, other = self.structure.source(own), self.structure.source(source.place)
        if source.kind == "T":
            return behind == other
        if (key := self.steps[behind].key) is not None and key == self.steps[other].key:
            return True
        if self.structure.flows[own]:
            near = [] if edge is None else self._later_cotangents(own, edge)
        else:
            near = self._beside(own)
        return any(self.structure.source(each.place) == other for each in near)


def _is_square(number: Any) -> bool:
    return bool(number.ndim == 2 and number.shape[0] == number.shape[1] > 1)
