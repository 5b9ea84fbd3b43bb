"""A scalar function of nested parameters, laid out as a function of one vector.

All that is compared here is one number per entry of the parameters. So gradients, errors and
verdicts are vectors, and the names and shapes of the parameters are looked up at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernel.data import own_arithmetic
from ..kernel.value import Value
from ..trees import flatten, rebuild

Vector = npt.NDArray[np.float64]

EPSILON = float(np.finfo(np.float64).eps)


def numbers(leaf: Any) -> npt.NDArray[Any]:
    """Return real numbers as an array; raise TypeError, saying what they are, for others."""
    if hasattr(leaf, "detach"):  # a Value, or a tensor that may require a gradient
        leaf = leaf.data if isinstance(leaf, Value) else leaf.detach()
    subclass = isinstance(leaf, np.ndarray) and type(leaf) is not np.ndarray
    if subclass and isinstance(leaf, np.ma.MaskedArray):
        raise TypeError(own_arithmetic(type(leaf)))
    try:
        array = np.asarray(leaf)
    except ValueError as error:
        raise TypeError(f"a ragged sequence ({error})") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{type(leaf).__name__} of dtype {array.dtype}")
    return array


class Problem:
    """`fun` and its parameters, checked.

    Parameters
    ----------
    fun : callable
        Of one argument, the parameters; gives a scalar.
    params : nested dicts, lists and tuples of arrays, numbers and Values
        Where it is differentiated. Never changed: `fun` gets copies.

    Attributes
    ----------
    names, shapes : list
        Of each parameter.
    x : numpy.ndarray of float64
        All entries of the parameters, one after the other.
    loss : float
        ``fun(params)``.
    resolution : float
        The spacing of floating-point numbers at 1 in the precision of the loss.
    """

    def __init__(self, fun: Callable[[Any], Any], params: Any) -> None:
        if not callable(fun):
            raise TypeError(f"fun must be callable, got {type(fun).__name__}")
        self.fun, self.tree = fun, params
        self.names, arrays = [], []
        for path, leaf in flatten(params):
            self.names.append(path or "params")
            try:
                if reason := own_arithmetic(type(leaf)):
                    raise TypeError(reason)
                arrays.append(numbers(leaf))
            except TypeError as error:
                raise TypeError(
                    f"parameter {self.names[-1]!r}: expected real numbers, got {error}"
                ) from error
        if not any(array.size for array in arrays):
            raise ValueError("params have no entries: there is nothing to differentiate")
        self.shapes = [array.shape for array in arrays]
        self.ends = np.cumsum([array.size for array in arrays]).tolist()
        self.x: Vector = np.concatenate([array.ravel() for array in arrays]).astype(np.float64)
        self.resolution = EPSILON
        self._noise: float | None = None
        self.loss = self._check_loss()

    def blocks(self) -> Iterator[slice]:
        """Yield the place of each parameter in the vector."""
        return (slice(start, end) for start, end in zip([0, *self.ends], self.ends))

    def arrays(self, vector: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Cut a vector into the parameters: views of it."""
        cuts = zip(self.blocks(), self.shapes, strict=True)
        return [vector[block].reshape(shape) for block, shape in cuts]

    def structure(self, vector: npt.NDArray[Any]) -> Any:
        """Arrange a vector as the parameters are arranged: views of it."""
        return rebuild(self.tree, iter(self.arrays(vector)))

    def without(self, names: Collection[str]) -> tuple[Any, Callable[[Any], Any]]:
        """Return the other parameters, and what makes all of them again of such.

        Empty tuples take the places of those that are held.
        """
        places = dict(zip(self.names, self.arrays(self.x), strict=True))
        others = (() if name in names else array.copy() for name, array in places.items())

        def filled(params: Any) -> Any:
            given = (leaf for _, leaf in flatten(params))
            leaves = (a.copy() if name in names else next(given) for name, a in places.items())
            return rebuild(self.tree, leaves)

        return rebuild(self.tree, others), filled

    def _check_loss(self) -> float:
        point = Point(self)
        first = point.value()
        point.refuse_changes()
        second = point.value()
        if first != second and not (isnan(first) and isnan(second)):
            raise ValueError(
                f"fun is not deterministic: at the same parameters it gave {first!r}, then "
                f"{second!r}; give its random numbers a fixed seed"
            )
        return first

    def noise(self) -> float:
        """Measure the round-off of the loss: four standard deviations, so hardly ever exceeded."""
        if self._noise is None:
            point, losses = Point(self), []
            with np.errstate(all="ignore"):  # fun has been heard at the parameters themselves
                for moved in self.nearby():
                    point.flat[:] = moved
                    losses.append(point.value())
            measured = float(round_off(np.array(losses)))
            # NaN beside the point: there is nothing to measure
            self._noise = max(self.resolution * abs(self.loss), 4 * measured)
        return self._noise

    def nearby(self) -> Iterator[Vector]:
        """Yield equally spaced points beside `x`, for `round_off`.

        They lie in a random direction, 1e-8 of each entry apart (absolutely below 1): far enough
        for every number that is computed on the way to be rounded anew.
        """
        generator = np.random.default_rng(1)  # of its own: the global random state is the user's
        step = 1e-8 * generator.choice([-1.0, 1.0], self.x.size) * np.maximum(1, np.abs(self.x))
        return (self.x + k * step for k in range(1, 11))


