"""Which backends there are, and what each of them has to offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from ..programs import Program


class Backend(NamedTuple):
    """What makes functions of programs.

    Attributes
    ----------
    build : callable
        ``build(program)`` gives a function of the leaves, in the order of ``(*inputs, *seeds)``,
        which have the right shapes and dtypes. It returns ``(*outputs, *gradients)``, and may
        have its text as attribute ``source``.
    build_loop : callable
        ``build_loop(program, carried)`` gives a function of n and the leaves, which runs the
        program n times with its outputs as the next first inputs.
    lends : bool
        Whether what these functions return may be their own memory, or that of the leaves.
    array : type
        What they return as arrays, which they also take as they are.
    """

    name: str
    build: Callable[[Program], Callable[..., tuple[Any, ...]]]
    build_loop: Callable[[Program, int], Callable[..., tuple[Any, ...]]]
    lends: bool
    array: type = np.ndarray


#: The package that a backend needs, which is also the name of the extra to install.
_NEEDS = {"numpy": None, "numba": "numba", "jax": "jax"}
NAMES = tuple(_NEEDS)


def find_backend(name: str, text: Mapping[str, str] | None = None) -> Backend:
    """Return a backend, or say what to install.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    text : dict of str to str, optional
        How a user's own ops are written, for the backend that goes by text.

    Raises
    ------
    ValueError
        If there is no such backend.
    ImportError
        If what it needs is not installed.
    """
    if name not in _NEEDS:
        raise ValueError(f"compile: backend must be one of {', '.join(NAMES)}, got {name!r}")
    package = _NEEDS[name]
    if package is not None and find_spec(package) is None:
        raise ImportError(
            f"compile: the backend {name!r} needs {package}; pip install tinygrad-bp[{package}]"
        )
    module = import_module(f".{name}_backend", __package__)
    if name == "jax":
        build, build_loop = (partial(f, text=text) for f in (module.build, module.build_loop))
        return Backend(name, build, build_loop, lends=False, array=module.array_type())
    return Backend(name, module.build, module.build_loop, lends=True)
