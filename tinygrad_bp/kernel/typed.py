"""What a type checker is told of a function that gives a Value of Values, and arrays of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, overload

if TYPE_CHECKING:
    from .value import Value

P = ParamSpec("P")


class OfValues(Protocol[P]):
    """A function of Values, whose result is one where the first or the second operand is."""

    @overload
    def __call__(self, a: Value | Sequence[Value], /, *rest: Any, **options: Any) -> Value: ...
    @overload
    def __call__(self, a: Any, b: Value, /, *rest: Any, **options: Any) -> Value: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any: ...


def of_values(function: Callable[P, Any]) -> OfValues[P]:
    """Say of a function that it gives a Value of Values; it is not changed."""
    return function  # type: ignore[return-value]  # nothing is told of what is done with arrays
