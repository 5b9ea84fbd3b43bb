"""A compiled function as a pure one, to be used inside of JAX: under jit, vmap, grad, shardings.

There the leaves have no numbers, only shapes and dtypes. Tracing needs some, and takes its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...transforms.running import check_argnums
from ...trees import flatten, rebuild
from ..arguments import Arguments
from ..cache import Cache
from ..specialize import Recorded, record, refuse_in_place
from .derived_text import as_function, jax_module


def pure_function(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] | None,
    cache_size: int,
    text: Mapping[str, str] | None = None,
) -> Callable[..., Any]:
    """Make a function of JAX's arrays that computes what `Compiled` computes.

    Parameters
    ----------
    fun : callable
        What to trace.
    argnums : int, sequence of int or None
        By which positional arguments to differentiate.
    cache_size : int
        For how many kinds of arguments programs are kept.
    text : dict of str to str, optional
        How a user's own ops are written.

    Returns
    -------
    callable
        Takes the arguments of `fun`, with arrays of NumPy or of JAX and whatever takes their
        place in JAX's transforms. It only calls `jax.numpy`, and returns JAX's arrays.
    """
    jax = jax_module()
    programs: Cache[tuple[Recorded, Callable[..., Any]]] = Cache(cache_size)

    def function(*args: Any, **kwargs: Any) -> Any:
        given = [leaf for _, leaf in flatten((args, kwargs))]
        known = [_numbers(leaf) if isinstance(leaf, jax.Array) else leaf for leaf in given]
        by = [] if argnums is None else check_argnums("compile", argnums, len(args))
        known_args, known_kwargs = rebuild((args, kwargs), iter(known))
        arguments = Arguments(known_args, known_kwargs, by, frozen=False)
        key = arguments.key()
        found = programs.get(key)
        if found is None:
            numbers = by[0] if isinstance(argnums, int) else by
            refuse_in_place(fun, arguments)
            recorded = record(fun, arguments, None if argnums is None else numbers)
            found = recorded, as_function(recorded.program, text)
            programs.put(key, found)
        recorded, compute = found
        leaves = (
            mine if isinstance(mine, jax.Array) else leaf.data
            for mine, leaf in zip(given, arguments.leaves, strict=True)
            if leaf.is_input
        )
        return rebuild(recorded.tree, iter(compute(*leaves)))

    return function


def _numbers(leaf: Any) -> Any:
    """Return numbers to trace with, for an array of which the shape and the dtype are known."""
    if leaf.dtype.kind in "iub":  # places: there is always a first one
        return np.zeros(leaf.shape, leaf.dtype)
    return np.random.default_rng(leaf.size).normal(size=leaf.shape).astype(leaf.dtype)
