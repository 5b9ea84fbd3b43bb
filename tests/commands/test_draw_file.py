import pytest
from typer.testing import CliRunner

from tinygrad_bp.commands.cli import app

FILE = """
import numpy as np
a = np.array([[0.5, -1.0], [2.0, 0.3]])
params = {"w": np.array([0.1, 0.2])}
def loss(p):
    return np.sum(np.tanh(a @ p["w"]) ** 2)
def by_hand(p):
    y = np.tanh(a @ p["w"])
    return {"w": a.T @ (2 * y * (1 - y))}
def layers(p):
    z = a @ p["w"]
    h = np.tanh(z)
    return np.sum(h**2)
def plain(p):
    return 3.0
def failing(p):
    return p["v"]
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "model.py").write_text(FILE, encoding="utf-8")

    def run(*arguments, out="graph.svg"):
        command = ["draw", str(tmp_path / "model.py"), "--out", str(tmp_path / out), *arguments]
        return CliRunner().invoke(app, command)

    return run


def test_a_picture_with_gradients(run, tmp_path):
    done = run()
    assert done.exit_code == 0
    assert "Parameters: w (2,), gradient [0.8058 0.4339]" in " ".join(done.stdout.split())
    *said, written_to = done.stdout.splitlines()
    assert max(map(len, said)) <= 80
    assert written_to.startswith("Written to ")
    assert "[0.8058 0.4339]" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


def test_every_option(run, tmp_path):
    done = run(
        *("--manual", "by_hand", "--backward", "combined", "--derivatives", "--gradients"),
        *("--theme", "print", "--depth", "1", "--focus", "w", "--loops", "--heat-maps"),
        out="graph.txt",
    )
    assert done.exit_code == 0, done.output
    assert "Wrong gradients: w." in " ".join(done.stdout.split())
    text = (tmp_path / "graph.txt").read_text(encoding="utf-8")
    assert "WRONG" in text
    assert "d_w = " in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--params", "theta"],
            "defines no 'theta'; define it there, or name another with --params",
        ),
        (["--manual", "nothing"], "name another with --manual"),
        (["--loss", "plain"], "plain gives a float for Values; expected a Value"),
        (["--loss", "failing"], "line 17: KeyError: 'v'"),
        (["--focus", "nobody"], "no node named 'nobody'"),
    ],
)
def test_what_cannot_be_drawn(run, tmp_path, arguments, said):
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "graph.svg").exists()


def test_an_unknown_suffix(run):
    done = run(out="graph.jpg")
    assert done.exit_code == 2
    assert "expected one of .svg" in done.stderr


def test_nodes_are_called_after_the_variables_of_the_file(run, tmp_path):
    done = run("--loss", "layers", out="graph.txt")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "graph.txt").read_text(encoding="utf-8")
    assert "z = a @ w" in text
    assert "h = tanh(z)" in text
    assert "layers = sum(" in text
