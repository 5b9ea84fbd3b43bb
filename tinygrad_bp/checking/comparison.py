"""`Comparison`: the result of `compare`, read by rows, by entries, as text, HTML or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..diagnosing import Diagnosis
from . import report
from .kinks import Look
from .manual import Step
from .numeric import NumericGradient
from .problem import Problem, Vector

if TYPE_CHECKING:
    from ..diagnosing.reconstruction import Reconstruction

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of a comparison, or one inner Value.

    Attributes
    ----------
    name : str
        The path to it, such as ``w_1`` or ``layers[0].w``.
    shape : tuple of int
        Its shape.
    worst : tuple of int or None
        The index of the wrong entry with the largest relative difference, or of any entry where
        none is wrong. None where there are no entries.
    manual_error : float or None
        The largest relative difference of manual and automatic entries; None without a manual
        gradient. Infinite where there is NaN.
    numeric_error : float or None
        The largest relative difference of automatic and numeric entries; None for an inner Value.
    verdict : {"correct", "wrong"}
        Wrong if any entry is.
    wrong_side : {"manual", "automatic", "both"} or None
        Which gradient is wrong.
    note : str
        What else there is to know.
    """

    name: str
    shape: tuple[int, ...]
    worst: tuple[int, ...] | None
    manual_error: float | None
    numeric_error: float | None
    verdict: Literal["correct", "wrong"]
    wrong_side: Literal["manual", "automatic", "both"] | None
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of one parameter.

    Attributes
    ----------
    name, index : str, tuple of int
        Which.
    manual, automatic, numeric : float
        Its derivatives; `manual` is None without a manual gradient.
    relative_error : float
        ``|a - b| / max(|a|, |b|)`` of manual and automatic, without a manual gradient of
        automatic and numeric. 0 where both are 0, infinite where either is NaN.
    verdict : {"correct", "wrong", "kink"}
        See `compare`. "kink" is not wrong: there is no derivative, and those given are between
        the slopes on both sides.
    """

    name: str
    index: tuple[int, ...]
    manual: float | None
    automatic: float
    numeric: float
    relative_error: float
    verdict: Literal["correct", "wrong", "kink"]


class Sides(NamedTuple):
    """The gradients, as vectors, and what numeric and automatic may differ by in absolute terms."""

    manual: npt.NDArray[Any] | None
    automatic: Vector
    numeric: Vector
    allowed: Vector


class Comparison:
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
    ) -> None:
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

    @property
    def ok(self) -> bool:
        """Whether every entry is correct."""
        return not self._wrong.any() and all(row.verdict == "correct" for row in self._steps)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def manual(self) -> Any:
        """The manual gradient in the structure of the parameters, or None."""
        given = self._sides.manual
        return None if given is None else self._problem.structure(given.copy())

    @property
    def automatic(self) -> Any:
        """The automatic gradient in the structure of the parameters."""
        return self._problem.structure(self._sides.automatic.copy())

    @property
    def numeric(self) -> Any:
        """The numeric gradient in the structure of the parameters."""
        return self._problem.structure(self._sides.numeric.copy())

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
        return Row(
            name,
            shape,
            worst,
            None if manual_errors is None else float(manual_errors.max(initial=0.0)),
            float(numeric_errors.max(initial=0.0)),
            "wrong" if sides else "correct",
            "both" if len(sides) == 2 else sides[0] if sides else None,
            "" if self._unremarkable else "; ".join(self._notes(block, reached)),
        )

    def _notes(self, block: slice, reached: bool) -> Iterator[str]:
        sides = self._sides
        manual = None if sides.manual is None else sides.manual[block]
        automatic, numeric = sides.automatic[block], sides.numeric[block]
        allowed = sides.allowed[block]
        wrong, automatic_wrong = self._wrong[block], self._automatic_wrong[block]
        if wrong.any():
            yield f"{wrong.sum()} of {wrong.size} {'entry' if wrong.size == 1 else 'entries'}"
        if not reached:
            yield (
                "the graph of fun does not reach it, but fun depends on it (.data, .detach() or "
                "no_grad() in fun?)"
                if automatic_wrong.any()
                else "fun does not depend on it: its gradient is 0"
            )
        elif automatic_wrong.any() and np.isfinite(automatic[automatic_wrong]).all():
            yield "automatic and numeric differ: a wrong derivative rule, or a kink"
        yield from self._notes_on_kinks(block)
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
            number = "" if block.stop - block.start == 1 else _counted(len(places))
            yield f"{kink} is at its kink{number}"
            outside = next((k for k in places if self._wrong[k]), None)
            if outside is not None:
                low, high = sorted(side.value for side in self._kinks[outside][1:3])
                yield f"not all are between the slopes on both sides, {low:.6g} and {high:.6g}"

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
            strict=True,
        )
        for name, shape in zip(problem.names, problem.shapes, strict=True):
            for index in np.ndindex(shape):  # first: an index without a column loses no column
                by_hand, by_engine, by_steps, error, wrong, kink = next(columns)
                verdict: Literal["correct", "wrong", "kink"] = (
                    "wrong" if wrong else "kink" if kink else "correct"
                )
                yield Entry(name, index, by_hand, by_engine, by_steps, error, verdict)

    def __str__(self) -> str:
        return report.as_text(self)

    def __repr__(self) -> str:
        return f"<Comparison: {report.summary(self)}>"

    def _repr_html_(self) -> str:
        return report.as_html(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """Write everything as JSON.

        Parameters
        ----------
        indent : int, optional
            How far to indent nested lines; by default everything is on one line.

        Returns
        -------
        str
            An object with the keys ``ok``, ``loss``, ``tolerance``, ``numeric_method``,
            ``numeric_note``, ``rows``, ``entries`` and ``diagnosis``; rows and entries have the
            keys of `Row` and `Entry`. Numbers that are not finite are the strings ``"NaN"``,
            ``"Infinity"`` and ``"-Infinity"``, which ``float()`` reads; what there is none of is
            null.
        """
        return report.as_json(self, indent)


def step_row(step: Step, wrong: Mask) -> Row:
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
    )


def _counted(entries: int) -> str:
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
