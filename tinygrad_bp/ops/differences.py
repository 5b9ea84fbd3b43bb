"""Differences along an axis, and what they approximate: diff, ediff1d, gradient, trapezoid.

All of it is composed, so that coordinates and spacings may be Values as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..kernel.dispatch import implements
from ..kernel.value import Value
from .axes import MISSING, as_operand, part


@implements(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = MISSING, append: Any = MISSING) -> Any:
    """Subtract neighbours along an axis, `n` times, as `numpy.diff`."""
    a = as_operand(a)
    if n < 0:
        raise ValueError(f"diff: expected n at least 0, got {n}")
    axis = normalize_axis_index(axis, a.ndim)
    ends = [_slice_of(end, a, axis) for end in (prepend, append) if end is not MISSING]
    if n and ends:
        before = ends[:1] if prepend is not MISSING else []
        a = np.concatenate([*before, a, *ends[len(before) :]], axis=axis)
    for _ in range(n):
        a = part(a, slice(1, None), axis) - part(a, slice(-1), axis)
    return a


def _slice_of(end: Any, a: Any, axis: int) -> Any:
    """Return what is put before or after `a`; a number stands for a slice full of it."""
    end = as_operand(end)
    return end if end.ndim else np.broadcast_to(end, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))


@implements(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Subtract neighbours of the flattened array, as `numpy.ediff1d`."""
    inner = diff(np.reshape(as_operand(ary), -1))
    before, after = (
        [] if e is None else [np.reshape(as_operand(e), -1)] for e in (to_begin, to_end)
    )
    return np.concatenate([*before, inner, *after]) if before or after else inner


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate along an axis by the trapezoidal rule, as `numpy.trapezoid`."""
    y = as_operand(y)
    axis = normalize_axis_index(axis, y.ndim)
    heights = part(y, slice(1, None), axis) + part(y, slice(-1), axis)
    if x is not None:
        x = as_operand(x)
        dx = _along(diff(x), axis, y.ndim) if x.ndim == 1 else diff(x, axis=axis)
    return np.sum(dx * heights / 2, axis=axis)


def _along(line: Any, axis: int, ndim: int) -> Any:
    """Lay a line along one axis of an array."""
    shape = [1] * ndim
    shape[axis] = line.size
    return line.reshape(shape)


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Differentiate samples along axes by second-order differences, as `numpy.gradient`."""
    f = as_operand(f)
    if f.dtype.kind != "f" and isinstance(f, np.ndarray):
        f = f.astype(np.float64)
    axes = normalize_axis_tuple(range(f.ndim) if axis is None else axis, f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    slopes = tuple(
        _slope(f, spacing, k, edge_order)
        for k, spacing in zip(axes, _spacings(f, varargs, axes), strict=True)
    )
    return slopes[0] if len(slopes) == 1 else slopes


def _spacings(f: Any, given: Sequence[Any], axes: tuple[int, ...]) -> list[Any]:
    """Return the distances between samples along each axis, ready to meet `f`."""
    if not given:
        given = (1.0,)
    if len(given) == 1 and np.ndim(given[0]) == 0:
        given = tuple(given) * len(axes)
    if len(given) != len(axes):
        raise TypeError(
            f"gradient: expected one spacing for all axes or {len(axes)}, got {len(given)}"
        )
    spacings = []
    for spacing, k in zip(given, axes, strict=True):
        if np.ndim(spacing) > 1:
            raise ValueError("gradient: distances must be either scalars or 1d")
        if np.ndim(spacing) == 1:
            if np.size(spacing) != f.shape[k]:
                raise ValueError(
                    f"gradient: expected {f.shape[k]} coordinates along axis {k}, got "
                    f"{np.size(spacing)}"
                )
            steps = diff(spacing)
            steps = steps if isinstance(steps, Value) else steps.astype(f.dtype)
        else:
            steps = spacing * np.ones(max(f.shape[k] - 1, 0), f.dtype)
        spacings.append(_along(steps, k, f.ndim))
    return spacings


def _slope(f: Any, steps: Any, axis: int, edge_order: int) -> Any:
    """Differentiate along one axis.

    Inside, the derivative of the parabola through three samples: the mean of the two slopes,
    the one over the shorter step with the greater weight. At an end the slope there, or that of
    the parabola.
    """
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            f"gradient: expected at least {edge_order + 1} samples (edge_order + 1) along axis "
            f"{axis}, got {f.shape[axis]}"
        )
    s = diff(f, axis=axis) / steps

    def at(places: slice) -> tuple[Any, Any]:
        return part(s, places, axis), part(steps, places, axis)

    (left, before), (right, after) = at(slice(-1)), at(slice(1, None))
    inner = (left * after + right * before) / (before + after)
    ends = []
    for end, second in ((slice(1), slice(1, 2)), (slice(-1, None), slice(-2, -1))):
        (slope, step), (next_slope, next_step) = at(end), at(second)
        if edge_order == 2:
            slope = slope + (slope - next_slope) * step / (step + next_step)
        ends.append(slope)
    return np.concatenate([ends[0], inner, ends[1]], axis=axis)
