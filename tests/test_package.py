"""The package as a whole: what it exports, how light it is, which way the arrows run."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_bp as bp

PACKAGE = Path(bp.__file__).parent

#: From the bottom up; a part may import what stands before it.
LAYERS = [
    "kernel",
    "ops",
    "numpy",
    "trees",
    "saving",
    "waiting",
    "transforms",
    "programs",
    "writing",
    "compiling",
    "diagnosing",
    "checking",
    "planting",
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


def imported_files(path):
    """Yield the files of the package that a file imports, for types alone too."""
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = PACKAGE.joinpath(*here[: len(here) - node.level + 1])
            base = base.joinpath(*(node.module.split(".") if node.module else []))
            for alias in node.names:
                places = (base / alias.name, base)
                files = (f for p in places for f in (p.with_suffix(".py"), p / "__init__.py"))
                yield next(file for file in files if file.is_file())


def circles(imports):
    """Return what is left of a graph when all that is in no circle has been taken away."""
    while True:
        used = set().union(*imports.values())
        left = {
            file: others & imports.keys() - {file}
            for file, others in imports.items()
            if file in used and others & imports.keys() - {file}
        }
        if left == imports:
            return left
        imports = left


def test_no_files_import_each_other_in_a_circle():
    files = PACKAGE.rglob("*.py")
    assert circles({file: set(imported_files(file)) for file in files}) == {}
    assert set(circles({1: {2}, 2: {3}, 3: {2, 4}, 4: {5}, 5: set()})) == {2, 3}


def doubled(names):
    """Return the names that stand for more than one thing, with what they stand for."""
    found = {}
    for name, what in names:
        found.setdefault(name, []).append(str(what.relative_to(PACKAGE)))
    return {name: places for name, places in found.items() if len(places) > 1}


def definitions(kind):
    """Yield the definitions of a kind, with their files; functions inside functions are none."""
    for path in PACKAGE.rglob("*.py"):
        waiting = ast.parse(path.read_text(encoding="utf-8")).body
        while waiting:
            node = waiting.pop()
            if isinstance(node, kind):
                yield node, path
            if isinstance(node, ast.ClassDef):
                waiting += node.body


def test_no_two_files_have_one_name():
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    files = [path for path in files if path.parent.name != "of_scipy"]  # SciPy's own names
    assert doubled((path.name, path) for path in files) == {}


def test_no_two_classes_have_one_name():
    classes = [(node.name, path) for node, path in definitions(ast.ClassDef)]
    assert doubled(classes) == {}


IRREGULAR = "drawn written made kept found told shown done given taken sent built seen".split()  # noqa: SIM905


def is_participle(word):
    return word in IRREGULAR or (word.endswith("ed") and word not in ("seed", "need", "embed"))


def is_a_state(function):
    """Say whether a function is read, or stands in a `with`: such may be called by a participle."""
    return any(
        word in ast.unparse(decorator)
        for decorator in function.decorator_list
        for word in ("property", "contextmanager")
    )


def test_functions_are_verbs():
    words = ["folded", "drawn", "fold", "draw"]
    assert list(map(is_participle, words)) == [True, True, False, False]
    found = [
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for node, path in definitions(ast.FunctionDef)
        if not is_a_state(node)
        if node.name not in (*bp.__all__, *dir(np.ndarray), "named_parameters")
        if is_participle(node.name.strip("_").split("_")[0])
    ]
    assert found == []


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
