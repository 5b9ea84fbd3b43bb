"""Directional derivatives, of a function and of its gradient, without a second set of rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..kernel import Value
from ..trees import rebuild
from .running import Trace, as_cotangents


def jvp(fun: Callable[..., Any], args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    r"""Compute a function and its derivative in a direction, the Jacobian times the tangents.

    Parameters
    ----------
    fun : callable
        Returns arrays, or nested dicts, lists and tuples of them.
    args : sequence
        Its arguments.
    tangents : sequence
        The direction: one per argument, of its structure and shapes.

    Returns
    -------
    value, tangent : tree
        What `fun` returns, and the derivative, of the same structure.

    Raises
    ------
    TypeError, ValueError
        If an argument is not made of numbers, or the tangents do not fit.

    Notes
    -----
    The pulled back cotangent :math:`u \mapsto J^T u` is linear in *u*, and its own backward pass
    is :math:`v \mapsto J v` (Townsend, "A new trick for calculating Jacobian vector products",
    2017). So the rules of the backward pass are enough.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.jvp(lambda a, b: a * b, (np.array([1.0, 2.0]), 3.0), (np.ones(2), 0.5))
    (array([3., 6.]), array([3.5, 4. ]))
    """
    args, tangents = _same_number("jvp", "tangents", args, tangents)
    trace = Trace("jvp", fun, args, {}, range(len(args)))

    directions = as_cotangents(
        "jvp",
        "tangents",
        list(tangents),
        list(args),
        [x for leaves in trace.leaves for x in leaves],
    )
    start = [np.zeros(output.shape, output.dtype)[()] for output in trace.outputs]
    transposed = Trace(
        "jvp",
        lambda *u: trace.pull_back(u, create_graph=True),
        start,
        {},
        range(len(start)),
    )
    nested = trace.nested or any(isinstance(d, Value) and d.requires_grad for d in directions)
    tangent = [t for (t,) in transposed.pull_back(directions, create_graph=nested)]
    return trace.result, rebuild(trace.value, iter(tangent))


def hvp(fun: Callable[..., Any], args: Sequence[Any], vectors: Sequence[Any]) -> Any:
    """Compute the Hessian of a scalar function times vectors, without the Hessian.

    Parameters
    ----------
    fun : callable
        Computes a scalar.
    args : sequence
        Its arguments.
    vectors : sequence
        One per argument, of its structure and shapes.

    Returns
    -------
    tuple
        One product per argument, of its structure.

    Raises
    ------
    TypeError, ValueError
        If `fun` does not return a scalar, or the vectors do not fit.

    Notes
    -----
    The gradient of the gradient's product with the vectors (Pearlmutter, 1994): two backward
    passes.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> bp.hvp(lambda a: np.sum(a**3), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([  6., 120.]),)
    """
    args, vectors = _same_number("hvp", "vectors", args, vectors)
    trace = Trace("hvp", fun, args, {}, range(len(args)))
    output = trace.scalar()
    gradients = trace.pull_back([output.dtype.type(1)], create_graph=True)
    flat = [gradient for group in gradients for gradient in group]
    seeds = as_cotangents("hvp", "vectors", list(vectors), list(args), flat)
    nested = trace.nested or any(isinstance(s, Value) and s.requires_grad for s in seeds)
    return trace.arguments_of(trace.pull_back(seeds, create_graph=nested, outputs=flat))


def _same_number(
    name: str, what: str, args: Sequence[Any], others: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    for label, given in (("args", args), (what, others)):
        if not isinstance(given, tuple | list):
            raise TypeError(
                f"{name}: {label} must be a tuple, one item per argument, got "
                f"{type(given).__name__}"
            )
    if len(args) != len(others):
        raise ValueError(
            f"{name}: expected {len(args)} {what}, one per argument, got {len(others)}"
        )
    return tuple(args), tuple(others)
