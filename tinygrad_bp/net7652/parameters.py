"""The net's sample, target and parameters: their shapes, their start, and what is wrong with some.

Plain NumPy: the engine and the hand-derived backward pass have this file in common, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NoReturn, get_args

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Output = Literal["sigmoid", "linear"]


def _column(*numbers: float) -> Array:
    column = np.array(numbers)[:, None]
    column.flags.writeable = False
    return column


#: The sample, shape (7, 1); read-only.
SAMPLE: Array = _column(0.4, -0.2, 0.1, 0.1, -0.15, 0.6, -0.9)
#: The target of the output, shape (2, 1); read-only.
TARGET: Array = _column(0.87503811, 0.83690408)

#: The parameters in the order in which they are drawn, and their shapes.
SHAPES: dict[str, tuple[int, int]] = {
    "w_1": (6, 7),
    "b_1": (6, 1),
    "w_2": (5, 6),
    "b_2": (5, 1),
    "w_3": (2, 5),
    "b_3": (2, 1),
}
_SHAPES = list(SHAPES.values())
_N_IN, _N_OUT = len(SAMPLE), len(TARGET)


def initial_parameters(seed: int = 12) -> dict[str, Array]:
    """Draw the parameters that training starts from, uniformly from [0, 1).

    Parameters
    ----------
    seed : int, optional
        The notebook's is 12.

    Returns
    -------
    dict of numpy.ndarray
        ``w_1`` (6, 7), ``b_1`` (6, 1), ``w_2`` (5, 6), ``b_2`` (5, 1), ``w_3`` (2, 5) and
        ``b_3`` (2, 1): the numbers of ``np.random.seed(seed)`` followed by ``np.random.rand`` in
        this order. NumPy's global generator is left alone.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> params = bp.net7652.initial_parameters()
    >>> params["w_1"][0, :3]
    array([0.15416284, 0.7400497 , 0.26331502])
    """
    generator = np.random.RandomState(seed)
    return {name: generator.rand(*shape) for name, shape in SHAPES.items()}


def unpack(params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the parameters in the order of `SHAPES`, or say which are missing or do not fit."""
    try:
        unpacked = tuple([params[name] for name in SHAPES])
        if [parameter.shape for parameter in unpacked] == _SHAPES and len(params) == len(_SHAPES):
            return unpacked
    except (KeyError, TypeError, AttributeError):
        pass
    _explain(params)


def _explain(params: Any) -> NoReturn:
    if not isinstance(params, Mapping):
        raise TypeError(
            f"net7652: expected the parameters as a dict of {', '.join(SHAPES)}, "
            f"got {type(params).__name__}"
        )
    faults = [f"{name} is missing" for name in SHAPES if name not in params]
    faults += [f"{name!r} is no parameter" for name in params if name not in SHAPES]
    for name, shape in SHAPES.items():
        if name in params:
            got = getattr(params[name], "shape", None)
            if got is None:
                faults.append(
                    f"{name} must be an array or a Value, got {type(params[name]).__name__}"
                )
            elif got != shape:
                faults.append(f"{name} must have shape {shape}, got {got}")
    raise ValueError(f"net7652: {'; '.join(faults)}")


def check_sample(x: Any) -> Any:
    """Return samples as columns of an array or a Value, or say what is wrong with them."""
    x = x if hasattr(x, "shape") else np.asarray(x)
    if len(x.shape) != 2 or x.shape[0] != _N_IN:
        raise ValueError(
            f"net7652: expected x of shape ({_N_IN}, 1) or ({_N_IN}, N), got {x.shape}"
        )
    return x


def check_target(t: Any, x: Any) -> Any:
    """Return targets as columns of an array or a Value, or say what is wrong with them."""
    t = t if hasattr(t, "shape") else np.asarray(t)
    if t.shape != (_N_OUT, x.shape[1]):
        raise ValueError(
            f"net7652: expected t of shape {(_N_OUT, x.shape[1])}, one column for each of x, "
            f"got {t.shape}"
        )
    return t


def check_choice(what: str, given: Any, known: Any) -> None:
    """Say what exists where a name is not among the known ones."""
    if not isinstance(given, str) or given not in known:
        raise ValueError(
            f"net7652: unknown {what} {given!r}; expected {' or '.join(map(repr, known))}"
        )


def check_output(output: str) -> None:
    """Say which functions there are at the output where a name is not one of them."""
    check_choice("output", output, get_args(Output))
