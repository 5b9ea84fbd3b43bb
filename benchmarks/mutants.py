"""Mutation testing: do the tests of a module see a mistake in it?

``python -m benchmarks.mutants tinygrad_bp/checking/compare.py`` changes one thing at a time in a
copy of the package, runs the tests of that module until the first failure, and lists the changes
that no test saw. See docs/robustness.md.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]

#: What an operator may be mistaken for.
SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}


#: Of pytest. Its plugins are imported before it asks.
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]


#: Seconds for the tests of a mutant, at most.
LIMIT = 600


class Mutant(NamedTuple):
    """A module with one thing changed.

    Attributes
    ----------
    line : int
        Where.
    before, after : str
        The text that was changed.
    text : str
        The whole module.
    """

    line: int
    before: str
    after: str
    text: str


# --- making them -------------------------------------------------------------------------------


def mutants(text: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its lines.

    Changed are operators, conditions, numbers, truth values, default values, what is returned,
    statements that are left out, and keyword arguments that are.
    Annotations, docstrings and texts of errors are left alone.

    Examples
    --------
    >>> [mutant.after for mutant in mutants("def f(a): return a < 1")]
    ['return None', 'a <= 1', '2']
    """
    tree = ast.parse(text)
    for place in _places(tree):
        node = place(tree)
        for change in _changes(node):
            changed = deepcopy(tree)
            target = place(changed)
            change(target)
            after = ast.unparse(ast.fix_missing_locations(changed))
            if ast.dump(changed) != ast.dump(tree):
                shown = place(changed)
                yield Mutant(node.lineno, _shown(node), _shown(shown), after)


Place = Callable[[ast.AST], Any]


def _places(node: ast.AST, path: tuple[tuple[str, int | None], ...] = ()) -> Iterator[Place]:
    """Yield how to find each node that may be changed, from the root."""
    if hasattr(node, "lineno") and not _is_for_types(node):
        yield lambda root, path=path: _at(root, path)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "op", "ops", "ctx"):
            continue
        if isinstance(node, ast.Raise) or _is_docstring(value) or _is_for_types(node):
            continue
        if isinstance(value, ast.AST):
            yield from _places(value, (*path, (field, None)))
        elif isinstance(value, list):
            for k, each in enumerate(value):
                if isinstance(each, ast.AST) and not _is_docstring(each):
                    yield from _places(each, (*path, (field, k)))


def _at(root: ast.AST, path: Sequence[tuple[str, int | None]]) -> Any:
    node: Any = root
    for field, k in path:
        node = getattr(node, field)
        node = node if k is None else node[k]
    return node


def _is_docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _shown(node: ast.AST) -> str:
    lines = ast.unparse(node).splitlines()
    return lines[0] + (" ..." if len(lines) > 1 else "")


