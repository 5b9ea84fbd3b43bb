"""From text to a function, whose lines tracebacks and debuggers show."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import finalize

_numbers = count(1)


def define(text: str, name: str, what: str, names: dict[str, Any] | None = None) -> Any:
    r"""Run the text of a module, and return the function of a name.

    Parameters
    ----------
    text : str
        The module.
    name : str
        Of the function in it.
    what : str
        What the text is; with a number it is the name of its file in tracebacks.
    names : dict, optional
        What the text can use.

    Returns
    -------
    callable
        The lines of the text are kept as long as it is.

    Examples
    --------
    >>> from tinygrad_bp.programs.defining import define
    >>> define("twice = lambda a: 2 * a", "twice", "example")(3)
    6
    """
    file = f"<{what} {next(_numbers)}>"
    namespace = dict(names or {})
    exec(compile(text, file, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    finalize(function, linecache.cache.pop, file, None).atexit = False
    return function
