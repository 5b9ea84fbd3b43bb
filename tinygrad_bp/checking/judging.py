"""Which entries are wrong: judged, and looked at closer before they are called so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .automatic import AutomaticGradient, limit_noise
from .comparison import relative_errors
from .kinks import Look, look_closer
from .manual import Manual
from .numeric import NumericGradient, complex_step, differences
from .precision import FLOAT64, Precision, size_of
from .problem import Problem, Vector, round_off
from .sampling import Sample
from .unrecorded import NumericAlone

Mask = npt.NDArray[np.bool_]


class Verdicts(NamedTuple):
    """Which entries of the automatic and of the manual gradient are wrong."""

    automatic_wrong: Mask
    manual_wrong: Mask

    @property
    def wrong(self) -> bool:
        """Whether any entry is."""
        return bool(self.automatic_wrong.any() or self.manual_wrong.any())


class Judge:
    """Judges; where something seems wrong it looks closer before it is called wrong."""

    def __init__(
        self,
        problem: Problem,
        given: Manual | None,
        automatic: AutomaticGradient,
        numeric: NumericGradient,
        sample: Sample | None,
        tolerance: float,
        precisions: Mapping[str, Precision],
    ) -> None:
        self.problem, self.given, self.automatic = problem, given, automatic
        self.manual = None if given is None else given.vector
        self.numeric, self.tolerance = numeric, tolerance
        self.sample = sample
        self.noise: Vector = np.zeros(problem.x.size)
        self._precisions = precisions
        self.slack = self._find_slack()
        self.looks: dict[int, Look] = {}

    @property
    def kinks(self) -> dict[int, Look]:
        """The entries at a kink."""
        return {k: look for k, look in self.looks.items() if look.kink}

    @property
    def held(self) -> Vector | None:
        """What the numeric side confirms: the automatic gradient, if there is one."""
        return self.manual if isinstance(self.automatic, NumericAlone) else self.automatic.gradient

    def settle(self) -> Verdicts:
        """Judge, with as much effort as it takes."""
        if self.sample is not None and self.held is not None:
            self.sample.fill(self.held)
            self._search_wrong_entries(self.sample, self.held)
        verdict = self.verdict()
        if verdict.wrong:
            self.noise = self.automatic.noise()
            self.slack = self._find_slack()
            verdict = self.verdict()
        if verdict.automatic_wrong.any() and self.numeric.method == "complex":
            self._add_noise_of_the_complex_step(verdict.automatic_wrong)
            verdict = self.verdict()
        verdict = self._look_closer(verdict)
        if self.sample is not None and self.manual is not None:
            self._take_worst(self.sample, self.manual, verdict.manual_wrong)
        return verdict

    def _take_worst(self, sample: Sample, manual: npt.NDArray[Any], wrong: Mask) -> None:
        """Take the entries that are shown, so that their numeric derivatives can be."""
        errors = np.where(wrong, relative_errors(manual, self.automatic.gradient), -1.0)
        blocks = [block for block in self.problem.blocks() if wrong[block].any()]
        sample.add(np.array([b.start + int(errors[b].argmax()) for b in blocks], np.intp))

    def _find_slack(self) -> Vector:
        """Find how far manual entries may be off for the type that they were computed in.

        That is a part of the largest entry of their array. Where terms cancel it is the round-off
        of these, which is that of float64 but for the size of the last bit: 4 standard deviations
        of it, no more than the same part of the largest number that is computed.
        """
        slack = np.zeros(self.problem.x.size)
        for name, block in zip(self.problem.names, self.problem.blocks(), strict=True):
            if (precision := self._precisions.get(name)) is None:
                continue
            part = precision.tolerance * size_of(self.automatic.gradient[block])
            if not isinstance(self.automatic, NumericAlone) and self.noise[block].any():
                cancelled = self.noise[block].max() / 4 * 2.0 ** (FLOAT64.bits - precision.bits)
                part = max(part, min(cancelled, precision.tolerance * self.automatic.magnitude))
            slack[block] = part
        return slack

    def verdict(self) -> Verdicts:
        """Judge by what is known."""
        automatic, numeric = self.automatic.gradient, self.numeric
        allowed = self.noise + numeric.error
        automatic_wrong = differ(automatic, numeric.gradient, self.tolerance, allowed)
        if isinstance(self.automatic, NumericAlone):  # which is the numeric one
            automatic_wrong[:] = False
        self._rule_at_kinks(automatic_wrong, automatic)
        if self.manual is None:
            return Verdicts(automatic_wrong, np.zeros_like(automatic_wrong))
        reference = np.where(automatic_wrong, numeric.gradient, automatic)
        allowed = self.noise + self.slack + np.where(automatic_wrong, numeric.error, 0.0)
        manual_wrong = differ(self.manual, reference, self.tolerance, allowed)
        self._rule_at_kinks(manual_wrong, self.manual)
        return Verdicts(automatic_wrong, manual_wrong)

    def _search_wrong_entries(self, sample: Sample, held: Vector) -> None:
        """Take entries where slopes along directions say that the gradient is wrong."""
        told = self.tolerance, self.noise + self.slack
        if any(sample.disagreeing(held, *told)):
            self.noise = self.automatic.noise()
            told = self.tolerance, self.noise + self.slack
        for each in list(sample.disagreeing(held, *told)):
            wrong = sample.find_wrong_entry(each.where, held, *told)
            if wrong is not None:
                sample.add(np.array([wrong]))

    def _rule_at_kinks(self, wrong: Mask, gradient: npt.NDArray[Any]) -> None:
        """At a kink everything between the slopes on both sides may be the derivative."""
        for k, look in self.kinks.items():
            wrong[k] = not look.allows(float(gradient[k]), self.tolerance)

    def _look_closer(self, verdict: Verdicts) -> Verdicts:
        if isinstance(self.automatic, NumericAlone):  # no graph tells where a kink may be
            wrong = np.flatnonzero(verdict.manual_wrong & np.isfinite(self.manual))  # type: ignore[arg-type]
            self.looks |= look_closer(self.problem, self.automatic, wrong)
            return self.verdict()
        doubtful = verdict.automatic_wrong
        while doubtful.any():  # a second time if the method has changed
            self.looks |= look_closer(self.problem, self.automatic, np.flatnonzero(doubtful))
            self._reconsider(doubtful)
            doubtful = self.verdict().automatic_wrong
            doubtful[list(self.looks)] = False
        if self.automatic.tied or self.kinks or verdict.manual_wrong.any():
            others = [k for k in self._worth_a_look(verdict) if k not in self.looks]
            self.looks |= look_closer(self.problem, self.automatic, others, only_at_kinks=True)
        return self.verdict() if self.looks else verdict

    def _worth_a_look(self, verdict: Verdicts) -> list[int]:
        """List all entries; of very many those that were taken, and as many that are wrong."""
        if self.sample is None:
            return list(range(self.problem.x.size))
        wrong = np.flatnonzero(verdict.manual_wrong)[: self.sample.taken.sum()]
        return sorted({*np.flatnonzero(self.sample.taken).tolist(), *wrong.tolist()})

    def _reconsider(self, doubtful: Mask) -> None:
        """Take what was found to be the numeric side, unless the complex step is confirmed."""
        smooth = [k for k in np.flatnonzero(doubtful).tolist() if not self.looks[k].kink]
        if self.numeric.method == "complex":
            if self._confirms(smooth):
                return
            self._change_method("its derivatives are not confirmed by differences")
        for k in smooth:
            self.numeric.gradient[k], self.numeric.error[k] = self.looks[k].slope

    def _change_method(self, reason: str) -> None:
        if self.sample is None:
            self.numeric = differences(self.problem, "adaptive")._replace(reason=reason)
            return
        self.sample.change_method("adaptive", reason)
        self.sample.fill(self.automatic.gradient)
        self.numeric = self.sample.numeric

    def _confirms(self, smooth: list[int]) -> bool:
        """Say whether a closer look sides with the complex step in every entry in question."""
        slopes = [self.looks[k].slope for k in smooth]
        second = np.array([slope.value for slope in slopes])
        error = np.array([slope.error for slope in slopes])
        numeric, noise = self.numeric, self.noise
        differs = differ(second, numeric.gradient[smooth], 0.0, error + numeric.error[smooth])
        agrees = ~differ(second, self.automatic.gradient[smooth], 0.0, error + noise[smooth])
        return not (differs | agrees).any()

    def _add_noise_of_the_complex_step(self, wrong: Mask) -> None:
        """Add to its error how far round-off moves it, where that matters."""
        where = np.flatnonzero(wrong)
        nearby = [
            complex_step(self.problem, at=point, where=where).gradient
            for point in self.problem.nearby()
        ]
        noise = limit_noise(round_off(np.array(nearby)), self.automatic.magnitude)
        self.numeric = self.numeric._replace(error=self.numeric.error + noise)


def differ(a: Vector, b: Vector, tolerance: float, allowed: Vector | float) -> Mask:
    """Say which numbers differ by more than a part of the larger one, and what is allowed."""
    with np.errstate(all="ignore"):
        bound = tolerance * np.maximum(np.abs(a), np.abs(b)) + allowed
        # infinite bounds allow nothing: infinity - 1 is not within tolerance of infinity
        agree: Mask = (np.abs(a - b) <= bound) & np.isfinite(bound) | (a == b)
    return ~agree
