"""How a Value behaves as a NumPy array: methods and NumPy's protocols; `operators` has the rest.

All of it finds the op through the NumPy function of the same meaning, in `dispatch`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
import numpy.typing as npt

from .data import as_node, refuse_class
from .dispatch import data_of, implementation, refuse_keywords
from .leaving import is_kept, is_printing, name_asker, note
from .operators import HasOperators

Axis = int | tuple[int, ...] | None

#: What the operators of whole numbers are on truth values: masks are Values while a function is
#: traced to be written out.
_OF_MASKS: dict[np.ufunc, np.ufunc] = {
    np.bitwise_and: np.logical_and,
    np.bitwise_or: np.logical_or,
    np.bitwise_xor: np.logical_xor,
    np.invert: np.logical_not,
}

_ITSELF = "compute with the Value itself"


class BehavesAsArray(HasOperators):
    """The part of `Value` that is the same for an array."""

    __slots__ = ()

    if TYPE_CHECKING:
        requires_grad: bool

        @property
        def data(self) -> Any: ...  # noqa: D102
        @property
        def shape(self) -> tuple[int, ...]: ...  # noqa: D102
        @property
        def size(self) -> int: ...  # noqa: D102
        def _label(self) -> str: ...

    def __getitem__(self, index: Any) -> Self:
        return self._call(operator.getitem, index=index)

    @property
    def T(self) -> Self:  # noqa: N802 - named as in NumPy
        """The transpose, with all axes reversed."""
        return self._call(np.transpose)

    @property
    def mT(self) -> Self:  # noqa: N802 - named as in NumPy
        """The transpose of the last two axes."""
        return self._call(np.matrix_transpose)

    # --- complex numbers -------------------------------------------------------------------

    @property
    def real(self) -> Self:
        """The real part; the Value itself where its numbers are real."""
        return self._call(np.real) if np.iscomplexobj(self._data) else self

    @real.setter
    def real(self, element: Any) -> None:
        self.real[...] = element

    @property
    def imag(self) -> Any:
        """The imaginary part, a plain array of zeros where the numbers are real."""
        return implementation(np.imag)(self)

    @imag.setter
    def imag(self, element: Any) -> None:
        if not np.iscomplexobj(self._data):
            raise TypeError("v.imag = element: v is real, and has no imaginary part to set")
        self.imag[...] = element

    def conj(self) -> Self:
        """Turn the sign of the imaginary part, as `numpy.conj`."""
        return self._call(np.conjugate) if np.iscomplexobj(self._data) else self

    conjugate = conj

    def __complex__(self) -> complex:
        self._leave("complex()")
        return complex(self.data.item())

    # --- along axes ------------------------------------------------------------------------

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Add up, as `numpy.sum`."""
        return self._call(np.sum, axis=axis, keepdims=keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Multiply, as `numpy.prod`."""
        return self._call(np.prod, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Average, as `numpy.mean`."""
        return self._call(np.mean, axis=axis, keepdims=keepdims)

    def var(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Self:
        """Take the variance, as `numpy.var`."""
        return self._call(np.var, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Self:
        """Take the standard deviation, as `numpy.std`."""
        return self._call(np.std, axis=axis, ddof=ddof, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Take the maximum, as `numpy.max`; equal maxima share the gradient."""
        return self._call(np.max, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """Take the minimum, as `numpy.min`; equal minima share the gradient."""
        return self._call(np.min, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Self:
        """Add up what has come so far, as `numpy.cumsum`."""
        return self._call(np.cumsum, axis=axis)

    def cumprod(self, axis: int | None = None) -> Self:
        """Multiply what has come so far, as `numpy.cumprod`."""
        return self._call(np.cumprod, axis=axis)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """Add up a diagonal, as `numpy.trace`."""
        return self._call(np.trace, offset=offset, axis1=axis1, axis2=axis2)

    def clip(self, min: Any = None, max: Any = None) -> Self:
        """Limit to an interval, as `numpy.clip`."""
        return self._call(np.clip, a_min=min, a_max=max)

    def dot(self, b: Any) -> Self:
        """Multiply, as `numpy.dot`."""
        product: Self = implementation(np.dot)(self, b)
        return product

    # --- moving elements -------------------------------------------------------------------

    def reshape(self, *shape: Any, order: str = "C") -> Self:
        """Give the elements another shape, as `numpy.reshape`."""
        return self._call(np.reshape, shape=shape[0] if len(shape) == 1 else shape, order=order)

    def ravel(self, order: str = "C") -> Self:
        """Put the elements in one row, as `numpy.ravel`."""
        return self._call(np.ravel, order=order)

    def flatten(self, order: str = "C") -> Self:
        """Put the elements in one row, as `numpy.ndarray.flatten`; they are copied."""
        return self._call(np.ndarray.flatten, order=order)

    def squeeze(self, axis: Axis = None) -> Self:
        """Remove axes of length 1, as `numpy.squeeze`."""
        return self._call(np.squeeze, axis=axis)

    def transpose(self, *axes: Any) -> Self:
        """Permute the axes, as `numpy.transpose`."""
        order: Any = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return self._call(np.transpose, axes=None if order is None or len(order) == 0 else order)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """Swap two axes, as `numpy.swapaxes`."""
        return self._call(np.swapaxes, axis1=axis1, axis2=axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        """Repeat elements, as `numpy.repeat`."""
        return self._call(np.repeat, repeats=repeats, axis=axis)

    def take(self, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Self:
        """Take elements along an axis, as `numpy.take`."""
        return self._call(np.take, indices=indices, axis=axis, mode=mode)

    def compress(self, condition: Any, axis: int | None = None) -> Self:
        """Take the slices where a condition is true, as `numpy.compress`."""
        compressed: Self = implementation(np.compress)(condition, self, axis)
        return compressed

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """Take a diagonal, as `numpy.diagonal`."""
        return self._call(np.diagonal, offset=offset, axis1=axis1, axis2=axis2)

    def copy(self) -> Self:
        """Make a node with data of its own, as `numpy.copy`; the gradient flows through it."""
        return self._call(np.copy)

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Convert to float32 or float64, complex64 or complex128."""
        return self._call(np.astype, dtype=np.dtype(dtype))

    def round(self, decimals: int = 0) -> Any:
        """Round, as `numpy.round`."""
        return implementation(np.round)(self, decimals=decimals)

    # --- without a derivative: plain arrays and numbers ------------------------------------

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """Find the first maximum, as `numpy.argmax`."""
        return implementation(np.argmax)(self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """Find the first minimum, as `numpy.argmin`."""
        return implementation(np.argmin)(self, axis=axis, keepdims=keepdims)

    def argsort(self, axis: int | None = -1, *, stable: bool | None = None) -> Any:
        """Return the indices that sort, as `numpy.argsort`."""
        return implementation(np.argsort)(self, axis=axis, stable=stable)

    def any(self, axis: Axis = None, *, keepdims: bool = False) -> Any:
        """Say whether any element is not 0, as `numpy.any`."""
        return implementation(np.any)(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Axis = None, *, keepdims: bool = False) -> Any:
        """Say whether no element is 0, as `numpy.all`."""
        return implementation(np.all)(self, axis=axis, keepdims=keepdims)

    def nonzero(self) -> Any:
        """Find the elements that are not 0, as `numpy.nonzero`."""
        return implementation(np.nonzero)(self)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Find where elements are to be inserted, as `numpy.searchsorted`."""
        return implementation(np.searchsorted)(self, v, side, sorter)

    def tolist(self) -> Any:
        """Return the numbers as nested lists, as `numpy.ndarray.tolist`."""
        if self.requires_grad:
            note("tolist()")
        return self.data.tolist()

    # --- in place --------------------------------------------------------------------------

    def __setitem__(self, index: Any, element: Any) -> None:
        if not self.shape:
            raise TypeError(
                "v[index] = element: v is a number, of shape (), as NumPy's scalars are"
            )
        implementation(operator.setitem)(self, index, element)

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        """Sort in place, as `numpy.ndarray.sort`."""
        implementation(np.ndarray.sort)(self, axis, kind)

    def partition(self, kth: Any, axis: int = -1) -> None:
        """Change the order in place, as `numpy.ndarray.partition`."""
        implementation(np.ndarray.partition)(self, kth, axis)

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Put numbers at places, as `numpy.ndarray.put`."""
        implementation(np.put)(self, indices, values, mode)

    def fill(self, value: Any) -> None:
        """Give every element one value, as `numpy.ndarray.fill`."""
        self[...] = value

    @property
    def flat(self) -> Any:
        """The elements in one row, as `numpy.ndarray.flat`."""
        return implementation(np.flatiter)(self)

    @flat.setter
    def flat(self, elements: Any) -> None:
        self.flat[:] = elements

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a Value of shape ()")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    # --- NumPy's protocols -----------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__":
            return implementation(getattr(np.ufunc, method))(ufunc, *inputs, **keywords)
        if "out" in keywords or "where" in keywords:
            return implementation(np.ufunc.__call__)(ufunc, *inputs, **keywords)
        own = {"axis": keywords.pop("axis")} if ufunc.signature and "axis" in keywords else {}
        refuse_keywords(f"numpy.{ufunc.__name__}", keywords)
        if ufunc in _OF_MASKS and all(np.asarray(data_of(a)).dtype == np.bool_ for a in inputs):
            ufunc = _OF_MASKS[ufunc]
        return implementation(ufunc)(*inputs, **own)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        if len(types) > 1:
            for kind in types:
                refuse_class(kind, f"numpy.{function.__name__}")
        out = kwargs.pop("out", None)
        if out is None:
            return implementation(function)(*args, **kwargs)
        node = as_node(f"{function.__name__}: out=", out)
        implementation(np.copyto)(node, implementation(function)(*args, **kwargs))
        return out

    @property
    def _mask(self) -> NoReturn:
        """What numpy.ma asks an operand for whose bare data it computes with: refused."""
        refuse_class(np.ma.MaskedArray, "a Value beside numpy.ma")
        raise AssertionError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        self._refuse_to_lose_graph(
            "a conversion to an array",
            "join Values with stack(), repeat one with broadcast_to(), take windows with "
            "sliding_window_view(), or import tinygrad_bp.numpy as np"
            if self.shape
            else f"{_ITSELF}; join Values with stack(), repeat one with broadcast_to()",
        )
        return np.array(self.data, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        self._leave("float()")
        return float(self.data.item())

    def __int__(self) -> int:  # a step, whose derivative is 0
        self._check_one("int()")
        return int(self._data.item())

    def __bool__(self) -> bool:
        self._refuse_to_lose_graph("bool()", "compare it with a number, or choose by np.where")
        return bool(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data.item(), spec) if spec and self.size == 1 else repr(self)

    def _leave(self, what: str) -> None:
        """Let a number leave the graph where it is printed, kept or noted; otherwise refuse."""
        self._check_one(what)
        if self.requires_grad and not (is_printing() or note(what) or is_kept()):
            self._refuse_to_lose_graph(what, _ITSELF)

    def _check_one(self, what: str) -> None:
        if self.size != 1:
            raise TypeError(f"{what}: expected one element, got shape {self.shape}; index first")

    def _refuse_to_lose_graph(self, what: str, remedy: str) -> None:
        if self.requires_grad:
            raise TypeError(
                f"{name_asker()}{what} of {self._label()} would silently lose its graph and with "
                f"it the gradient; {remedy}"
            )
