"""Gradient checks for test suites, also for functions of PyTorch and JAX."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, get_args

from .checking import Comparison, compare
from .checking.frameworks import Framework, Jax, Torch

OnBlindSpots = Literal["error", "warn", "ignore"]


def assert_gradients_match(
    fun: Callable[[Any], Any],
    params: Any,
    manual: Any = None,
    *,
    blind_spots: OnBlindSpots = "ignore",
    **options: Any,
) -> Comparison:
    """Raise AssertionError unless the gradients of a function agree.

    Parameters
    ----------
    fun, params, manual
        As for `compare`: a scalar function, where to differentiate it, and its hand-derived
        gradient, or a function that gives that. Without it the automatic gradient is compared
        with the numeric one.
    blind_spots : {"ignore", "warn", "error"}, optional
        What is done where the gradients agree, but likely mistakes would not show at `params`:
        see `tinygrad_bp.blind_spots`.
    **options
        ``numeric`` and ``tolerance``, as for `compare`.

    Returns
    -------
    Comparison
        Where the gradients agree.

    Raises
    ------
    AssertionError
        With the table of the comparison as its text, or with the blind spots.
    TypeError, ValueError
        Where there is nothing to compare, as `compare` does; if an option is unknown.

    Warns
    -----
    UserWarning
        Of blind spots, with ``blind_spots="warn"``.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.testing.assert_gradients_match(lambda x: np.sum(x**2), np.ones(3), lambda x: 2 * x)
    <Comparison: gradients match: 3 entries>
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    if blind_spots not in get_args(OnBlindSpots):
        raise ValueError(
            f"blind_spots must be one of {get_args(OnBlindSpots)}, got {blind_spots!r}"
        )
    comparison = compare(fun, params, manual, **options)
    if not comparison:
        raise AssertionError(str(comparison))
    if blind_spots != "ignore":
        from .planting import blind_spots as find_blind_spots  # only who asks pays for it

        found = find_blind_spots(fun, params, tolerance=comparison.tolerance)
        if found and blind_spots == "error":
            raise AssertionError(str(found))
        if found:
            warnings.warn(str(found), stacklevel=2)
    return comparison


def check_torch(
    function: Callable[..., Any],
    *inputs: Any,
    reference: Callable[..., Any] | None = None,
    **options: Any,
) -> Comparison:
    """Raise AssertionError unless PyTorch's backward pass of a function is right.

    Parameters
    ----------
    function : callable
        Of tensors; the ``apply`` of a ``torch.autograd.Function``, or anything else that
        PyTorch differentiates. It is run in the dtypes and on the devices of the inputs.
    *inputs
        What it is called with. Tensors and arrays of floating-point numbers are differentiated by.
    reference : callable, optional
        The forward pass in NumPy, of the same inputs. With it there is an automatic gradient, and
        the cause of a mistake is looked for. Without it, or where it is PyTorch code as well, the
        forward pass is differentiated numerically, in float64.
    **options
        ``upstream``, ``upstreams``, ``seed``, ``dtype``, ``tolerance`` and ``numeric``, as for
        `compare_vjp`. The dtype is by default the lowest one of inputs and outputs, or TF32 where
        PyTorch multiplies float32 matrices in it.

    Returns
    -------
    Comparison
        Where everything is right; what was looked at is in its ``notes``.

    Raises
    ------
    AssertionError
        With the table of the comparison as its text.
    ValueError
        If there is no `reference`, and the function computes in float32 whatever it is given.

    Examples
    --------
    >>> import torch
    >>> import tinygrad_bp as bp
    >>> bp.testing.check_torch(torch.nn.functional.gelu, torch.linspace(-2, 2, 5))
    <Comparison: gradients match: 5 entries>
    """
    __tracebackhide__ = True
    return _check(Torch(function, inputs), reference, options)


def check_jax(
    function: Callable[..., Any],
    *inputs: Any,
    reference: Callable[..., Any] | None = None,
    **options: Any,
) -> Comparison:
    """Raise AssertionError unless JAX's vjp of a function is right.

    Parameters
    ----------
    function : callable
        Of arrays; with a rule by ``jax.custom_vjp``, or anything else that JAX differentiates.
    *inputs
        What it is called with. Arrays of floating-point numbers are differentiated by.
    reference : callable, optional
        The forward pass in NumPy, of the same inputs. With it there is an automatic gradient, and
        the cause of a mistake is looked for. Without it, or where it is JAX code as well, the
        forward pass is differentiated numerically, in float64.
    **options
        ``upstream``, ``upstreams``, ``seed``, ``dtype``, ``tolerance`` and ``numeric``, as for
        `compare_vjp`. The dtype is by default the lowest one of inputs and outputs, or TF32 or
        bfloat16 where JAX multiplies float32 matrices in it.

    Returns
    -------
    Comparison
        Where everything is right; what was looked at is in its ``notes``.

    Raises
    ------
    AssertionError
        With the table of the comparison as its text.
    ValueError
        If there is no `reference`, and the function computes in float32 whatever it is given.

    Examples
    --------
    >>> import jax
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.testing.check_jax(jax.nn.gelu, np.linspace(-2, 2, 5))
    <Comparison: gradients match: 5 entries>
    """
    __tracebackhide__ = True
    return _check(Jax(function, inputs), reference, options)


def _check(
    framework: Framework, reference: Callable[..., Any] | None, options: dict[str, Any]
) -> Comparison:
    __tracebackhide__ = True
    comparison = framework.check(reference, options)
    if not comparison:
        raise AssertionError(str(comparison))
    return comparison
