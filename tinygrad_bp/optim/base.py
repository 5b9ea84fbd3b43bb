"""What optimisers have in common: their parameters, which of those have a gradient, the update."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from numbers import Real
from typing import Any

import numpy as np

from ..kernel import Value


class Optimizer:
    """What optimisers have in common; a kind of its own gives a subclass with `_descent`.

    Parameters
    ----------
    parameters : iterable of Value
        The leaves to update, each once. Their data are updated in place, so they stay the same
        Values.
    learning_rate : float
        The step size, greater than 0. May be assigned between steps.

    Attributes
    ----------
    parameters : list of Value
        In the order given, which is that of every other list of an optimiser.

    Raises
    ------
    TypeError
        If `parameters` are not several Values, or a number is none.
    ValueError
        If there are no parameters, one is given twice, one is a constant or is computed by an op,
        or a number is out of its range.
    """

    def __init__(self, parameters: Iterable[Value], learning_rate: float) -> None:
        self.parameters = _check(parameters, type(self).__name__)
        self.learning_rate = learning_rate
        self._place = {parameter: k for k, parameter in enumerate(self.parameters)}
        self._scratch = self._zeros()

    @property
    def learning_rate(self) -> float:
        """The step size."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, new: float) -> None:
        self._learning_rate = self._positive("learning_rate", new)

    @property
    def steps(self) -> list[Any]:
        """What was last added to each parameter: arrays of their shapes, zeros at first."""
        return [np.negative(descent) for descent in self._latest()]

    def step(self) -> None:
        """Update every parameter that has a gradient; one whose `grad` is None is left alone.

        Raises
        ------
        ValueError
            If a gradient has not the shape of its parameter. Nothing is changed then.
        """
        parameters = self.parameters
        gradients = [parameter.grad for parameter in parameters]
        for k, gradient in enumerate(gradients):
            if type(gradient) is not np.ndarray or gradient.shape != self._scratch[k].shape:
                gradients[k] = self._gradient(k)
        for k, gradient in enumerate(gradients):
            if gradient is not None:
                data = parameters[k]._data
                data -= self._descent(k, gradient)
                parameters[k].data = data

    def update(self, parameter: Value) -> None:
        """Update one parameter alone, as `step` does all of them.

        Raises
        ------
        ValueError
            If it is not one of `parameters`, or its gradient has another shape.
        """
        if parameter not in self._place:
            raise ValueError(f"{type(self).__name__}: {parameter!r} is not one of its parameters")
        k = self._place[parameter]
        gradient = self._gradient(k)
        if gradient is not None:
            parameter.data -= self._descent(k, gradient)

    def zero_grad(self) -> None:
        """Forget the gradients: every `grad` is None until the next backward pass."""
        for parameter in self.parameters:
            parameter.grad = None

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self.parameters)} parameters, "
            f"learning_rate={self.learning_rate})"
        )

    def _descent(self, k: int, gradient: Any) -> Any:
        """Return what to subtract from parameter `k`, in memory that the optimiser owns."""
        raise NotImplementedError

    def _latest(self) -> list[Any]:
        """Return what `_descent` last gave for each parameter."""
        return self._scratch

    def _zeros(self) -> list[Any]:
        return [np.zeros(parameter.shape, parameter.dtype) for parameter in self.parameters]

    def _gradient(self, k: int) -> Any:
        """Return the gradient of parameter `k` as an array, or None, or say that it is no such."""
        gradient, shape = self.parameters[k].grad, self._scratch[k].shape
        if gradient is None:
            return None
        if isinstance(gradient, Value):
            gradient = gradient.data
        if np.shape(gradient) != shape:
            raise ValueError(
                f"{type(self).__name__}: expected a gradient of shape {shape} for "
                f"{_label(self.parameters[k], k)}, got {np.shape(gradient)}"
            )
        return gradient

    def _positive(self, name: str, given: float) -> float:
        """Return a setting that has to be greater than 0, or say so."""
        return self._number(name, given, lambda n: 0 < n < inf, "finite and greater than 0")

    def _fraction(self, name: str, given: float) -> float:
        """Return a setting that has to be at least 0 and less than 1, or say so."""
        return self._number(name, given, lambda n: 0 <= n < 1, "at least 0 and less than 1")

    def _number(self, name: str, given: Any, fits: Callable[[float], bool], expected: str) -> float:
        what = f"{type(self).__name__}: {name} must be"
        if type(given) is bool or not isinstance(given, Real):
            raise TypeError(f"{what} a number, got {_kind(given)}")
        if not fits(float(given)):
            raise ValueError(f"{what} {expected}, got {given!r}")
        return float(given)


def _check(parameters: Iterable[Value], kind: str) -> list[Value]:
    if isinstance(parameters, Value):
        raise TypeError(f"{kind}: expected a list of parameters, got one Value; write [value]")
    if not isinstance(parameters, Iterable):
        raise TypeError(f"{kind}: expected a list of Values, got {type(parameters).__name__}")
    checked = list(parameters)
    if not checked:
        raise ValueError(f"{kind}: expected at least one parameter, got none")
    seen: set[Value] = set()
    for k, parameter in enumerate(checked):
        if not isinstance(parameter, Value):
            raise TypeError(f"{kind}: parameter {k} must be a Value, got {_kind(parameter)}")
        if parameter.op is not None:
            raise ValueError(
                f"{kind}: {_label(parameter, k)} is computed by {parameter.op.name}; "
                "only leaves can be updated"
            )
        if not parameter.requires_grad:
            raise ValueError(
                f"{kind}: {_label(parameter, k)} is a constant, which no gradient reaches; "
                "leave it out, or give it requires_grad=True"
            )
        if parameter in seen:
            raise ValueError(f"{kind}: {_label(parameter, k)} is given twice")
        seen.add(parameter)
    return checked


def _label(parameter: Value, k: int) -> str:
    return f"parameter {k}{f' ({parameter.name!r})' if parameter.name else ''}"


def _kind(thing: Any) -> str:
    return f"{type(thing).__name__} {thing!r}" if isinstance(thing, str) else type(thing).__name__
