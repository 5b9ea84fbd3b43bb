"""`exercise`: backward passes with one mistake in them, to be found."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from .task import Exercise
from .workshop import Workshop


def exercise(fun: Callable[[Any], Any], params: Any, *, seed: int = 0) -> Exercise:
    """Write a backward pass with exactly one mistake in it, as a file for a learner.

    Parameters
    ----------
    fun : callable
        ``fun(params)`` gives a scalar, the loss, as for `compare`.
    params : array_like, nested dicts, lists and tuples of them
        Where the gradients are taken.
    seed : int, optional
        Which exercise, counted from 0. Each number gives another one, and always the same.

    Returns
    -------
    Exercise
        With its source, a hint, the solution, and `check` for answers.

    Raises
    ------
    ValueError
        If there are not so many exercises: the text says how many there are.
    TypeError
        If `fun` gives no real number, or its backward pass cannot be written out.

    Notes
    -----
    The text is that of `derive`, with one line of the backward pass replaced, or the same line in
    every pass of a loop. The mistake shows: a check at `params` sees the wrong gradients. And it
    has one answer: the diagnosis names this one line and no other, at other parameters too. Those
    with smaller seeds are made first, so a large seed takes longer.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> x, t = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]]), np.array([[1.0], [0.0], [2.0]])
    >>> params = {"w": np.array([[0.5], [-0.3]]), "b": np.array([0.1])}
    >>> def loss(p):
    ...     o = x @ p["w"] + p["b"]
    ...     return np.sum((o - t) ** 2)
    >>> task = bp.exercise(loss, params, seed=0)
    >>> bool(task.check(task.source)), bool(task.check(task.right))
    (False, True)
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    return exercises(fun, params, count=seed + 1)[seed]


def exercises(fun: Callable[[Any], Any], params: Any, *, count: int) -> list[Exercise]:
    """Write several different exercises of one function: those with the seeds 0, 1, 2 ...

    Parameters
    ----------
    fun, params
        As for `exercise`.
    count : int
        How many.

    Returns
    -------
    list of Exercise
        The k-th is that with ``seed=k``. Different mistakes come first, then the same ones at
        other places.

    Raises
    ------
    ValueError
        If there are not so many: the text says how many there are.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_bp as bp
    >>> params = {"w": np.array([0.5, -0.3]), "v": np.array([1.5, 2.0])}
    >>> def loss(p):
    ...     return np.sum((np.tanh(p["w"]) * p["v"]) ** 2)
    >>> len({task.source for task in bp.exercises(loss, params, count=3)})
    3
    """
    workshop = Workshop(fun, params)
    made = list(islice(workshop.all(), count))
    if not made and count:
        raise ValueError(
            "no mistake in the backward pass of this function shows at these parameters and has "
            "one answer; take other parameters: bp.blind_spots says which"
        )
    if len(made) < count:
        raise ValueError(
            f"asked for {count} exercises, but of this function there are {len(made)} different "
            f"ones, with the seeds 0 to {len(made) - 1}; a longer function has more"
        )
    return made
