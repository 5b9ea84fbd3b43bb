"""Why a mistake does not show: which numbers are 0, 1, equal, symmetric, used once.

Nothing is known here of single mistakes. Leaves are drawn anew one at a time until the mistake
shows; then what is special about the numbers is what they have here and not there, and what
still hides the mistake when the rest of the numbers changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..diagnosing.edits import Edit, Ref, Slot, leaves
from ..diagnosing.facts import switches
from ..diagnosing.script import Script
from ..diagnosing.structure import Structure, is_uniform
from ..programs.labelled import ACCUMULATE
from .leaves import AGAIN, ALIKE, BOLD, is_symmetric, redraw
from .points import Evaluation, Points

#: How many other arrays are looked at of which something holds too.
_TURNS = 5

# --- what can be special about numbers ----------------------------------------------------------


class Fact(NamedTuple):
    """Something that may be special about an array.

    Attributes
    ----------
    text : callable
        Says it of an array.
    holds : callable
        Whether it is so.
    others : callable or None
        Draws another array of which it holds too; None where there is no other.
    """

    text: Callable[[Any], str]
    holds: Callable[[Any], bool]
    others: Callable[[Any, np.random.Generator], Any] | None = None


def _is(number: float) -> Callable[[Any], bool]:
    return lambda a: a.size > 0 and bool((a == number).all())


def _noise(a: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Draw numbers of the size of those of an array, and larger ones."""
    return 2.0 * (float(np.abs(a).max()) or 1.0) * rng.standard_normal(shape)


def _draw_symmetric(a: Any, rng: np.random.Generator) -> Any:
    noise = _noise(a, a.shape, rng)
    return a + noise + noise.T


def _draw_uniform(a: Any, rng: np.random.Generator) -> Any:
    return np.full(a.shape, a.flat[0] + _noise(a, (), rng))


def _is_once(a: Any) -> bool:
    return a.dtype.kind in "iu" and a.size > 1 and np.unique(a).size == a.size


def _is_equal_along(axis: int) -> Callable[[Any], bool]:
    def holds(a: Any) -> bool:
        return a.ndim == 2 and a.shape[axis] > 1 and bool((a == a.take([0], axis)).all())

    return holds


def _draw_equal_along(axis: int) -> Callable[[Any, np.random.Generator], Any]:
    def draw(a: Any, rng: np.random.Generator) -> Any:
        one = a.take([0], axis)
        return np.broadcast_to(one + _noise(a, one.shape, rng), a.shape).copy()

    return draw


def _size(a: Any) -> str:
    return " everywhere" if a.size > 1 else ""


#: The general ones first: what is 0 everywhere hides a mistake as 0, or as any one number.
FACTS = (
    Fact(
        lambda a: "is the same number everywhere",
        lambda a: a.size > 1 and a.dtype.kind == "f" and is_uniform(a),
        _draw_uniform,
    ),
    Fact(
        lambda a: "has no place twice",
        _is_once,
        lambda a, rng: rng.permutation(a.ravel()).reshape(a.shape),
    ),
    Fact(lambda a: "is symmetric", is_symmetric, _draw_symmetric),
    Fact(lambda a: "has equal rows", _is_equal_along(0), _draw_equal_along(0)),
    Fact(lambda a: "has equal columns", _is_equal_along(1), _draw_equal_along(1)),
    Fact(lambda a: f"is 0{_size(a)}", _is(0.0)),
    Fact(lambda a: f"is 1{_size(a)}", _is(1.0)),
)


# --- which leaves hide a mistake ------------------------------------------------------------------


class Reason(NamedTuple):
    """Why a mistake does not show at a point.

    Attributes
    ----------
    text : str
        In words.
    shown : Evaluation
        A point where it shows.
    """

    text: str
    shown: Evaluation


