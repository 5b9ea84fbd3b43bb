"""`Module`: something with parameters, which can be found, saved and loaded by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ..kernel import Value
from .storage import read_arrays, write_arrays

Path = str | os.PathLike[str]


class Module:
    """Base of layers and nets: a subclass sets attributes and says what `forward` computes.

    Parameters are found by themselves: leaves (`Value`), Modules, and lists, tuples and dicts of
    them, in the order in which the attributes were set. Their names say where they were found,
    such as ``layers.0.weight``.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> class Scale(bp.nn.Module):
    ...     def __init__(self):
    ...         self.factor = bp.Value(2.0)
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(3.0)
    Value(6., op=mul)
    >>> scale.named_parameters()
    {'factor': Value(2.)}
    """

    def forward(self, x: Any) -> Any:
        """Compute the output for an input."""
        raise NotImplementedError(f"{type(self).__name__} does not say what forward computes")

    def __call__(self, x: Any) -> Any:
        """Compute the output for an input, as `forward`."""
        return self.forward(x)

    def parameters(self) -> list[Value]:
        """Return the leaves that training changes, each once.

        Returns
        -------
        list of Value
            Those with ``requires_grad=True``, in the order of `named_parameters`.
        """
        return list(self.named_parameters().values())

    def named_parameters(self) -> dict[str, Value]:
        """Return the parameters by name; one that is found twice has the name found first."""
        return {name: leaf for name, leaf in self._leaves().items() if leaf.requires_grad}

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def save(self, path: Path) -> None:
        """Write the parameters, and constants beside them, to an .npz file.

        Parameters
        ----------
        path : path
            Written at exactly this path, in place of a file that is there. Until the new file is
            complete the old one stays as it is.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_arrays(path, {name: leaf.data for name, leaf in self._leaves().items()})

    def load(self, path: Path) -> None:
        """Read what `save` has written, for a Module of the same structure.

        Parameters
        ----------
        path : path
            An .npz file with exactly the names, shapes and dtypes of this Module. Nothing in it
            is executed: files with pickled objects are refused.

        Raises
        ------
        OSError
            If the file cannot be opened, such as `FileNotFoundError`.
        ValueError
            If it is no .npz file, is damaged, holds objects, or does not fit this Module. The
            text names the file and everything that does not fit. The Module is unchanged then.
        """
        leaves = self._leaves()
        expected = {name: (leaf.shape, leaf.dtype) for name, leaf in leaves.items()}
        for name, array in read_arrays(path, expected, type(self).__name__).items():
            leaves[name].data = array

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {leaf.shape}" for name, leaf in self._leaves().items())
        return f"{type(self).__name__}({shapes})"

    def _leaves(self) -> dict[str, Value]:
        """Return every leaf of the Module by name, constants too, each once."""
        return dict(_walk(self, "", set()))


def _walk(thing: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Value]]:
    """Yield the leaves in a Module or a container with their names; what was seen, not again."""
    if isinstance(thing, Module):
        parts: Any = vars(thing).items()
    elif isinstance(thing, dict):
        parts = thing.items()
    elif isinstance(thing, list | tuple):
        parts = enumerate(thing)
    else:
        if isinstance(thing, Value) and thing.op is None and id(thing) not in seen:
            seen.add(id(thing))
            yield name, thing
        return
    if id(thing) in seen:
        return
    seen.add(id(thing))
    for key, part in parts:
        yield from _walk(part, f"{name}.{key}" if name else str(key), seen)
