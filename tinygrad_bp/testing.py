"""Gradient checks for test suites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .checking import Comparison, compare


def assert_gradients_match(
    fun: Callable[[Any], Any], params: Any, manual: Any = None, **options: Any
) -> Comparison:
    """Raise AssertionError unless the gradients of a function agree.

    Parameters
    ----------
    fun, params, manual
        As for `compare`: a scalar function, where to differentiate it, and its hand-derived
        gradient, or a function that gives that. Without it the automatic gradient is compared
        with the numeric one.
    **options
        ``numeric`` and ``tolerance``, as for `compare`.

    Returns
    -------
    Comparison
        Where the gradients agree.

    Raises
    ------
    AssertionError
        With the table of the comparison as its text.
    TypeError, ValueError
        Where there is nothing to compare, as `compare` does.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.testing.assert_gradients_match(lambda x: np.sum(x**2), np.ones(3), lambda x: 2 * x)
    <Comparison: gradients match: 3 entries>
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    comparison = compare(fun, params, manual, **options)
    if not comparison:
        raise AssertionError(str(comparison))
    return comparison
