"""The package as a whole: what it exports, how light it is, which way the arrows run."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_bp as bp

PACKAGE = Path(bp.__file__).parent

#: From the bottom up; a part may import what stands before it.
LAYERS = [
    "kernel",
    "ops",
    "numpy",
    "trees",
    "transforms",
    "programs",
    "writing",
    "compiling",
    "diagnosing",
    "checking",
    "viewing",
    "drawing",
    "exploring",
    "testing",
    "pytest_plugin",
    "optim",
    "nn",
    "net7652",
    "commands",
]


def test_everything_exported_exists_and_is_documented():
    for name in bp.__all__:
        assert getattr(bp, name).__doc__, name
    assert set(bp.__all__) <= set(dir(bp))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bp.nothing


def imported_parts(path):
    """Yield the parts of the package that a file imports, from inside functions too."""
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level + 1]
            full = [*base, *(node.module.split(".") if node.module else [])]
            if full:
                yield full[0]
            else:
                names = {alias.name for alias in node.names}
                yield from names - {"__version__"}  # which is a string, and no part


def test_arrows_run_downwards():
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for other in imported_parts(path):
            assert LAYERS.index(other) <= LAYERS.index(part), f"{path} imports {other}"


def test_modules_are_short():
    lengths = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: n for path, n in lengths.items() if n > 400} == {}


def test_importing_loads_nothing_heavy():
    code = """
import sys, numpy
before = set(sys.modules)
import tinygrad_bp
heavy = {"graphviz", "rich", "typer", "matplotlib", "dataclasses", "tinygrad_bp.drawing"}
print(sorted(heavy & (set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
