"""Which edits of the backward program, one or several, give the numbers that were handed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, compress, islice, repeat
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from .at_once import ManyRuns
from .constants import Constants
from .edits import RESULT, Edit, Ref, Slot, leaves, together
from .evidence import Case, Names
from .machine import Machine
from .pools import Pools
from .probe import Probe
from .proposals import Bench, commonest, proposals, unproven
from .structure import Structure
from .textbook import Layer, find_layers

#: How many of the likeliest candidates are computed exactly.
_MOST = 200
#: How many that no product tests.
_MANY = 20000
#: Which part of the time one edit of the derived program itself is not looked for.
_LEFT = 0.2
#: How many are computed at once.
_CHUNK = 256
#: How many mistakes one after the other, and how many ways to go on.
_DEPTH = 8
#: How many pairs of mistakes at one place are begun.
_FIRSTS = 40
_BEAM = 3


class Found(NamedTuple):
    """Edits of equal effect, the likeliest first, and the gradients that they fix."""

    edits: list[Edit]
    fixed: Names

    @property
    def cost(self) -> float:
        """How unlikely the likeliest is."""
        return self.edits[0].cost


#: One found edit after the other.
Solution = list[Found]


class Search:
    """The search for the mistakes of one case.

    Parameters
    ----------
    case : Case
        What was handed over.
    points : sequence of Case
        The same at other points, where what is found has to hold too.
    ends : float
        The processor time at which it is to end.
    """

    def __init__(self, case: Case, points: Sequence[Case], ends: float) -> None:
        self.case, self.points = case, points
        self.structure = Structure(case.lines)
        self.pools, self.constants = Pools(self.structure), Constants(case.lines)
        self._ends = ends
        self._thorough = True
        self.tried = 0

    @cached_property
    def layers(self) -> list[list[Layer]]:
        """The layers in the program, the usual formulas of each first."""
        return find_layers(self.structure)

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return process_time() > self._ends

    def confirm(self, edits: Sequence[Edit], names: Names) -> bool:
        """Whether edits give some gradients at the other points too."""
        return all(point.gives(together(edits), names) for point in self.points)

    # --- one edit ------------------------------------------------------------------------------

    def single(self) -> Found | None:
        """Find one edit that explains everything; a part of the time is left for other searches."""
        wrong, ends = self.case.wrong, self._ends
        self._ends -= _LEFT * max(0.0, ends - process_time())
        found = self._alone(self.case.machine, [], wrong) if wrong else None
        self._ends = ends
        return found

    def among(self, candidates: Iterable[Edit]) -> Found | None:
        """Find one of some edits that explains everything."""
        everything, wrong = frozenset(self.case.places), self.case.wrong
        if self._misshapen(self.case.machine, wrong):
            return None
        for found in self._exact(self.case.machine, candidates, wrong, wrong, _MANY):
            kept = [edit for edit in found.edits if self.confirm([edit], everything)]
            if kept:
                return Found(kept, found.fixed)
        return None

    def several(self) -> Solution:
        """Find edits one after the other that explain everything; none: nothing does."""
        machine, wrong = self.case.machine, self.case.wrong
        if not wrong:
            return []
        for self._thorough in (False, True):
            found = self._one_after_another(machine, [], 0, wrong)
            if found:
                return found
        if found is None and self.case.inner:
            found = self._partly(machine)
        if found is None and not self.case.inner:
            found = self._at_one_place(machine)
        return found or []

    def bench(self, machine: Machine, names: Names, wrong: Names) -> Bench:
        """Set up what candidates are tested with."""
        case = self.case
        evidence = 0
        for name in names & wrong:
            given, now = np.asarray(case.manual[name]), machine.values[case.places[name]]
            if given.shape == np.shape(now):
                off = np.abs(given - now) > case.allowed[name] + 1e-12 * np.abs(now)
                evidence += int(np.count_nonzero(off))
        tolerance = max([case.tolerance[n] for n in names], default=0.0)
        probe = Probe(case, machine, names)
        evidence *= 1 + len(self.points)
        return Bench(probe, self.structure, self.pools, self.constants, evidence, tolerance)

    def _one(
        self, machine: Machine, before: Sequence[Edit], wrong: Names, names: Names, wanted: Names
    ) -> list[Found]:
        """Find edits that explain what is wanted, at all points; the same in every pass is one."""
        bench = self.bench(machine, names, wrong & names)
        tested: Iterator[Iterable[Edit]] = iter([proposals(bench)])
        stages = chain(zip(tested, [_MOST]), zip(unproven(bench), repeat(_MANY)))
        for candidates, most in stages if self._thorough else islice(stages, 1):
            if self.late:
                break
            found = []
            for edits, fixed in self._exact(machine, list(candidates), wrong, wanted, most):
                held = frozenset(self.case.places) if wanted == wrong else fixed
                kept = [edit for edit in edits if self.confirm([*before, edit], held)]
                found += [Found(kept, fixed)] if kept else []
            if found:
                return found
        return []

    def _exact(
        self,
        machine: Machine,
        candidates: Iterable[Edit],
        wrong: Names,
        wanted: Names,
        most: int = _MOST,
    ) -> list[Found]:
        """Run candidates, and keep those that fix what is wanted and break nothing."""
        found: dict[Any, Found] = {}
        ordered = sorted(candidates, key=lambda edit: edit.cost)[:most]
        self.tried += len(ordered)
        for edit in self._promising(machine, ordered, wanted) if most > _MOST else ordered:
            if self.late:
                break
            if self._circular(machine, edit):
                continue
            try:
                fixed, broken = self.case.outcome(machine, edit.changes, wrong)
            except (ValueError, TypeError, FloatingPointError, IndexError):
                continue
            if broken or not wanted <= fixed:
                continue
            key = fixed
            if key in found:
                if len(found[key].edits) < 12:
                    found[key].edits.append(edit)
            else:
                found[key] = Found([edit], fixed)
        return sorted(found.values(), key=lambda f: (-len(f.fixed), f.cost))

    def _promising(self, machine: Machine, edits: list[Edit], wanted: Names) -> list[Edit]:
        """Return the edits that give one of the gradients that are wanted, by many at once."""
        name = min(wanted, key=lambda n: machine.above[self.case.places[n]].bit_count())
        target, rows = self.case.places[name], ManyRuns(machine)
        kept: list[Edit] = []
        for some in (edits[k : k + _CHUNK] for k in range(0, len(edits), _CHUNK)):
            if self.late:
                break
            try:
                found = rows.run([edit.changes for edit in some], target)
                kept += compress(some, self.case.agreeing(name, found))
            except (ValueError, TypeError, FloatingPointError, IndexError):
                kept += some  # of other shapes: one after the other
        return kept

    def _circular(self, machine: Machine, edit: Edit) -> bool:
        """Whether a gradient that was handed over would be explained by itself."""
        for name, place in self.case.lines.handed.items():
            gradient = self.case.places.get(name, -1)
            for slot, expr in edit.changes.items() if gradient >= 0 else ():
                if machine.below[slot.place] >> gradient & 1 and any(
                    isinstance(leaf, Ref) and leaf.place == place for leaf in leaves(expr)
                ):
                    return True
        return False

    def _explain(self, machine: Machine, before: list[Edit], depth: int) -> Solution | None:
        """Explain all that is wrong, by one edit or by one after the other."""
        wrong = self.case.find_unexplained(machine)
        if not wrong:
            return []
        found = self._alone(machine, before, wrong)
        return [found] if found else self._one_after_another(machine, before, depth, wrong)

    def _alone(self, machine: Machine, before: list[Edit], wrong: Names) -> Found | None:
        """Explain all that is wrong by one edit."""
        if self._misshapen(machine, wrong):
            return None
        return next(
            iter(self._one(machine, before, wrong, frozenset(self.case.places), wrong)), None
        )

    def _misshapen(self, machine: Machine, wrong: Names) -> str:
        """Name the gradient nearest to the loss that has another shape."""
        for name in self.case.by_distance(wrong):
            now = machine.values[self.case.places[name]]
            if np.shape(self.case.manual[name]) != np.shape(now):
                return name
        return ""

    def _one_after_another(
        self, machine: Machine, before: list[Edit], depth: int, wrong: Names
    ) -> Solution | None:
        """Explain by several edits, the first nearest to the loss."""
        misshapen = self._misshapen(machine, wrong)
        if misshapen:
            return self._find_unreduced(machine, before, depth, misshapen)
        if depth >= _DEPTH or len(wrong) < 2 or self.late:
            return None
        return self._step_by_step(machine, before, depth, wrong)

    def _step_by_step(
        self, machine: Machine, before: list[Edit], depth: int, wrong: Names
    ) -> Solution | None:
        """Explain first what is nearest to the loss, then the rest given that."""
        first = self.case.by_distance(wrong)[0]
        right = frozenset(self.case.places) - wrong
        one = self._one(machine, before, wrong, right | {first}, frozenset([first]))
        for found in one[:_BEAM]:
            edit = found.edits[0]
            rest = self._explain(machine.apply(edit.changes), [*before, edit], depth + 1)
            if rest:
                return [found, *rest]
        return None

    def _find_unreduced(
        self, machine: Machine, before: list[Edit], depth: int, name: str
    ) -> Solution | None:
        """Find which step gives a gradient of another shape, and go on with the rest."""
        case, place = self.case, self.case.places[name]
        steps = machine.steps
        for k in reversed(range(place)):
            if not self.structure.flows[k] or not machine.above[place] >> k & 1:
                continue
            if case.agrees(name, machine.values[k]):
                leaf = steps[place].of
                edit = Edit(
                    "bias-not-summed",
                    {Slot(place, RESULT): Ref(k)},
                    0 if leaf is None else leaf,
                    f"the gradient of {{node}} has the shape {np.shape(machine.values[k])}: it is "
                    "not added up over what {node} was broadcast to",
                    also=("not-reduced",),
                )
                found = Found([edit], frozenset([name]))
                rest = self._explain(machine.apply(edit.changes), [*before, edit], depth + 1)
                return [found, *(rest or [])]
        return None

    def _partly(self, machine: Machine) -> Solution:
        """Explain what can be explained where not everything can, step by step.

        Only where gradients of inner nodes were handed over: then each step stands alone, and
        what is said of one does not hang on another that nobody understands.
        """
        solution: Solution = []
        for name in self.case.by_distance(self.case.wrong):
            wrong = self.case.find_unexplained(machine)
            if name not in wrong:
                continue
            right = frozenset(self.case.places) - wrong
            before = [found.edits[0] for found in solution]
            one = self._one(machine, before, wrong, right | {name}, frozenset([name]))
            for found in one[:1]:
                solution.append(found)
                machine = machine.apply(found.edits[0].changes)
        return solution

    def _at_one_place(self, machine: Machine) -> Solution | None:
        """Look for two mistakes at one place, neither of which explains anything alone."""
        wrong = self.case.wrong
        bench = self.bench(machine, frozenset(self.case.places), wrong)
        begun = 0
        for first in commonest.proposals(bench):
            if self.late or begun >= _FIRSTS:
                break
            fixed, broken = self.case.outcome(machine, first.changes, wrong)
            if fixed or broken:
                continue
            begun += 1
            after = machine.apply(first.changes)
            one = self._one(after, [first], wrong, frozenset(self.case.places), wrong)
            for found in one[:1]:
                kept = found.edits
                if (kept[0].mistake, kept[0].node) != (first.mistake, first.node):
                    return [Found([first], found.fixed), found]
        return None
