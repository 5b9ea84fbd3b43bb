"""`tinygrad-bp check FOLDER`: a line for each file, whatever the others do."""

import json

import pytest
from typer.testing import CliRunner

from tests.commands.test_check_file import NET, RIGHT, WRONG
from tinygrad_bp.commands.check_folder import check_each, describe_line, find_files, summarise
from tinygrad_bp.commands.cli import app
from tinygrad_bp.commands.files import ScriptError
from tinygrad_bp.commands.process import Outcome

OWN = "import numpy as np\nx = np.array([[0.5, -1.0], [2.0, 0.3]])\n"
FILES = {
    "ann.py": OWN + RIGHT,
    "bob/exercise.py": OWN + WRONG,
    "carl.py": "1 / 0",
    "task.py": NET,
    ".hidden/ann.py": "1 / 0",
    "bob/__pycache__/exercise.py": "1 / 0",
    "notes.txt": "not a program",
}
CHECKED = ["ann.py", "bob/exercise.py", "carl.py"]
STATUSES = ["correct", "wrong", "error"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submissions")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def outcomes(folder):
    files = [folder / name for name in CHECKED]
    return list(check_each(files, 2, reference=folder / "task.py"))


def check(folder, *options):
    arguments = ["check", str(folder), "--reference", str(folder / "task.py"), *options]
    return CliRunner().invoke(app, arguments)


def test_a_bad_file_does_not_stop_the_others(outcomes):
    assert [outcome.status for outcome in outcomes] == STATUSES
    assert [outcome.credit for outcome in outcomes] == [{"w": 1}, {"w": 0}, {}]


def test_what_fails_here_does_not_stop_the_others(folder):
    files = [folder / "ann.py", folder / "carl.py"]
    failing = list(check_each(files, reference="a text has no method is_dir"))
    assert [outcome.status for outcome in failing] == ["error", "error"]
    assert "ann.py: AttributeError" in failing[0].text


def test_json_is_a_line_for_each_file(folder, outcomes):
    done = check(folder, "--json")
    assert done.exit_code == 2
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(folder / name) for name in CHECKED]
    assert [line["status"] for line in lines] == STATUSES
    assert [line["credit"] for line in lines] == [outcome.credit for outcome in outcomes]
    assert lines[2]["error"]["line"] == 1


def test_the_highest_status_counts(folder):
    done = check(folder, "--pattern", "*/exercise.py", "--jobs", "1")
    assert done.exit_code == 1
    first, last = done.stdout.splitlines()
    assert first.split()[:4] == ["wrong", "0/1", "bob/exercise.py", "w:"]
    assert last == "1 file: 1 wrong"


def test_lines(outcomes):
    lines = [describe_line(*pair) for pair in zip(CHECKED, outcomes)]
    assert lines[0] == "correct     1/1  ann.py"
    assert "activation-derivative-wrong-argument" in lines[1]
    assert lines[2] == "error         -  carl.py  line 1: ZeroDivisionError: division by zero"
    assert max(map(len, [*lines, describe_line("x" * 200, outcomes[0])])) <= 100
    assert summarise(STATUSES) == "3 files: 1 correct, 1 wrong, 1 could not be checked"


def test_a_message_or_a_name_adds_no_line():
    error = {"line": 4, "message": "no\ncorrect 2/2 other.py \x1b[32m"}
    line = describe_line("a\nb.py", Outcome("error", "", error=error))
    assert line.isprintable()
    assert r"a\nb.py  line 4: no\ncorrect" in line


def test_files_are_found_in_an_order_that_stays(folder):
    files = find_files(folder, None, folder / "task.py")
    assert [str(file.relative_to(folder)) for file in files] == CHECKED
    with pytest.raises(ScriptError, match=r"no \*\.ipynb in .*; --pattern"):
        find_files(folder, "*.ipynb")


def test_nothing_to_check_and_no_reference(folder, tmp_path):
    done = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert done.exit_code == 2
    assert "there is no **/*.py or **/*.ipynb" in " ".join(done.stderr.split())
    options = ["--reference", str(tmp_path / "no.py")]
    done = CliRunner().invoke(app, ["check", str(folder), *options])
    assert done.exit_code == 2
    assert "there is no file" in done.stderr
    assert done.stdout == ""
