"""Every example runs, and does what it says."""

import runpy
import subprocess
import warnings
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def main_of(name):
    return runpy.run_path(str(EXAMPLES / name))["main"]


def test_scalar_graph(capsys):
    main_of("scalar_graph.py")()
    printed = capsys.readouterr().out
    assert "w_1  =  -3.0000    gradient   1.5729" in printed  # 2 (1 - tanh(0.5)^2)
    assert "x_1  =   2.0000    gradient  -2.3593" in printed


def test_tensor_graph(capsys):
    main_of("tensor_graph.py")()
    printed = capsys.readouterr().out
    assert "gradients match: 8 entries" in printed
    assert "gradients do NOT match: 8 of 8 entries" in printed


def test_own_op(capsys):
    main_of("own_op.py")()
    printed = capsys.readouterr().out
    assert "gradient          [0.26894142 0.5        0.88079708]" in printed
    assert "second derivative [0.19661193 0.25       0.10499359]" in printed
    assert "gradients match" in printed


def test_digits():
    pytest.importorskip("sklearn")
    assert runpy.run_path(str(EXAMPLES / "digits.py"))["train"]() > 0.95


def test_data_parallel(capsys):
    pytest.importorskip("jax")
    main_of("data_parallel.py")()  # which compares, to 1e-12
    printed = capsys.readouterr().out
    assert "1 process(es), 4 device(s)" in printed
    assert "2 process(es), 2 device(s)" in printed


def test_data_parallel_leaves_no_process_behind(monkeypatch):
    pytest.importorskip("jax")
    started = []

    class Watched(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    run = runpy.run_path(str(EXAMPLES / "data_parallel.py"))["run"]
    run.__globals__["TIME_LIMIT"] = 0.01
    with pytest.raises(subprocess.TimeoutExpired):
        run(1, 2)
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


def test_notebook():
    nbclient, nbformat = (pytest.importorskip(name) for name in ("nbclient", "nbformat"))
    pytest.importorskip("matplotlib")
    path = EXAMPLES / "notebook.ipynb"
    committed = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Jupyter's own parts
        nbclient.NotebookClient(fresh, timeout=120, kernel_name="python3").execute()
    for old, new in zip(committed.cells, fresh.cells, strict=True):
        assert texts(old) == texts(new)
    kinds = {
        kind for cell in fresh.cells for o in cell.get("outputs", []) for kind in o.get("data", {})
    }
    assert {"image/svg+xml", "image/png", "text/html"} <= kinds


def texts(cell):
    """Return what a cell prints and shows as text, without addresses of objects."""
    found = []
    for output in cell.get("outputs", []):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        found += [text] if " at 0x" not in text else []
    return found


def test_planted_mistakes(capsys):
    main_of("planted_mistakes.py")()  # which checks its exercises
    printed = capsys.readouterr().out
    assert "gamma is 1 everywhere: draw gamma at random" in printed
    assert "with gamma drawn at random: each of" in printed
    assert printed.count("hint: Wrong: ") == 3
