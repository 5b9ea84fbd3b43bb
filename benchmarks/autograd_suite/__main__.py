"""Run the tests of autograd on this package, and say which pass, and why others do not."""

import argparse
import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from . import checks, shim

#: Tests of what only autograd has.
OWN = {
    r"test_vspaces\.py": "vector spaces, an object of autograd's",
    r"test_misc\.py.*const_graph": "const_graph, a cache of autograd's",
    r"test_wrappers\.py.*(deprecated|name_and_docs)": "names and former names of autograd's",
    r"test_wrappers\.py.*custom_where": "where, which autograd has in another form",
    r"test_numpy\.py.*diagonal": "make_diagonal, a function of autograd's",
    r"test_fft\.py.*rfftn_odd": "a limit of autograd's: rfftn of odd lengths",
    r"test_linalg\.py.*test_pinv$": "linalg._dot, a function of autograd's",
    r"test_scipy\.py.*convolve_(generalization|ignore)": "convolve along axes, autograd's own",
}


class Results:
    """A pytest plugin that keeps what came of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, tuple[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        for item in items:
            for pattern, reason in OWN.items():
                if re.search(pattern, item.nodeid):
                    item.add_marker(pytest.mark.skip(reason=reason))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = (report.outcome, reason(report))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.outcomes[report.nodeid] = ("failed", f"not collected: {reason(report)}")


def reason(report: Any) -> str:
    """Say why a test did not pass, up to the first data, so that like reasons are counted."""
    if report.outcome == "passed":
        return ""
    if report.outcome == "skipped":
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr).strip().splitlines()[-1]
    first_line = text.partition("\n")[0]
    return re.split(r"[;\[]|\barray\(|(?<=Value)\(|\(?-?\d+\.\d", first_line)[0].strip(" (")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autograd_suite", description=__doc__
    )
    parser.add_argument("source", type=Path, help="the unpacked source of autograd")
    parser.add_argument("--real", action="store_true", help="leave complex arguments out")
    parser.add_argument("-k", default="", metavar="TEXT", help="the tests that pytest's -k selects")
    parser.add_argument("--failures", action="store_true", help="name each test that fails")
    options = parser.parse_args(arguments)
    tests = options.source / "tests"
    if not tests.is_dir():
        parser.error(f"there is no folder {tests}")
    checks.Settings.complex_too = not options.real
    sys.dont_write_bytecode = True
    shim.install(scipy=(tests / "test_scipy.py").is_file() and find_spec("scipy") is not None)
    results = Results()
    quietly = [
        "-q",
        "--continue-on-collection-errors",
        "--no-header",
        "--no-summary",
        "--tb=short",
        "-W",
        "ignore",
    ]
    alone = ["-c", "/dev/null", f"--rootdir={options.source}", "-p", "no:cacheprovider"]
    pytest.main([str(tests), *quietly, *alone, "-k", options.k], plugins=[results])
    print(summary(results.outcomes, options.failures))
    return 0


def summary(outcomes: dict[str, tuple[str, str]], names: bool = False) -> str:
    """Count outcomes, files and reasons."""
    total = Counter(outcome for outcome, _ in outcomes.values())
    ran = total["passed"] + total["failed"]
    share = f"{100 * total['passed'] / ran:.1f} %" if ran else "none"
    lines = [
        f"passed {total['passed']} of {ran} ({share}), skipped {total['skipped']}",
        "",
        "| tests | passed | failed | skipped |",
        "|---|---|---|---|",
    ]
    files = Counter((node.partition("::")[0], outcome) for node, (outcome, _) in outcomes.items())
    for file in dict.fromkeys(file for file, _ in files):
        cells = [files[file, outcome] for outcome in ("passed", "failed", "skipped")]
        lines.append(f"| {Path(file).name} | {' | '.join(map(str, cells))} |")
    lines += ["", "| tests | | why |", "|---|---|---|"]
    reasons = Counter(found for found in outcomes.values() if found[0] != "passed")
    for (outcome, why), count in reasons.most_common():
        lines.append(f"| {count} | {outcome} | {why.replace('|', ' ')} |")
    if names:
        failed = [(node, why) for node, (outcome, why) in outcomes.items() if outcome == "failed"]
        lines += ["", *(f"{node}: {why}" for node, why in failed)]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
