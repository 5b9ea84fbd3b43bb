"""`tinygrad-bp derive FILE`."""

import numpy as np
import pytest
from typer.testing import CliRunner

import tinygrad_bp as bp
from tinygrad_bp.commands.cli import app

GOOD = """
import numpy as np
params = {"w": np.array([0.5, 1.0])}
def loss(params):
    return np.sum(np.tanh(params["w"]) ** 2)
"""


def derive(*arguments):
    return CliRunner().invoke(app, ["derive", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(GOOD)
    return path


def test_source_is_printed_and_runs(file):
    done = derive(file)
    assert done.exit_code == 0
    namespace = {}
    exec(done.stdout, namespace)
    w = np.array([0.1, 0.2])
    value, d = namespace["loss_and_gradients"]({"w": w})
    expected, d_w = bp.value_and_grad(lambda w: np.sum(np.tanh(w) ** 2))(w)
    np.testing.assert_allclose(value, expected, rtol=1e-15)
    np.testing.assert_allclose(d["w"], d_w, rtol=1e-15)


def test_formulas_and_files(file, tmp_path):
    assert r"\frac{\partial L}{\partial w}" in derive(file, "--latex").stdout
    assert derive(file, "--output", tmp_path / "out.py").exit_code == 0
    assert (tmp_path / "out.py").read_text() == derive(file).stdout
    assert derive(file, "--latex", "--output", tmp_path / "out.tex").exit_code == 0
    assert (tmp_path / "out.tex").read_text() == derive(file, "--latex").stdout


def test_other_names_and_what_lies_beside(tmp_path):
    (tmp_path / "beside_the_file.py").write_text("start = 2.0")
    file = tmp_path / "net.py"
    file.write_text(
        "from beside_the_file import start as p\ndef f(p): return p ** 2\n"
        "if __name__ == '__main__': raise SystemExit(3)"
    )
    assert "d_p = 2 * p" in derive(file, "--params", "p", "--loss", "f").stdout


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("x = 1\n1 / 0", "line 2: ZeroDivisionError"),
        ("x = (", "line 1: SyntaxError"),
        ("params = 1.0", "defines no 'loss'"),
        ("def loss(p): return p", "defines no 'params'"),
        ("import sys\nsys.exit(4)", "ended itself with exit status 4"),
        ("params = 1.0\ndef loss(p):\n    return float(p)", "line 3: TypeError: float()"),
        ("params = 1.0\nloss = 3", "must be callable"),
    ],
)
def test_errors_name_the_line(tmp_path, text, match):
    file = tmp_path / "net.py"
    file.write_text(text)
    done = derive(file)
    assert done.exit_code == 2
    assert match in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_are_not_there(tmp_path, file):
    assert derive(tmp_path / "no.py").exit_code == 2
    done = derive(file, "--output", tmp_path / "no" / "out.py")
    assert done.exit_code == 2
    assert "cannot write" in done.stderr
