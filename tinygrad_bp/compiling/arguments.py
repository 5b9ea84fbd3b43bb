"""The arguments of a call: which leaves are inputs of a program, and which are part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..kernel import Value
from ..kernel.data import as_numbers
from ..programs import TracingError
from ..programs.simplify import key_of
from ..trees import flatten, rebuild


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of the arguments.

    Attributes
    ----------
    path : str
        Where it is, for messages.
    argument : int
        Which argument it belongs to, keywords counted after the others.
    given : object
        What the caller passed.
    data : object
        For an input the numbers, as the program takes them.
    is_input : bool
        Whether the program takes it; otherwise it is part of the program.
    """

    path: str
    argument: int
    given: Any
    data: Any = None
    is_input: bool = False


class Arguments:
    """The arguments of one call, taken apart.

    Parameters
    ----------
    args, kwargs : tuple, dict
        As they were passed.
    differentiated : collection of int
        Arguments whose leaves are numbers to differentiate by.
    frozen : bool
        Whether whole numbers are part of the program, too, and not inputs.

    Raises
    ------
    TypeError
        If a leaf to differentiate by is not made of numbers, or a leaf that would be part
        of the program could change without being noticed.
    """

    def __init__(
        self,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        differentiated: Collection[int],
        *,
        frozen: bool,
    ) -> None:
        self.trees = (*args, *kwargs.values())
        self.names = tuple(kwargs)
        self.leaves: list[Leaf] = []
        weak = _precision_of(self.trees)
        for k, tree in enumerate(self.trees):
            for path, leaf in flatten(tree):
                self.leaves.append(_leaf(path, k, leaf, k in differentiated, weak, frozen))

    @property
    def inputs(self) -> list[Leaf]:
        """The leaves that the program takes."""
        return [leaf for leaf in self.leaves if leaf.is_input]

    @property
    def data(self) -> tuple[Any, ...]:
        """The numbers of the inputs."""
        return tuple(leaf.data for leaf in self.inputs)

    @property
    def has_whole_numbers(self) -> bool:
        """Whether some input is not of floats."""
        return any(leaf.data.dtype.kind in "iu" for leaf in self.inputs)

    def key(self) -> Any:
        """Return what is equal for calls that one program serves."""
        return (
            self.names,
            tuple(map(structure, self.trees)),
            tuple(
                (leaf.data.shape, leaf.data.dtype) if leaf.is_input else identify_leaf(leaf.given)
                for leaf in self.leaves
            ),
        )

    def with_leaves(self, leaves: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return args and kwargs in new containers, with other leaves."""
        iterator = iter(leaves)
        trees = tuple(rebuild(tree, iterator) for tree in self.trees)
        count = len(trees) - len(self.names)
        return trees[:count], dict(zip(self.names, trees[count:], strict=True))

    def label(self, leaf: Leaf) -> str:
        """Say which leaf that is."""
        return _label(leaf.argument, leaf.path)


def _label(argument: int, path: str) -> str:
    return f"argument {argument}" + (f", {path}" if path else "")


def structure(tree: Any) -> Any:
    """Return what is equal for containers of the same kinds with the same keys."""
    if isinstance(tree, Mapping):
        return type(tree), tuple((key, structure(item)) for key, item in tree.items())
    if isinstance(tree, list | tuple):
        return type(tree), tuple(map(structure, tree))
    return None


def _precision_of(trees: Sequence[Any]) -> type[np.floating[Any]]:
    """Return what a Python float becomes: it takes the precision of the arrays beside it."""
    kinds = {
        np.dtype(leaf.dtype)
        for tree in trees
        for _, leaf in flatten(tree)
        if not isinstance(leaf, Value) and hasattr(leaf, "dtype") and leaf.dtype.kind == "f"
    }
    return np.float32 if kinds == {np.dtype(np.float32)} else np.float64


def _leaf(path: str, k: int, given: Any, differentiated: bool, weak: Any, frozen: bool) -> Leaf:
    if differentiated:
        try:
            return Leaf(path, k, given, _floats(as_numbers(given)), True)
        except TypeError as error:
            raise TypeError(f"compile: {_label(k, path)}: {error}") from None
    if type(given) is float:
        return Leaf(path, k, given, weak(given), True)
    kind = given.dtype.kind if hasattr(given, "dtype") and hasattr(given, "shape") else ""
    if kind and kind in "fc":
        return Leaf(path, k, given, _floats(np.asarray(given)), True)
    if kind and kind in "iu" and not frozen:
        return Leaf(path, k, given, np.asarray(given, given.dtype.newbyteorder("="))[()], True)
    _refuse_what_could_change(path, k, given)
    return Leaf(path, k, given)


_REAL = (np.float32, np.float64)


def _floats(array: Any) -> Any:
    single, double = (np.complex64, np.complex128) if array.dtype.kind == "c" else _REAL
    return array.astype(single if array.dtype == single else double, copy=False)[()]


# --- what is part of a program -----------------------------------------------------------------

_PLAIN = (
    int | str | bytes | complex | np.ndarray | np.generic | np.dtype | Enum | slice | type
    | FunctionType | BuiltinFunctionType | ModuleType | np.ufunc
)  # fmt: skip


def _refuse_what_could_change(path: str, k: int, given: Any) -> None:
    """Refuse objects whose content a program would keep, and whose changes nobody would see."""
    if given is None or given is Ellipsis or isinstance(given, _PLAIN):
        return
    kind: Any = type(given)
    if kind.__hash__ in (None, object.__hash__):
        raise TracingError(
            f"compile: {_label(k, path)} is a {kind.__name__}, whose numbers would become part of "
            "the program and whose changes would not be seen; pass the arrays in it, in dicts, "
            "lists and tuples"
        )


def identify_leaf(given: Any) -> Any:
    """Return what is equal for leaves that a program may take for each other."""
    if isinstance(given, np.ndarray) and given.dtype.kind == "O":
        raise TracingError(f"compile: expected numbers in an array, got dtype {given.dtype}")
    return key_of(given)