class Reasons:
    """Finds out why mistakes do not show.

    Parameters
    ----------
    points : Points
        Where to look.
    script : Script
        What the steps are called.
    """

    def __init__(self, points: Points, script: Script) -> None:
        self._points, self._script = points, script
        self._structure = Structure(points.lines)
        self._order = sorted(range(len(points.leaves)), key=self._likelihood)

    def _likelihood(self, number: int) -> tuple[bool, bool, int]:
        """Order leaves: those with special numbers first, then parameters."""
        leaf = self._points.leaves[number]
        special = any(fact.holds(np.asarray(leaf.array)) for fact in FACTS)
        return not special, not leaf.is_parameter, number

    def of(self, edit: Edit) -> Reason | None:
        """Return why an edit that gives wrong gradients in general does not do so here.

        None where it takes other data to show, about which nothing is special: of a mask that
        looks back only, or of a table of distances, others might be no such thing.
        """
        shown = self._find_shown(edit)
        drawn = list(shown.drawn)
        text = self._of_leaf(edit, drawn[0]) if len(drawn) == 1 else ""
        text = text or self._of_step(edit, shown) or self._of_equals(edit)
        leaves = [self._points.leaves[k] for k in drawn]
        if not text and any(leaf.is_parameter for leaf in leaves):
            text = f"the numbers of {' and '.join(leaf.name for leaf in leaves)} are special"
        return Reason(text, shown) if text else None

    def _find_shown(self, edit: Edit) -> Evaluation:
        """Draw few leaves anew: one alone where that shows an edit, else no more than needed."""
        ways = (ALIKE, BOLD)
        single = (self._points.at([k], way) for k in self._order for way in (*ways, *AGAIN))
        for point in single:
            if self._shows(point, edit):
                return point
        return next((p for way in ways if (p := self._fewest(edit, way)) is not None), self._all)

    def _shows(self, point: Evaluation, edit: Edit) -> bool:
        """Whether an edit shows at a point, where the function itself is evaluated too."""
        seen = point.is_finite and point.shows(edit.changes)
        return seen and self._points.confirm(point).shows(edit.changes)

    @property
    def _all(self) -> Evaluation:
        return self._points.generic(BOLD)

    def _fewest(self, edit: Edit, way: int) -> Evaluation | None:
        """Take away leaves one by one as long as an edit shows."""
        needed = list(self._order)
        found = None
        for number in [None, *reversed(self._order)]:
            fewer = [k for k in needed if k != number]
            point = self._points.at(fewer, way)
            if self._shows(point, edit):
                needed, found = fewer, point
            elif number is None:
                return None
        return found

    # --- what is special ---------------------------------------------------------------------

    def _of_leaf(self, edit: Edit, number: int) -> str:
        """Say what is special about a leaf, if that alone hides an edit."""
        leaf = self._points.leaves[number]
        array = np.asarray(leaf.array)
        for fact in FACTS:
            if fact.holds(array) and self._hides(edit, number, fact):
                return f"{leaf.name} {fact.text(array)}"
        if array.dtype.kind == "b" and is_uniform(array):
            return f"{leaf.name} is {bool(array.flat[0])} everywhere"
        return ""

    def _hides(self, edit: Edit, number: int, fact: Fact) -> bool:
        """Whether an edit stays hidden with other numbers of which a fact holds too."""
        if fact.others is None:
            return True
        array = np.asarray(self._points.leaves[number].array)
        for turn in range(_TURNS):
            other = fact.others(array, np.random.default_rng(turn))
            point = self._points.with_numbers({number: other})
            if point.is_finite and point.shows(edit.changes):
                return False
        return True

    def _of_step(self, edit: Edit, shown: Evaluation) -> str:
        """Say what is special about a number on the way, and is not where the edit shows."""
        here, there = self._points.here.lines.values, shown.lines.values
        for place in self._suspects(edit):
            array, other = (np.asarray(values[place]) * 1.0 for values in (here, there))
            for fact in reversed(FACTS):
                if fact.holds(array) and not fact.holds(other) and self._decides(edit, place, fact):
                    return f"{self._name(place)} {fact.text(array)}"
        return ""

    def _decides(self, edit: Edit, place: int, fact: Fact) -> bool:
        """Whether an edit shows with other numbers in a step, and not with such of the same kind.

        What is computed from what the edit changes cannot be held, and is taken at its word.
        """
        points = self._points
        below = points.here.machine.below
        if any(below[slot.place] >> place & 1 for slot in edit.changes):
            return True
        array = np.asarray(points.here.lines.values[place])
        rng = np.random.default_rng(2)
        if not points.with_numbers({}, {place: redraw(array, rng, BOLD)}).shows(edit.changes):
            return False
        if fact.others is None:
            return True
        alike = points.with_numbers({}, {place: fact.others(array * 1.0, rng)})
        return not alike.shows(edit.changes)

    def _suspects(self, edit: Edit) -> Iterator[int]:
        """Yield the steps whose numbers may hide an edit, those nearest to it first."""
        steps, lines = self._points.lines.steps, self._points.lines
        machine = self._points.here.machine
        edges = {lines.edges[s.place] for s in edit.changes if s.place in lines.edges}
        edges |= {e for s in edit.changes for e in steps[s.place].metadata.get("labels", ())}
        rule = [k for k, edge in lines.edges.items() if edge in edges]
        below = 0
        for slot in edit.changes:
            below |= machine.below[slot.place]
        after = [k for k in range(len(steps)) if below >> k & 1]
        flows, seen = self._structure.flows, set[int]()
        for among in (rule, after):
            for wanted in (False, True):
                for k in among:
                    for place in steps[k].operands:
                        if flows[place] is wanted and place not in seen and steps[place].shape:
                            seen.add(place)
                            yield place

    def _name(self, place: int) -> str:
        """Return what a step is called in a sentence."""
        lines, place = self._points.lines, self._structure.source(place)
        step = lines.steps[place]
        if step.op is ACCUMULATE and step.of is not None:
            return f"the gradient of {self._script.name(step.of)}"
        if place not in lines.edges:
            users = (k for k, each in enumerate(lines.steps) if place in each.operands)
            user = next(users, place)
            return f"the mask of {self._script.name(user)}" if switches(step) else self._text(place)
        node = self._script.name(lines.edges[place][0])
        if switches(step):
            return f"the mask of {node}"
        if self._structure.flows[place]:
            return f"what arrives at {node}"
        return f"a factor of the derivative of {node}"

    def _text(self, place: int) -> str:
        return self._points.lines.steps[place].name or self._script.name(place)

    def _of_equals(self, edit: Edit) -> str:
        """Say which numbers are equal, so that it is no matter which of them is taken."""
        values, steps = self._points.here.lines.values, self._points.lines.steps
        for slot, expr in edit.changes.items():
            places: Sequence[int] = [e.place for e in leaves(expr) if isinstance(e, Ref)]
            if slot.operand < 0 or len(places) != 1:
                continue
            own, other = steps[slot.place].operands[slot.operand], places[0]
            if self._name(own) == self._name(other):
                continue
            equal = np.array_equal(values[own], values[other])
            how = "equals" if equal else "makes no other difference than"
            if equal or not self._moves_result(slot, values[other]):
                return f"{self._name(own)} {how} {self._name(other)}"
        return ""

    def _moves_result(self, slot: Slot, number: Any) -> bool:
        """Whether a step gives something else with another operand."""
        lines = self._points.here.lines
        step = lines.steps[slot.place]
        operands = [lines.values[o] for o in step.operands]
        operands[slot.operand] = number
        assert step.op is not None
        with np.errstate(all="ignore"):
            result = step.op.forward(*operands, **step.metadata)
        return not np.array_equal(result, lines.values[slot.place])
