"""Manual, automatic and numeric gradients beside each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..diagnosing import Diagnosis
from .automatic import AutomaticGradient, limited_noise
from .comparison import Comparison, Row, Sides, step_row
from .manual import Manual, read_manual
from .numeric import (
    Method,
    NumericGradient,
    as_float,
    check_method,
    complex_step,
    differences,
    differentiate,
)
from .problem import Problem, Vector

__all__ = ["compare"]

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
        names that `named` gave them: these are compared with the automatic ones, and tell
        better where a mistake was made. Without `manual` the automatic gradient is compared
        with the numeric one.
    numeric : {"auto", "complex", "five-point", "central"}, optional
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
    difference quotient is not exact. The complex step under ``"auto"`` has to be confirmed by
    five-point differences before the automatic gradient is called wrong because of it. Where
    the automatic entry is wrong the manual one is compared with the numeric one.

    At a kink, such as relu at exactly 0, the numeric derivative is a matter of convention; the
    automatic side may then be called wrong.

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
    w: constant-factor: The gradient of w is 0.5 times the right one. That makes ...
      Look for a constant that was lost ...: divide by 0.5. The right step: d_w = 2 * w
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
    """Judge; where something seems wrong look closer before it is called wrong."""
    numeric = differentiate(problem, method)
    manual = None if given is None else given.vector
    noise: Vector = np.zeros(problem.x.size)

    def judged() -> _Verdict:
        return _judge(manual, automatic.gradient, numeric, noise, tolerance)

    verdict = judged()
    if verdict.wrong:
        noise = automatic.noise(problem)
        verdict = judged()
    if verdict.automatic_wrong.any() and numeric.method == "complex":
        numeric = _with_noise(problem, automatic, numeric, verdict.automatic_wrong)
        verdict = judged()
        if method == "auto" and verdict.automatic_wrong.any():
            numeric = _second_opinion(problem, automatic, numeric, verdict.automatic_wrong, noise)
            verdict = judged()
    comparison = Comparison(
        problem,
        Sides(manual, automatic.gradient, numeric.gradient, numeric.error + noise),
        automatic.reached,
        verdict.manual_wrong,
        verdict.automatic_wrong,
        tolerance,
        numeric,
        _step_rows(given, tolerance),
    )
    if given is not None and not comparison.ok and not verdict.automatic_wrong.any():
        comparison.diagnosis = _diagnosed(problem, given, noise)
    return comparison


def _diagnosed(problem: Problem, given: Manual, noise: Vector) -> list[Diagnosis]:
    """Find the cause of a wrong manual gradient; what looks for it is imported only then."""
    from ..diagnosing.diagnose import diagnose

    allowed = dict(zip(problem.names, problem.arrays(noise), strict=True))
    params = problem.structure(problem.x.copy())
    return diagnose(problem.fun, params, given.arrays, again=given.again, noise=allowed)


def _step_rows(given: Manual | None, tolerance: float) -> list[Row]:
    """Compare the gradients by inner Values, which have no numeric side."""
    rows = []
    for step in [] if given is None else given.steps:
        allowed = 1e-14 * np.max(np.abs(step.automatic), initial=0.0)
        wrong = _differ(step.manual, step.automatic, tolerance, allowed)
        rows.append(step_row(step, wrong))
    return rows


def _judge(
    manual: Vector | None,
    automatic: Vector,
    numeric: NumericGradient,
    noise: Vector,
    tolerance: float,
) -> _Verdict:
    automatic_wrong = _differ(automatic, numeric.gradient, tolerance, noise + numeric.error)
    if manual is None:
        return _Verdict(automatic_wrong, np.zeros_like(automatic_wrong))
    if not automatic_wrong.any():
        return _Verdict(automatic_wrong, _differ(manual, automatic, tolerance, noise))
    reference = np.where(automatic_wrong, numeric.gradient, automatic)
    allowed = noise + np.where(automatic_wrong, numeric.error, 0.0)
    return _Verdict(automatic_wrong, _differ(manual, reference, tolerance, allowed))


def _differ(a: Vector, b: Vector, tolerance: float, allowed: Vector | float) -> Mask:
    with np.errstate(all="ignore"):
        bound = tolerance * np.maximum(np.abs(a), np.abs(b)) + allowed
        # infinite bounds allow nothing: infinity - 1 is not within tolerance of infinity
        agree: Mask = (np.abs(a - b) <= bound) & np.isfinite(bound) | (a == b)
    return ~agree


def _with_noise(
    problem: Problem, automatic: AutomaticGradient, numeric: NumericGradient, wrong: Mask
) -> NumericGradient:
    """Add to the error of the complex step how far round-off moves it, where it matters."""
    where = np.flatnonzero(wrong)
    nearby = [complex_step(problem, at=point, where=where).gradient for point in problem.nearby()]
    noise = limited_noise(nearby, automatic.magnitude)
    return numeric._replace(error=numeric.error + noise)


def _second_opinion(
    problem: Problem,
    automatic: AutomaticGradient,
    numeric: NumericGradient,
    wrong: Mask,
    noise: Vector,
) -> NumericGradient:
    """Keep the complex step only if differences side with it in every entry in question."""
    second = differences(problem, "five-point", where=np.flatnonzero(wrong))
    against_complex = _differ(second.gradient, numeric.gradient, 0.0, second.error + numeric.error)
    against_automatic = _differ(second.gradient, automatic.gradient, 0.0, second.error + noise)
    if (~against_complex & against_automatic)[wrong].all():
        return numeric
    return differences(problem, "five-point")._replace(
        reason="its derivatives are not confirmed by differences"
    )
