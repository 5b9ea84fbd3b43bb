"""The tool that changes the package to see whether tests notice."""

import ast
import os
import subprocess
import sys

import pytest

from benchmarks.mutants import ROOT
from benchmarks.mutating import mutants

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
    "print(\n    a\n)": ["pass"],
    "a = f(b, c=d)": ["f(b)"],
    "a = zip(b, c, strict=True)": [],
    "a = [b for b in c if d]": ["for b in c"],
    "while a:\n    break": ["while not a: ...", "pass"],
}


@pytest.mark.parametrize("text", CHANGES)
def test_one_thing_is_changed_at_a_time(text):
    found = list(mutants(text))
    texts = {ast.unparse(mutant.tree) for mutant in found}
    assert len(texts) == len(found)
    for mutant in found:
        compile(mutant.tree, "module.py", "exec")
    assert ast.unparse(ast.parse(text)) not in texts
    for wanted in CHANGES[text]:
        assert any(wanted.split(" ...")[0] in mutant.after for mutant in found), wanted
    assert len(found) >= len(CHANGES[text])
    assert CHANGES[text] or not found


THING = """\
LARGEST = 7

def small(a):
    return a <= LARGEST

def unused(a):
    return -a
"""
TEST = """\
from tinygrad_bp.thing import small

def test_small():
    assert small(1)
    assert not small(8)

def test_wrong():
    assert small(9)
"""
SURVIVORS = """\
tinygrad_bp/thing.py: 2 of 5 killed
  tinygrad_bp/thing.py:4: a <= LARGEST  ->  a < LARGEST
  tinygrad_bp/thing.py:7: return -a  ->  return None
  tinygrad_bp/thing.py:7: -a  ->  a
2 of 5 killed, 40.0%
"""


def test_survivors_are_listed(tmp_path):
    for path, text in {"tinygrad_bp/thing.py": THING, "tests/test_thing.py": TEST}.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    (tmp_path / "tinygrad_bp" / "__init__.py").touch()
    code = (
        "from benchmarks import mutants;"
        f"mutants.ROOT = mutants.Path({str(tmp_path)!r});"
        "mutants.SEEN = mutants.ROOT / 'seen';"
        "mutants.HEAVY = ();"
        "mutants.main()"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path}
    for arguments in (["--watch", "tests"], ["tinygrad_bp"]):
        command = [sys.executable, "-c", code, *arguments]
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
    assert run.stdout == SURVIVORS
