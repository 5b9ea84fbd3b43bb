"""From the arguments of a call to the leaves that a program takes, and from results to a value.

A call of a small program takes a few microseconds, so both are written out as text for the
containers at hand, like the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..programs import Instruction
from ..trees import flatten, rebuild
from .arguments import Arguments, Leaf, identify_leaf


class _Names(dict[str, Any]):
    """What a text refers to."""

    def add(self, thing: Any) -> str:
        name = f"k{len(self)}"
        self[name] = thing
        return name


def make_taker(
    arguments: Arguments, array: type = np.ndarray
) -> Callable[..., tuple[Any, ...] | None]:
    """Make a function that takes arguments apart, if they are like those of a call.

    Parameters
    ----------
    arguments : Arguments
        Those of a call.
    array : type
        What the program takes as an array beside NumPy's.

    Returns
    -------
    callable
        Of args and kwargs. Returns the leaves for the program, or None where something is not
        the same: a container, a key, a type, a shape or something that is part of the program.
    """
    names = _Names(
        ndarray=np.ndarray, array=array, identify_leaf=identify_leaf, keywords=arguments.names
    )
    count = len(arguments.trees) - len(arguments.names)
    named = "tuple(kwargs) != keywords" if arguments.names else "kwargs"
    lines = [f"if len(args) != {count} or {named}: return None"]
    leaves = iter(arguments.leaves)
    taken: list[str] = []
    for k, tree in enumerate(arguments.trees):
        source = f"args[{k}]" if k < count else f"kwargs[keywords[{k - count}]]"
        _take(tree, source, leaves, lines, taken, names)
    body = [f"        {line}" for line in [*lines, f"return ({''.join(f'{x}, ' for x in taken)})"]]
    text = "\n".join(
        [
            "def take(args, kwargs):",
            "    try:",
            *body,
            "    except KeyError:",
            "        return None",
        ]
    )
    return _define(text, names)


def _take(
    tree: Any,
    source: str,
    leaves: Any,
    lines: list[str],
    taken: list[str],
    names: _Names,
) -> None:
    """Write lines that take one tree apart."""
    name = f"t{len(lines)}"
    lines.append(f"{name} = {source}")
    if isinstance(tree, Mapping):
        lines.append(
            _unless(f"type({name}) is {names.add(type(tree))} and len({name}) == {len(tree)}")
        )
        for key, item in tree.items():
            _take(item, f"{name}[{names.add(key)}]", leaves, lines, taken, names)
    elif isinstance(tree, list | tuple):
        lines.append(
            _unless(f"type({name}) is {names.add(type(tree))} and len({name}) == {len(tree)}")
        )
        for position, item in enumerate(tree):
            _take(item, f"{name}[{position}]", leaves, lines, taken, names)
    else:
        _take_leaf(next(leaves), name, lines, taken, names)


def _take_leaf(leaf: Leaf, name: str, lines: list[str], taken: list[str], names: _Names) -> None:
    if not leaf.is_input:
        lines.append(_unless(f"identify_leaf({name}) == {names.add(identify_leaf(leaf.given))}"))
        return
    taken.append(name)
    if leaf.data.shape != ():
        dtype = names.add(leaf.data.dtype)
        lines.append(
            _unless(
                f"(type({name}) is ndarray or type({name}) is array) and {name}.dtype is {dtype} "
                f"and {name}.shape == {leaf.data.shape}"
            )
        )
        return
    if isinstance(leaf.given, np.ndarray):  # of shape (), which the type does not say
        lines.append("return None")
    lines.append(_unless(f"type({name}) is {names.add(type(leaf.given))}"))
    if type(leaf.given) is not type(leaf.data):
        lines.append(f"{name} = {names.add(type(leaf.data))}({name})")


def _unless(condition: str) -> str:
    return f"if not ({condition}): return None"


def make_finisher(
    run: Callable[..., tuple[Any, ...]],
    results: Sequence[Instruction],
    tree: Any,
    *,
    lock: Any,
    copy: bool,
) -> Callable[..., Any]:
    """Make a function that runs a program, and gives its results a structure.

    Parameters
    ----------
    run : callable
        The program.
    results : sequence of Instruction
        What it returns, for shapes and dtypes.
    tree : tree
        The structure, with as many leaves as there are results.
    lock : context manager or None
        Held while the program runs and its results are copied.
    copy : bool
        Whether results are memory of their own.

    Returns
    -------
    callable
        Of the leaves. Returns the tree.
    """
    names = _Names(run=run, lock=lock)
    ys = [f"y{k}" for k in range(len(results))]
    lines = [f"{''.join(f'{y}, ' for y in ys)} = run(*leaves)" if ys else "run(*leaves)"]
    for y, step in zip(ys, results, strict=True):
        if step.shape == ():
            lines.append(f"{y} = {names.add(np.dtype(step.dtype).type)}({y})")
        elif copy:
            lines.append(f"{y} = {y}.copy()")
    if lock is not None:
        lines = ["with lock:", *(f"    {line}" for line in lines)]
    lines.append(f"return {_display(tree, iter(ys), names)}")
    text = "\n".join(["def finish(leaves):", *(f"    {line}" for line in lines)])
    return _define(text, names)


def _display(tree: Any, ys: Any, names: _Names) -> str:
    """Write the expression that makes a tree."""
    if type(tree) is dict:
        items = [f"{names.add(key)}: {_display(item, ys, names)}" for key, item in tree.items()]
        return f"{{{', '.join(items)}}}"
    if type(tree) is list:
        return f"[{', '.join(_display(item, ys, names) for item in tree)}]"
    if type(tree) is tuple:
        return f"({''.join(f'{_display(item, ys, names)}, ' for item in tree)})"
    if isinstance(tree, Mapping | list | tuple):
        leaves = "".join(f"{next(ys)}, " for _ in flatten(tree))
        names["rebuild"] = rebuild
        return f"rebuild({names.add(tree)}, iter(({leaves})))"
    return str(next(ys))


def _define(text: str, names: _Names) -> Callable[..., Any]:
    exec(compile(text, "<compiled call>", "exec"), names)
    function: Callable[..., Any] = names[text[4 : text.index("(")]]
    return function
