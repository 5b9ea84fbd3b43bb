"""Pictures that a user's file draws with matplotlib are shown nowhere, and hold nothing up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def show_no_pictures() -> None:
    """Let matplotlib, where it is imported from now on in this process, draw into memory only.

    `show` and `pause` return at once. A backend that the file asks for is not taken: there is
    nobody to look at a window, and nobody to close it.
    """
    sys.meta_path.insert(0, _PlotFinder())


def _settle_matplotlib(module: Any) -> None:
    module.rcParams["backend"] = "agg"
    module.use = _ignore


def _settle_pyplot(module: Any) -> None:
    switch = module.switch_backend  # which pyplot itself calls, when it first draws
    module.switch_backend = lambda *_: switch("agg")
    module.show = module.pause = _ignore


def _ignore(*args: Any, **kwargs: Any) -> None:
    """Take the place of what would open a window, or wait."""


_SETTLED: dict[str, Callable[[Any], None]] = {
    "matplotlib": _settle_matplotlib,
    "matplotlib.pyplot": _settle_pyplot,
}


class _PlotFinder:
    """Finds the modules of matplotlib that have to be settled once they are there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _SETTLED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Settling(spec.loader, _SETTLED[name])
        return spec


class _Settling(Loader):
    """Loads a module as another loader does, and settles it."""

    def __init__(self, loader: Any, settle: Callable[[Any], None]) -> None:
        self._loader, self._settle = loader, settle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._settle(module)
