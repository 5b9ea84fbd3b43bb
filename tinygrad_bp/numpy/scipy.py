"""``scipy`` for a file that is served: what is written in Python there takes Values, too.

So does ``numpy.polynomial``, which is written so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

from ..kernel.dispatch import IMPLEMENTATIONS, read_all, read_beside
from ..ops.joining import has_values_inside
from .arrays import connect, wrap

#: The parts that have functions which take Values.
_PARTS = {"special", "linalg", "signal", "stats", "spatial", "distance", "polynomial"}


class Served(ModuleType):
    """A part of a library, or a distribution in it, whose functions take Values."""

    def __init__(self, name: str, own: Any) -> None:
        super().__init__(name)
        self._own = own

    def __getattr__(self, name: str) -> Any:
        own = getattr(vars(self)["_own"], name)
        read_all()
        read_beside()
        if _is_registered(own):
            return _hand_over(own)
        if isinstance(own, ModuleType) and name in _PARTS:
            return Served(own.__name__, own)
        return Served(name, own) if _has_registered(own) else own

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what is served, such as a distribution to freeze its parameters."""
        return vars(self)["_own"](*args, **kwargs)

    def __dir__(self) -> list[str]:
        return dir(vars(self)["_own"])


def _is_registered(own: Any) -> bool:
    try:
        return own in IMPLEMENTATIONS
    except TypeError:  # what has no hash
        return False


def _has_registered(own: Any) -> bool:
    """Say whether this is an object, such as a distribution, with methods that take Values."""
    return any(getattr(each, "__self__", None) is own for each in IMPLEMENTATIONS)


def _hand_over(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = connect(args), connect(kwargs)
        if has_values_inside([*args, *kwargs.values()]):
            return IMPLEMENTATIONS[own](*args, **kwargs)
        return wrap(own(*args, **kwargs))

    return call


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(Served("scipy", import_module("scipy")), name)
