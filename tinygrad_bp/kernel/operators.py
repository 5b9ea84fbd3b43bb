"""Python's operators on Values: each is the op that implements the NumPy function it stands for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Self, TypeVar

import numpy as np

from .context import witness
from .data import HasData
from .dispatch import IMPLEMENTATIONS, data_of, implementation

S = TypeVar("S")


def _operator(function: Callable[..., Any]) -> Callable[[S, Any], S]:
    """Make an operator of the op that implements a NumPy function."""
    return lambda self, other: IMPLEMENTATIONS[function](self, other)


def _reflect(function: Callable[..., Any]) -> Callable[[S, Any], S]:
    return lambda self, other: IMPLEMENTATIONS[function](other, self)


def _comparison(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        ask = witness.get()
        if ask is not None:
            return ask(function, (self, other), {})
        return function(self._data, data_of(other))

    return compare


def _hand_over(function: np.ufunc) -> Callable[..., Any]:
    """Make an operator of a function of NumPy, which finds what computes it on Values."""
    return lambda *operands: function(*operands)


def _when_used(function: Callable[..., Any]) -> Callable[[S, Any], S]:
    """Make an operator, which gives a Value, of what is registered when it is first used."""
    return lambda self, other: implementation(function)(self, other)


def _look_up(
    function: Callable[..., Any],
) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """Make an operator and its reflection of what is registered when it is first used."""
    return (
        lambda self, other: implementation(function)(self, other),
        lambda self, other: implementation(function)(other, self),
    )


class HasOperators(HasData):
    """What has the operators of an array."""

    __slots__ = ()

    __add__, __radd__ = _operator(np.add), _reflect(np.add)
    __sub__, __rsub__ = _operator(np.subtract), _reflect(np.subtract)
    __mul__, __rmul__ = _operator(np.multiply), _reflect(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.true_divide), _reflect(np.true_divide)
    __pow__, __rpow__ = _operator(np.power), _reflect(np.power)
    __matmul__, __rmatmul__ = _operator(np.matmul), _reflect(np.matmul)

    __mod__, __rmod__ = _when_used(np.remainder), _look_up(np.remainder)[1]
    __divmod__, __rdivmod__ = _look_up(np.divmod)
    __floordiv__, __rfloordiv__ = _look_up(np.floor_divide)

    __iadd__, __isub__ = _when_used(operator.iadd), _when_used(operator.isub)
    __imul__, __itruediv__ = _when_used(operator.imul), _when_used(operator.itruediv)
    __ipow__, __imatmul__ = _when_used(operator.ipow), _when_used(operator.imatmul)
    __imod__, __ifloordiv__ = _when_used(operator.imod), _when_used(operator.ifloordiv)

    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__ = _comparison(np.equal)
    __ne__ = _comparison(np.not_equal)
    __hash__ = object.__hash__

    __and__ = __rand__ = _hand_over(np.bitwise_and)
    __or__ = __ror__ = _hand_over(np.bitwise_or)
    __xor__ = __rxor__ = _hand_over(np.bitwise_xor)
    __invert__ = _hand_over(np.invert)

    def __round__(self, digits: int = 0) -> Any:
        return implementation(np.round)(self, digits)

    def __neg__(self) -> Self:
        return self._call(np.negative)

    def __pos__(self) -> Self:
        return self._call(np.positive)

    def __abs__(self) -> Self:
        return self._call(np.absolute)

    def _call(self, function: Callable[..., Any], **metadata: Any) -> Self:
        value: Self = implementation(function)(self, **metadata)
        return value