def round_off(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Estimate the standard deviation of round-off in values at equally spaced points.

    In fourth differences a smooth function vanishes and only the noise is left, with the factor
    of the binomial coefficients: 1 + 16 + 36 + 16 + 1 = 70 in its square. Hamming, *Numerical
    Methods for Scientists and Engineers* (1962); Moré and Wild, *SIAM J. Sci. Comput.* 33 (2011)
    1292. The points are along the first axis. 0 where it cannot be estimated.
    """
    with np.errstate(all="ignore"):
        fourth = np.diff(values, 4, axis=0)
        deviation: npt.NDArray[np.float64] = np.sqrt((fourth**2).mean(axis=0) / 70)
    return np.nan_to_num(deviation, posinf=0.0)


class Point:
    """Where `fun` is evaluated: a vector to move, and the parameters as views of it.

    Built once and moved in place, so that an evaluation costs little beside `fun` itself.
    """

    def __init__(self, problem: Problem, dtype: npt.DTypeLike = np.float64) -> None:
        self.problem = problem
        self.flat = problem.x.astype(dtype)  # a copy
        self._params = problem.structure(self.flat)
        self._leaves = flatten(self._params)

    def value(self) -> float:
        """Evaluate at a real point."""
        result = self.problem.fun(self._params)
        return result if type(result) is float else self._real(result)

    def imaginary(self) -> float:
        """Evaluate at a complex point: the imaginary part, 0 where the result is real."""
        result = self.problem.fun(self._params)
        if type(result) is not np.complex128:
            result = _scalar(result, "fiubc")
            self.problem.resolution = max(self.problem.resolution, _resolution(result))
        return float(result.imag)

    def _real(self, result: Any) -> float:
        if type(result) is not np.float64:
            result = _scalar(result, "f")
            self.problem.resolution = max(self.problem.resolution, _resolution(result))
        return float(result)

    def refuse_changes(self) -> None:
        """Raise if `fun` has changed its parameters: the numbers, or the containers."""
        problem = self.problem
        leaves = flatten(self._params)
        if [name for name, _ in leaves] != [name for name, _ in self._leaves]:
            raise ValueError(
                "fun changes its input: the parameters were "
                f"{', '.join(problem.names)}, and afterwards {', '.join(n for n, _ in leaves)}"
            )
        before = problem.arrays(problem.x.astype(self.flat.dtype))
        for name, old, (_, own), (_, leaf) in zip(problem.names, before, self._leaves, leaves):
            if own is not leaf or old.tobytes() != own.tobytes():
                raise ValueError(
                    f"fun changes its input: parameter {name!r} is not the same afterwards; "
                    "compute with a copy"
                )


def _scalar(result: Any, kinds: str) -> Any:
    """Return what `fun` gave as a NumPy scalar, or say why it is none."""
    array = np.asarray(result.data if isinstance(result, Value) else result)
    if array.dtype.kind not in kinds and type(result) is not int:
        raise TypeError(
            f"fun must return a real number, got {type(result).__name__} of dtype {array.dtype}"
        )
    if array.shape != ():
        raise ValueError(
            f"fun must return a scalar, got shape {array.shape}; reduce it, for example with .sum()"
        )
    return array[()]


def _resolution(scalar: Any) -> float:
    return float(np.finfo(scalar.dtype).eps) if scalar.dtype.kind in "fc" else 0.0
