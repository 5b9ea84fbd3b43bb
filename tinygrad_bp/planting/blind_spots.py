"""`blind_spots`: which mistakes a gradient check at some inputs would not see, and why."""

from __future__ import annotations

import ast
import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, overload

import numpy as np

from ..diagnosing.diagnosis import Diagnosis
from ..diagnosing.edits import RESULT, Edit, Slot
from ..diagnosing.facts import reduces
from ..diagnosing.reconstruction import Reconstruction, derivation_of
from ..programs.labelled import ACCUMULATE
from ..programs.program import Kind
from ..trees import flatten, rebuild
from ..writing import Derivation
from .leaves import ALIKE
from .plants import Garden
from .points import Evaluation
from .reasons import Reason, Reasons

#: How many mistakes of one reason are printed.
_SHOWN = 6


@dataclass(frozen=True)
class BlindSpot:
    """A mistake that does not show at the inputs.

    Attributes
    ----------
    mistake : str
        The identifier of the mistake, as in `Diagnosis`.
    node : str
        The step at whose derivative it would be made.
    parameters : tuple of str
        The parameters whose gradients it makes wrong at other inputs.
    explanation : str
        What would be done wrong.
    line, yours : str
        The right line of the backward pass, and the one with the mistake; empty where they
        cannot be written.
    reason : str
        Why it does not show: ``"gamma is 1 everywhere"``.
    remedy : str
        What shows it.
    inputs : mapping of str to array
        Numbers that show it, by the names of parameters and of data; the other inputs stay as
        they are. Empty where other sizes are needed.
    """

    mistake: str
    node: str
    parameters: tuple[str, ...]
    explanation: str
    line: str
    yours: str
    reason: str
    remedy: str
    inputs: Mapping[str, Any] = field(compare=False)


class BlindSpots(Sequence[BlindSpot]):
    """The mistakes that do not show at some inputs; made by `blind_spots`.

    A sequence: true where there are some. ``print`` shows them by reason, a notebook as a table.

    Attributes
    ----------
    tried : int
        How many likely mistakes were tried.
    params : nested dicts, lists and tuples
        The parameters; those that hide a mistake are drawn anew, the others as they were.
    """

    def __init__(self, spots: list[BlindSpot], tried: int, params: Any) -> None:
        self._spots, self.tried, self.params = spots, tried, params

    @overload
    def __getitem__(self, index: int) -> BlindSpot: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[BlindSpot]: ...
    def __getitem__(self, index: int | slice) -> BlindSpot | Sequence[BlindSpot]:
        return self._spots[index]

    def __len__(self) -> int:
        return len(self._spots)

    @cached_property
    def reasons(self) -> dict[str, list[BlindSpot]]:
        """The blind spots by their reason."""
        found: dict[str, list[BlindSpot]] = {}
        for spot in self._spots:
            found.setdefault(spot.reason, []).append(spot)
        return found

    @property
    def _title(self) -> str:
        if not self:
            return f"each of {self.tried} likely mistakes shows at these inputs"
        do = "does" if len(self) == 1 else "do"
        return f"{len(self)} of {self.tried} likely mistakes {do} NOT show at these inputs"

    def __str__(self) -> str:
        return "\n".join([self._title, *self._lines()])

    def _lines(self) -> Iterator[str]:
        for reason, spots in self.reasons.items():
            yield f"{reason}: {spots[0].remedy}"
            for spot in spots[:_SHOWN]:
                what = spot.explanation.partition(". ")[0].removesuffix(".")
                yield f"  {spot.mistake}: {what}"
                if spot.yours:
                    yield f"    unseen: {spot.yours}"
                    yield f"    right:  {spot.line}"
            if len(spots) > _SHOWN:
                yield f"  and {len(spots) - _SHOWN} others"

    def __repr__(self) -> str:
        return f"<BlindSpots: {self._title}>"

    def _repr_html_(self) -> str:
        cells = [
            (spot.reason, spot.mistake, spot.yours or spot.explanation, spot.line, spot.remedy)
            for spot in self._spots
        ]
        head = ("reason", "mistake", "does not show", "right", "to see it")
        rows = [_row("th", head), *(_row("td", each) for each in cells)] if cells else []
        return f"<p>{html.escape(self._title)}</p><table>{''.join(rows)}</table>"

    def to_json(self) -> str:
        """Return them as JSON; inputs as lists."""
        return json.dumps(self.as_data(), indent=2)

    def as_data(self) -> dict[str, Any]:
        """Return them as plain data, for JSON."""
        spots = [
            vars(spot) | {"inputs": {k: np.asarray(a).tolist() for k, a in spot.inputs.items()}}
            for spot in self._spots
        ]
        return {"tried": self.tried, "spots": spots}


