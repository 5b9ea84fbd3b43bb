"""``numpy.random``, whose arrays take Values, and whose distributions take them as parameters.

The numbers drawn are NumPy's. A sample of a distribution with Values as location and scale is
differentiable in them: location + scale * standard sample, which is how NumPy makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..kernel.value import Value
from .arrays import connect, wrap


def _make_scaled(standard: Callable[[Any], Any], low_and_high: bool) -> Callable[..., Any]:
    def draw(first: Any = 0.0, second: Any = 1.0, size: Any = None) -> Any:
        shape = np.broadcast_shapes(np.shape(first), np.shape(second)) if size is None else size
        scale = second - first if low_and_high else second
        return first + scale * standard(shape)

    return draw


#: Distributions of a location and a scale: of what standard sample, and what they are called by.
_SCALED = {
    "normal": ("standard_normal", ("loc", "scale"), False),
    "uniform": ("random", ("low", "high"), True),
}


def _make_draw(source: Any, name: str) -> Callable[..., Any]:
    own = getattr(source, name)
    standard, parameters, low_and_high = _SCALED.get(name, (None, (), False))

    @wraps(own)
    def draw(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = connect(args), connect(kwargs)
        values = any(isinstance(each, Value) for each in (*args, *kwargs.values()))
        if not values or standard is None:
            return wrap(own(*args, **kwargs))
        given = dict(zip((*parameters, "size"), args)) | kwargs
        first, second = (given.pop(each, k) for k, each in enumerate(parameters))
        sample = getattr(source, standard, None) or source.random_sample
        return _make_scaled(sample, low_and_high)(first, second, **given)

    return draw


class _Drawing:
    """Draws numbers whose arrays take Values."""

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__(name)
        if name.startswith("_") or not callable(own) or name in _NO_NUMBERS:
            return own
        return _make_draw(_Own(super()), name)


#: Methods that draw nothing.
_NO_NUMBERS = ("spawn", "seed", "get_state", "set_state")


class Generator(_Drawing, np.random.Generator):
    """NumPy's generator, whose arrays take Values."""


class RandomState(_Drawing, np.random.RandomState):
    """NumPy's older generator, whose arrays take Values."""


class _Own:
    """The methods that a class inherits."""

    def __init__(self, inherited: Any) -> None:
        self._inherited = inherited

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inherited, name)


def default_rng(*args: Any, **kwargs: Any) -> Generator:
    """Make a generator, as `numpy.random.default_rng`."""
    return Generator(np.random.default_rng(*args, **kwargs).bit_generator)


def __getattr__(name: str) -> Any:
    own = getattr(np.random, name)
    if isinstance(own, type) or not callable(own) or name.startswith("_"):
        return own
    return _make_draw(np.random, name)


def __dir__() -> list[str]:
    return dir(np.random)
