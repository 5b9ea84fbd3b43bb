"""The gradient that the user hands over, read and laid out as the parameters are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel.value import Value
from ..trees import flatten
from .automatic import AutomaticGradient
from .problem import Problem, Vector, numbers


@dataclass(frozen=True)
class InnerGradient:
    """The gradient by an inner Value, as the user has it and as the engine has it."""

    name: str
    manual: npt.NDArray[Any]
    automatic: npt.NDArray[Any]


@dataclass(frozen=True)
class Manual:
    """A manual gradient.

    Attributes
    ----------
    vector : numpy.ndarray
        Over the entries of the parameters; NaN for a bias whose gradient was not summed.
    steps : list of InnerGradient
        The gradients by inner Values.
    arrays : mapping of str to array
        All of it as it was handed over, by name.
    again : callable or None
        Gives `arrays` at other parameters, if the user has a function.
    """

    vector: Vector
    steps: list[InnerGradient]
    arrays: Mapping[str, npt.NDArray[Any]]
    again: Callable[[Any], Mapping[str, npt.NDArray[Any]]] | None = None


def read_manual(problem: Problem, automatic: AutomaticGradient, given: Any) -> Manual:
    """Read a manual gradient, or a function that gives one, or say what does not fit."""
    places = {path for path, _ in flatten(problem.tree)}

    def again(params: Any) -> Mapping[str, npt.NDArray[Any]]:
        return _arrays(given(params), places)

    function = callable(given) and not isinstance(given, Value)
    arrays = again(problem.structure(problem.x.copy())) if function else _arrays(given, places)
    inner = automatic.inner
    shapes = dict(zip(problem.names, problem.shapes, strict=True))
    _refuse_names(arrays, shapes, inner)
    blocks = [_block(name, arrays[name], shape, automatic) for name, shape in shapes.items()]
    extra = {name: inner[name] for name in arrays if name not in shapes}
    for name, node in extra.items():
        if arrays[name].shape != node.shape:
            _refuse_shape(name, node.shape, "Value of that name", arrays[name])
    cotangents = automatic.cotangents(dict.fromkeys(extra.values())) if extra else {}
    steps = [
        InnerGradient(name, arrays[name], np.asarray(cotangents[n])) for name, n in extra.items()
    ]
    return Manual(np.concatenate(blocks), steps, arrays, again if function else None)


def _arrays(given: Any, places: set[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the leaves of a manual gradient by name.

    Where the parameters have an array, a list of numbers is a gradient and no container.
    """
    found = {}
    for path, leaf in flatten(given, places):
        name = path or "params"
        try:
            # a copy: a function may add to the same arrays when it is called again
            found[name] = numbers(leaf).copy()
        except TypeError as error:
            raise TypeError(
                f"manual gradient of {name!r}: expected real numbers, got {error}"
            ) from error
    return found


def _refuse_names(
    arrays: Mapping[str, Any], shapes: Mapping[str, Any], inner: Mapping[str, Value]
) -> None:
    for what, names in (
        ("missing", [name for name in shapes if name not in arrays]),
        ("of no parameter", [name for name in arrays if name not in shapes and name not in inner]),
    ):
        if names:
            known = f", the named Values {', '.join(inner)}" if inner else ""
            raise ValueError(
                f"manual gradients: {what}: {', '.join(names)}; the parameters are "
                f"{', '.join(shapes)}{known}"
            )


def _block(
    name: str, array: npt.NDArray[Any], shape: tuple[int, ...], automatic: AutomaticGradient
) -> Vector:
    """Lay one gradient out; one entry for each sample is wrong, any other shape is refused."""
    if array.shape == shape:
        return array.ravel()
    if array.shape not in automatic.broadcast_to(name):
        _refuse_shape(name, shape, "parameter", array)
    return np.full(int(np.prod(shape)), np.nan)


def _refuse_shape(name: str, shape: tuple[int, ...], what: str, array: npt.NDArray[Any]) -> None:
    raise ValueError(
        f"manual gradient of {name!r}: expected shape {shape}, the shape of the {what}, got "
        f"{array.shape}"
    )
