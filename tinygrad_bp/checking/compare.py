"""Manual, automatic and numeric gradients beside each other."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..waiting import shown_after_a_second
from .adapting import Adapted
from .automatic import AutomaticGradient
from .comparison import (
    Comparison,
    Sides,
    make_step_row,
    make_unread_row,
)
from .judging import Judge, differ
from .manual import Manual, read_manual
from .numeric import (
    Method,
    NumericGradient,
    as_float,
    check_method,
    differentiate,
)
from .precision import Precision
from .problem import Problem, Vector
from .report import Row
from .sampling import MANY, Sample
from .unrecorded import NumericAlone, describe

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
        ``fun(params)`` gives a scalar, the loss, or a tuple with it in front. It is run on arrays,
        for the numeric side, and on Values, for the automatic one. It gets copies and must not
        change them. It may also take each parameter as an argument, or none where these are kept
        in objects.
    params : array_like or Value, nested dicts, lists and tuples of them, or objects
        Where the gradients are compared. All is done in float64. Of an object the parameters are
        the attributes that have a gradient; they are put back in the end.
    manual : like `params`, or callable, optional
        The gradient to be checked, or a function of the parameters that gives it (it gets
        float64 copies). It may also have the gradients of the loss by inner Values, under the
        names that `named` or the variables of `fun` give them: these are compared with the
        automatic ones, and tell better where a mistake was made. Gradients may have names such as
        ``dW``, or come in order; a function of two arguments, an upstream gradient and a cache,
        pulls back through what `fun` gives. Without `manual` the gradients that `fun` gives beside
        the loss are taken, and without those the automatic gradient is compared with the numeric
        one.
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
        If parameters are not real numbers, or `fun` does not return one.
    ValueError
        If `fun` does not return a scalar, changes its input or is not deterministic; if an option
        is unknown.

    Notes
    -----
    A manual gradient that is missing, of another shape, or no array of real numbers is the verdict
    of its row. Where `fun` cannot be recorded on Values, or takes numbers out of the graph on the
    way, the manual gradient is compared with the numeric one alone, and `Comparison.refusal` says
    why.

    Of more than 1,000 entries the numeric side is a sample: some entries, and slopes along random
    directions in which all entries of a parameter move. Every manual entry is compared with the
    automatic one all the same; a note says how far the automatic one may be off. Where a slope
    shows that it is wrong, halving the parameter finds an entry.

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
    all lie on the same side of every kink that the graph shows. The complex step has to be
    confirmed by differences, or these take its place: it gives wrong numbers where `fun` is not
    analytic, as with ``np.abs`` or ``np.conj`` of complex numbers. Where the automatic entry is
    wrong the manual one is compared with the numeric one.

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
    | worst entry | manual | automatic | error   | verdict      |
    |-------------|--------|-----------|---------|--------------|
    | w[0]        | 1      | 2         | 5.0e-01 | manual wrong |
    | b           | 1      | 1         | 0.0e+00 | correct      |
    w[0] is wrong: manual 1, automatic 2, numeric 2; 2 of 2 entries
    w: constant-factor
      The gradient of w is 0.5 times the right one. That makes the gradient of w
      wrong.
      Look for a constant that was lost or put in twice on the way to w: divide by
      0.5.
      You computed:   d_w = 0.5 * (2 * w)
      The right step: d_w = 2 * w
    Shown: the entry of each parameter with the largest relative error (tolerance
      1e-07). Automatic and numeric (complex step) differ by 0.0e+00 at most.
    """
    check_method(numeric)
    tolerance = as_float("tolerance", tolerance)
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance must be 0 or more and finite, got {tolerance}")
    return compare_program(Adapted(fun, params, manual), numeric, tolerance)


