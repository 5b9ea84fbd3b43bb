"""NumPy's functions that make arrays, and those that it does not hand to a Value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import islice
from typing import Any, Self

import numpy as np

from ..kernel.value import Value
from ..ops.joining import as_array, has_values_inside
from ..ops.shaping import astype
from .arrays import Array, connect, ndarray, wrap

#: What makes an array of numbers, or of what NumPy hands to a Value itself.
_MAKERS = """
zeros ones empty zeros_like ones_like empty_like full_like eye identity tri arange linspace
logspace geomspace indices fromfunction frombuffer fromstring fromfile loadtxt genfromtxt
load diag meshgrid atleast_1d atleast_2d atleast_3d stack vstack hstack dstack column_stack
concatenate tile repeat vander hanning hamming blackman bartlett kaiser copy where tril triu
random_sample require broadcast_to
"""
#: What takes an array, and so a list, in which NumPy does not look for Values.
_OF_LISTS = """
sum prod mean average median max min amax amin std var ptp cumsum cumprod nansum nanmean nanmax
nanmin percentile quantile dot inner outer vdot matmul cov corrcoef diff trapezoid any all argmax
argmin argsort sort squeeze ravel reshape transpose clip append exp log sqrt square abs tanh
"""


_CONVERTING = [
    *("asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "asarray_chkfinite"),
]


def _wrap_results(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def make(*args: Any, **kwargs: Any) -> Any:
        return wrap(function(*args, **kwargs))

    return make


def _join_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        joined = [_join(each) for each in args]
        return function(*joined, **{key: _join(item) for key, item in kwargs.items()})

    return call


def _join(argument: Any) -> Any:
    """Make one Value of a list with Values in it."""
    argument = connect(argument)
    listed = isinstance(argument, list | tuple) and has_values_inside(argument)
    return as_array(argument) if listed else argument


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    ndmin: int = 0,
    **options: Any,
) -> Any:
    """Make an array, as `numpy.array`; a Value of what has Values in it."""
    if not has_values_inside([connect(object)]):
        return _as_given(object, np.array(object, dtype, copy=copy, ndmin=ndmin, **options))
    made: Any = _convert(_join(object), dtype)
    if copy and made is connect(object):
        made = np.copy(made)
    extra = ndmin - made.ndim
    return np.reshape(made, (1,) * extra + made.shape) if extra > 0 else made


def _make_converter(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def convert(a: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if has_values_inside([connect(a)]):
            return _convert(_join(a), dtype)
        return _as_given(a, function(a, dtype, *args, **kwargs))

    return convert


def _as_given(given: Any, made: Any) -> Any:
    """Return an array itself where NumPy has given its memory, so that both take a Value."""
    same = type(given) is Array and np.may_share_memory(given, made)
    return given if same and given.dtype == made.dtype and given.shape == made.shape else wrap(made)


def _convert(value: Value, dtype: Any) -> Value:
    if dtype is None or np.dtype(dtype) == value.dtype:
        return value
    converted: Value = astype(value, dtype)
    return converted


class _Joining:
    """``np.r_`` and ``np.c_``: NumPy's own, and with Values joined by what they stand for."""

    def __init__(self, own: Any, columns: bool) -> None:
        self._own, self._columns = own, columns

    def __getitem__(self, key: Any) -> Any:
        parts = connect(key if isinstance(key, tuple) else (key,))
        if not has_values_inside(parts):
            return wrap(self._own[key])
        if any(isinstance(part, str) for part in parts):
            raise TypeError(
                f"np.r_: the directive {parts[0]!r} is not supported on Values; use np.concatenate"
            )
        arrays = [part if isinstance(part, Value) else np.r_[part] for part in parts]
        if self._columns:
            return np.concatenate([_column(each) for each in arrays], axis=-1)
        return np.concatenate([np.atleast_1d(each) for each in arrays])


def _column(a: Any) -> Any:
    return np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a


