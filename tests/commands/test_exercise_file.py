"""`tinygrad-bp exercise FILE`."""

import pytest
from typer.testing import CliRunner

import tinygrad_bp as bp
from tinygrad_bp.commands.cli import app
from tinygrad_bp.commands.exercise_file import answer
from tinygrad_bp.commands.files import ScriptError, UserFile

NET = """
import numpy as np
x = np.array([[0.5, -1.0, 0.2], [2.0, 0.3, -0.7]])
params = {"w": np.array([[0.1, 0.2], [0.4, -0.3], [0.2, 0.5]]), "b": np.array([0.3, -0.1])}
def loss(params):
    return np.sum(np.tanh(x @ params["w"] + params["b"]) ** 2)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def make(file, out, **options):
    return answer(UserFile.run, file, out=out, **options)


def test_exercises_and_their_answers_are_written(file, tmp_path):
    folder = tmp_path / "new" / "exercises"
    arguments = ["exercise", str(file), "--count", "2", "--out", str(folder)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.stderr
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["answers.md", "exercise_00.py", "exercise_01.py"]

    task = UserFile.run(folder / "exercise_00.py")
    comparison = bp.compare(task.function("loss_and_gradients"), task.parameters("params"))
    (found,) = comparison.diagnosis
    assert f"## exercise_00.py: {found.mistake}" in (folder / "answers.md").read_text()


def test_nothing_is_replaced_unasked(file, tmp_path):
    (tmp_path / "exercise_00.py").write_text("mine")
    with pytest.raises(ScriptError, match=r"exercise_00\.py is there already"):
        make(file, tmp_path, count=1)
    assert (tmp_path / "exercise_00.py").read_text() == "mine"
    assert not (tmp_path / "answers.md").exists()
    make(file, tmp_path, count=1, overwrite=True)
    assert (tmp_path / "exercise_00.py").read_text().startswith('"""Exercise 0: ')


def test_too_many_are_refused_with_their_number(file, tmp_path):
    with pytest.raises(ScriptError, match="asked for 99 exercises, but of this function there are"):
        make(file, tmp_path / "many", count=99)
    assert not (tmp_path / "many").exists()
