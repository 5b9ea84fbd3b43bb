"""`tinygrad-bp check FILE`: whatever a file does, there is a report."""

import json
import os
import re
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tinygrad_bp.commands.cli import app
from tinygrad_bp.commands.process import run_command

NET = """
import numpy as np
x = np.array([[0.5, -1.0], [2.0, 0.3]])
params = {"w": np.array([0.1, 0.2])}
def loss(params):
    return np.sum(np.tanh(x @ params["w"]) ** 2)
"""
RIGHT = """
def manual_gradients(params):
    y = np.tanh(x @ params["w"])
    return {"w": x.T @ (2 * y * (1 - y ** 2))}
"""
WRONG = RIGHT.replace("y ** 2", "y")
SCALED = """
import numpy as np
x = np.array([[0.5, -1.0], [2.0, 0.3]])
params = {"w": np.array([[0.1, 0.2], [-0.3, 0.4]]), "scale": np.ones(2)}
def loss(params):
    return np.sum((params["scale"] * np.tanh(x @ params["w"])) ** 2)
def manual_gradients(params):
    y, scale = np.tanh(x @ params["w"]), params["scale"]
    d = 2 * scale * y
    return {"w": x.T @ (d * scale * (1 - y ** 2)), "scale": (d * y).sum(axis=0)}
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits and forks are those of Linux")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "net.py"


def check(file, text, *arguments):
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, ["check", str(file), *map(str, arguments)])


# --- the verdict --------------------------------------------------------------------------------


def test_right_gradients(file):
    done = check(file, NET + RIGHT)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("gradients match: 2 entries\n| worst entry")
    assert done.stderr == ""


def test_wrong_gradients(file):
    done = check(file, NET + WRONG)
    assert done.exit_code == 1
    assert "2 of 2 entries are wrong" in done.stdout
    assert "manual wrong" in done.stdout


def test_blind_spots_are_printed_and_fail_only_where_that_is_asked_for(file):
    assert check(file, SCALED).stdout.startswith("gradients match")
    done = check(file, SCALED, "--blind-spots")
    assert done.exit_code == 0, done.stderr
    assert "scale is 1 everywhere: draw scale at random" in done.stdout
    done = check(file, SCALED, "--fail-on-blind-spots", "--json")
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert content["status"] == "correct"
    assert content["blind_spots"]["spots"][0]["reason"] == "scale is 1 everywhere"


def test_json(file):
    done = check(file, NET + "print('hello')" + WRONG, "--json")
    assert done.exit_code == 1
    assert done.stderr == ""
    content = json.loads(done.stdout)
    assert list(content) == [
        "schema",
        "file",
        "status",
        "error",
        "credit",
        "comparison",
        "blind_spots",
        "output",
        "output_cut",
    ]
    assert content["schema"] == 1
    assert content["status"] == "wrong"
    assert content["error"] is None
    assert content["credit"] == {"w": 0}
    assert content["file"] == str(file)
    assert content["output"] == "hello\n"
    assert content["comparison"]["ok"] is False
    assert content["comparison"]["rows"][0]["name"] == "w"
    assert len(content["comparison"]["entries"]) == 2
    assert isinstance(content["comparison"]["diagnosis"], list)


def test_what_is_printed_is_shown_apart(file):
    done = check(file, NET + RIGHT + "import sys\nprint('out'); print('err', file=sys.stderr)")
    assert done.exit_code == 0
    assert "out" not in done.stdout.splitlines()
    assert "--- printed by" in done.stderr
    assert "out\nerr" in done.stderr


def test_other_names_and_parameters_from_a_function(file):
    text = NET.replace("params = {", "def start(): return {").replace("loss", "cost")
    text += RIGHT.replace("manual_gradients", "backward")
    done = check(file, text, "--params", "start", "--loss", "cost", "--manual", "backward")
    assert done.exit_code == 0, done.stderr


def test_gradients_that_are_no_function(file):
    assert check(file, NET + "manual_gradients = {'w': [1.0, 2.0]}").exit_code == 1


def test_options_reach_the_comparison(file):
    nearly = RIGHT.replace("2 * y", "2.001 * y")
    assert check(file, NET + nearly).exit_code == 1
    assert check(file, NET + nearly, "--tolerance", "1e-2").exit_code == 0
    done = check(file, NET + RIGHT, "--numeric", "adaptive")
    assert "adaptive differences" in done.stdout
    assert check(file, NET + RIGHT, "--numeric", "forward").exit_code == 2


def test_a_loss_of_another_file(file, tmp_path):
    reference = tmp_path / "task.py"
    reference.write_text(NET)
    own = "import numpy as np\nx = np.array([[0.5, -1.0], [2.0, 0.3]])" + RIGHT
    assert check(file, own, "--reference", reference).exit_code == 0
    # a loss of the file's own, for which its gradients are right, does not count
    cheat = "params = {'w': 0.0}\ndef loss(p): return p['w']\nmanual_gradients = {'w': [1.0, 1.0]}"
    assert check(file, cheat, "--reference", reference).exit_code == 1
    reference.write_text(NET + "1 / 0")
    done = check(file, own, "--reference", reference)
    assert done.exit_code == 2
    assert "task.py, line 7: ZeroDivisionError" in done.stderr


def test_what_lies_beside_the_file_is_found(file, tmp_path):
    (tmp_path / "lies_beside.py").write_text(NET)
    assert check(file, "from lies_beside import *" + RIGHT).exit_code == 0
    # but does not stand in for what the check needs
    for name in ("numpy", "json", "rich", "tinygrad_bp"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(0)")
    assert check(file, NET + RIGHT).exit_code == 0


def test_the_example_of_the_documentation(file):
    text = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    shown = re.search(r"check net.py\n(.*?)```", text, re.DOTALL)[1]
    done = check(file, program)
    assert done.exit_code == 1
    round_off = re.compile(r"\d\.\de[-+]\d+|(?<=\.\d{10})\d+")  # differs between machines
    given, expected = (round_off.sub("", text).split() for text in (done.stdout, shown))
    assert given[: len(expected)] == expected  # and so does where a line is broken


# --- files that cannot be checked ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "line", "match"),
    [
        ("x = 1\n1 / 0", "exception", 2, "ZeroDivisionError"),
        ("x = (", "exception", 1, "SyntaxError"),
        (NET, "name", None, "defines no 'manual_gradients'; .* --manual"),
        ("import sys\nsys.exit(0)", "exit", 2, "ended itself with exit status 0"),
        ("raise KeyboardInterrupt", "exception", 1, "KeyboardInterrupt"),
        ("import os\nos._exit(0)", "exit", None, "exit status 0, before there was a result"),
        ("import os\nos.abort()", "crash", 2, "SIGABRT"),
        ("import ctypes\nctypes.string_at(0)", "crash", 2, "SIGSEGV"),
        ("def f(): f()\nf()", "exception", 1, "RecursionError"),
        ("input()", "exception", 1, "EOFError"),
        (NET + RIGHT + "def loss(p):\n    return str(p)", "exception", None, "fun must return"),
        (NET + RIGHT + "def loss(p):\n    return p['v']", "exception", 12, "KeyError: 'v'"),
        (NET + "def manual_gradients(p):\n    return 1 / 0", "exception", 8, "ZeroDivision"),
        (NET + RIGHT + "def params():\n    raise SystemExit(0)", "exit", 12, "exit status 0"),
    ],
)
def test_errors_name_the_line(file, text, kind, line, match):
    done = check(file, text, "--json")
    assert done.exit_code == 2, done.stdout
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["line"]) == (kind, line), error
    done = check(file, text)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert str(file) in done.stderr
    assert line is None or f", line {line}: " in done.stderr
    assert re.search(match, done.stderr)


def test_files_that_are_not_there(tmp_path, file):
    done = CliRunner().invoke(app, ["check", str(tmp_path / "no.py")])
    assert done.exit_code == 2
    assert "there is no file" in done.stderr
    assert check(file, NET + RIGHT, "--reference", tmp_path / "no.py").exit_code == 2


# --- hostile files ------------------------------------------------------------------------------

FAKE = '{"comparison": {"ok": true}, "text": "gradients match", "schema": 1, "status": "correct"}'


@pytest.mark.parametrize(
    "text",
    [
        "while True: pass",
        "import time\ntime.sleep(1000)",
        NET + RIGHT + "def loss(p):\n    while True: pass",
        "while True: print('x' * 1000)",
        "import faulthandler\nfaulthandler.cancel_dump_traceback_later()\nwhile True: pass",
        "import signal\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
    ],
)
def test_what_never_ends_is_stopped(file, text):
    start = time.monotonic()
    file.write_text(text)
    checked = run_command("check", file, time_limit=1)
    assert checked.status == "error"
    assert checked.error["kind"] == "time"
    assert time.monotonic() - start < 15
    assert len(checked.output) <= 10_000
    if "cancel" not in text:
        assert (
            checked.error["line"]
            == text.count("\n", 0, text.rindex("\n") + 1 if "\n" in text else 0) + 1
        )


@LINUX
@pytest.mark.parametrize(
    "text",
    [
        "x = 1\na = [bytearray(10**8) for _ in range(10**4)]",
        "x = 1\nimport numpy as np; a = np.ones(10**10)",
    ],
)
def test_memory_is_limited(file, text):
    file.write_text(text)
    checked = run_command("check", file, memory_limit=1024)
    assert checked.status == "error"
    assert (checked.error["kind"], checked.error["line"]) == ("memory", 2)


@LINUX
def test_recursion_without_a_limit(file):
    # it is stopped, or says SystemError (Python 3.11), or crashes, as memory and time have it
    file.write_text("import sys\nsys.setrecursionlimit(10**9)\nf = lambda: f()\nf()")
    checked = run_command("check", file, memory_limit=512, time_limit=3)
    assert checked.status == "error"
    assert checked.error["kind"] in ("exception", "memory", "crash", "time")


@pytest.mark.parametrize(
    "text",
    [
        # what a result may look like is no result
        f"print('''{FAKE}''')\nimport os; os._exit(0)",
        f"import os\nfor fd in range(3, 60):\n    try: os.write(fd, b'''{FAKE}''')\n"
        "    except OSError: pass\nos._exit(0)",
        "import os\nos.closerange(0, 100)",
        "import sys\nsys.stdout.close(); sys.stderr.close()",
        "import os, sys\nos.close(1); os.close(2)",
        "import atexit\natexit.register(lambda: [None for _ in iter(int, 1)])",
        "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
        "import os\nos.chdir('/')",
    ],
)
def test_wrong_gradients_are_never_passed(file, text):
    file.write_text(NET + WRONG + text)
    checked = run_command("check", file, time_limit=20)
    assert checked.status in ("wrong", "error")
    if checked.status == "error":
        said = ("before there was a result", "crashed", "closed file")
        assert any(text in checked.text for text in said)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import tinygrad_bp.commands.check_file as c\nc.compare = print", "check_file.compare"),
        ("import tinygrad_bp as bp\nbp.Comparison.ok = True", "Comparison.ok"),
        ("np.abs = lambda a: a * 0", "numpy.abs"),
        ("import builtins\nbuiltins.abs = lambda a: 0", "builtins.abs"),
        ("import json\njson.dumps = lambda c: '{}'", "json.dumps"),
        (
            "def loss(p, old=loss):\n    np.maximum = lambda *a: 1e9\n    return old(p)",
            "numpy.maximum",
        ),
    ],
)
def test_what_the_check_is_made_of_may_not_be_replaced(file, text, what):
    file.write_text(NET + WRONG + text)
    checked = run_command("check", file)
    assert checked.status == "error"
    assert checked.error["kind"] == "replaced"
    assert what in checked.text


def test_what_is_added_to_numpy_is_no_harm(file):
    file.write_text("import numpy as np\nnp.float = float\n" + NET + RIGHT)
    assert run_command("check", file).status == "correct"


@LINUX
def test_forks(file):
    file.write_text(NET + RIGHT + "import os\nos.fork()")
    checked = run_command("check", file)
    assert checked.status == "correct"
    file.write_text(
        NET + RIGHT + "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(5)\n"
    )
    start = time.monotonic()
    assert run_command("check", file).status == "correct"
    assert time.monotonic() - start < 4.9


def test_output_is_bounded(file):
    file.write_text(NET + RIGHT + "print('é' * 10**6)")
    checked = run_command("check", file)
    assert checked.status == "correct"
    assert 4000 < len(checked.output) <= 10_000
    assert checked.output_cut


def test_control_characters_do_not_reach_the_terminal(file):
    done = check(file, NET + RIGHT + "print('\\x1b[31mred\\x1b]0;title\\x07')")
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
    assert "red" in done.stderr
    done = check(file, "raise ValueError('\\x1b[31m')")
    assert "\x1b" not in done.stderr


def test_nothing_is_left_behind(file, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    file.write_text(NET + RIGHT)
    assert run_command("check", file).status == "correct"
    assert os.listdir(folder) == []


# --- programs as people write them ----------------------------------------------------------------


def test_a_loss_that_gives_the_gradients_too(file):
    text = NET.replace("def loss", "def number") + RIGHT.replace("manual_gradients", "gradients")
    text += "def loss(params): return number(params), gradients(params)"
    assert check(file, text).exit_code == 0
    assert check(file, text.replace("(2 * y", "(y")).exit_code == 1
    done = check(file, text, "--manual", "gradient")  # a name that was asked for has to be there
    assert done.exit_code == 2
    assert "defines no 'gradient'" in done.stderr


def test_methods_and_attributes_of_a_net(file):
    text = (
        NET
        + RIGHT
        + (
            "class Net:\n"
            "    def __init__(self): self.w = params['w']\n"
            "    def loss(self): return loss({'w': self.w})\n"
            "    def backward(self): self.dw = manual_gradients({'w': self.w})['w']\n"
            "net = Net()"
        )
    )
    names = ("--params", "net", "--loss", "net.loss", "--manual", "net.backward")
    done = check(file, text, *names)
    assert done.exit_code == 0, done.stderr
    assert "the parameters are w" in done.stdout
    assert check(file, text.replace("2 * y", "y"), *names).exit_code == 1
    done = check(file, text, "--params", "net", "--loss", "net.lost")
    assert "defines no 'net.lost'" in done.stderr


def test_numpy_and_what_lies_beside_take_values(file, tmp_path):
    (tmp_path / "layer.py").write_text(
        "import numpy as np, math\n"
        "def loss(p, x):\n"
        "    out = np.zeros(2)\n"
        "    for i in range(2): out[i] = math.tanh(x[i].dot(p['w']))\n"
        "    return np.sum(out ** 2)\n"
    )
    text = NET.replace("return np", "return layer.loss(params, x) #") + RIGHT
    done = check(file, "import layer" + text)
    assert done.exit_code == 0, done.stderr
    assert "| manual | automatic | " in done.stdout


def test_what_cannot_be_recorded_has_a_verdict(file):
    refused = NET.replace("return np.sum(", "return unheard(params['w']) * np.sum(")
    refused += "def unheard(w):\n    return 1 / (not hasattr(w, 'backward'))"
    done = check(file, refused + RIGHT)
    assert done.exit_code == 0, done.stderr
    assert "there are no automatic ones: line 8 of net.py: ZeroDivisionError" in " ".join(
        done.stdout.split()
    )
    assert "| manual | numeric | " in done.stdout
    assert check(file, refused + WRONG).exit_code == 1


@pytest.mark.parametrize(("convert", "what"), [("{}.item()", "item()"), ("float({})", "float()")])
def test_where_a_gradient_is_lost_is_said(file, convert, what):
    loss = 'np.sum(np.tanh(x @ params["w"]) ** 2)'
    done = check(file, NET.replace(loss, convert.format(loss)) + RIGHT)
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert said.startswith("manual gradients are compared with numeric ones alone")
    assert f"the gradient is lost by {what} in line 6 of net.py" in said


def test_plots_and_training_and_main(file):
    pytest.importorskip("matplotlib")
    text = (
        NET
        + RIGHT
        + (
            "import matplotlib.pyplot as plt\n"
            "for k in range(3):\n"
            "    params['w'] -= 0.01 * manual_gradients(params)['w']\n"
            "    print('loss %.4f' % loss(params), f'{loss(params):.3f}')\n"
            "plt.plot([1, 2]); plt.show(); plt.pause(1e6)\n"
            "if __name__ == '__main__':\n    raise RuntimeError"
        )
    )
    done = check(file, text)
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("loss 0.") == 3
