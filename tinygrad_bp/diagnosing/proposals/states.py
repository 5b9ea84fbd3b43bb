"""What a loop carries on: another gradient of the state, or the state of another pass or call.

The gradient of one component stands for that of another, or a component is updated before the
next one needs it; the Jacobian of a step is used as it is, not transposed; the values of a step
are taken from the state after it, or from another call of the same function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from functools import cached_property
from itertools import permutations, product
from typing import NamedTuple

from ...programs.labelled import ACCUMULATE
from ...programs.origins import Origin
from ...programs.program import Kind
from ..edits import ZERO, Call, Edit, Expr, Ref, Slot, leaves, plus, put
from ..structure import Structure
from .bench import Bench

#: Of a function that is called more often not all pairs of calls are looked at.
_CALLS = 6
#: After and before the update of a gradient, and how many passes on that is.
_CARRIED = " as it comes from the next pass"
_WHEN = {"": 0, " after its update": 1, _CARRIED: 1, " before its update": -1}
#: How many steps a contribution may be away from the gradient of the state.
_FAR = 12


def in_states(bench: Bench) -> Iterator[Edit]:
    """Yield the edits of states; no product tests them."""
    states = _States(bench.structure)
    yield from states.other_gradients()
    yield from states.transpose_back()
    yield from states.other_passes()
    yield from states.other_calls()


class _Contribution(NamedTuple):
    """A contribution, in terms of the one gradient of the state that it is made of."""

    slot: Slot
    expr: Expr
    gradient: int


class _States:
    """The variables that a loop carries on from pass to pass."""

    def __init__(self, structure: Structure) -> None:
        self._structure, self._steps = structure, structure.steps

    @cached_property
    def _carried(self) -> dict[tuple[int, int], tuple[Hashable, int]]:
        """For steps and their operands that come from the pass before: the variable, its pass.

        In the first pass that may be a constant.
        """
        by_turn, found = self._structure.by_turn, {}
        for line in by_turn.values():
            for j in range(len(self._steps[line[min(line)]].operands)):
                roles: dict[Hashable, int] = defaultdict(int)
                for turn, place in line.items():
                    key = self._steps[self._steps[place].operands[j]].key
                    if by_turn.get(key, {}).get(turn + 1) == self._steps[place].operands[j]:
                        roles[key] += 1
                if len(roles) == 1 and sum(roles.values()) >= len(line) - 1:
                    ((variable, _),) = roles.items()
                    for turn, place in line.items():
                        found[place, j] = variable, turn + 1
        return found

    @cached_property
    def _variables(self) -> list[Hashable]:
        return [*dict.fromkeys(variable for variable, _ in self._carried.values())]

    @cached_property
    def _gradients(self) -> dict[int, tuple[Hashable, int]]:
        """The cotangents of the variables: of which one, and of which pass."""
        lines, cotangents = self._structure.by_turn, self._structure.cotangents
        return {
            cotangents[place]: (variable, turn)
            for variable in self._variables
            for turn, place in lines[variable].items()
            if place in cotangents
        }

    # --- gradients of the state ---------------------------------------------------------------

    @cached_property
    def _paths(self) -> dict[Hashable, list[_Contribution]]:
        """The contributions of each line, as far as they are made of one gradient of the state."""
        structure = self._structure
        found: dict[Hashable, list[_Contribution]] = defaultdict(list)
        for node, k in structure.cotangents.items():
            for j, (child, operand) in enumerate(self._steps[k].metadata["labels"]):
                expr = self._in_gradients(self._steps[k].operands[j], _FAR)
                used = {leaf.place for leaf in leaves(expr) if isinstance(leaf, Ref)}
                used &= self._gradients.keys()
                if len(used) == 1 and not isinstance(expr, Ref):
                    part = _Contribution(Slot(k, j), expr, used.pop())
                    found[structure.line(node), structure.line(child), operand].append(part)
        return found

    def _in_gradients(self, place: int, far: int) -> Expr:
        """Write a step in terms of the gradients of the state."""
        step = self._steps[place]
        if (
            place in self._gradients
            or not self._structure.flows[place]
            or step.op is None
            or not far
        ):
            return Ref(place)
        parts = [self._in_gradients(o, far - 1) for o in step.operands]
        return plus(*parts) if step.op is ACCUMULATE else Call(step.op, tuple(parts), step.metadata)

    def other_gradients(self) -> Iterator[Edit]:
        """Yield that a contribution is made of another gradient of the state."""
        for parts in self._paths.values():
            step = self._steps[parts[0].slot.place]
            for variable, when in product(self._variables, _WHEN):
                changes = dict(self._make_of_others(parts, variable, when))
                if not changes:
                    continue
                other = self._structure.by_turn[variable]
                by = step.metadata["labels"][parts[0].slot.operand][0]
                what = "the contribution of {by} to the gradient of {node} is made of "
                yield Edit(
                    "factor-replaced",
                    changes,
                    step.of or 0,
                    f"{what}the gradient of {{other}}{when}",
                    {"by": by, "other": other[min(other)]},
                    1.7,
                    group=True,
                    also=("wrong-matrix", "index-shifted"),
                )

    def _make_of_others(
        self, parts: list[_Contribution], variable: Hashable, when: str
    ) -> Iterator[tuple[Slot, Expr]]:
        for slot, expr, gradient in parts:
            own, turn = self._gradients[gradient]
            node = self._structure.by_turn[variable].get(turn + _WHEN[when])
            other = self._structure.cotangents.get(-1 if node is None else node)
            if node is None or other is None or (own, turn) == (variable, turn + _WHEN[when]):
                continue
            made = self._structure.before(other, slot.place)
            if when == _CARRIED:
                made = self._carry_back(node, other, slot.place)
            if made is not None:
                yield slot, put(expr, {Ref(gradient): made})

    def _carry_back(self, node: int, gradient: int, limit: int) -> Expr | None:
        """Write a gradient without what comes from its own pass, such as its loss."""
        step = self._steps[gradient]
        terms = [
            self._structure.before(term, limit)
            for term, (child, _) in zip(step.operands, step.metadata["labels"], strict=True)
            if self._steps[child].turn != self._steps[node].turn
        ]
        known = [term for term in terms if term is not None]
        return plus(*known) if terms and len(known) == len(terms) < len(step.operands) else None

    def transpose_back(self) -> Iterator[Edit]:
        """Yield that what goes from one variable to another goes the other way round."""
        lines = self._structure.by_turn
        by_pair: dict[tuple[Hashable, Hashable], dict[int, list[_Contribution]]] = defaultdict(dict)
        for parts in self._paths.values():
            node = self._steps[parts[0].slot.place].of
            to = None if node is None else self._steps[node].key
            for part in parts:
                own, turn = self._gradients[part.gradient]
                if to in self._variables and own != to:
                    by_pair[own, to].setdefault(turn, []).append(part)
        for one, other in permutations(self._variables, 2):
            there, back = by_pair.get((one, other)), by_pair.get((other, one))
            if (
                there is None
                or back is None
                or self._variables.index(one) > self._variables.index(other)
            ):
                continue
            changes = dict(self._exchange(there, back)) | dict(self._exchange(back, there))
            node = lines[one][min(lines[one])]
            what = "the Jacobian of the step from {node} to {other} is not transposed"
            refers = {"other": lines[other][min(lines[other])]}
            also = ("swapped", "factor-replaced")
            yield Edit("transposed", changes, node, what, refers, 1.7, group=True, also=also)

    def _exchange(
        self, mine: dict[int, list[_Contribution]], theirs: dict[int, list[_Contribution]]
    ) -> Iterator[tuple[Slot, Expr]]:
        """Yield what the contributions of one pass are made into by those of the other way."""
        for turn in mine.keys() & theirs.keys():
            (first, *others), sources = mine[turn], theirs[turn]
            made = [put(p.expr, {Ref(p.gradient): Ref(first.gradient)}) for p in sources]
            if first.gradient < first.slot.place:
                yield first.slot, plus(*made)
                yield from ((p.slot, ZERO) for p in others)

    # --- the state itself ---------------------------------------------------------------------

    def other_passes(self) -> Iterator[Edit]:
        """Yield that all values of a pass are made of the state after it, or before it."""
        sets = [frozenset(self._variables), *(frozenset([v]) for v in self._variables)]
        for variables in dict.fromkeys(sets):
            for later in (-1, 1):
                changes: dict[Slot, Expr] = {}
                for k, (child, _) in self._structure.lines.edges.items():
                    for j, own in enumerate(self._steps[k].operands):
                        if not self._structure.flows[own]:
                            expr = self._at(child, own, variables, later)
                            if expr is not None:
                                changes[Slot(k, j)] = expr
                if changes:
                    line = self._structure.by_turn[next(iter(variables))]
                    when = "after" if later < 0 else "before"
                    what = f"the derivatives of a step are taken at the {{node}} {when} it"
                    also = ("factor-replaced",)
                    node = line[min(line)]
                    yield Edit("index-shifted", changes, node, what, {}, 1.7, group=True, also=also)

    def _at(self, child: int, own: int, variables: frozenset[Hashable], later: int) -> Expr | None:
        """Write a value that the derivative of a step needs, with other states; None: as it is."""
        if own == child:
            return self._move(child, variables, later)
        for j, operand in enumerate(self._steps[child].operands):
            if operand == own:
                return self._operand(child, j, variables, later)
        return None

    def _operand(
        self, place: int, j: int, variables: frozenset[Hashable], later: int
    ) -> Expr | None:
        variable, turn = self._carried.get((place, j), (None, 0))
        if variable in variables:
            other = self._structure.by_turn[variable].get(turn + later)
            return None if other is None else Ref(other)
        operand = self._steps[place].operands[j]
        same = self._steps[operand].turn == self._steps[place].turn
        return self._move(operand, variables, later) if same else None

    def _move(self, place: int, variables: frozenset[Hashable], later: int) -> Expr | None:
        step = self._steps[place]
        if step.kind is not Kind.FORWARD or step.op is None or step.key in self._variables:
            return None
        moved = [self._operand(place, j, variables, later) for j in range(len(step.operands))]
        if all(expr is None for expr in moved):
            return None
        parts = [Ref(o) if e is None else e for o, e in zip(step.operands, moved, strict=True)]
        return Call(step.op, tuple(parts), step.metadata)

    def other_calls(self) -> Iterator[Edit]:
        """Yield that the derivative of one call of a function is taken at another's arguments."""
        found: dict[Hashable, dict[Hashable, dict[Hashable, int]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for k in self._structure.lines.edges:
            step = self._steps[k]
            origin, *rest = step.key if isinstance(step.key, tuple) else (None,)
            if isinstance(origin, Origin) and origin.own and origin.calls:
                code = origin.own[-1][0] if isinstance(origin.own[-1], tuple) else None
                found[code][origin.calls][origin.own, *rest, step.turn] = k
        for calls in found.values():
            for one, other in permutations(calls, 2) if len(calls) <= _CALLS else ():
                changes: dict[Slot, Expr] = {}
                for line in calls[one].keys() & calls[other].keys():
                    k, place = calls[one][line], calls[other][line]
                    for j, own in enumerate(self._steps[k].operands):
                        there = self._steps[place].operands[j]
                        if not self._structure.flows[own] and there < k and there != own:
                            changes[Slot(k, j)] = Ref(there)
                if changes:
                    node = self._structure.lines.edges[min(changes).place][0]
                    what = "the derivative of {node} is taken at the values of another call"
                    also = ("factor-replaced",)
                    yield Edit("index-shifted", changes, node, what, {}, 1.7, group=True, also=also)