class vectorize:  # noqa: N801 - named as in NumPy
    """Call a function for each element, as `numpy.vectorize`; with Values too."""

    def __init__(self, pyfunc: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.pyfunc = pyfunc
        self._own = np.vectorize(pyfunc, *args, **kwargs)
        wraps(pyfunc)(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function for each place of the arguments."""
        args = tuple(map(_join, args))
        if kwargs or not any(isinstance(a, Value) for a in args):
            return wrap(self._own(*args, **kwargs))
        return _for_each(self.pyfunc, args)


def _for_each(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    arrays = np.broadcast_arrays(*args)
    shape = arrays[0].shape
    results = [function(*(a[place] for a in arrays)) for place in np.ndindex(*shape)]
    if isinstance(results[0], tuple):
        return tuple(np.reshape(as_array([*each]), shape) for each in zip(*results))
    return np.reshape(as_array(results), shape)


def frompyfunc(func: Callable[..., Any], nin: int, nout: int, **options: Any) -> Any:
    """Make a function of arrays of one of numbers, as `numpy.frompyfunc`; with Values too."""
    own = np.frompyfunc(func, nin, nout, **options)

    def call(*args: Any, **kwargs: Any) -> Any:
        values = any(isinstance(connect(a), Value) for a in args)
        return _for_each(func, tuple(map(_join, args))) if values else own(*args, **kwargs)

    return call


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """Make an array of one value, as `numpy.full`; of a Value too."""
    fill_value = _join(fill_value)
    if isinstance(fill_value, Value):
        return np.full(shape, fill_value, dtype, like=fill_value)
    return wrap(np.full(shape, fill_value, dtype, **options))


def fromiter(iter: Any, dtype: Any, count: int = -1, **options: Any) -> Any:
    """Make an array of what an iterator gives, as `numpy.fromiter`."""
    given = [connect(each) for each in (iter if count < 0 else islice(iter, count))]
    if has_values_inside(given):
        return _convert(as_array(given), dtype)
    return wrap(np.fromiter(given, dtype, count, **options))


def ndenumerate(arr: Any) -> Any:
    """Go through places and elements, as `numpy.ndenumerate`."""
    arr = connect(arr)
    if isinstance(arr, Value):
        return ((place, arr[place]) for place in np.ndindex(*arr.shape))
    return np.ndenumerate(arr)


class _Places:
    """What `numpy.nditer` is for one Value."""

    def __init__(self, value: Value, flags: Sequence[Any]) -> None:
        unknown = {*flags} - {"multi_index", "c_index", "f_index", "zerosize_ok", "refs_ok"}
        if unknown:
            raise TypeError(
                f"np.nditer: the flags {sorted(unknown)} are not supported on Values; go through "
                "np.ndindex(*a.shape)"
            )
        self._value = value
        self._own = np.nditer(np.empty(value.shape), [*flags, "multi_index"])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def __getitem__(self, operand: int) -> Any:
        return (self._value[self._own.multi_index],)[operand]

    @property
    def value(self) -> Any:
        """The element at the place."""
        return self[0]

    def __iter__(self) -> Iterator[Any]:
        while not self._own.finished:
            yield self[0]
            self._own.iternext()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def nditer(op: Any, flags: Sequence[Any] = (), *args: Any, **kwargs: Any) -> Any:
    """Go from element to element, as `numpy.nditer`; of one Value too."""
    op = connect(op)
    if isinstance(op, Value):
        return _Places(op, flags)
    if has_values_inside([op]):
        raise TypeError("np.nditer: of several Values; go through np.ndindex(*a.shape)")
    return np.nditer(op, flags, *args, **kwargs)


def isscalar(element: Any) -> bool:
    """Say whether this is a number, as `numpy.isscalar`; a Value of shape () is one."""
    return (isinstance(element, Value) and not element.shape) or np.isscalar(element)


def _hand_over(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take the package's own function for one whose results may be Values for plain arrays."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        from ..kernel.dispatch import implementation

        return wrap(implementation(function)(*connect(args), **connect(kwargs)))

    return call


def find_replacements() -> dict[str, Any]:
    """Return what the namespace has instead of NumPy's own, by name."""
    makers = {
        name: _wrap_results(getattr(np, name)) for name in _MAKERS.split() if hasattr(np, name)
    }
    lists = {
        name: _join_lists(getattr(np, name))
        for name in _OF_LISTS.split()
        if not isinstance(getattr(np, name), np.ufunc)
    }
    return (
        makers
        | lists
        | {name: _make_converter(getattr(np, name)) for name in _CONVERTING}
        | {
            name: _hand_over(getattr(np, name))
            for name in ("apply_along_axis", "apply_over_axes", "piecewise")
        }
        | {
            "full": full,
            "fromiter": fromiter,
            "ndenumerate": ndenumerate,
            "nditer": nditer,
            "array": array,
            "ndarray": ndarray,
            "isscalar": isscalar,
            "c_": _Joining(np.c_, True),
            "r_": _Joining(np.r_, False),
            "vectorize": vectorize,
            "frompyfunc": frompyfunc,
        }
    )
