"""Numeric derivatives for the tests: a few lines that share nothing with the package."""

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_bp as bp


def complex_step(fun: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Imag f(x + ih) / h: exact to round-off where f is analytic."""
    return _entry_by_entry(
        lambda place, i: _at(fun, place, i, 1e-30j).imag / 1e-30,
        [np.array(a, complex) for a in arrays],
    )


def five_point(fun: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Fourth-order central difference."""
    h = 1e-3

    def slope(place: list[np.ndarray], i: tuple[int, ...]) -> float:
        f = [_at(fun, place, i, k * h) for k in (-2, -1, 1, 2)]
        return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)

    return _entry_by_entry(slope, [np.array(a, float) for a in arrays])


def _entry_by_entry(slope: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    gradients = []
    for k, array in enumerate(arrays):
        gradient = np.empty(array.shape)
        for i in np.ndindex(array.shape):
            gradient[i] = slope((arrays, k), i)
        gradients.append(gradient)
    return gradients


def _at(fun: Callable[..., Any], place: Any, i: tuple[int, ...], step: Any) -> Any:
    arrays, k = place
    shifted = [a.copy() for a in arrays]
    shifted[k][i] += step
    return fun(*shifted)


def projected(fun: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[..., Any]:
    """Make a scalar function: the output times fixed random numbers, added up."""
    shape = np.shape(fun(*arrays))
    weights = np.random.default_rng(7).normal(size=shape)
    return lambda *args: (fun(*args) * weights).sum()


def automatic(fun: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Differentiate a scalar function by the engine."""
    leaves = [bp.Value(a) for a in arrays]
    fun(*leaves).backward()
    return [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves]


def assert_right(
    fun: Callable[..., Any],
    *arrays: np.ndarray,
    analytic: bool = True,
    rtol: float = 1e-10,
) -> None:
    """Compare first and second derivatives of a function of arrays with numeric ones.

    The second derivative is checked as the gradient of a projection of the gradient.
    """
    given = [np.array(a) for a in arrays]
    scalar = projected(fun, given)
    numeric = complex_step if analytic else five_point
    tolerance = {"rtol": rtol, "atol": 1e-12} if analytic else {"rtol": 1e-7, "atol": 1e-9}
    for found, wanted in zip(automatic(scalar, given), numeric(scalar, given), strict=True):
        np.testing.assert_allclose(found, wanted, **tolerance)

    def gradient_projection(*args: Any) -> Any:
        leaves = [bp.Value(a) if not isinstance(a, bp.Value) else a for a in args]
        for leaf in leaves:
            leaf.zero_grad()
        scalar(*leaves).backward(create_graph=True)
        grads = [leaf.grad for leaf in leaves if leaf.grad is not None]
        total = sum((g * np.cos(1.0 + np.arange(g.size)).reshape(g.shape)).sum() for g in grads)
        return total

    leaves = [bp.Value(a) for a in given]
    projection = gradient_projection(*leaves)
    for leaf in leaves:
        leaf.zero_grad()
    if isinstance(projection, bp.Value) and projection.requires_grad:
        projection.backward()
    found_second = [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves]

    def number(*args: np.ndarray) -> float:
        value = gradient_projection(*args)
        return value.item() if isinstance(value, bp.Value) else value

    for found, wanted in zip(found_second, five_point(number, given), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)
    for before, after in zip(arrays, given, strict=True):
        np.testing.assert_array_equal(before, after, err_msg="an input was changed")
