"""The demo, run as a user runs it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")
Image = pytest.importorskip("PIL.Image")  # which matplotlib needs


def run(*args, **options):
    code = "from tinygrad_bp.commands.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "new" / "folder"
    done = run("demo", "--out", str(out), env={**os.environ, "PATH": "", "COLUMNS": "160"})
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_everything_is_written(demo):
    out, _ = demo
    names = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert names == {
        "summary.md",
        "graph.svg",
        "graph.png",
        "explore.html",
        "gradients.txt",
        "gradients.json",
        "gradients-notebook-order.txt",
        "gradients-notebook-order.json",
        "plots/losses.png",
        "plots/gd-values-and-gradients.png",
        "plots/gd-without-biases.png",
        "plots/adam-beside-gd.png",
        "plots/adam-first-200-epochs.png",
        "plots/adam-m-v-update.png",
        "plots/momentum-beside-gd.png",
        "plots/momentum-first-200-epochs.png",
    }
    for picture in out.rglob("*.png"):
        with Image.open(picture) as image:
            assert min(image.size) > 300


@pytest.mark.parametrize(
    "printed",
    [
        # the notebook's printed results
        "[-0.00009784  0.00001233]",
        "[-0.02574465  0.98653238  0.1224178   0.26903683  0.62827046  0.85547602  0.98585922]",
        "[-0.81311735  1.80346289 -0.70925378 -0.56263475  1.45257992  0.09767795  1.69928833]",
        "[-0.02605567  0.98668788  0.12234005  0.26895908  0.6283871   0.85500949  0.98655901]",
        "[-0.00000018 -0.00000102]",
        # what it did not see
        "| propagate, then update | correct | correct | correct | 0 of 95 |",
        "| update, then propagate (the notebook's) | correct | wrong | wrong | 44 of 95 |",
        "so 9 of the\n44 wrong entries",
        # and why
        "- **update-before-propagate** at w_3, learning rate 0.1. w_3 is updated",
        "- **update-before-propagate** at w_2, learning rate 0.1. w_2 is updated",
        "The right step: `d_net_h2 = (w_3.T @ d_net_o) * out_h2 * (1 - out_h2)`",
    ],
)
def test_the_summary_has_the_notebooks_numbers(demo, printed):
    assert printed in (demo[0] / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "row",
    [
        (3, 0.0019912952415730, 0.0019912952408351),
        (2, 0.0004138630287177, 0.0004141685682173),
        (1, 0.0009564518308797, 0.0009570341935952),
    ],
)
def test_the_summary_has_the_first_gradients_of_the_notebook(demo, row):
    layer, *expected = row
    summary = (demo[0] / "summary.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^\| {layer} \| (\d\.\d{{16}}) \| (\d\.\d{{16}}) \|$", summary, re.M)
    # Central differences divide the round-off of the loss, 0.01, by 1e-4.
    np.testing.assert_allclose([float(x) for x in found], expected, rtol=0, atol=2e-13)


def test_the_summary_is_shown(demo):
    assert "44 of 95" in demo[1]
    assert "momentum, notebook's order" in demo[1]


def test_the_gradient_files(demo):
    out, _ = demo
    text = (out / "gradients-notebook-order.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.endswith((" wrong", " correct"))]
    lines = [line for line in lines if "]" in line]
    assert len(lines) == 95
    assert sum(line.endswith(" wrong") for line in lines) == 44
    assert lines[0].startswith("w_3[0, 0]")
    assert json.loads((out / "gradients.json").read_text(encoding="utf-8"))["ok"] is True


def test_the_page_that_steps_through_the_net(demo):
    page = (demo[0] / "explore.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 300_000
    assert "44 of 95 entries are wrong" in page


def test_an_output_folder_that_cannot_be_made(tmp_path):
    taken = tmp_path / "file"
    taken.write_text("mine")
    done = run("demo", "--out", str(taken))
    assert done.returncode == 2
    assert f"cannot write to {taken}" in done.stderr
    assert "Traceback" not in done.stderr
    assert taken.read_text() == "mine"


def test_help_and_unknown_commands():
    assert "demo" in run("--help").stdout
    assert run("nothing").returncode == 2


def test_without_matplotlib_it_says_what_to_install(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('none here')")
    done = run(
        "demo",
        "--out",
        str(tmp_path / "out"),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())])},
    )
    assert done.returncode == 2
    assert "pip install 'tinygrad-bp[demo]'" in done.stderr
    assert not (tmp_path / "out").exists()
