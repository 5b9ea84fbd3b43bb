"""Numeric derivatives, and how far each of them can be trusted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from math import isfinite
from typing import Any, Literal, NamedTuple

import numpy as np

from .problem import Point, Problem, Vector

__all__ = [
    "Method",
    "NumericGradient",
    "as_float",
    "check_method",
    "complex_step",
    "differences",
    "differentiate",
    "numeric_gradient",
]

Method = Literal["auto", "complex", "five-point", "central"]

_STEPS = {"complex": 1e-20, "five-point": 1e-3, "central": 1e-4}


class NumericGradient(NamedTuple):
    """A numeric gradient, as vectors over the entries of the parameters.

    Attributes
    ----------
    gradient : numpy.ndarray
        The derivatives.
    error : numpy.ndarray
        A bound on the absolute error of each, as it was estimated.
    method : str
        ``"complex"``, ``"five-point"`` or ``"central"``.
    reason : str
        Why ``"auto"`` did not use the complex step; empty where it did or was not asked to.
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
) -> Any:
    """Differentiate a function numerically, one entry of its parameters at a time.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar. It gets copies of the parameters as float64 arrays, for
        the complex step as complex ones, and must not change them.
    params : array_like or Value, or nested dicts, lists and tuples of them
        Where to differentiate. float32 and integers are differentiated in float64.
    method : {"auto", "complex", "five-point", "central"}, optional
        ``"complex"``: Im f(x + ih) / h, exact to round-off; `fun` has to accept complex arrays
        and be analytic. ``"five-point"``:
        (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h, with an error of order h⁴.
        ``"central"``: (f(x + h) - f(x - h)) / 2h, with an error of order h². ``"auto"``: the
        complex step if `fun` allows it and five-point differences along a random direction
        confirm the result, five-point otherwise.
    step : float, optional
        The step h, in units of the parameters, for a named method. By default 1e-20 for the
        complex step; 1e-4 for central; for five-point 1e-3, times ``|x|`` where that is above 1,
        and less where a kink or an end of the domain is near: where halving the step changes
        the slope.

    Returns
    -------
    array, or nested dicts, lists and tuples of arrays
        The gradient, float64, in the structure of `params`.

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
    Computation* 51 (1988) 699. On a small net relative errors are about 1e-15 for the complex
    step, 1e-12 for five-point and 1e-9 for central differences, more for small entries.

    A loss that is NaN or infinite gives derivatives that are NaN.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.numeric_gradient(lambda p: np.sum(p["x"] ** 2), {"x": np.array([1.0, 2.0])})
    {'x': array([2., 4.])}
    """
    problem = Problem(fun, params)
    return problem.structure(differentiate(problem, method, step, with_error=False).gradient)


def differentiate(
    problem: Problem, method: str = "auto", step: float | None = None, *, with_error: bool = True
) -> NumericGradient:
    """Differentiate a problem, and say how and with what error.

    Where the error is not asked for it is NaN, and differences cost fewer evaluations.
    """
    check_method(method, step)
    if method == "complex":
        return complex_step(problem, _STEPS[method] if step is None else step)
    if method != "auto":
        return differences(problem, method, step, with_error=with_error)
    try:
        result = complex_step(problem)
        reason = _reason_for_distrust(problem, result.gradient)
    except Exception as error:  # whatever fun raises on complex arrays: it does not allow them
        reason = str(error).removeprefix("fun does not take the complex step: ").partition("\n")[0]
    if not reason:
        return result
    return differences(problem, "five-point", with_error=with_error)._replace(reason=reason)


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


def _reason_for_distrust(problem: Problem, gradient: Vector) -> str:
    """Check a gradient along one random direction, by five-point differences.

    A function that is not analytic, such as np.abs of complex numbers, gives a wrong gradient
    without any sign of it.
    """
    if not isfinite(problem.loss):
        return "the loss is not finite"
    if not np.isfinite(gradient).all():
        return "the complex step gave numbers that are not finite"
    direction = np.random.default_rng(0).standard_normal(gradient.size)
    direction /= np.linalg.norm(direction)
    slope = float(gradient @ direction)
    point, noise = Point(problem), problem.noise()

    @cache
    def along(t: float) -> float:
        point.flat[:] = problem.x + t * direction
        return point.value()

    with np.errstate(all="ignore"):
        best, error = _where_smooth(along, 1e-3, noise)
    if abs(slope - best) <= error:
        return ""
    return f"the complex step gave a slope of {slope:.6g}, differences {best:.6g}"


# --- differences -----------------------------------------------------------------------------


def _central(f: Callable[[float], float], h: float) -> float:
    return (f(h) - f(-h)) / (2 * h)


def _five_point(f: Callable[[float], float], h: float) -> float:
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def _error(truncation: float, noise: float, h: float) -> float:
    """Bound the error of a difference by how far halving h changes it, and round-off.

    The change is 3/4 of the truncation for central differences and 15/16 for five-point. The
    noise of the values, weighted and divided by h, may hide a part of that change.
    """
    return 2 * truncation + 6 * noise / h


def _where_smooth(f: Callable[[float], float], h: float, noise: float) -> tuple[float, float]:
    """Return a five-point slope and its error, with a shorter step where a kink is within h.

    A kink, or an end of where f is defined, shows by a slope that changes with the step.
    """
    best, least = np.nan, np.inf
    for _ in range(7):
        slope = _five_point(f, h)
        truncation = abs(slope - _five_point(f, h / 2))
        error = _error(truncation, noise, h)
        if error < least:
            best, least = slope, error
        if truncation <= max(3 * noise / h, 1e-6 * abs(slope)):
            break
        h /= 10
    return best, least


def differences(
    problem: Problem,
    method: str,
    step: float | None = None,
    *,
    with_error: bool = True,
    where: Iterable[int] | None = None,
) -> NumericGradient:
    """Differences at each entry, or `where` they are wanted (zero elsewhere)."""
    formula = _central if method == "central" else _five_point
    chosen = step is None and method == "five-point"
    h = _STEPS[method] if step is None else step
    point = Point(problem)
    flat = point.flat
    gradient = np.zeros(flat.size)
    error = np.full(flat.size, np.nan)
    noise = problem.noise() if with_error or chosen else 0.0
    with np.errstate(all="ignore"):  # fun may be undefined beside the point
        for k in range(flat.size) if where is None else where:
            x = float(problem.x[k])
            if flat[k] != x:  # seen before it is moved and put back; the others are in the end
                point.refuse_changes()

            @cache  # a step and its half share evaluations
            def along(t: float) -> float:
                flat[k] = x + t  # noqa: B023 - called before the loop goes on
                return point.value()

            if chosen:
                gradient[k], error[k] = _where_smooth(along, h * max(1.0, abs(x)), noise)
            else:
                gradient[k] = formula(along, h)
                if with_error:
                    error[k] = _error(abs(gradient[k] - formula(along, h / 2)), noise, h)
            flat[k] = x
    point.refuse_changes()
    return NumericGradient(gradient, error, method)
