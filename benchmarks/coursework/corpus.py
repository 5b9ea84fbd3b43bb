"""The files of the corpus as programs with their cases."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["FOLDERS", "Case", "Program", "differing", "fresh", "load", "names", "programs"]

FOLDERS = ("programs", "public", "kernels", "unseen")

#: Parameters and gradients by name; a parameter is an array or a float.
Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One backward pass: a wrong one, or a right one, which has no names.

    `names` are the identifiers that name the mistake, the exact one first; `where` are the
    variables of the program that it is about.
    """

    program: str
    mistake: str
    gradients: Callable[[Tree], Tree]
    names: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True)
class Program:
    """A loss of parameters, and the backward passes that were written for it."""

    folder: str
    name: str
    about: str
    params: Tree
    loss: Callable[[Tree], Any]
    cases: tuple[Case, ...] = field(repr=False)

    @property
    def right(self) -> Case:
        return self.cases[0]

    def affected(self, case: Case) -> set[str]:
        """Name the parameters whose gradients the case has wrong, here or at a fresh point."""
        found: set[str] = set()
        for params in (self.params, fresh(self.params, 0)):
            found |= differing(case.gradients(params), self.right.gradients(params))
        return found


def names(folders: tuple[str, ...] = FOLDERS) -> list[str]:
    """List all programs as ``folder/name``."""
    return [
        f"{folder}/{module.name}"
        for folder in folders
        for module in pkgutil.iter_modules(
            importlib.import_module(f".{folder}", __package__).__path__
        )
    ]


def programs(folders: tuple[str, ...] = FOLDERS) -> Iterator[Program]:
    return map(load, names(folders))


def load(name: str, numpy: str = "numpy") -> Program:
    """Read the program called ``folder/name``; `numpy` is what its ``import numpy`` gets."""
    folder, _, short = name.partition("/")
    importlib.import_module(f"{numpy}.random")  # which is loaded late, and needs the usual one
    usual, sys.modules["numpy"] = sys.modules["numpy"], importlib.import_module(numpy)
    try:
        module = importlib.import_module(f".{folder}.{short}", __package__)
    finally:
        sys.modules["numpy"] = usual
    params, loss, gradients = _kernel(module) if folder == "kernels" else _net(module)
    right = [Case(name, "", gradients)]
    right += [
        Case(name, text, function)
        for text, function in vars(module).items()
        if text.startswith("right_") and callable(function)
    ]
    wrong = [
        Case(
            name, text, partial(gradients, mistake=text), tuple(good.split()), tuple(where.split())
        )
        for text, (good, where) in module.MISTAKES.items()
    ]
    about = (module.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")
    return Program(folder, name, about, params, loss, (*right, *wrong))


def _net(module: ModuleType) -> tuple[Tree, Callable[..., Any], Callable[..., Any]]:
    return module.params, module.loss, module.manual_gradients


def _kernel(module: ModuleType) -> tuple[Tree, Callable[..., Any], Callable[..., Any]]:
    """Make a loss of a forward: the sum of its output times the upstream gradient."""
    forward, upstream = module.forward, module.upstream

    def loss(inputs: Tree) -> Any:
        return np.sum(forward(inputs) * upstream)

    def gradients(inputs: Tree, mistake: str | None = None) -> Tree:
        gradients: Tree = module.backward(inputs, upstream, mistake)
        return gradients

    return module.inputs, loss, gradients


def fresh(params: Tree, seed: int) -> dict[str, Any]:
    """Make another point, near enough that what is positive stays so, far enough that masks change.

    Every number is moved by a tenth of itself or so, and by 0.05 in either direction.
    """
    rng = np.random.RandomState(1000 + seed)
    moved = {}
    for name, value in params.items():
        noise = rng.uniform(-1, 1, (2, *np.shape(value)))
        new = value * (1 + 0.2 * noise[0]) + 0.05 * noise[1]
        moved[name] = float(new) if isinstance(value, float) else new
    return moved


def differing(one: Tree, other: Tree, tolerance: float = 1e-6) -> set[str]:
    """Name the gradients that differ by more than `tolerance` of the largest entry, or in shape.

    Below 1e-10 nothing differs: that is the round-off of a gradient that is zero.
    """
    return {name for name in other if not _same(one.get(name), other[name], tolerance)}


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if one is None or np.shape(one) != np.shape(other):
        return False
    difference = np.abs(np.asarray(one, float) - other).max(initial=0.0)
    return bool(difference <= tolerance * np.abs(other).max(initial=0.0) + 1e-10)
