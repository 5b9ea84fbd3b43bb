"""Parameters that a program keeps in objects of its own, put there while it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..kernel.value import Value
from .pairing import attributes, children, is_gradient, is_object, names_behind

#: The steps to a place: attributes, keys, positions.
Steps = tuple[Any, ...]


class _Place(NamedTuple):
    steps: Steps
    container: Any
    key: Any
    leaf: Any


def has_objects(params: Any) -> bool:
    """Say whether parameters are kept in instances of classes that somebody wrote."""
    inside = children(params)
    return is_object(params) if inside is None else any(map(has_objects, inside.values()))


class Held:
    """The objects in which a program keeps its parameters.

    Attributes
    ----------
    root : object
        The outermost one, or a container of some.
    places : list
        Where there are numbers in them, each once.
    """

    def __init__(self, root: Any) -> None:
        self.root = root
        self._containers: list[Any] = []
        self.places = list(self._walk(root, (), set()))
        self._chosen: list[Steps] = []

    def _walk(self, thing: Any, steps: Steps, seen: set[int]) -> Iterator[_Place]:
        inside = _inside(thing)
        if inside is None or id(thing) in seen:
            return
        seen.add(id(thing))
        self._containers.append(thing)
        for key, item in inside.items():
            if _is_number(item):
                yield _Place((*steps, key), thing, key, item)
            else:
                yield from self._walk(item, (*steps, key), seen)

    @property
    def numbers(self) -> list[Steps]:
        """The places of numbers that are no gradients of others."""
        return [place.steps for place in self.places if not _is_gradient(place)]

    @property
    def arrays(self) -> list[Steps]:
        """Those of arrays of floating-point numbers."""
        found = [p for p in self.places if not _is_gradient(p)]
        return [p.steps for p in found if np.ndim(p.leaf) and p.leaf.dtype.kind == "f"]

    def find_unchanged(self, run: Callable[[], Any]) -> set[Steps]:
        """Return the places whose numbers are the same objects after something has run."""
        with self.restore_after():
            run()
            later = {place.steps: place.leaf for place in Held(self.root).places}
        return {p.steps for p in self.places if later.get(p.steps) is p.leaf}

    def choose(self, steps: Collection[Steps]) -> Any:
        """Take the numbers at some places for the parameters; return them, nested."""
        self._chosen = [place.steps for place in self.places if place.steps in steps]
        return _nest(self.root, set(self._chosen), ())

    def gradients(self) -> Any:
        """Return the gradients that are kept now, nested as they are."""
        now = [place.steps for place in Held(self.root).places if _is_gradient(place)]
        return _nest(self.root, set(now), ())

    @contextmanager
    def put(self, leaves: Sequence[Any]) -> Iterator[None]:
        """Put others in the places of the parameters, everywhere that these are, for a block."""
        new = dict(zip(self._chosen, leaves, strict=True))
        shared = {
            id(p.leaf): new[p.steps]
            for p in self.places
            if p.steps in new and isinstance(p.leaf, np.ndarray)
        }
        with self.restore_after():
            for place in self.places:
                if place.steps in new:
                    _set(place.container, place.key, new[place.steps])
                elif id(place.leaf) in shared:
                    _set(place.container, place.key, shared[id(place.leaf)])
            yield

    @contextmanager
    def restore_after(self) -> Iterator[None]:
        """Put back, after a block, all that the objects had before it."""
        before = [(each, dict(_items_of(each))) for each in self._containers]
        try:
            yield
        finally:
            for each, items in before:
                _restore(each, items)


def _inside(thing: Any) -> dict[Any, Any] | None:
    return attributes(thing) if is_object(thing) else children(thing)


def _items_of(thing: Any) -> dict[Any, Any]:
    return vars(thing) if is_object(thing) else children(thing) or {}


def _restore(thing: Any, items: dict[Any, Any]) -> None:
    if isinstance(thing, list):
        thing[:] = items.values()
    elif not isinstance(thing, tuple):
        held = vars(thing) if is_object(thing) else thing
        held.clear()
        held.update(items)


def _set(container: Any, key: Any, leaf: Any) -> None:
    if isinstance(container, tuple):
        raise TypeError("a parameter in a tuple cannot be given other numbers; use a list")
    held = vars(container) if is_object(container) else container
    held[key] = leaf


def _is_number(item: Any) -> bool:
    return isinstance(item, float | np.ndarray | np.floating | Value) or hasattr(item, "__array__")


def _is_gradient(place: _Place) -> bool:
    """Say whether a number is called the gradient of one beside it, or is among gradients."""
    beside = _inside(place.container) or {}
    return any(map(is_gradient, place.steps[:-1])) or any(
        name in beside for name in names_behind(place.key)
    )


def _nest(thing: Any, steps: set[Steps], at: Steps) -> Any:
    """Give the chosen numbers the structure in which they are held; () where a list has none."""
    if at in steps:
        return thing
    on_the_way = {each[len(at)] for each in steps if each[: len(at)] == at}
    inside = _inside(thing) or {}
    parts = {key: _nest(inside[key], steps, (*at, key)) for key in inside if key in on_the_way}
    if isinstance(thing, list | tuple):
        return [parts.get(k, ()) for k in range(len(thing))]
    return parts