def compare_program(
    program: Adapted,
    numeric: Method = "auto",
    tolerance: float = 1e-7,
    precisions: Mapping[str, Precision] | None = None,
) -> Comparison:
    """Compare the gradients of a program.

    `precisions` say how exact the manual gradients of the parameters are, relative to the largest
    entry of each.
    """
    problem = Problem(program, program.params)
    with shown_after_a_second("numeric gradient"):
        sample = Sample(problem, numeric) if problem.x.size > MANY else None
        by_steps = differentiate(problem, numeric) if sample is None else sample.numeric
    automatic = _automatic(problem, by_steps, program)
    given = None if program.manual is None else read_manual(problem, automatic, program.manual)

    def settle(automatic: AutomaticGradient) -> Comparison:
        return _settle(
            Judge(problem, given, automatic, by_steps, sample, tolerance, precisions or {})
        )

    comparison = settle(automatic)
    if given is not None and comparison.automatic_is_wrong and (why := automatic.why_wrong):
        comparison = settle(NumericAlone(by_steps, problem, why))
    comparison.notes = program.notes + comparison.notes
    return comparison


def _automatic(
    problem: Problem, numeric: NumericGradient, program: Adapted
) -> AutomaticGradient | NumericAlone:
    """Differentiate by the engine; where that is refused, and there is a manual gradient, don't."""
    try:
        return AutomaticGradient(problem)
    except Exception as error:
        if program.manual is None:
            raise
        return NumericAlone(numeric, problem, describe(error))


def _settle(judge: Judge) -> Comparison:
    problem, given, automatic = judge.problem, judge.given, judge.automatic
    with shown_after_a_second("comparing"):
        verdict = judge.settle()
    numeric = judge.numeric
    comparison = Comparison(
        problem,
        Sides(judge.manual, automatic.gradient, numeric.gradient, numeric.error + judge.noise),
        automatic.reached,
        verdict.manual_wrong,
        verdict.automatic_wrong,
        judge.tolerance,
        numeric,
        judge.kinks,
        _step_rows(given, automatic, judge.tolerance),
        given=given,
        automatic=automatic,
        sample=judge.sample,
    )
    if given is not None and comparison.recorded and not verdict.automatic_wrong.any():
        found = _find_cause(problem, given, automatic, comparison, judge.noise + judge.slack)
        if found is not None:
            comparison.diagnosis, comparison.reconstruction = found
    return comparison


def _find_cause(
    problem: Problem,
    given: Manual,
    automatic: AutomaticGradient,
    comparison: Comparison,
    noise: Vector,
) -> Findings | None:
    """Find the cause of a wrong manual gradient; what looks for it is imported only then.

    The verdict stands, whatever happens here.
    """
    wrong = [row for row in comparison.rows if row.verdict == "wrong" and row.name in given.arrays]
    if not wrong:
        return None
    if automatic.is_complex:
        comparison.notes.append("the cause of a mistake is looked for among real numbers only")
        return None
    from ..diagnosing.diagnose import diagnose

    allowed = dict(zip(problem.names, problem.arrays(noise), strict=True))
    params, filled = problem.without(given.unread)
    fun, again = problem.fun, given.again
    if given.unread:
        fun = update_wrapper(lambda p: problem.fun(filled(p)), problem.fun, updated=())
        again = again and (lambda p: given.again(filled(p)))  # type: ignore[misc]
    try:
        with shown_after_a_second("looking for the cause"):
            return diagnose(fun, params, given.arrays, again=again, noise=allowed)
    except Exception as error:
        warnings.warn(
            f"compare: the search for the cause ended with {type(error).__name__}: {error}; that "
            "is a fault of tinygrad_bp, please report it",
            RuntimeWarning,
            stacklevel=6,
        )
        return None


def _step_rows(given: Manual | None, automatic: AutomaticGradient, tolerance: float) -> list[Row]:
    """Compare the gradients by inner Values, which have no numeric side."""
    if given is None:
        return []
    nodes = automatic.inner
    rows = [
        make_unread_row(name, nodes[name].shape, unread)
        for name, unread in given.unread.items()
        if name in nodes
    ]
    for step in given.steps:
        allowed = 1e-14 * np.max(np.abs(step.automatic), initial=0.0)
        wrong = differ(step.manual, step.automatic, tolerance, allowed)
        rows.append(make_step_row(step, wrong))
    return rows
