"""How a Value behaves as a NumPy array: operators, methods, NumPy's protocols.

All of it finds the op through the NumPy function of the same meaning, in `dispatch`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from .context import witness
from .dispatch import IMPLEMENTATIONS, data_of, implementation, refuse_keywords

__all__ = ["Axis", "BehavesAsArray"]

Axis = int | tuple[int, ...] | None


def _binary(
    function: Callable[..., Any],
) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """Make an operator and its reflection of the op that implements a NumPy function."""

    def operator(self: Any, other: Any) -> Any:
        return IMPLEMENTATIONS[function](self, other)

    def reflected(self: Any, other: Any) -> Any:
        return IMPLEMENTATIONS[function](other, self)

    return operator, reflected


def _comparison(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        ask = witness.get()
        if ask is not None:
            return ask(function, (self, other), {})
        return function(self._data, data_of(other))

    return compare


class BehavesAsArray:
    """The part of `Value` that is the same for an array."""

    __slots__ = ()

    if TYPE_CHECKING:
        _data: Any
        requires_grad: bool

        @property
        def data(self) -> Any: ...  # noqa: D102
        @property
        def shape(self) -> tuple[int, ...]: ...  # noqa: D102
        def item(self) -> float: ...  # noqa: D102

    __add__, __radd__ = _binary(np.add)
    __sub__, __rsub__ = _binary(np.subtract)
    __mul__, __rmul__ = _binary(np.multiply)
    __truediv__, __rtruediv__ = _binary(np.true_divide)
    __pow__, __rpow__ = _binary(np.power)
    __matmul__, __rmatmul__ = _binary(np.matmul)

    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__ = _comparison(np.equal)
    __ne__ = _comparison(np.not_equal)
    __hash__ = object.__hash__

    def __neg__(self) -> Self:
        return self._call(np.negative)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self._call(np.absolute)

    def __getitem__(self, index: Any) -> Self:
        return self._call(operator.getitem, index=index)

    def _call(self, function: Callable[..., Any], **metadata: Any) -> Self:
        value: Self = implementation(function)(self, **metadata)
        return value

    @property
    def T(self) -> Self:  # noqa: N802 - named as in NumPy
        """The transpose: all axes reversed."""
        return self._call(np.transpose)

    @property
    def mT(self) -> Self:  # noqa: N802 - named as in NumPy
        """The transpose of the last two axes."""
        return self._call(np.matrix_transpose)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Add up, as `numpy.sum`."""
        return self._call(np.sum, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Average, as `numpy.mean`."""
        return self._call(np.mean, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Take the maximum, as `numpy.max`; equal maxima share the gradient."""
        return self._call(np.max, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Take the minimum, as `numpy.min`; equal minima share the gradient."""
        return self._call(np.min, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Self:
        """Give the elements another shape, as `numpy.reshape`."""
        return self._call(np.reshape, shape=shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Self:
        """Permute the axes, as `numpy.transpose`."""
        order: Any = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return self._call(np.transpose, axes=None if order is None or len(order) == 0 else order)

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Convert to float32 or float64."""
        return self._call(np.astype, dtype=np.dtype(dtype))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a Value of shape ()")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    # --- NumPy's protocols -----------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__":
            raise TypeError(
                f"numpy.{ufunc.__name__}.{method} is not implemented for Values; use the function "
                "that it stands for, such as numpy.sum for numpy.add.reduce"
            )
        refuse_keywords(f"numpy.{ufunc.__name__}", keywords)
        return implementation(ufunc)(*inputs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        return implementation(function)(*args, **kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        self._refuse_to_lose_graph(
            "a conversion to an array", "join Values with stack(), or use .data or .detach()"
        )
        return np.array(self.data, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        self._refuse_to_lose_graph("float()", "use .item()")
        return float(self.item())

    def __int__(self) -> int:
        self._refuse_to_lose_graph("int()", "use .item()")
        return int(self.item())

    def __bool__(self) -> bool:
        self._refuse_to_lose_graph("bool()", "compare, or use .item() or .data")
        return bool(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def _refuse_to_lose_graph(self, what: str, remedy: str) -> None:
        if self.requires_grad:
            raise TypeError(
                f"{what} of {self!r} would silently lose its graph and with it the gradient; "
                f"{remedy} if that is what you want"
            )
