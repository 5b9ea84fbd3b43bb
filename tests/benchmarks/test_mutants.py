"""The tool that changes the package to see whether tests notice."""

import ast
import os
import subprocess
import sys

import pytest

from benchmarks.mutants import ROOT, mutants, stages_of

CHANGES = {
    "a = b + c": ["b - c"],
    "a += 1": ["a -= 1", "pass", "2"],
    "a = b <= c": ["b < c"],
    "a = b is not None": ["b is None"],
    "a = b and c": ["b or c"],
    "a = not b": ["b"],
    "a = -b": ["b"],
    "a = True": ["False"],
    "a = 'text'": [],
    "a: int = 1": ["2"],
    "def f(a: list[1] = 2): return a": ["return None", "3"],
    "def f():\n    'Doc 1.'\n    return None": [],
    "if a: b": ["if not a: ...", "pass"],
    "if a == b: b": ["pass", "a != b"],
    "if TYPE_CHECKING:\n    a = 1": [],
    "raise ValueError(1 + 1)": ["pass"],
    "a = f(b, c=d)": ["f(b)"],
    "a = [b for b in c if d]": ["for b in c"],
    "while a:\n    break": ["while not a: ...", "pass"],
}


@pytest.mark.parametrize("text", CHANGES)
def test_one_thing_is_changed_at_a_time(text):
    found = list(mutants(text))
    texts = {mutant.text for mutant in found}
    assert len(texts) == len(found)
    assert ast.unparse(ast.parse(text)) not in texts
    for wanted in CHANGES[text]:
        assert any(wanted.split(" ...")[0] in mutant.after for mutant in found), wanted
    assert len(found) >= len(CHANGES[text])
    assert CHANGES[text] or not found


def test_the_tests_that_mirror_a_module():
    module = ROOT.joinpath("tinygrad_bp/kernel/op.py").relative_to(ROOT)
    assert stages_of(module) == [
        ["tests/kernel/test_op.py"],
        ["tests/kernel", "--ignore=tests/kernel/test_op.py"],
    ]
    assert stages_of(module.with_name("history.py")) == [["tests/kernel"]]


def test_survivors_are_listed(tmp_path):
    package = tmp_path / "tinygrad_bp"
    package.mkdir()
    (package / "__init__.py").touch()
    (tmp_path / "tests").mkdir()
    (package / "thing.py").write_text("def small(a):\n    return a <= 7\n")
    (tmp_path / "tests" / "test_thing.py").write_text(
        "from tinygrad_bp.thing import small\n\ndef test_it():\n    assert small(1)\n"
        "    assert not small(9)\n"
    )
    code = (
        "from pathlib import Path; from benchmarks import mutants;"
        f"mutants.ROOT = Path({str(tmp_path)!r});"
        "mutants.main(['tinygrad_bp/thing.py'])"
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "thing.py:2: a <= 7  ->  a < 7" in run.stdout
    assert "thing.py:2: 7  ->  8" in run.stdout
    assert "return None" not in run.stdout
    assert "1 of 3 killed, 33%" in run.stdout
