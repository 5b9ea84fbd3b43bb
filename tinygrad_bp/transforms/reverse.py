"""What one backward pass gives: gradients, and products of a cotangent with the Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from ..kernel import Value
from .running import Trace, as_cotangents, check_argnums


def value_and_grad(
    fun: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Make a function that returns the value of `fun` and its gradient.

    Parameters
    ----------
    fun : callable
        Computes a scalar with ops or with NumPy's functions.
    argnums : int or sequence of int, optional
        By which positional arguments to differentiate: arrays, numbers, Values, and nested
        dicts, lists and tuples of them.

    Returns
    -------
    callable
        Takes the arguments of `fun`. The gradient has the structure of the argument; with a
        sequence of argnums there is a tuple of them. Arrays, or Values inside another transform
        and where an argument is a Value that requires a gradient.

    Raises
    ------
    TypeError, ValueError
        When called: if `fun` does not return a scalar, an argument to differentiate by is not
        made of numbers, or there is no such argument.

    Notes
    -----
    If `fun` fills a plain array of numbers anew after an op has used it, as a buffer in a loop, the
    gradient is that for the new numbers. Take ``buffer.copy()``, or `tinygrad_bp.numpy`. `compare`
    tells of it.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.value_and_grad(lambda p: np.sum(p["w"] ** 2))({"w": np.array([1.0, 2.0])})
    (np.float64(5.0), {'w': array([2., 4.])})
    """

    @wraps(fun)
    def differentiated(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        name = "grad"
        trace = Trace(name, fun, args, kwargs, check_argnums(name, argnums, len(args)))
        seed = trace.scalar().dtype.type(1)
        gradients = trace.arguments_of(trace.pull_back([seed], create_graph=trace.nested))
        return trace.result, gradients[0] if isinstance(argnums, int) else gradients

    return differentiated


def grad(fun: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make a function that returns the gradient of `fun`, as `value_and_grad` without the value.

    Parameters
    ----------
    fun : callable
        Computes a scalar with ops or with NumPy's functions.
    argnums : int or sequence of int, optional
        By which positional arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `fun`. See `value_and_grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.grad(np.tanh)(0.5)
    np.float64(0.786447732965927...)
    >>> bp.grad(bp.grad(np.exp))(0.0)
    np.float64(1.0)
    """
    both = value_and_grad(fun, argnums)

    @wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def vjp(fun: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Compute a function, and return how to pull cotangents back through it.

    Parameters
    ----------
    fun : callable
        Returns arrays, or nested dicts, lists and tuples of them.
    *args
        Its arguments, all of which are differentiated by.

    Returns
    -------
    value : tree
        What `fun` returns.
    pull_back : callable
        Takes a cotangent of the structure and the shapes of the value; returns a tuple of
        cotangents, one per argument, each of that argument's structure. May be called again.

    Raises
    ------
    TypeError, ValueError
        If an argument is not made of numbers; from `pull_back` if the cotangent does not
        fit.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> value, pull_back = bp.vjp(lambda a, b: a * b, np.array([1.0, 2.0]), 3.0)
    >>> pull_back(np.array([1.0, 10.0]))
    (array([ 3., 30.]), np.float64(21.0))
    """
    trace = Trace("vjp", fun, args, {}, range(len(args)))

    def pull_back(cotangent: Any) -> tuple[Any, ...]:
        seeds = as_cotangents("vjp", "a cotangent", cotangent, trace.value, trace.outputs)
        graph = trace.nested or any(isinstance(s, Value) and s.requires_grad for s in seeds)
        return trace.arguments_of(trace.pull_back(seeds, create_graph=graph))

    return trace.result, pull_back
