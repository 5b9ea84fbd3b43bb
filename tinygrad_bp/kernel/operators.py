"""Python's operators on Values: each is the op that implements the NumPy function it stands for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from .context import witness
from .dispatch import IMPLEMENTATIONS, data_of, implementation

S = TypeVar("S")


def _operator(function: Callable[..., Any]) -> Callable[[S, Any], S]:
    """Make an operator of the op that implements a NumPy function."""
    return lambda self, other: IMPLEMENTATIONS[function](self, other)


def _reflected(function: Callable[..., Any]) -> Callable[[S, Any], S]:
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


def _assigning(operator: Callable[..., Any]) -> Callable[[S, Any], S]:
    return lambda self, other: implementation(operator)(self, other)


class HasOperators:
    """What has the operators of an array."""

    __slots__ = ()

    if TYPE_CHECKING:
        _data: Any

    __add__, __radd__ = _operator(np.add), _reflected(np.add)
    __sub__, __rsub__ = _operator(np.subtract), _reflected(np.subtract)
    __mul__, __rmul__ = _operator(np.multiply), _reflected(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.true_divide), _reflected(np.true_divide)
    __pow__, __rpow__ = _operator(np.power), _reflected(np.power)
    __matmul__, __rmatmul__ = _operator(np.matmul), _reflected(np.matmul)

    __iadd__, __isub__ = _assigning(operator.iadd), _assigning(operator.isub)
    __imul__, __itruediv__ = _assigning(operator.imul), _assigning(operator.itruediv)
    __ipow__, __imatmul__ = _assigning(operator.ipow), _assigning(operator.imatmul)
    __imod__, __ifloordiv__ = _assigning(operator.imod), _assigning(operator.ifloordiv)

    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__ = _comparison(np.equal)
    __ne__ = _comparison(np.not_equal)
    __hash__ = object.__hash__

    __and__ = __rand__ = _hand_over(np.bitwise_and)
    __or__ = __ror__ = _hand_over(np.bitwise_or)
    __xor__ = __rxor__ = _hand_over(np.bitwise_xor)
    __invert__ = _hand_over(np.invert)

    def __mod__(self, other: Any) -> Self:
        value: Self = implementation(np.remainder)(self, other)
        return value

    def __rmod__(self, other: Any) -> Self:
        value: Self = implementation(np.remainder)(other, self)
        return value

    def __divmod__(self, other: Any) -> Any:
        return implementation(np.divmod)(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return implementation(np.divmod)(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return implementation(np.floor_divide)(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return implementation(np.floor_divide)(other, self)

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
