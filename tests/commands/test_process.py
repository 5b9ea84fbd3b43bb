"""Every command that runs a user's file has the same limits and the same reports."""

import json
import os
import re
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from tinygrad_bp.commands.cli import app
from tinygrad_bp.commands.process import run_command

NET = """
import numpy as np
params = {"w": np.array([0.5, 1.0])}
def loss(params):
    return np.sum(np.tanh(params["w"]) ** 2)
def manual_gradients(params):
    y = np.tanh(params["w"])
    return {"w": 2 * y * (1 - y**2)}
"""
OUT = {"derive": "net_out.py", "draw": "graph.svg", "explore": "page.html"}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits and forks are those of Linux")


@pytest.fixture(params=OUT)  # check is tested at length in test_check_file
def command(request):
    return request.param


@pytest.fixture
def run(command, tmp_path):
    file = tmp_path / "net.py"

    def run(text, *options):
        file.write_text(text)
        out = str(tmp_path / OUT[command])
        return CliRunner().invoke(app, [command, str(file), "--out", out, *options])

    return run


def test_what_never_ends_is_stopped(run):
    start = time.monotonic()
    done = run(NET + "def loss(p):\n    while True: pass", "--time-limit", "1")
    assert done.exit_code == 2
    assert "line 10: it took too long" in done.stderr
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import ctypes\nctypes.string_at(0)", "line 2: Python crashed (SIGSEGV)"),
        (NET + "np.tanh = np.sin", "it replaces numpy.tanh"),
    ],
)
def test_what_ends_it_is_reported(run, text, said):
    done = run(text)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@LINUX
def test_memory_is_limited(run):
    done = run("x = 1\nimport numpy as np; a = np.ones(10**10)", "--memory-limit", "2048")
    assert done.exit_code == 2
    assert "line 2: " in done.stderr
    assert "MemoryError" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
        "import os\nos.chdir('/')",
    ],
)
def test_what_is_left_behind_is_no_hindrance(run, command, tmp_path, text):
    start = time.monotonic()
    done = run(NET + text)
    assert done.exit_code == 0, done.stderr
    assert time.monotonic() - start < 20
    assert (tmp_path / OUT[command]).exists()


def test_what_the_file_prints_is_no_output(run):
    done = run(NET + "print('hello')")
    assert done.exit_code == 0
    assert "hello" not in done.stdout
    assert "--- printed by" in done.stderr
    assert "hello" in done.stderr


def test_files_that_are_none(command, tmp_path):
    for path, said in ((tmp_path / "no.py", "there is no file"), (tmp_path, "is a folder")):
        done = CliRunner().invoke(app, [command, str(path)])
        assert done.exit_code == 2
        assert said in done.stderr


@pytest.mark.parametrize("option", ["--out", "--output"])
@pytest.mark.parametrize("name", OUT)
def test_both_names_of_the_output(name, option, tmp_path):
    (tmp_path / "net.py").write_text(NET)
    command = [name, str(tmp_path / "net.py"), option, str(tmp_path / OUT[name])]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith(f"Written to {tmp_path / OUT[name]}.\n")


def test_a_loss_that_is_not_finite_cannot_be_checked(tmp_path):
    file = tmp_path / "net.py"
    for change in ("params['w'][0] = np.nan", "def loss(p): return np.sum(p['w']) / 0.0"):
        file.write_text(NET + change)
        outcome = run_command("check", file)
        assert outcome.status == "error"
        assert outcome.error["kind"] == "not-finite"
        assert re.search("loss gives (nan|inf)", outcome.text)


# --- the tool itself fails --------------------------------------------------------------------


def cli(*arguments, **options):
    program = "from tinygrad_bp.commands.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@LINUX
@pytest.mark.parametrize("options", [["check", "--json"], ["check"], ["derive"]])
def test_what_cannot_be_printed_is_a_failure(tmp_path, options):
    file = tmp_path / "net.py"
    file.write_text(NET)
    with open("/dev/full", "w") as full:
        done = cli(*options, file, stdout=full)
    assert done.returncode == 2
    assert "cannot print: No space left on device" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    done = cli(*options, file, stdout=writer)
    os.close(writer)
    assert done.returncode == 2


def test_exit_statuses(tmp_path):
    file = tmp_path / "net.py"
    for text, status in ((NET, 0), (NET.replace("1 - y**2", "1 - y"), 1), ("1 / 0", 2)):
        file.write_text(text)
        done = cli("check", "--json", file, stdout=subprocess.PIPE)
        assert done.returncode == status
        assert json.loads(done.stdout)["status"] == ["correct", "wrong", "error"][status]
    assert cli("check", "--nothing", file, stdout=subprocess.PIPE).returncode == 2
    assert cli("--version", stdout=subprocess.PIPE).returncode == 0