def _is_python(line: str) -> bool:
    """Whether a line is whole: of a long array only the beginning may have been put in."""
    try:
        ast.parse(line)
    except SyntaxError:
        return False
    return True


def _row(cell: str, texts: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{html.escape(t)}</{cell}>' for t in texts)}</tr>"


def blind_spots(fun: Callable[[Any], Any], params: Any, *, tolerance: float = 1e-7) -> BlindSpots:
    """Find which mistakes in a backward pass a gradient check at these inputs would not see.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar, the loss, as for `compare`.
    params : array_like, nested dicts, lists and tuples of them
        Where the gradients would be checked.
    tolerance : float, optional
        The largest relative difference that the check calls correct.

    Returns
    -------
    BlindSpots
        A sequence of `BlindSpot`, each with its reason and with inputs that show it.

    Raises
    ------
    TypeError
        If parameters are not real numbers, or `fun` does not return one.
    ValueError
        If `fun` does not return a scalar, or does not depend on the parameters.

    Notes
    -----
    The mistakes are edits of the derived backward pass, at every line where people make them: a
    factor or a term left out, a transpose, another axis, a mask, a sign, a value from before the
    activation, an assignment instead of a sum. Each is run at the inputs. Where the gradients are
    right all the same, parameters, data, masks and indices are drawn anew. An edit that gives the
    right gradients wherever they are drawn is the same function, and no mistake. Of the others
    the smallest set of inputs is looked for that has to be drawn anew for the mistake to show;
    the reason is what was special about these numbers, or about what is computed from them.

    Two things no number can show. A sum over a batch of one, and a mean over an axis as long as
    another: they are named with the size as the reason. And a loss that only adds up what a layer
    gives, if some gradient is 0 for that alone, as below a normalisation.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> x = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]])
    >>> params = {"gamma": np.ones(2), "w": np.array([[0.5, -0.3], [0.8, 0.2]])}
    >>> def loss(p):
    ...     y = np.tanh(x @ p["w"])
    ...     h = p["gamma"] * y
    ...     return np.sum(h**2)
    >>> for spot in bp.blind_spots(loss, params):
    ...     print(f"{spot.mistake}: {spot.reason}; {spot.remedy}")
    factor-missing: gamma is 1 everywhere; draw gamma at random
    """
    return _Search(Garden(fun, params, tolerance)).all()


class _Search:
    """Finds the blind spots of one program."""

    def __init__(self, garden: Garden) -> None:
        self._garden, self._lines = garden, garden.lines
        self._reasons = Reasons(garden.points, garden.script)

    def all(self) -> BlindSpots:
        """Find all of them."""
        garden = self._garden
        here = garden.points.here
        spots, drawn = [], dict[int, Any]()
        for plant in garden.plants:
            reason = None if here.shows(plant.edit.changes) else self._reasons.of(plant.edit)
            if reason is not None:
                drawn |= reason.shown.drawn
                spots.append(self._spot(plant.edit, plant.diagnosis, reason))
        others = [*self._by_sizes(), *self._by_upstream()]
        return BlindSpots(spots + others, len(garden.plants) + len(others), self._params(drawn))

    def _params(self, drawn: Mapping[int, Any]) -> Any:
        """Return the parameters, with new numbers for those that hide something."""
        leaves = self._garden.points.leaves
        new = {k: drawn[n] for n in drawn for k in leaves[n].places if leaves[n].is_parameter}
        places = self._lines.program.inputs
        arrays = [np.asarray(array) for _, array in flatten(self._garden.params)]
        found = (new.get(k, array) for k, array in zip(places, arrays, strict=True))
        return rebuild(self._garden.params, found)

    def _spot(self, edit: Edit, diagnosis: Diagnosis, reason: Reason) -> BlindSpot:
        leaves = self._garden.points.leaves
        inputs = {leaves[k].name: array for k, array in reason.shown.drawn.items()}
        remedy = f"draw {' and '.join(inputs)} at random"
        return self._with_lines(edit, diagnosis, reason.text, remedy, inputs)

    def _with_lines(
        self,
        edit: Edit,
        diagnosis: Diagnosis,
        reason: str,
        remedy: str,
        inputs: Mapping[str, Any],
    ) -> BlindSpot:
        yours, line = self._write(edit, diagnosis)
        return BlindSpot(
            mistake=diagnosis.mistake,
            node=diagnosis.node,
            parameters=diagnosis.parameters,
            explanation=diagnosis.explanation,
            line=line,
            yours=yours,
            reason=reason,
            remedy=remedy,
            inputs=inputs,
        )

    @cached_property
    def _right(self) -> Derivation:
        return Derivation(derivation_of(self._lines, {}), {})

    def _write(self, edit: Edit, diagnosis: Diagnosis) -> tuple[str, str]:
        """Write the line with a mistake, and the right one."""
        nothing = "", diagnosis.line
        if not self._lines.steady:
            return nothing
        try:
            rewritten = Reconstruction(derivation_of(self._lines, edit.changes), self._right)
            script = self._garden.script
            about = diagnosis.line, diagnosis.node, diagnosis.parameters
            return script.beside(*about, rewritten) or nothing
        except Exception:  # a text is a courtesy: the blind spot stands
            return nothing

    # --- what no number shows ----------------------------------------------------------------

    def _by_sizes(self) -> Iterator[BlindSpot]:
        """Yield what does not show because of the sizes, one for each line."""
        seen: set[Slot] = set()
        for edit in self._garden.same:
            slot = next(iter(edit.changes))
            reason = "" if slot in seen else self._size(edit, slot)
            if reason:
                seen.add(slot)
                yield self._describe(edit, reason, "take other sizes")

    def _size(self, edit: Edit, slot: Slot) -> str:
        """Say which size makes an edit no mistake; "" where none does."""
        step, values = self._lines.steps[slot.place], self._lines.values
        if slot.operand == RESULT and reduces(step.op):
            (operand,) = step.operands
            shape = np.shape(values[operand])
            is_gradient = self._lines.steps[edit.node].kind is Kind.INPUT
            if (
                is_gradient
                and len(shape) > len(step.shape)
                and np.prod(shape) == np.prod(step.shape)
            ):
                return f"the sum for the gradient of {self._text(edit)} has one term"
        count = edit.refers.get("count")
        if count is not None and count == edit.refers.get("other"):
            return f"two axes have the same length, {count:g}"
        return ""

    def _text(self, edit: Edit) -> str:
        return self._garden.script.name(edit.node)

    def _by_upstream(self) -> Iterator[BlindSpot]:
        """Yield what does not show because the loss only adds up."""
        place = self._first_array()
        if place is None:
            return
        step, points = self._lines.steps[place], self._garden.points
        weights = np.random.default_rng(3).uniform(0.5, 1.5, step.shape)
        weighted = points.with_numbers(points.generic().drawn, {place: weights})
        lost = self._lost(weighted, place)
        if lost is None:
            return
        names = [self._garden.script.name(of or 0) for of in (step.of, self._lines.steps[lost].of)]
        reason = "the loss only adds up {}, so that the gradient of {} is 0".format(*names)
        for edit in self._garden.same:
            if any(slot.place <= place or self._is_known(slot) for slot in edit.changes):
                continue
            if weighted.is_finite and weighted.shows(edit.changes):
                yield self._describe(edit, reason, "multiply what is added up with random weights")

    @cached_property
    def _known(self) -> list[bool]:
        """For each step whether it depends on no number that comes from outside."""
        found: list[bool] = []
        for step in self._lines.steps:
            alone = step.kind is Kind.SEED or (step.kind is Kind.CONSTANT and step.shape == ())
            backward = step.kind is Kind.BACKWARD
            found.append(alone or (backward and all(found[k] for k in step.operands)))
        return found

    def _is_known(self, slot: Slot) -> bool:
        """Whether it is certain what stands in a slot, so that it may be left out."""
        step = self._lines.steps[slot.place]
        return self._known[step.operands[slot.operand] if slot.operand >= 0 else slot.place]

    def _first_array(self) -> int | None:
        """Return the cotangent of the array that the loss adds up; None for several arrays."""
        steps = self._lines.steps
        below = self._garden.points.here.machine.below
        known = [
            k
            for k, step in enumerate(steps)
            if step.op is ACCUMULATE and self._known[k] and int(np.prod(step.shape)) > 1
        ]
        first = [k for k in known if not any(j < k and below[j] >> k & 1 for j in known)]
        return first[0] if len(first) == 1 else None

    def _lost(self, weighted: Evaluation, first: int) -> int | None:
        """Return a cotangent that is 0 at all inputs, and would not be with weights."""
        generic = self._garden.points.generic()
        steps, cotangents = self._lines.steps, self._lines.cotangents
        for node in sorted(cotangents, key=lambda k: not steps[k].name):  # what is known by name
            k = cotangents[node]
            zero = generic.is_zero(k) and self._garden.points.generic(ALIKE).is_zero(k)
            if k > first and zero and not weighted.is_zero(k):
                return k
        return None

    def _describe(self, edit: Edit, reason: str, remedy: str) -> BlindSpot:
        diagnosis = self._garden.describe([edit])
        return self._with_lines(edit, diagnosis, reason, remedy, {})
