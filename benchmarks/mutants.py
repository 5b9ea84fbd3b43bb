"""Mutation testing: do the tests see a mistake in the package?

``python -m benchmarks.mutants --watch tests/kernel`` notes which tests run which lines;
``python -m benchmarks.mutants tinygrad_bp/kernel`` then changes one thing at a time, runs the tests
of that line until the first failure, and lists the changes that no test saw. See
docs/robustness.md.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import coverage
import pytest

from .mutating import Mutant, mutants

ROOT = Path(__file__).parents[1]
PACKAGE = "tinygrad_bp"
#: Where it is kept which lines each test runs, and for how long.
SEEN = ROOT / "build" / "mutants"

#: Of pytest.
OPTIONS = ["-q", "-q", "-s", "--no-header", "--no-summary", "--assert=plain"]
OPTIONS += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]

#: Imported once, for all the processes that run tests.
HEAVY = ("hypothesis", "numpy", "scipy.special", "numba", "jax", "matplotlib.pyplot", "graphviz")

#: Seconds of processor for the tests of a mutant. One that takes twice as long is seen.
BUDGET = 2.0
#: So many cases of one parametrised test.
OF_ONE_FUNCTION = 25


# --- which tests run a line --------------------------------------------------------------------


class Watching:
    """A plugin of pytest that notes which lines of the package each test runs, and for how long."""

    def __init__(self, lines: Any) -> None:
        self.lines = lines
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Run a test; what runs outside of one is of no test."""
        self.lines.switch_context(item.nodeid)
        begin = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - begin
        self.lines.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails without a change says nothing."""
        if not report.passed:
            self.failed.add(report.nodeid)


def watch(tests: Sequence[str]) -> None:
    """Run tests once, in this process, and keep what is seen for every later call."""
    SEEN.mkdir(parents=True, exist_ok=True)
    lines = coverage.Coverage(data_file=SEEN / "lines", source=[str(ROOT / PACKAGE)], branch=False)
    if (SEEN / "lines").exists():
        lines.load()
    lines.start()
    lines.switch_context("")
    watching = Watching(lines)
    pytest.main([*OPTIONS, *tests], plugins=[watching])
    lines.stop()
    lines.save()
    kept = SEEN / "seconds.json"
    seconds = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    seconds |= {test: s for test, s in watching.seconds.items() if test not in watching.failed}
    kept.write_text(json.dumps(seconds), encoding="utf-8")


class Trial(NamedTuple):
    """A mutant, and the tests that may see it.

    Attributes
    ----------
    seconds : float
        What the tests take without a change.
    on_import : bool
        Whether the line runs where no test does: a change has to be there from the start.
    """

    module: Path
    mutant: Mutant
    tests: list[str]
    seconds: float
    on_import: bool

    def __str__(self) -> str:
        what = f"{self.mutant.before}  ->  {self.mutant.after}"
        return f"{self.module}:{self.mutant.span[0]}: {what}{'' if self.tests else '  (no test)'}"


class Seen:
    """What `watch` kept of one module."""

    def __init__(self, module: Path) -> None:
        self.module = module
        self.seconds: dict[str, float] = json.loads((SEEN / "seconds.json").read_text("utf-8"))
        data = coverage.CoverageData(SEEN / "lines")
        data.read()
        self.tests_by_line = data.contexts_by_lineno(str(ROOT / module))
        first = min(self.tests_by_line, default=0)
        #: What has imported the module: nothing, or the test that was the first to need it.
        self.importing = set(self.tests_by_line.get(first, ()))

    def trial(self, mutant: Mutant) -> Trial:
        """Choose the tests for a mutant: the module's own first, then the quick ones.

        Where none runs the line, they are those that run something of the same statement, or else
        of the module.
        """
        tests: set[str] = set()
        for span in (mutant.span, mutant.statement, (1, max(self.tests_by_line, default=0))):
            tests = tests or (self._within(span) - self.importing) & self.seconds.keys()
        chosen, took = [], 0.0
        of_function: Counter[str] = Counter()
        for test in sorted(tests, key=lambda test: (not self._is_own(test), self.seconds[test])):
            function = test.partition("[")[0]
            if of_function[function] < OF_ONE_FUNCTION and took + self.seconds[test] < BUDGET:
                of_function[function] += 1
                took += self.seconds[test]
                chosen.append(test)
        on_import = bool(self._within(mutant.span) & self.importing)
        return Trial(self.module, mutant, chosen, took, on_import)

    def _within(self, span: tuple[int, int]) -> set[str]:
        lines = range(span[0], span[1] + 1)
        return {test for line in lines for test in self.tests_by_line.get(line, ())}

    def _is_own(self, test: str) -> bool:
        path = Path(test.partition("::")[0])
        return path == self.module or path.stem == f"test_{self.module.stem}"


# --- trying them -------------------------------------------------------------------------------


def in_child(call: Callable[[], bool], seconds: float | None = None) -> bool:
    """Say whether a call is true in a copy of this process, in at most twice these seconds."""
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX has threads, which are not used here
        child = os.fork()
    if not child:
        if seconds is not None:
            limit = 2 + int(2 * seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            signal.alarm(20 * limit)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        if seconds is not None:
            os.dup2(nowhere, 2)
        passed = False
        try:
            passed = call()
        finally:
            os._exit(not passed)
    return os.waitpid(child, 0)[1] == 0


class Patching:
    """A plugin of pytest that puts each mutant's code into the functions that are there.

    Nothing is imported or collected again. What survives and runs on import, or is no function,
    is left to `survives_from_the_start`.
    """

    def __init__(self, trials: Sequence[Trial], told: Path) -> None:
        self.trials = trials
        self.told = told

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant instead of running the tests."""
        items = {item.nodeid: item for item in session.items}
        gc.unfreeze()  # what is frozen is not found
        functions = [f for f in gc.get_objects() if isinstance(f, FunctionType)]
        gc.freeze()
        alive = []
        for k, trial in enumerate(self.trials):
            swaps = swapped_code(trial)
            path = str(ROOT / trial.module)
            ours = [f for f in functions if f.__code__.co_filename == path]
            patched = [f for f in ours if f.__code__ in swaps]
            chosen = [items[test] for test in trial.tests if test in items]
            if not patched or in_child(
                lambda chosen=chosen, patched=patched, swaps=swaps: _pass(chosen, patched, swaps),
                trial.seconds,
            ):
                alive.append((k, bool(patched)))
                print(f"{k + 1} of {len(self.trials)}: {trial}", file=sys.stderr)
        self.told.write_text(json.dumps(alive), encoding="utf-8")
        return True


