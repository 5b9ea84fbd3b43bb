"""What is wrong with the numbers of a node, in words, and how large its gradient is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernel import Value
from ..ops import relu
from .plain_text import number

#: Gradients without a larger entry have vanished; a step of any usual size changes nothing.
VANISHING = 1e-8
#: Gradients with a larger entry explode.
EXPLODING = 1e4


def size_of(gradient: Any) -> float | None:
    """Return the largest absolute entry of a gradient that is finite; None if there is none."""
    if gradient is None:
        return None
    array = np.abs(np.asarray(gradient)).astype(np.float64)
    finite = array[np.isfinite(array)]
    return float(finite.max()) if finite.size else None


def flags(value: Value, gradient: Any, *, is_round_off: bool = False) -> tuple[str, ...]:
    """Say what is wrong with a node, if something is: ``NaN in the value``.

    Parameters
    ----------
    value : Value
        The node.
    gradient : array or None
        Its gradient.
    is_round_off : bool, optional
        Whether that is 0 but for round-off; then it has not vanished on its way.
    """
    found = [_not_finite("value", value.data), _not_finite("gradient", gradient), _dead(value)]
    return tuple(flag for flag in (*found, "" if is_round_off else _extreme(gradient)) if flag)


def _not_finite(what: str, data: Any) -> str:
    array = np.asarray(data)
    if array.dtype.kind not in "fc" or np.isfinite(array).all():
        return ""
    kinds = {"NaN": np.isnan(array).any(), "Inf": np.isinf(array).any()}
    return f"{' and '.join(kind for kind, found in kinds.items() if found)} in the {what}"


def _extreme(gradient: Any) -> str:
    size = size_of(gradient)
    if size is not None and size > EXPLODING:
        return f"exploding gradient: up to {number(size, 2)}"
    if size is not None and 0 < size < VANISHING:
        return f"vanishing gradient: {number(size, 2)} at most"
    return ""


def _dead(value: Value) -> str:
    """Find units of a rectifier that no sample activates; samples are rows."""
    if value.op is not relu or not value.size:
        return ""
    active = ~(np.asarray(value.data) <= 0)  # NaN is another matter
    if not active.any():
        return "dead relu: no unit is active"
    silent = int(np.count_nonzero(~active.any(axis=0))) if active.ndim > 1 else 0
    units = int(np.prod(active.shape[1:]))
    return f"dead relu: {silent} of {units} units never active" if silent else ""
