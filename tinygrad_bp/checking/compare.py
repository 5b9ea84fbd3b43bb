"""Manual, automatic and numeric gradients beside each other."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .automatic import AutomaticGradient, limited_noise
from .comparison import Comparison, Row, Sides, step_row
from .kinks import Look, look_closer
from .manual import Manual, read_manual
from .numeric import (
    Method,
    as_float,
    check_method,
    complex_step,
    differences,
    differentiate,
)
from .problem import Problem, Vector, round_off

if TYPE_CHECKING:
    from ..diagnosing.diagnose import Findings

Mask = npt.NDArray[np.bool_]


def compare(
    fun: Callable[[Any], Any],
    params: Any,
    manual: Any = None,
    *,
    numeric: Method = "auto",
    tolerance: float = 1e-7,
) -> Comparison:
    """Compare a hand-derived gradient with the automatic and the numeric one, entry by entry.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar, the loss. It is run on arrays, for the numeric side, and
        on Values, for the automatic one. It gets copies and must not change them.
    params : array_like or Value, or nested dicts, lists and tuples of them
        Where the gradients are compared. All is done in float64.
    manual : like `params`, or callable, optional
        The gradient to be checked, or a function of the parameters that gives it (it gets
        float64 copies). It may also have the gradients of the loss by inner Values, under the
        names that `named` or the variables of `fun` give them: these are compared with the
        automatic ones, and tell better where a mistake was made. Without `manual` the automatic
        gradient is compared with the numeric one.
    numeric : {"auto", "complex", "adaptive", "five-point", "central"}, optional
        The method of the numeric side, see `numeric_gradient`.
    tolerance : float, optional
        The largest relative difference that is correct.

    Returns
    -------
    Comparison
        True where everything is correct. Printed, it is a table.

    Raises
    ------
    TypeError
        If parameters or manual gradients are not real numbers, or `fun` does not return one.
    ValueError
        If a name is missing in `manual`, is that of nothing or has the wrong shape (a bias whose
        gradient was not summed over the samples is wrong, and not refused); if `fun` does not
        return a scalar, changes its input or is not deterministic; if an option is unknown.

    Notes
    -----
    Two numbers agree if ``|a - b| <= tolerance * max(|a|, |b|) + e``. NaN agrees with nothing, not
    even with NaN; infinity agrees with itself.

    The manual gradient is compared with the automatic one, and e is then the noise of the
    automatic gradient: 16 standard deviations of its round-off, measured at points nearby. It
    is looked at only where the first term does not suffice, and it decides only where terms
    cancel: at a minimum of the loss, or for a gradient that is zero but for round-off.

    The automatic gradient is compared with the numeric one, and to e is added the error of the
    numeric one, estimated for every entry: a right gradient is not called wrong because a
    difference quotient is not exact. Where they differ all the same the entry is looked at
    closer, before the automatic gradient is called wrong: by adaptive differences whose points
    all lie on the same side of every kink that the graph shows. The complex step under ``"auto"``
    has to be confirmed by them. Where the automatic entry is wrong the manual one is compared
    with the numeric one.

    A kink is where a piecewise op (relu, abs, max, where, clip, sort, a comparison) changes
    sides. Less than 1e-10 from one (relative to an entry above 1) there is no derivative, but a
    slope on either side, and which of the numbers between them an engine gives is a convention.
    So an entry is then a ``"kink"``, which is not wrong, where the automatic and the manual one
    are between those slopes, and wrong where one of them is not. The note of the row names
    the unit that is at its kink.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> params = {"w": np.array([1.0, -2.0]), "b": 0.5}
    >>> def loss(p):
    ...     return np.sum(p["w"] ** 2) + p["b"]
    >>> comparison = bp.compare(loss, params, {"w": [1.0, -2.0], "b": 1.0})
    >>> print(comparison)
    gradients do NOT match: 2 of 3 entries are wrong
    | parameter | shape | worst entry | manual/automatic | automatic/numeric | verdict      |
    |-----------|-------|-------------|------------------|-------------------|--------------|
    | w         | (2,)  | (0,)        | 5.0e-01          | 0.0e+00           | manual wrong |
    | b         | ()    | ()          | 0.0e+00          | 0.0e+00           | correct      |
    w[0] is wrong: manual 1, automatic 2, numeric 2; 2 of 2 entries
    w: constant-factor
      The gradient of w is 0.5 times the right one. That makes the gradient of w wrong.
      Look for a constant that was lost or put in twice on the way to w: divide by 0.5.
      You computed:   d_w = 0.5 * (2 * w)
      The right step: d_w = 2 * w
    largest relative differences; tolerance 1e-07; numeric side: complex step
    """
    check_method(numeric)
    tolerance = as_float("tolerance", tolerance)
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance must be 0 or more and finite, got {tolerance}")
    problem = Problem(fun, params)
    automatic = AutomaticGradient(problem)
    given = None if manual is None else read_manual(problem, automatic, manual)
    return _settle(problem, given, automatic, numeric, tolerance)


class _Verdict(NamedTuple):
    automatic_wrong: Mask
    manual_wrong: Mask

    @property
    def wrong(self) -> bool:
        return bool(self.automatic_wrong.any() or self.manual_wrong.any())


def _settle(
    problem: Problem,
    given: Manual | None,
    automatic: AutomaticGradient,
    method: Method,
    tolerance: float,
) -> Comparison:
    judge = _Judge(problem, None if given is None else given.vector, automatic, method, tolerance)
    verdict = judge.settle()
    numeric = judge.numeric
    comparison = Comparison(
        problem,
        Sides(judge.manual, automatic.gradient, numeric.gradient, numeric.error + judge.noise),
        automatic.reached,
        verdict.manual_wrong,
        verdict.automatic_wrong,
        tolerance,
        numeric,
        judge.kinks,
        _step_rows(given, tolerance),
    )
    if given is not None and not comparison.ok and not verdict.automatic_wrong.any():
        found = _diagnosed(problem, given, judge.noise)
        if found is not None:
            comparison.diagnosis, comparison.reconstruction = found
    return comparison


def _diagnosed(problem: Problem, given: Manual, noise: Vector) -> Findings | None:
    """Find the cause of a wrong manual gradient; what looks for it is imported only then.

    The verdict stands, whatever happens here.
    """
    from ..diagnosing.diagnose import diagnose

    allowed = dict(zip(problem.names, problem.arrays(noise), strict=True))
    params = problem.structure(problem.x.copy())
    try:
        return diagnose(problem.fun, params, given.arrays, again=given.again, noise=allowed)
    except Exception as error:
        warnings.warn(
            f"compare: the search for the cause ended with {type(error).__name__}: {error}; that "
            "is a fault of tinygrad_bp, please report it",
            RuntimeWarning,
            stacklevel=4,
        )
        return None


def _step_rows(given: Manual | None, tolerance: float) -> list[Row]:
    """Compare the gradients by inner Values, which have no numeric side."""
    rows = []
    for step in [] if given is None else given.steps:
        allowed = 1e-14 * np.max(np.abs(step.automatic), initial=0.0)
        wrong = _differ(step.manual, step.automatic, tolerance, allowed)
        rows.append(step_row(step, wrong))
    return rows


class _Judge:
    """Judges; where something seems wrong it looks closer before it is called wrong."""

    def __init__(
        self,
        problem: Problem,
        manual: npt.NDArray[Any] | None,
        automatic: AutomaticGradient,
        method: Method,
        tolerance: float,
    ) -> None:
        self.problem, self.manual, self.automatic = problem, manual, automatic
        self.method, self.tolerance = method, tolerance
        self.numeric = differentiate(problem, method)
        self.noise: Vector = np.zeros(problem.x.size)
        self.looks: dict[int, Look] = {}

    @property
    def kinks(self) -> dict[int, Look]:
        return {k: look for k, look in self.looks.items() if look.kink}

    def settle(self) -> _Verdict:
        verdict = self.verdict()
        if verdict.wrong:
            self.noise = self.automatic.noise(self.problem)
            verdict = self.verdict()
        if verdict.automatic_wrong.any() and self.numeric.method == "complex":
            self._add_noise_of_the_complex_step(verdict.automatic_wrong)
            verdict = self.verdict()
        return self._looked_closer(verdict)

    def verdict(self) -> _Verdict:
        automatic, numeric = self.automatic.gradient, self.numeric
        allowed = self.noise + numeric.error
        automatic_wrong = _differ(automatic, numeric.gradient, self.tolerance, allowed)
        self._rule_at_kinks(automatic_wrong, automatic)
        if self.manual is None:
            return _Verdict(automatic_wrong, np.zeros_like(automatic_wrong))
        reference = np.where(automatic_wrong, numeric.gradient, automatic)
        allowed = self.noise + np.where(automatic_wrong, numeric.error, 0.0)
        manual_wrong = _differ(self.manual, reference, self.tolerance, allowed)
        self._rule_at_kinks(manual_wrong, self.manual)
        return _Verdict(automatic_wrong, manual_wrong)

    def _rule_at_kinks(self, wrong: Mask, gradient: npt.NDArray[Any]) -> None:
        """At a kink everything between the slopes on both sides may be the derivative."""
        for k, look in self.kinks.items():
            wrong[k] = not look.allows(float(gradient[k]), self.tolerance)

    def _looked_closer(self, verdict: _Verdict) -> _Verdict:
        doubtful = verdict.automatic_wrong
        while doubtful.any():  # a second time if the method has changed
            self.looks |= look_closer(self.problem, np.flatnonzero(doubtful))
            self._reconsider(doubtful)
            doubtful = self.verdict().automatic_wrong
            doubtful[list(self.looks)] = False
        if self.automatic.tied or self.kinks or verdict.manual_wrong.any():
            others = [k for k in range(self.problem.x.size) if k not in self.looks]
            self.looks |= look_closer(self.problem, others, only_at_kinks=True)
        return self.verdict() if self.looks else verdict

    def _reconsider(self, doubtful: Mask) -> None:
        """Take what was found to be the numeric side, unless the complex step is confirmed."""
        smooth = [k for k in np.flatnonzero(doubtful).tolist() if not self.looks[k].kink]
        if self.numeric.method == "complex":
            if self.method == "complex" or self._confirmed(smooth):
                return
            self.numeric = differences(self.problem, "adaptive")._replace(
                reason="its derivatives are not confirmed by differences"
            )
        for k in smooth:
            self.numeric.gradient[k], self.numeric.error[k] = self.looks[k].slope

    def _confirmed(self, smooth: list[int]) -> bool:
        """Say whether a closer look sides with the complex step in every entry in question."""
        slopes = [self.looks[k].slope for k in smooth]
        second = np.array([slope.value for slope in slopes])
        error = np.array([slope.error for slope in slopes])
        numeric, noise = self.numeric, self.noise
        differs = _differ(second, numeric.gradient[smooth], 0.0, error + numeric.error[smooth])
        agrees = ~_differ(second, self.automatic.gradient[smooth], 0.0, error + noise[smooth])
        return not (differs | agrees).any()

    def _add_noise_of_the_complex_step(self, wrong: Mask) -> None:
        """Add to its error how far round-off moves it, where that matters."""
        where = np.flatnonzero(wrong)
        nearby = [
            complex_step(self.problem, at=point, where=where).gradient
            for point in self.problem.nearby()
        ]
        noise = limited_noise(round_off(np.array(nearby)), self.automatic.magnitude)
        self.numeric = self.numeric._replace(error=self.numeric.error + noise)


def _differ(a: Vector, b: Vector, tolerance: float, allowed: Vector | float) -> Mask:
    with np.errstate(all="ignore"):
        bound = tolerance * np.maximum(np.abs(a), np.abs(b)) + allowed
        # infinite bounds allow nothing: infinity - 1 is not within tolerance of infinity
        agree: Mask = (np.abs(a - b) <= bound) & np.isfinite(bound) | (a == b)
    return ~agree
