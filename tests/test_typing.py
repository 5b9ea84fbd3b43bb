"""What type checkers infer in a user's program: `typed_user.py`, whose `assert_type` say it."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
USER = REPOSITORY / "tests" / "typed_user.py"
#: Each line is wrong, and a checker has to say so of each.
WRONG = """\
from typing import assert_type
import tinygrad_bp as bp
x = bp.Value(1.0)
assert_type(x * 3, float)
bp.tanh(x).no_such_method()
bp.mean(x, axis=0).no_such_method()
bp.softmax([1.0], axes=0)
"""
WRONG_LINES = [("wrong", line) for line in (4, 5, 6, 7)]
CHECKERS = {
    "mypy": [sys.executable, "-m", "mypy", "--strict"] if find_spec("mypy") else None,
    "pyright": [shutil.which("pyright")] if shutil.which("pyright") else None,
}


@pytest.mark.parametrize("name", CHECKERS)
def test_a_program_of_values_is_typed_and_a_wrong_one_is_not(name, tmp_path):
    command = CHECKERS[name]
    if command is None:
        pytest.skip(f"{name} is not installed")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    run = subprocess.run(
        [*command, str(USER), str(wrong)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    errors = re.findall(r"(\w+)\.py:(\d+).*\berror\b", run.stdout)
    assert sorted({(name, int(line)) for name, line in errors}) == WRONG_LINES, run.stdout
