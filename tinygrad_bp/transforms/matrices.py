"""Whole Jacobians and Hessians, one backward pass per row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ..kernel import Value
from ..trees import rebuild
from .reverse import grad
from .running import Trace, check_argnums, refuse_whole


def jacobian(fun: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make a function that returns the Jacobian of `fun`.

    Parameters
    ----------
    fun : callable
        Returns an array, or nested dicts, lists and tuples of them.
    argnums : int or sequence of int, optional
        By which positional arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `fun`; returns an array of shape value.shape + argument.shape. With
        containers: the structure of the value, with the structure of the argument in the place
        of each leaf. With a sequence of argnums a tuple there.

    Raises
    ------
    TypeError, ValueError
        When called: if an argument to differentiate by is not made of numbers, or there is no
        such argument.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.jacobian(lambda a: a**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @wraps(fun)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        trace = Trace("jacobian", fun, args, kwargs, check_argnums("jacobian", argnums, len(args)))
        blocks = []
        for output in trace.outputs:
            refuse_whole("jacobian", output.dtype)
            if np.iscomplexobj(output._data):
                raise TypeError(
                    f"jacobian: expected real numbers, got complex ones of shape {output.shape}; "
                    "take .real and .imag of them"
                )
            arguments = trace.arguments_of(_block(trace, output))
            blocks.append(arguments[0] if isinstance(argnums, int) else arguments)
        return rebuild(trace.value, iter(blocks))

    return matrix


def _block(trace: Trace, output: Value) -> list[list[Any]]:
    """Stack the rows that belong to one output, for each leaf of each argument."""
    rows = []
    for place in np.ndindex(output.shape):
        unit = np.zeros(output.shape, output.dtype)
        unit[place] = 1
        rows.append(trace.pull_back([unit[()]], create_graph=trace.nested, outputs=[output]))
    return [
        [_stack([row[k][i] for row in rows], output, leaf) for i, leaf in enumerate(leaves)]
        for k, leaves in enumerate(trace.leaves)
    ]


def _stack(rows: list[Any], output: Value, leaf: Value) -> Any:
    shape = output.shape + leaf.shape
    if not rows:
        return np.zeros(shape, leaf.dtype)
    return np.stack(rows).reshape(shape)[()]


def hessian(fun: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make a function that returns the Hessian of `fun`, the Jacobian of its gradient.

    Parameters
    ----------
    fun : callable
        Computes a scalar.
    argnums : int or sequence of int, optional
        By which positional arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `fun`; returns an array of shape argument.shape twice over, or
        containers of them as `jacobian` does.

    Raises
    ------
    TypeError, ValueError
        When called: as `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.hessian(lambda a: a[0] ** 2 * a[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return jacobian(grad(fun, argnums), argnums)