def swapped_code(trial: Trial) -> dict[CodeType, CodeType]:
    """Return the code of the functions that a mutant changes, by the code that is right."""
    right = ast.parse((ROOT / trial.module).read_text(encoding="utf-8"))
    before, after = (
        _code_inside(compile(tree, str(ROOT / trial.module), "exec", dont_inherit=True))
        for tree in (right, trial.mutant.tree)
    )
    pairs = [(old, after[key]) for key, old in before.items() if key in after]
    return {old: new for old, new in pairs if old != new and old.co_freevars == new.co_freevars}


def _code_inside(code: CodeType) -> dict[tuple[str, int, int], CodeType]:
    """Return the code of functions in a piece of code, by name, line and which of these."""
    found: dict[tuple[str, int, int], CodeType] = {}
    todo = [code]
    while todo:
        for const in todo.pop().co_consts:
            if isinstance(const, CodeType):
                todo.append(const)
                name = (const.co_qualname, const.co_firstlineno)
                found[*name, sum(key[:2] == name for key in found)] = const
    return found


def _pass(items: Sequence[Any], functions: list[FunctionType], swaps: dict[Any, Any]) -> bool:
    for function in functions:
        function.__code__ = swaps[function.__code__]
    for item, following in zip(items, [*items[1:], None]):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return False
    return True


def survives_from_the_start(trial: Trial) -> bool:
    """Say whether all tests pass where the module is a mutant from its import on."""

    def passes() -> bool:
        usual = SourceFileLoader.get_code

        def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
            if Path(self.path) == ROOT / trial.module:
                return compile(trial.mutant.tree, self.path, "exec", dont_inherit=True)
            return usual(self, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
        return pytest.main([*OPTIONS, "-x", *trial.tests]) == 0

    return in_child(passes, trial.seconds)


def survivors(trials: Sequence[Trial]) -> list[Trial]:
    """Return the mutants that no test sees."""
    files = sorted({test.partition("::")[0] for trial in trials for test in trial.tests})
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "alive.json")
        in_child(lambda: not pytest.main([*OPTIONS, *files], plugins=[Patching(trials, told)]))
        if not told.exists():
            raise SystemExit(f"not all tests can be collected: {' '.join(files)}")
        alive = json.loads(told.read_text(encoding="utf-8"))
    return [
        trials[k]
        for k, tried in alive
        if (tried and not trials[k].on_import) or survives_from_the_start(trials[k])
    ]


def trials_of(module: Path, sample: int | None, seed: int) -> list[Trial]:
    """Return the mutants of a module, or so many that are drawn from them."""
    seen = Seen(module)
    text = (ROOT / module).read_text(encoding="utf-8")
    return [seen.trial(mutant) for mutant in mutants(text, sample, f"{seed} {module}")]


def main(arguments: list[str] | None = None) -> int:
    """Watch tests, or print the survivors of some modules and how many were killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="modules or folders, from the root")
    parser.add_argument("--watch", action="store_true", help="note which lines these tests run")
    parser.add_argument("--sample", type=int, help="try so many mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--lines", type=int, nargs="+", help="only those in these lines")
    options = parser.parse_args(arguments)
    for name in HEAVY:
        with suppress(ImportError):
            importlib.import_module(name)
    if options.watch:
        watch([str(path) for path in options.paths])
        return 0
    modules = [
        each.relative_to(ROOT)
        for path in options.paths
        for each in (sorted((ROOT / path).rglob("*.py")) if path.is_dir() else [ROOT / path])
    ]
    trials = [t for module in modules for t in trials_of(module, options.sample, options.seed)]
    if options.lines:
        trials = [trial for trial in trials if trial.mutant.span[0] in options.lines]
    left = survivors(trials)
    for module, count in Counter(trial.module for trial in trials).items():
        alive = [trial for trial in left if trial.module == module]
        print(f"{module}: {count - len(alive)} of {count} killed")
        for trial in alive:
            print(f"  {trial}")
    if trials:
        killed = len(trials) - len(left)
        print(f"{killed} of {len(trials)} killed, {killed / len(trials):.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
