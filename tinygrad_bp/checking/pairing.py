"""Which gradient belongs to which parameter, however the gradients are arranged and called.

Where that is certain it is taken, with a note; where it is not, the parameter has none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, Literal

import numpy as np

from ..kernel.value import Value
from ..trees import flatten, step

#: What people put before, and behind, the name of a parameter to name its gradient.
_BEFORE = re.compile(
    r"d_?|g_?|grad_?|gradient_?|nabla_?|∇|[d∂](?:[LJEC]|loss|cost|error)_?/?[d∂]_?"
)
_BEHIND = re.compile(r"_g|_?grads?|_?gradient|\.grad|\.gradient")
_CONTAINER = re.compile(r"grads?|gradients?|d_?params")
_LAST = re.compile(r"(\w+)(?:\[\d+\])*$")


@dataclass(frozen=True)
class Unread:
    """Takes the place of a gradient that there is none of, or that was not read, and says why."""

    verdict: Literal["wrong", "missing", "not read"]
    why: str


MISSING = Unread("missing", "no gradient is given for it")


@dataclass
class Paired:
    """Gradients by the names of their parameters.

    Attributes
    ----------
    leaves : dict
        For each parameter what was given for it, or `Unread`.
    extra : dict
        What was given beside, by its path.
    notes : list of str
        How it was read, where that was not plain.
    """

    leaves: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def read(self) -> list[str]:
        """The parameters that a gradient was found for."""
        return [name for name, leaf in self.leaves.items() if not isinstance(leaf, Unread)]


def pair(tree: Any, given: Any) -> Paired:
    """Find the gradient of each parameter in what was given."""
    names = [path or "params" for path, _ in flatten(tree)]
    reader = _Reader()
    found = list(reader.read_all(tree, names, given))
    return Paired(dict(zip(names, found, strict=True)), reader.extra, reader.notes)


def relate(keys: Iterable[Any], names: Iterable[Any]) -> dict[Any, Any]:
    """Find which key names the gradient of which parameter: the same, ``dW``, ``W_grad``...

    Exact names come first, then those of gradients, then those that differ in case and
    underscores. Where two would do there is none.
    """
    keys, names = list(keys), list(names)
    pairs = {key: key for key in keys if key in names}
    for same in (_identity, _loosely):
        taken = set(pairs.values())
        open_keys = [k for k in keys if k not in pairs and isinstance(k, str)]
        open_names = [n for n in names if n not in taken and isinstance(n, str)]
        fits = [
            (key, name)
            for key in open_keys
            for name in open_names
            if same(name) in {same(each) for each in (key, *names_behind(key))}
        ]
        for key, name in fits:
            if sum(key == k or name == n for k, n in fits) == 1:
                pairs[key] = name
    return pairs


def names_behind(key: Any) -> Iterator[str]:
    """Yield the names whose gradient a key may name: for ``dLdW`` both ``LdW`` and ``W``."""
    for k in range(1, len(key)) if isinstance(key, str) else ():
        if _BEFORE.fullmatch(key[:k]):
            yield key[k:]
        if _BEHIND.fullmatch(key[k:]):
            yield key[:k]


def is_gradient(key: Any) -> bool:
    """Say whether this is what a container of gradients is called."""
    return isinstance(key, str) and _CONTAINER.fullmatch(key) is not None


def children(tree: Any) -> dict[Any, Any] | None:
    """Return what a container has inside, by key or position; None for a leaf."""
    if isinstance(tree, Mapping):
        return dict(tree)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return dict(zip(tree._fields, tree, strict=True))
    return dict(enumerate(tree)) if isinstance(tree, list | tuple) else None


def is_object(thing: Any) -> bool:
    """Say whether something is an instance of a class that somebody wrote, with attributes."""
    return (
        hasattr(thing, "__dict__")
        and not hasattr(thing, "__array__")
        and not isinstance(thing, Value | type | FunctionType | ModuleType | Mapping | list | tuple)
        and not callable(getattr(thing, "__func__", None))
    )


def attributes(thing: Any) -> dict[str, Any]:
    """Return the attributes of an object that are not private."""
    return {name: item for name, item in vars(thing).items() if not name.startswith("_")}


def _identity(name: str) -> str:
    return name


def _loosely(name: str) -> str:
    return name.replace("_", "").casefold()


def _contents(given: Any) -> dict[Any, Any] | None:
    if isinstance(given, np.ndarray):
        return dict(enumerate(given)) if given.ndim else None
    return attributes(given) if is_object(given) else children(given)


def _has_names(contents: Mapping[Any, Any]) -> bool:
    return any(isinstance(key, str) for key in contents)


class _Reader:
    """Walks through parameters and gradients together."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}
        self.notes: list[str] = []

    def read_all(self, tree: Any, names: Sequence[str], given: Any) -> Iterator[Any]:
        """Yield the gradient of each leaf; the ways that only the whole can be read come first."""
        wanted, got = children(tree), _contents(given)
        alone = len(names) == 1
        if given is None:
            return self._none(tree, "no gradient is given: None")
        if alone and (wanted is None or got is None or isinstance(given, np.ndarray)):
            return iter([self._only(names[0], given)])
        if wanted is None or got is None:
            return self.read(tree, given)
        if len(got) == len(names) != len(wanted) and not _has_names(got):
            self._note_order(names)
            return iter(list(got.values()))
        if _has_names(wanted) and _has_names(got) and not relate(got, wanted):
            return self._by_last_name(names, given)
        return self.read(tree, given)

    def read(self, tree: Any, given: Any, path: str = "") -> Iterator[Any]:
        wanted, got = children(tree), _contents(given)
        if wanted is None:
            yield given
            return
        if isinstance(given, Unread):
            yield from [given] * len(flatten(tree))
            return
        if given is None:
            yield from self._none(tree, "its gradient is None")
            return
        if not got and isinstance(got, dict):
            yield from self._none(tree, MISSING.why)
            return
        if got is None:
            why = f"expected gradients of {_list(wanted)}, got {_kind(given)}"
            yield from [Unread("not read", why)] * len(flatten(tree))
            return
        key_of = self._keys(wanted, got, path)
        if isinstance(key_of, Unread):
            yield from [key_of] * len(flatten(tree))
            return
        used = set(key_of.values())
        self._note_extra({key: item for key, item in got.items() if key not in used}, path)
        for name, child in wanted.items():
            inner = path + step(name, path)
            yield from self.read(child, got[key_of[name]] if name in key_of else MISSING, inner)

    def _keys(self, wanted: dict[Any, Any], got: dict[Any, Any], path: str) -> Any:
        """Return which key each name is given under, or why that is not certain."""
        if _has_names(wanted) and _has_names(got):
            key_of = {name: key for key, name in relate(got, wanted).items()}
            at = f"{path}." if path else ""
            renamed = [f"{at}{key} as that of {at}{n}" for n, key in key_of.items() if n != key]
            if renamed:
                self.notes.append(f"gradients were read by name: {', '.join(renamed)}")
            return key_of
        if len(wanted) != len(got):
            return Unread(
                "not read",
                f"expected gradients of {_list(wanted)}, got {len(got)} without these names",
            )
        if _has_names(wanted) or _has_names(got):
            self._note_order([path + step(name, path) for name in wanted])
        return dict(zip(wanted, got, strict=True))

    def _only(self, name: str, given: Any) -> Any:
        """Take the only gradient for the only parameter, out of a container of one too."""
        got = _contents(given)
        if got is None or not _has_names(got):
            return given
        if len(got) == 1:
            ((key, item),) = got.items()
            self.notes.append(f"gradients were read by name: {key} as that of {name}")
            return item
        return Unread("not read", f"expected one gradient, got {_list(got)}")

    def _none(self, tree: Any, why: str) -> Iterator[Any]:
        return iter([Unread("missing", why)] * len(flatten(tree)))

    def _by_last_name(self, names: Sequence[str], given: Any) -> Iterator[Any]:
        """Read gradients that are nested in another way: by the last step of each path."""
        unique = _by_last(dict(zip(names, names, strict=True)))
        got = _by_last({path: (path, leaf) for path, leaf in flatten(given)})
        key_of = {unique[last]: got[key] for key, last in relate(got, unique).items()}
        if key_of:
            read = ", ".join(f"{path} as that of {name}" for name, (path, _) in key_of.items())
            self.notes.append(f"gradients were read by name: {read}")
        return iter([key_of[name][1] if name in key_of else MISSING for name in names])

    def _note_order(self, names: Sequence[str]) -> None:
        self.notes.append(f"gradients were read in order: {_list(names)}")

    def _note_extra(self, items: dict[Any, Any], path: str) -> None:
        for key, item in items.items():
            self.extra[path + step(key, path)] = item


def _by_last(items: Mapping[str, Any]) -> dict[str, Any]:
    """Return items by the last name in their paths, where that is the last of one only."""
    last = {path: match[1] if (match := _LAST.search(path)) else path for path in items}
    count = Counter(last.values())
    return {last[path]: item for path, item in items.items() if count[last[path]] == 1}


def _list(names: Iterable[Any]) -> str:
    listed = [str(name) for name in names]
    return ", ".join(listed if len(listed) <= 8 else [*listed[:7], f"... ({len(listed)})"])


def _kind(given: Any) -> str:
    return (
        f"{type(given).__name__} of shape {given.shape}"
        if hasattr(given, "shape")
        else (type(given).__name__)
    )
