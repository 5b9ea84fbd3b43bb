"""Numeric derivatives, and how far each of them can be trusted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from math import isfinite
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .problem import Point, Problem, Vector
from .quotients import (
    FIRST_STEP,
    F,
    Slope,
    adaptive,
    central,
    change_error,
    five_point,
    where_smooth,
)

Method = Literal["auto", "complex", "adaptive", "five-point", "central"]

_STEPS = {"complex": 1e-20, "adaptive": FIRST_STEP, "five-point": 1e-3, "central": 1e-4}


class NumericGradient(NamedTuple):
    """A numeric gradient, as vectors over the entries of the parameters.

    Attributes
    ----------
    gradient : numpy.ndarray
        The derivatives.
    error : numpy.ndarray
        A bound on the absolute error of each, as it was estimated.
    method : str
        ``"complex"``, ``"adaptive"``, ``"five-point"`` or ``"central"``.
    reason : str
        Why the complex step was not taken; empty where it was, or another method was asked for.
    """

    gradient: Vector
    error: Vector
    method: str
    reason: str = ""


def numeric_gradient(
    fun: Callable[[Any], Any],
    params: Any,
    *,
    method: Method = "auto",
    step: float | None = None,
    with_error: bool = False,
) -> Any:
    """Differentiate a function numerically, one entry of its parameters at a time.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar. It gets copies of the parameters as float64 arrays, for
        the complex step as complex ones, and must not change them.
    params : array_like or Value, or nested dicts, lists and tuples of them
        Where to differentiate. float32 and integers are differentiated in float64.
    method : {"auto", "complex", "adaptive", "five-point", "central"}, optional
        ``"complex"``: Im f(x + ih) / h, exact to round-off; `fun` has to accept complex arrays
        and be analytic. ``"adaptive"``: central differences at h, h/2, h/4 and h/8, extrapolated
        to h = 0, from a shorter h where that does not settle. ``"five-point"``:
        (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h, with an error of order h⁴.
        ``"central"``: (f(x + h) - f(x - h)) / 2h, with an error of order h². ``"auto"``: the
        complex step if `fun` allows it and five-point differences along a random direction
        confirm the result, adaptive differences otherwise.
    step : float, optional
        The step h, in units of the parameters, for a named method. By default 1e-20 for the
        complex step; 1e-4 for central; for adaptive, where it is the first of the steps, 0.02 and
        for five-point 1e-3, times ``|x|`` where that is above 1, and less where a kink or an end
        of the domain is near: where halving the step changes the slope.
    with_error : bool, optional
        Whether a bound on the absolute error of every entry is returned, too.

    Returns
    -------
    array, or nested dicts, lists and tuples of arrays
        The gradient, float64, in the structure of `params`. With `with_error` the pair of it and
        the errors, in the same structure; they are estimates, and nearly always bounds.

    Raises
    ------
    TypeError
        If parameters are not real numbers, or `fun` does not return a number.
    ValueError
        If there are no parameters, the method or the step is unknown or does not fit, or `fun`
        returns something else than a scalar, changes its input, is not deterministic, or does
        not accept complex arrays where ``"complex"`` was asked for.

    Notes
    -----
    Complex step: Squire and Trapp, *SIAM Review* 40 (1998) 110; Martins, Sturdza and Alonso,
    *ACM Trans. Math. Software* 29 (2003) 245. Five-point weights: Fornberg, *Mathematics of
    Computation* 51 (1988) 699. Extrapolation: Richardson, *Phil. Trans. R. Soc. A* 226 (1927)
    299; its error: Ridders, *Advances in Engineering Software* 4 (1982) 75. On a small net
    relative errors are about 1e-15 for the complex step, 1e-12 for adaptive and five-point and
    1e-9 for central differences, more for small entries.

    A loss that is NaN or infinite gives derivatives that are NaN. Where differences along a random
    direction contradict ``"complex"`` a RuntimeWarning says so, and adaptive differences are given.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.numeric_gradient(lambda p: np.sum(p["x"] ** 2), {"x": np.array([1.0, 2.0])})
    {'x': array([2., 4.])}
    """
    problem = Problem(fun, params)
    result = differentiate(problem, method, step, with_error=with_error)
    if method == "complex" != result.method and isfinite(problem.loss):
        warnings.warn(
            f"numeric_gradient: {result.reason}; is fun not analytic, as with np.abs, np.conj or "
            ".real of complex numbers, or at a kink? These are adaptive differences",
            RuntimeWarning,
            stacklevel=2,
        )
    gradient = problem.structure(result.gradient)
    return (gradient, problem.structure(result.error)) if with_error else gradient


def differentiate(
    problem: Problem, method: str = "auto", step: float | None = None, *, with_error: bool = True
) -> NumericGradient:
    """Differentiate a problem, and say how and with what error.

    Where the error is not asked for it is NaN, and differences cost fewer evaluations. They take
    the place of a complex step that is not to be trusted.
    """
    check_method(method, step)
    if method not in ("auto", "complex"):
        return differences(problem, method, step, with_error=with_error)
    try:
        result = complex_step(problem, step or _STEPS["complex"])
        gradient = result.gradient
        reason = find_distrust(problem, gradient, lambda along: float(gradient @ along))
    except Exception as error:  # whatever fun raises on complex arrays: it does not allow them
        if method == "complex":
            raise
        reason = str(error).removeprefix("fun does not take the complex step: ").partition("\n")[0]
    if not reason:
        return result
    return differences(problem, "adaptive", with_error=with_error)._replace(reason=reason)


def check_method(method: str, step: float | None = None) -> None:
    """Raise ValueError for a method that does not exist, or a step that does not fit."""
    known = ("auto", *_STEPS)
    if method not in known:
        raise ValueError(
            f"unknown method {method!r} for numeric gradients; there are {', '.join(known)}"
        )
    if step is not None:
        if method == "auto":
            raise ValueError("step= goes with a named method; 'auto' chooses its own")
        if not 0 < as_float("step", step) < np.inf:
            raise ValueError(f"step must be a positive number, got {step!r}")


def as_float(what: str, option: Any) -> float:
    """Return an option that has to be a number, or raise TypeError."""
    if isinstance(option, bool) or not isinstance(option, int | float | np.floating | np.integer):
        raise TypeError(f"{what} must be a number, got {option!r}")
    return float(option)


# --- the complex step ------------------------------------------------------------------------


def complex_step(
    problem: Problem,
    h: float = 1e-20,
    *,
    at: Vector | None = None,
    where: Iterable[int] | None = None,
) -> NumericGradient:
    """Im f(x + ih) / h at each entry, or `where` it is wanted (zero elsewhere)."""
    point = Point(problem, np.complex128)
    if at is not None:
        point.flat[:] = at
    imaginary_parts = point.flat.imag
    gradient = np.zeros(problem.x.size)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # NumPy warns where an imaginary part is thrown away, and the derivative with it.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for k in range(gradient.size) if where is None else where:
            if at is None and point.flat[k] != problem.x[k]:
                point.refuse_changes()
            imaginary_parts[k] = h
            try:
                gradient[k] = point.imaginary()
            except Exception as error:
                raise ValueError(
                    f"fun does not take the complex step: {type(error).__name__}: {error}"
                ) from error
            imaginary_parts[k] = 0
    if at is None:
        point.refuse_changes()
    gradient /= h
    # There is no truncation and no subtraction: an error of some units in the last place.
    return NumericGradient(gradient, 64 * problem.resolution * np.abs(gradient), "complex")


def find_distrust(
    problem: Problem, gradient: Vector, slope_along: Callable[[Vector], float]
) -> str:
    """Check the complex step along one random direction, by five-point differences.

    A function that is not analytic, such as np.abs of complex numbers, gives a wrong gradient
    without any sign of it. Returns why it is not to be trusted, or nothing.
    """
    if not isfinite(problem.loss):
        return "the loss is not finite"
    if not np.isfinite(gradient).all():
        return "the complex step gave numbers that are not finite"
    direction = np.random.default_rng(0).standard_normal(gradient.size)
    direction /= np.linalg.norm(direction)
    slope = slope_along(direction)
    best, error = find_slope(problem, "five-point", np.arange(direction.size), direction)
    if abs(slope - best) <= error:
        return ""
    return f"the complex step gave a slope of {slope:.6g}, differences {best:.6g}"


def find_slope(
    problem: Problem, method: str, where: npt.NDArray[np.intp], direction: Vector
) -> Slope:
    """Differentiate along a direction in which the entries at some places move."""
    if method == "complex":
        h = _STEPS[method]
        moved = Point(problem, np.complex128)
        moved.flat.imag[where] = h * direction
        with np.errstate(all="ignore"):
            value = moved.imaginary() / h
        return Slope(value, 64 * problem.resolution * abs(value))
    point, noise = Point(problem), problem.noise()
    length = float(np.linalg.norm(direction))

    @cache
    def along(t: float) -> float:
        point.flat[where] = problem.x[where] + t / length * direction
        return point.value()

    with np.errstate(all="ignore"):
        slope = where_smooth(along, _STEPS["five-point"], noise)
    return Slope(length * slope.value, length * slope.error)


# --- differences -----------------------------------------------------------------------------


def differences(
    problem: Problem,
    method: str,
    step: float | None = None,
    *,
    with_error: bool = True,
    where: Iterable[int] | None = None,
) -> NumericGradient:
    """Differences at each entry, or `where` they are wanted (zero elsewhere)."""
    gradient = np.zeros(problem.x.size)
    error = np.full(problem.x.size, np.nan)
    slope = _slope_by(problem, method, step, with_error)
    probe = EntryFunction(problem)
    with np.errstate(all="ignore"):  # fun may be undefined beside the point
        for k in range(gradient.size) if where is None else where:
            gradient[k], error[k] = slope(probe.along(k), probe.scale(k))
    probe.close()
    return NumericGradient(gradient, error, method)


def _slope_by(
    problem: Problem, method: str, step: float | None, with_error: bool
) -> Callable[[F, float], Slope]:
    """Return what takes a function along one entry, and the entry's scale, to a slope."""
    h = _STEPS[method] if step is None else step
    if method == "adaptive":
        noise = problem.noise()
        return lambda f, scale: adaptive(f, h * (scale if step is None else 1), noise)
    if method == "five-point" and step is None:
        noise = problem.noise()
        return lambda f, scale: where_smooth(f, h * scale, noise)
    formula = central if method == "central" else five_point
    if not with_error:
        return lambda f, scale: Slope(formula(f, h), np.nan)
    noise = problem.noise()

    def plain(f: F, scale: float) -> Slope:
        slope = formula(f, h)
        return Slope(slope, change_error(abs(slope - formula(f, h / 2)), noise, h))

    return plain


class EntryFunction:
    """`fun` along one entry of its parameters at a time."""

    def __init__(self, problem: Problem) -> None:
        self.point = Point(problem)
        self._x = problem.x
        self._moved = 0

    def scale(self, k: int) -> float:
        """Return the size of an entry, at least 1, in which its steps are measured."""
        return max(1.0, abs(float(self._x[k])))

    def along(self, k: int) -> F:
        """Return the function of the distance from the point along entry k, until the next call."""
        flat, x = self.point.flat, float(self._x[k])
        flat[self._moved] = self._x[self._moved]
        if flat[k] != x:  # seen before it is moved and put back; the others are in the end
            self.point.refuse_changes()
        self._moved = k

        @cache  # a step and its half share evaluations
        def f(t: float) -> float:
            flat[k] = x + t
            return self.point.value()

        return f

    def close(self) -> None:
        """Put the last entry back, and raise if `fun` has changed something."""
        self.point.flat[self._moved] = self._x[self._moved]
        self.point.refuse_changes()
