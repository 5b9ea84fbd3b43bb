"""The fixtures, in a pytest of their own, which finds them as the installed plugin's."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import numpy as np

    def loss(x):
        return np.sum(x**3)

    X = np.array([1.0, -2.0])

    def test_right(assert_gradients):
        assert assert_gradients(loss, X, 3 * X**2).ok

    def test_wrong(assert_gradients):
        assert_gradients(loss, X, 3 * X)

    def test_compared(compare_gradients):
        comparison = compare_gradients(loss, X, 3 * X)
        assert comparison.entries[0].verdict == "correct"
        assert comparison

    def test_seen_to_be_wrong(compare_gradients):
        assert not compare_gradients(loss, X, 3 * X)

    def test_options(assert_gradients):
        assert_gradients(loss, X, 3.0001 * X**2, tolerance=1e-3, numeric="central")
"""


@pytest.fixture
def run(pytester):
    def run(text, *arguments):
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess(*arguments)

    return run


def test_fixtures(run):
    done = run(TESTS)
    done.assert_outcomes(passed=3, failed=2)
    done.stdout.fnmatch_lines(
        [
            "*_ test_wrong _*",
            "E *AssertionError: gradients do NOT match: 1 of 2 entries is wrong",
            "E *| worst entry*",
            "E *params[[]1[]] is wrong: manual -6, automatic 12, numeric 12*",
            "*_ test_compared _*",
            "*- Captured gradients call -*",
            "gradients do NOT match: 1 of 2 entries is wrong",
        ]
    )
    assert "testing.py" not in done.stdout.str()  # the failing line is the test's


def test_fixtures_are_listed(run):
    done = run(TESTS, "--fixtures")
    done.stdout.fnmatch_lines(
        [
            "assert_gradients*",
            "    Check a gradient*",
            "compare_gradients*",
            "    Compare gradients*",
        ]
    )


def test_what_checks_is_imported_when_it_is_needed():
    code = """
import sys
import tinygrad_bp.pytest_plugin
print([name for name in sys.modules if name.startswith("tinygrad_bp.checking")])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
