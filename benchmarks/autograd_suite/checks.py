"""Checks of derivatives by differences, as autograd's tests call them."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.trees import flatten, rebuild

__all__ = ["Settings", "check_equivalent", "check_grads", "combo_check", "scalar_close"]

_STEP, _TOLERANCE = 1e-6, 1e-6


class Settings:
    """What is checked: complex numbers too, or real ones alone."""

    complex_too = True


def scalar_close(a: Any, b: Any) -> bool:
    return bool(abs(a - b) <= _TOLERANCE * (1 + abs(a) + abs(b)))


def check_grads(
    fun: Callable[..., Any],
    argnum: int | Sequence[int] = 0,
    modes: Sequence[str] = ("fwd", "rev"),
    order: int = 2,
) -> Callable[..., None]:
    """Make a function of arguments that checks the derivatives by those of the given number."""
    positions = (argnum,) if isinstance(argnum, int) else tuple(argnum)

    def check(*args: Any, **kwargs: Any) -> None:
        if _complex(args) and not Settings.complex_too:
            pytest.skip("complex numbers are left out")

        def of_some(*given: Any) -> Any:
            every = list(args)
            for position, one in zip(positions, given):
                every[position] = one
            return fun(*every, **kwargs)

        name = getattr(fun, "__name__", "function")
        _check(of_some, name, [_mapped(_inexact, args[k]) for k in positions], modes, order)

    return check


def combo_check(fun: Callable[..., Any], *settings: Any, **named: Any) -> Callable[..., None]:
    """Check with every combination of the arguments and of the keyword arguments."""

    def check(*choices: Any, **keywords: Any) -> None:
        for args in product(*choices):
            if _complex(args) and not Settings.complex_too:
                continue
            for values in product(*keywords.values()):
                check_grads(fun, *settings, **named)(*args, **dict(zip(keywords, values)))

    return check


def check_equivalent(one: Any, other: Any) -> None:
    """Assert that two trees have the same structure and numbers."""
    first, second = flatten(one), flatten(other)
    assert [name for name, _ in first] == [name for name, _ in second]
    for (name, a), (_, b) in zip(first, second):
        assert np.shape(a) == np.shape(b), name
        assert np.allclose(_data(a), _data(b), rtol=_TOLERANCE, atol=_TOLERANCE), name


def _check(
    fun: Callable[..., Any], name: str, args: list[Any], modes: Sequence[str], order: int
) -> None:
    direction = _mapped(_random, args)
    cotangent = _mapped(_random, fun(*args))
    ahead, behind = (fun(*_moved(args, direction, step / 2)) for step in (_STEP, -_STEP))
    slope = [(a - b) / _STEP for a, b in zip(_arrays(ahead), _arrays(behind), strict=True)]
    rev = "rev" in modes
    if rev:
        gradients = bp.vjp(fun, *args)[1](cotangent)
        for gradient, arg in zip(_arrays(list(gradients)), _arrays(args), strict=True):
            assert gradient.shape == arg.shape
            assert np.iscomplexobj(gradient) == np.iscomplexobj(arg)
        found = _inner(_arrays(list(gradients)), _arrays(direction))
        _assert_close(f"(VJP) check of {name}", found, _inner(slope, _arrays(cotangent)))
    if "fwd" in modes:
        tangent = bp.jvp(fun, args, direction)[1]
        found = _inner(_arrays(tangent), _arrays(cotangent))
        _assert_close(f"(JVP) check of {name}", found, _inner(slope, _arrays(cotangent)))
    if order > 1:
        n = len(args)
        if rev:
            pulled = lambda *given: list(bp.vjp(fun, *given[:n])[1](given[n]))
            _check(pulled, f"vjp_{name}", [*args, cotangent], modes, order - 1)
        if "fwd" in modes:
            pushed = lambda *given: bp.jvp(fun, given[:n], given[n:])[1]
            _check(pushed, f"jvp_{name}", [*args, *direction], modes, order - 1)


def _assert_close(what: str, found: float, numeric: float) -> None:
    assert scalar_close(found, numeric), f"{what} failed: {found}, by differences {numeric}"


def _inner(one: list[Any], other: list[Any]) -> float:
    """Pair without a conjugate: the convention of JAX for complex numbers."""
    return float(sum(np.sum(a * b).real for a, b in zip(one, other, strict=True)))


def _moved(tree: Any, direction: Any, step: float) -> Any:
    pairs = zip(_arrays(tree), _arrays(direction), strict=True)
    return rebuild(tree, iter([(a + step * d)[()] for a, d in pairs]))


def _mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    return rebuild(tree, iter([function(leaf) for _, leaf in flatten(tree)]))


def _arrays(tree: Any) -> list[Any]:
    return [np.asarray(_data(leaf)) for _, leaf in flatten(tree)]


def _data(leaf: Any) -> Any:
    return leaf.data if isinstance(leaf, bp.Value) else leaf


def _inexact(leaf: Any) -> Any:
    array = np.asarray(leaf)
    return array.astype(float)[()] if array.dtype.kind in "iub" else leaf


def _random(leaf: Any) -> Any:
    array = np.asarray(_data(leaf))
    drawn = np.random.randn(*array.shape)
    return drawn + 1j * np.random.randn(*array.shape) if array.dtype.kind == "c" else drawn


def _complex(args: Any) -> bool:
    return any(np.iscomplexobj(_data(leaf)) for _, leaf in flatten(list(args)))
