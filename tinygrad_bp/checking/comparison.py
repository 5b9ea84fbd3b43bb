"""`Comparison`: the result of `compare`, read by rows, by entries, as text, HTML or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..diagnosing import Diagnosis
from .automatic import AutomaticGradient
from .kinks import Look
from .manual import InnerGradient, Manual
from .numeric import NumericGradient
from .pairing import Unread
from .problem import Problem, Vector
from .report import NO_BREAK, Entry, Report, Row, Verdict, WrongSide
from .sampling import Sample
from .unrecorded import NumericAlone

if TYPE_CHECKING:
    from ..diagnosing.reconstruction import Reconstruction

Mask = npt.NDArray[np.bool_]


class Sides(NamedTuple):
    """The gradients, as vectors, and what numeric and automatic may differ by in absolute terms."""

    manual: npt.NDArray[Any] | None
    automatic: Vector
    numeric: Vector
    allowed: Vector


class Comparison(Report):
    """Manual, automatic and numeric gradients, compared. Made by `compare`.

    It is true if every entry is correct; ``print`` shows a table, a notebook a table in HTML.

    Attributes
    ----------
    loss : float
        The value of the function.
    tolerance : float
        The largest relative difference that is correct.
    numeric_method : {"complex", "adaptive", "five-point", "central"}
        How the numeric side was computed.
    numeric_note : str
        Why the complex step was not used; empty where it was, or another method was asked for.
    diagnosis : list of Diagnosis
        The mistakes that give exactly the wrong manual gradients, those nearest to the loss
        first. Empty where nothing is wrong, or the automatic gradient is.
    notes : list of str
        How the program and the manual gradients were read, where that was not plain.
    faults : list of str
        What is wrong with the computation of the manual gradients, beside their numbers; see
        `compare_vjp`.
    refusal : str
        Why the function could not be recorded on Values, and where; empty where it was. If not,
        the manual gradient is compared with the numeric one alone.
    reconstruction : Reconstruction or None
        The backward pass with all these mistakes in it, a `Derivation`: called like `fun` it
        returns the value and the wrong gradients; its `source` has the wrong lines marked, its
        `diff` says what to change. None where the mistakes do not explain every number. Where
        `manual` was no function it rests on one point.
    """

    def __init__(
        self,
        problem: Problem,
        sides: Sides,
        reached: list[bool],
        manual_wrong: Mask,
        automatic_wrong: Mask,
        tolerance: float,
        numeric: NumericGradient,
        kinks: dict[int, Look],
        steps: Sequence[Row] = (),
        *,
        given: Manual | None = None,
        automatic: AutomaticGradient | None = None,
        sample: Sample | None = None,
    ) -> None:
        self._taken = None if sample is None else sample.taken
        self.faults: list[str] = []
        self._unread = {} if given is None else given.unread
        self._nothing_yet = given is not None and given.is_zero
        self._automatic = automatic
        self._kinks = kinks
        self._problem, self._sides, self._reached = problem, sides, reached
        self._manual_wrong, self._automatic_wrong = manual_wrong, automatic_wrong
        self._wrong, self._steps = manual_wrong | automatic_wrong, steps
        self._numeric_errors = relative_errors(sides.automatic, sides.numeric)
        self._manual_errors = (
            None if sides.manual is None else relative_errors(sides.manual, sides.automatic)
        )
        # nothing to be noted of any parameter, as is usual: finite, reached, and all errors small
        small = self._numeric_errors.max() < 1e-3
        self._unremarkable = self.ok and small and all(reached) and not kinks
        self.loss, self.tolerance = problem.loss, tolerance
        self.numeric_method, self.numeric_note = numeric.method, numeric.reason
        self.diagnosis: list[Diagnosis] = []
        self.reconstruction: Reconstruction | None = None
        self.notes = [] if given is None else list(dict.fromkeys(given.notes))
        if sample is not None:
            self.notes.append(sample.describe(sides.automatic))
        self.refusal = automatic.reason if isinstance(automatic, NumericAlone) else ""

    @property
    def ok(self) -> bool:
        """Whether every entry is correct."""
        right = not self._wrong.any() and all(row.verdict == "correct" for row in self._steps)
        return right and not self.faults

    def __bool__(self) -> bool:
        return self.ok

    @property
    def manual(self) -> Any:
        """The manual gradient in the structure of the parameters, or None."""
        given = self._sides.manual
        return None if given is None else self._problem.structure(given.copy())

    @property
    def automatic(self) -> Any:
        """The automatic gradient in the structure of the parameters, or None (see `refusal`)."""
        return self._problem.structure(self._sides.automatic.copy()) if self.recorded else None

    @property
    def automatic_is_wrong(self) -> bool:
        """Whether automatic and numeric gradient differ in some entry."""
        return bool(self._automatic_wrong.any())

    @property
    def recorded(self) -> bool:
        """Whether there is an automatic gradient."""
        return not self.refusal

    @property
    def numeric(self) -> Any:
        """The numeric gradient in the structure of the parameters; NaN where it was not taken."""
        numeric = self._sides.numeric.copy()
        if self._taken is not None:
            numeric[~self._taken] = np.nan
        return self._problem.structure(numeric)

    @cached_property
    def rows(self) -> list[Row]:
        """One `Row` for each parameter, in their order, then one for each inner Value."""
        problem = self._problem
        cuts = zip(problem.names, problem.shapes, problem.blocks(), self._reached, strict=True)
        return [*(self._row(*cut) for cut in cuts), *self._steps]

    @cached_property
    def entries(self) -> list[Entry]:
        """One `Entry` for each entry of each parameter."""
        return list(self._entries())

    def _row(self, name: str, shape: tuple[int, ...], block: slice, reached: bool) -> Row:
        manual_errors = None if self._manual_errors is None else self._manual_errors[block]
        numeric_errors = self._numeric_errors[block]
        wrong = self._wrong[block]
        worst = None
        if wrong.size:
            errors = numeric_errors if manual_errors is None else manual_errors
            if wrong.any():
                # an automatic entry that is wrong counts by its own error, wrong ones before others
                own = np.where(self._automatic_wrong[block], numeric_errors, 0.0)
                errors = np.where(wrong, np.maximum(errors, own), -1.0)
            first = int(errors.argmax())
            worst = tuple(int(i) for i in np.unravel_index(first, shape))
        sides: list[Literal["manual", "automatic"]] = []
        if self._manual_wrong[block].any():
            sides.append("manual")
        if self._automatic_wrong[block].any():
            sides.append("automatic")
        unread = self._unread.get(name)
        verdict: Verdict = "wrong" if sides else "correct"
        if unread is not None and wrong.size:
            verdict = unread.verdict
        notes = () if self._unremarkable else self._notes(name, block, reached)
        return Row(
            name,
            shape,
            None if unread is not None else worst,
            None if manual_errors is None or unread else float(manual_errors.max(initial=0.0)),
            float(numeric_errors.max(initial=0.0)) if self.recorded else None,
            verdict,
            None if verdict in ("missing", "not read") else _side(sides),
            "; ".join(notes),
            **self._at(worst, shape, block, unread),
        )

    def _at(
        self, worst: tuple[int, ...] | None, shape: tuple[int, ...], block: slice, unread: object
    ) -> dict[str, float]:
        """Return the derivatives at an entry, by side; those that there are."""
        if worst is None:
            return {}
        place = block.start + int(np.ravel_multi_index(worst, shape)) if shape else block.start
        known = {
            "manual": self._sides.manual is not None and unread is None,
            "automatic": self.recorded,
            "numeric": self._taken is None or bool(self._taken[place]),
        }
        return {
            side: float(getattr(self._sides, side)[place])
            for side, is_known in known.items()
            if is_known
        }

    def _notes(self, name: str, block: slice, reached: bool) -> Iterator[str]:
        if (unread := self._unread.get(name)) is not None:
            yield unread.why
            return
        sides = self._sides
        manual = None if sides.manual is None else sides.manual[block]
        automatic, numeric = sides.automatic[block], sides.numeric[block]
        allowed = sides.allowed[block]
        wrong, automatic_wrong = self._wrong[block], self._automatic_wrong[block]
        if wrong.any():
            yield f"{wrong.sum()} of {wrong.size} {'entry' if wrong.size == 1 else 'entries'}"
        if not reached:
            why = self._why_wrong() or ".detach() or no_grad() in fun?"
            yield (
                f"the graph of fun does not reach it, but fun depends on it: {why}"
                if automatic_wrong.any()
                else "fun does not depend on it: its gradient is 0"
            )
        elif automatic_wrong.any() and np.isfinite(automatic[automatic_wrong]).all():
            why = self._why_wrong() or "a wrong derivative rule, or a kink"
            yield f"automatic and numeric differ: {why}"
        yield from self._notes_on_kinks(block)
        if manual is not None and not self._nothing_yet and wrong.any() and not manual.any():
            yield "all of it is 0"
        known = [side for side in (manual, automatic, numeric) if side is not None]
        if not all(np.isfinite(side).all() for side in known):
            yield "not all derivatives are finite"
        if self._manual_wrong[block].any() and manual is not None and manual.dtype == np.float32:
            yield "the manual gradient is float32, which has 7 digits"
        with np.errstate(all="ignore"):
            scale = np.maximum(np.abs(automatic), np.abs(numeric))
            difference = np.abs(automatic - numeric)
            vague = (
                ~automatic_wrong
                & ~self._at_kink[block]
                & (difference > max(self.tolerance, 1e-3) * scale)
            )
            vague &= allowed > 1e-6 * np.max(scale, initial=0.0)
        if vague.any():
            yield (
                f"the numeric side does not resolve {vague.sum()} of {vague.size} "
                f"{'entry' if vague.size == 1 else 'entries'} (error up to "
                f"{allowed[vague].max():.1g})"
            )

    def _why_wrong(self) -> str:
        return "" if self._automatic is None else self._automatic.why_wrong

    @cached_property
    def _at_kink(self) -> Mask:
        mask = np.zeros(self._problem.x.size, bool)
        mask[list(self._kinks)] = True
        return mask

    def _notes_on_kinks(self, block: slice) -> Iterator[str]:
        """Say which units are at their kinks, each once."""
        entries: dict[str, list[int]] = {}
        for k, look in self._kinks.items():
            if k in range(block.start, block.stop):
                entries.setdefault(look.kink, []).append(k)
        for kink, places in entries.items():
            number = "" if block.stop - block.start == 1 else _count(len(places))
            yield f"{kink} is at its kink{number}"
            outside = next((k for k in places if self._wrong[k]), None)
            if outside is not None:
                low, high = sorted(side.value for side in self._kinks[outside][1:3])
                yield f"not all are between the slopes on both sides, {low:.6g} and {high:.6g}"

    @property
    def wrong_of(self) -> tuple[int, int]:
        """How many entries of the parameters are wrong, of how many."""
        return int(self._wrong.sum()), self._wrong.size

    @cached_property
    def remarks(self) -> list[str]:
        """What there is to say of parameters that are wrong or have a note."""
        return list(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if not np.isfinite(self.loss):
            yield f"the loss is {self.loss}"
        if self._nothing_yet and not self.diagnosis:  # which says so
            yield "all manual gradients are 0: nothing is computed yet"
        yield from self.faults
        if len(self._unread) == len(self.rows):
            yield "there is no manual gradient that can be read"
        yield from self.notes
        for row, block in zip(self.rows, self._problem.blocks()):
            if row.verdict == "wrong" and row.worst is not None:
                yield self._worst(row, block)
            elif row.verdict != "correct":
                yield f"{row.name}: {row.verdict}: {row.note}"
            elif row.note:
                yield f"{row.name}: {row.note}"
        for row in self._steps:
            if row.verdict != "correct":
                yield f"{row.name} is {row.verdict}: {row.note}"

    def _worst(self, row: Row, block: slice) -> str:
        place = f"[{', '.join(map(str, row.worst))}]" if row.worst else ""
        values = ", ".join(
            f"{side}{NO_BREAK}{float(vector[block].reshape(row.shape)[row.worst]):.16g}"
            for side, vector in zip(("manual", "automatic", "numeric"), self._sides)
            if vector is not None and (self.recorded or side != "automatic")
        )
        return f"{row.name}{place} is wrong: {values}; {row.note}"

    def _entries(self) -> Iterator[Entry]:
        problem, sides = self._problem, self._sides
        manual: list[Any] = [None] * problem.x.size
        if sides.manual is not None:
            manual = sides.manual.astype(float).tolist()
        errors = self._numeric_errors if self._manual_errors is None else self._manual_errors
        columns = zip(
            manual,
            sides.automatic.tolist(),
            sides.numeric.tolist(),
            errors.tolist(),
            self._wrong.tolist(),
            self._at_kink.tolist(),
            repeat(True) if self._taken is None else self._taken.tolist(),
        )
        for name, shape in zip(problem.names, problem.shapes, strict=True):
            for index in np.ndindex(shape):  # first: an index without a column loses no column
                by_hand, by_engine, by_steps, error, wrong, kink, taken = next(columns)
                verdict: Literal["correct", "wrong", "kink"] = (
                    "wrong" if wrong else "kink" if kink else "correct"
                )
                if name in self._unread:
                    by_hand = None
                if not self.recorded:
                    by_engine = None
                known = by_steps if taken else None
                yield Entry(name, index, by_hand, by_engine, known, error, verdict)


def make_step_row(step: InnerGradient, wrong: Mask) -> Row:
    """Make the row of an inner Value."""
    errors = relative_errors(step.manual, step.automatic)
    worst = np.where(wrong, errors, -1.0) if wrong.any() else errors
    place = np.unravel_index(int(worst.argmax()), errors.shape) if errors.size else None
    return Row(
        step.name,
        errors.shape,
        None if place is None else tuple(int(i) for i in place),
        float(errors.max(initial=0.0)),
        None,
        "wrong" if wrong.any() else "correct",
        "manual" if wrong.any() else None,
        f"inner Value; {wrong.sum()} of {wrong.size} entries" if wrong.any() else "",
        None if place is None else float(step.manual[place]),
        None if place is None else float(step.automatic[place]),
    )


def make_unread_row(name: str, shape: tuple[int, ...], unread: Unread) -> Row:
    """Make the row of an inner Value whose gradient could not be read."""
    return Row(name, shape, None, None, None, unread.verdict, None, f"inner Value; {unread.why}")


def _side(sides: Sequence[Literal["manual", "automatic"]]) -> WrongSide:
    return "both" if len(sides) == 2 else sides[0] if sides else None


def _count(entries: int) -> str:
    return f" ({entries} {'entry' if entries == 1 else 'entries'})"


def relative_errors(a: Vector, b: Vector) -> Vector:
    """Compute ``|a - b| / max(|a|, |b|)``: 0 where they are equal, infinite for NaN."""
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(a), np.abs(b))
        # each divided on its own, so that a difference of the largest numbers does not overflow
        errors: Vector = np.abs(a / scale - b / scale)
    errors[np.isnan(errors)] = np.inf
    errors[a == b] = 0.0
    return errors
