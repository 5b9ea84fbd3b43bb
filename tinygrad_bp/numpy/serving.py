"""Giving a file the namespace for its ``import numpy``, and the modules beside it that it imports.

A module imports by the ``__import__`` among its builtins. Served modules have one of their own,
so nothing changes for anybody else.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

#: What stands for a module that is imported.
SERVED = {
    "numpy": "tinygrad_bp.numpy",
    "math": "tinygrad_bp.numpy.math",
    "scipy": "tinygrad_bp.numpy.scipy",
}


def serve(namespace: dict[str, Any], folder: str | Path) -> None:
    """Let what is executed in a namespace import `tinygrad_bp.numpy` for NumPy.

    Parameters
    ----------
    namespace : dict
        The globals of a program that is about to be executed.
    folder : path
        Where the program lies: modules that it imports from there are served as well.

    Examples
    --------
    >>> from tinygrad_bp.numpy.serving import serve
    >>> namespace = {}
    >>> serve(namespace, ".")
    >>> exec("import numpy as np", namespace)
    >>> namespace["np"].__name__
    'tinygrad_bp.numpy'
    """
    own = dict(vars(builtins))
    own["__import__"] = _make_import(Path(folder).resolve(), own)
    namespace["__builtins__"] = own


def _make_import(folder: Path, own: dict[str, Any]) -> Callable[..., Any]:
    finder = _Finder(folder, own)

    def load(
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        root = name.partition(".")[0]
        if level or root not in SERVED:
            with finder.asked():
                return __import__(name, globals, locals, fromlist or (), level)
        ours = __import__(name, globals, locals, fromlist or ())
        served = import_module(SERVED[root])
        return _part(served, name.split(".")[1:], ours) if fromlist else served

    return load


def _part(served: Any, path: Sequence[str], otherwise: ModuleType) -> Any:
    for step in path:
        served = getattr(served, step, otherwise)
    part: ModuleType = served
    return part


class _Finder:
    """Finds the modules that lie in a folder, and lets them be served."""

    def __init__(self, folder: Path, own: dict[str, Any]) -> None:
        self.folder, self.own = folder, own

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        origin = getattr(spec, "origin", None)
        if spec is None or not origin or type(spec.loader) is not SourceFileLoader:
            return None
        if self.folder not in Path(origin).resolve().parents or "site-packages" in origin:
            return None
        spec.loader = _Loader(spec.loader.name, spec.loader.path, self.own)
        return spec

    @contextmanager
    def asked(self) -> Iterator[None]:
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)


class _Loader(SourceFileLoader):
    """Executes a module with the builtins of what imports it."""

    def __init__(self, name: str, path: str, own: dict[str, Any]) -> None:
        super().__init__(name, path)
        self._own = own

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._own
        super().exec_module(module)