def _changes(node: Any) -> Iterator[Callable[[Any], None]]:
    """Yield what may be done to a node; each changes it where it stands."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in SWAPPED:
        yield lambda n: setattr(n, "op", SWAPPED[type(n.op)]())
    if isinstance(node, ast.Compare):
        yield lambda n: n.ops.__setitem__(0, SWAPPED[type(n.ops[0])]())
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not _is_choice(node.test):
        yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield lambda n: _become(n, n.operand)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda n: setattr(n, "value", n.value + 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda n: setattr(n, "value", not n.value)
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield lambda n: setattr(n, "value", ast.Constant(None))
    if isinstance(node, ast.Expr | ast.Raise | ast.AugAssign | ast.Break | ast.Continue):
        yield lambda n: _become(n, ast.Pass())
    if isinstance(node, ast.Call):
        for k, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                yield lambda n, k=k: n.keywords.pop(k)
    for place, loop in enumerate(getattr(node, "generators", ())):
        for k in range(len(loop.ifs)):
            yield lambda n, place=place, k=k: n.generators[place].ifs.pop(k)


def _is_choice(node: Any) -> bool:
    """Say whether the operator of a condition swapped is the condition negated."""
    return isinstance(node, ast.Compare) and isinstance(
        node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    )


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _become(node: Any, other: ast.AST) -> None:
    """Put another node where one stands: the tree holds on to the same object."""
    line = node.lineno
    node.__class__ = type(other)
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)
    node.lineno = line


# --- running their tests -----------------------------------------------------------------------


def stages_of(module: Path) -> list[list[str]]:
    """Return the tests that mirror a module: the file of its name, then the rest of the folder."""
    folder = Path("tests", *module.parts[1:-1])
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    own = folder / f"test_{module.stem}.py"
    if not (ROOT / own).is_file():
        return [[str(folder)]]
    alone = list((ROOT / folder).rglob("test_*.py")) == [ROOT / own]
    return [[str(own)]] if alone else [[str(own)], [str(folder), f"--ignore={own}"]]


def copy_tree(to: Path) -> None:
    """Copy the package, and link what stands beside it."""
    for entry in ROOT.iterdir():
        if entry.name == "tinygrad_bp":
            shutil.copytree(entry, to / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif not entry.name.startswith(".") and entry.name not in ("build", "dist"):
            (to / entry.name).symlink_to(entry)


def run_tests(at: Path, tests: Sequence[str], limit: int) -> bool:
    """Run tests in a process of their own, until the first failure; say whether all pass.

    The process is a copy of this one, which has imported what tests need beside the package.
    """
    sys.stdout.flush()
    child = os.fork()
    if not child:
        signal.alarm(limit)
        os.chdir(at)
        os.environ["PYTHONPATH"] = str(at)
        sys.path.insert(0, str(at))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        import pytest

        os._exit(pytest.main([*OPTIONS, *tests]))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def survivors(
    module: Path,
    stages: Sequence[Sequence[str]],
    every: int = 1,
    lines: Collection[int] | None = None,
) -> list[int]:
    """Print the mutants that no test sees; return how many are left at first, and by each stage."""
    import hypothesis  # noqa: F401 - imported here once, for all children
    import numpy as np  # noqa: F401
    import pytest  # noqa: F401

    tried = list(mutants((ROOT / module).read_text(encoding="utf-8")))[::every]
    if lines is not None:
        tried = [mutant for mutant in tried if mutant.line in lines]
    left = [len(tried)]
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        copy_tree(at)
        for tests in stages:
            shutil.copy(ROOT / module, at / module)
            begin = time.monotonic()
            if not run_tests(at, tests, LIMIT):
                raise SystemExit(f"the tests fail without a change: {' '.join(tests)}")
            limit = min(LIMIT, 10 + int(4 * (time.monotonic() - begin)))
            sys.dont_write_bytecode = True  # a changed file may be of the same size and second
            for stale in (at / module).parent.glob(f"__pycache__/{module.stem}.*.pyc"):
                stale.unlink()
            alive = []
            for mutant in tried:
                (at / module).write_text(mutant.text, encoding="utf-8")
                if run_tests(at, tests, limit):
                    alive.append(mutant)
                    if tests is stages[-1]:
                        print(f"  {module}:{mutant.line}: {mutant.before}  ->  {mutant.after}")
                        sys.stdout.flush()
            tried = alive
            left.append(len(tried))
            if not tried:
                break
    return left


def main(arguments: list[str] | None = None) -> int:
    """Print the survivors of some modules, and how many were killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("modules", nargs="+", type=Path, help="paths from the root, of the package")
    parser.add_argument("--tests", nargs="+", help="instead of those that mirror a module")
    parser.add_argument("--every", type=int, default=1, help="try only every n-th mutant")
    parser.add_argument("--lines", type=int, nargs="+", help="only those in these lines")
    options = parser.parse_args(arguments)
    killed = total = 0
    for module in options.modules:
        stages = [options.tests] if options.tests else stages_of(module)
        count, *left = survivors(module, stages, options.every, options.lines)
        by = [f"{a - b} by {' '.join(tests)}" for a, b, tests in zip([count, *left], left, stages)]
        print(f"{module}: {count - left[-1]} of {count} killed, {', '.join(by)}", flush=True)
        killed, total = killed + count - left[-1], total + count
    if total:
        print(f"{killed} of {total} killed, {killed / total:.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
