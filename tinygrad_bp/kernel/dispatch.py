"""NumPy's functions on Values: the one registry that its protocols and the operators read.

``implements(np.exp)`` beside an op says that ``np.exp(value)`` is that op. NumPy calls
``__array_ufunc__`` and ``__array_function__`` of a Value (NEP 13, NEP 18), and those look here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NoReturn, TypeVar

import numpy as np

from .context import witness
from .data import HasData

F = TypeVar("F", bound=Callable[..., Any])

#: From a NumPy function to what computes it on Values.
IMPLEMENTATIONS: dict[Callable[..., Any], Callable[..., Any]] = {}

#: Modules with further implementations, imported when a function is first not found.
_unread: list[str] = []

#: For a library that somebody may have imported, the module that registers its functions.
_beside: dict[str, str] = {}


def implements(*functions: Callable[..., Any]) -> Callable[[F], F]:
    """Register what follows as the implementation of NumPy functions on Values.

    Raises
    ------
    ValueError
        If one of them is implemented already: which of the two wins would depend on imports.
    """

    def register(implementation: F) -> F:
        for function in functions:
            if function in IMPLEMENTATIONS:
                raise ValueError(
                    f"implements: {_full_name(function)} is implemented already, by "
                    f"{IMPLEMENTATIONS[function]!r}; expected one implementation of each function"
                )
            IMPLEMENTATIONS[function] = implementation
        if hasattr(implementation, "name_after"):  # an op learns what NumPy calls it
            implementation.name_after(functions[0])
        return implementation

    return register


def implementation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what computes a NumPy function on Values, or say what to do instead."""
    found = IMPLEMENTATIONS.get(function)
    if found is None:
        read_all()
        read_beside()
        found = IMPLEMENTATIONS.get(function)
    return found or _refuse_unsupported(function)


def further_in(*modules: str) -> None:
    """Say which modules register more: importing NumPy's whole namespace would take a while."""
    _unread.extend(modules)


def further_beside(library: str, module: str) -> None:
    """Say which module registers the functions of a library, which is imported by its user."""
    _beside[library] = module


def read_beside() -> None:
    """Import the modules for the libraries that somebody has imported."""
    for library in [each for each in _beside if each in sys.modules]:
        import_module(_beside.pop(library))


def read_all() -> None:
    """Import the modules with further implementations, so that the registry is complete."""
    while _unread:
        import_module(_unread[-1])
        _unread.pop()


def on_data(function: Callable[..., Any]) -> None:
    """Register a function without a derivative: on Values it gives plain arrays."""
    implements(function)(partial(plainly, function))


def plainly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function without a derivative: on the data, unless a graph is to be written out."""
    ask = witness.get()
    if ask is not None:
        return ask(function, args, kwargs)
    return function(*data_of(args), **data_of(kwargs))


def data_of(argument: Any) -> Any:
    """Replace the Values in an argument, and in containers in it, by their data."""
    if isinstance(argument, tuple | list):
        return type(argument)(map(data_of, argument))
    if isinstance(argument, dict):
        return {key: data_of(item) for key, item in argument.items()}
    return argument._data if isinstance(argument, HasData) else argument


def refuse_keywords(name: str, keywords: dict[str, Any]) -> None:
    """Raise for keyword arguments that would change data in place or drop a gradient."""
    for keyword, given in keywords.items():
        if given is not None and given is not np._NoValue:
            raise TypeError(
                f"{name}: {keyword}= is not supported on Values, because a graph cannot record it; "
                f"call {name} without it"
            )


def _full_name(function: Callable[..., Any]) -> str:
    return f"{getattr(function, '__module__', None) or 'numpy'}.{function.__name__}"


def _refuse_unsupported(function: Callable[..., Any]) -> NoReturn:
    raise TypeError(
        f"{_full_name(function)} is not implemented for Values, so its result would lose the "
        "gradient; compose it of functions that are, or write a tinygrad_bp.Op for it"
    )
