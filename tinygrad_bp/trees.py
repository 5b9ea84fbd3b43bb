"""Nested containers of parameters: their leaves with names, and back.

What a function takes as its parameters is an array, or dicts, lists and tuples of arrays, nested
in any way. Here is the one place that walks through them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import copy
from typing import Any


def flatten(tree: Any, leaves: Collection[str] = ()) -> list[tuple[str, Any]]:
    """List the leaves of nested containers, each with the path that leads to it.

    Parameters
    ----------
    tree : mapping, list, tuple or anything else
        Mappings, lists and tuples (named ones too) are containers, everything else is a leaf.
    leaves : collection of str, optional
        Paths at which there is a leaf whatever it is: where another tree has an array, a list
        of numbers is one.

    Returns
    -------
    list of (str, leaf)
        In the order of the containers, dicts in the order in which they were filled. Paths read
        like Python: ``w_1``, ``layers[0].w``, ``[0]``. That of a tree that is itself a leaf is
        empty. Keys that could be misread (with a dot, a bracket, a line break) are quoted, so
        that different leaves have different paths.

    Examples
    --------
    >>> from tinygrad_bp.trees import flatten
    >>> flatten({"layers": [{"w": 1.0, "b": 2.0}], "scale": 3.0})
    [('layers[0].w', 1.0), ('layers[0].b', 2.0), ('scale', 3.0)]
    """
    return list(_leaves(tree, "", leaves))


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Make new containers of the structure of `tree`, with other leaves.

    Parameters
    ----------
    tree : mapping, list, tuple or leaf
        The structure.
    leaves : iterator
        What takes the places of the leaves, in the order of `flatten`.

    Returns
    -------
    dict, list, tuple or leaf
        Containers of the same kinds. A mapping that is no dict, such as an open .npz file,
        becomes a dict.

    Examples
    --------
    >>> from tinygrad_bp.trees import rebuild
    >>> rebuild({"w": [1, 2], "b": 3}, iter("xyz"))
    {'w': ['x', 'y'], 'b': 'z'}
    """
    if isinstance(tree, Mapping):
        # a copy of a dict keeps what its class has beside the items, such as a default
        new = copy(tree) if isinstance(tree, dict) else {}
        for key, item in tree.items():
            new[key] = rebuild(item, leaves)
        return new
    if isinstance(tree, tuple):
        items = [rebuild(item, leaves) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if isinstance(tree, list):
        return [rebuild(item, leaves) for item in tree]
    return next(leaves)


def _leaves(tree: Any, path: str, stops: Collection[str]) -> Iterator[tuple[str, Any]]:
    if path in stops:
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from _leaves(item, path + step(key, path), stops)
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        for field, item in zip(tree._fields, tree, strict=True):
            yield from _leaves(item, path + step(field, path), stops)
    elif isinstance(tree, list | tuple):
        for position, item in enumerate(tree):
            yield from _leaves(item, f"{path}[{position}]", stops)
    else:
        yield path, tree


def step(key: Any, path: str) -> str:
    """Write the step to an item: ``w`` at the start, ``.w`` after it, ``[3]``, ``['a.b']``."""
    plain = isinstance(key, str) and key and key.isprintable() and not set(key) & set(".[]")
    return (f".{key}" if path else str(key)) if plain else f"[{key!r}]"
