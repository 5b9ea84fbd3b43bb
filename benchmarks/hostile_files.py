"""Check random files that do things: ``python -m benchmarks.hostile_files --minutes 60``.

A file holds the loss of a random program and gradients that are right or wrong, and somewhere, as
it is imported, in the loss or in the gradients, it does something: it never ends, crashes, forks,
closes its files, leaves a thread or a child behind, has a character changed. Each is put to
``tinygrad-bp check``, in this process, so that what a check leaves behind is seen: processes,
threads, open files, temporary files, memory. See docs/robustness.md.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from typer.testing import CliRunner

import tinygrad_bp as bp
from tinygrad_bp.commands.cli import app

from .differential.judging import find_kink
from .differential.programs import Generated, draw
from .soak import held_memory

CORRECT, WRONG, ERROR = 0, 1, 2
PLACES = ("at the start", "at the end", "in the loss", "in the gradients")
#: By this name of the environment a process that a file left behind is known.
MARK = "TINYGRAD_BP_SOAK"


class Deed(NamedTuple):
    """Something that a file does.

    Attributes
    ----------
    text : str
        What it does, on a line.
    ends : bool or None
        Whether there can be no verdict after it; None if both may be.
    once : bool
        Whether it is done as the file is imported only, not whenever a function is called.
    """

    text: str
    ends: bool | None = False
    once: bool = False


_FORK_QUIETLY = "os.fork() or os._exit(0)"

DEEDS = {
    "nothing": Deed("pass"),
    "prints much": Deed("print('x' * 1_000_000)"),
    "prints what looks like an answer": Deed('print(\'{"status": "correct"}\')'),
    "warns": Deed("warnings.warn('careful')", None),
    "closes its output": Deed("os.close(1); os.close(2)", None, once=True),
    "replaces its output": Deed("sys.stdout = sys.stderr = None", None),
    "closes all files": Deed("os.closerange(3, 256)", None),
    "reads its input": Deed("sys.stdin.read()", None),
    "asks a question": Deed("input()", True),
    "goes elsewhere": Deed("os.chdir('/')"),
    "leaves a thread": Deed("threading.Thread(target=time.sleep, args=(999,)).start()", once=True),
    "leaves a busy thread": Deed(
        "threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()", once=True
    ),
    "leaves a child": Deed("subprocess.Popen(['sleep', '999'])", once=True),
    "leaves a child of a child": Deed(
        "subprocess.Popen('sleep 999 & sleep 999', shell=True)", once=True
    ),
    "forks and goes on twice": Deed("os.fork()", None, once=True),
    "forks quietly": Deed(_FORK_QUIETLY, None),
    "forks what sleeps": Deed("os.fork() or time.sleep(999)", None, once=True),
    "leaves work for the end": Deed("atexit.register(time.sleep, 999)"),
    "raises": Deed("raise ValueError('no')", True),
    "raises an exit": Deed("raise SystemExit", True),
    "raises an interrupt": Deed("raise KeyboardInterrupt", True),
    "raises what cannot be printed": Deed(
        "raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})()", True
    ),
    "divides by zero": Deed("1 / 0", True),
    "exits with 0": Deed("sys.exit(0)", True),
    "exits with 1": Deed("sys.exit(1)", True),
    "exits at once with 0": Deed("os._exit(0)", True),
    "exits at once with 1": Deed("os._exit(1)", True),
    "kills itself": Deed("os.kill(os.getpid(), signal.SIGKILL)", True),
    "terminates itself": Deed("os.kill(os.getpid(), signal.SIGTERM)", True),
    "interrupts itself": Deed("os.kill(os.getpid(), signal.SIGINT)", None),
    "aborts": Deed("os.abort()", True),
    "kills its group": Deed("os.killpg(0, signal.SIGKILL)", True),
    "reads address 0": Deed("ctypes.string_at(0)", True),
    "never ends": Deed("while True: pass", True),
    "sleeps": Deed("time.sleep(999)", True),
    "never ends, deaf to signals": Deed(
        "[signal.signal(s, signal.SIG_IGN) for s in (2, 15, 14)]; time.sleep(999)", True
    ),
    "recurs": Deed("f = lambda: f(); f()", True),
    "recurs without a limit": Deed(
        "sys.setrecursionlimit(10**9); f = lambda n: [f(n)]; f(0)", True
    ),
    "wants much memory": Deed("numpy.ones(10**11)", True),
    "takes all memory": Deed("a = []; [a.append('x' * 10**7) for _ in range(10**4)]", True),
    "sets an alarm": Deed("signal.alarm(1)", None),
    "raises at floating-point errors": Deed("numpy.seterr(all='raise')", None),
    "turns warnings into errors": Deed("warnings.simplefilter('error')", None),
    "stops the collector": Deed("gc.disable()"),
    "traces": Deed("sys.settrace(lambda *a: None)"),
    "forgets modules": Deed("sys.modules.clear()", None),
    "forgets NumPy": Deed("del sys.modules['numpy']", None, once=True),
    "replaces open": Deed("import builtins; builtins.open = None", True),
    "replaces a function of NumPy": Deed("numpy.tanh = numpy.sin", True),
    "draws random numbers": Deed("numpy.random.rand(3)"),
    "records nothing": Deed("nn.no_grad().__enter__()", None),
    "starts an event loop": Deed("asyncio.run(asyncio.sleep(0))"),
}

_IMPORTS = """\
import asyncio, atexit, ctypes, gc, os, signal, subprocess, sys, threading, time, warnings
import numpy
import numpy as np
import tinygrad_bp as nn
from numpy import array, float64
"""


class Written(NamedTuple):
    """A file, what it does, and the exit statuses that it may lead to."""

    text: str
    deed: str
    place: str
    allowed: frozenset[int]


def write(rng: np.random.Generator, deed: str) -> Written | None:
    """Write a random file with a deed; None if its program has no gradient to be sure of."""
    program = draw(rng, 4)
    numbers = _gradients(program)
    if numbers is None:
        return None
    right = bool(rng.integers(2))
    gradients = {name: np.array(g) for name, g in numbers.items()}
    if not right:
        name = str(rng.choice(list(gradients)))
        gradients[name] = gradients[name] * 1.5 + 0.5
    place = str(rng.choice(PLACES[:2] if DEEDS[deed].once else PLACES))
    text = _fill(program, gradients, DEEDS[deed].text, place)
    empty = not right and not gradients[name].size
    verdict = CORRECT if right or empty else WRONG
    allowed = {True: {ERROR}, False: {verdict}, None: {verdict, ERROR}}[DEEDS[deed].ends]
    return Written(text, deed, place, frozenset(allowed))


def change_character(rng: np.random.Generator, written: Written) -> Written:
    """Change, leave out or repeat a character anywhere: whatever that means, the status is one."""
    k = int(rng.integers(len(written.text)))
    other = str(rng.choice(list("x0(:\n\t '\"\\\0é")))
    middle = str(rng.choice([other, "", written.text[k] * 2]))
    text = written.text[:k] + middle + written.text[k + 1 :]
    return Written(text, "has a character changed", "anywhere", frozenset({CORRECT, WRONG, ERROR}))


def _gradients(program: Generated) -> dict[str, Any] | None:
    """Return the right gradients of a program whose derivatives are no matter of convention."""
    args = program.arguments()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fun = program.function(np, bp)
        nodes = bp.topological_order(fun(*map(bp.Value, args)))
        _, found = bp.value_and_grad(fun, tuple(range(len(args))))(*args)
    large = max(float(np.max(np.abs(g), initial=0.0)) for g in found)
    if find_kink(nodes) or not 0 < large < 1e4:
        return None
    return {f"v{k}": g for k, g in enumerate(found)}


def _fill(program: Generated, gradients: dict[str, Any], deed: str, place: str) -> str:
    at = {each: deed if each == place else "pass" for each in PLACES}
    given = dict(zip(gradients, program.arguments(), strict=True))
    names = ", ".join(f'params["{name}"]' for name in gradients)
    return f"""{_IMPORTS}
{at["at the start"]}

def weigh(np, y):
    shape = tuple(np.shape(y))
    weights = np.cos(1.0 + np.arange(int(np.prod(shape)))).reshape(shape)
    return np.sum(y * (weights if shape else 0.7))

{program.source()}
params = {{{_write_arrays(given)}}}

def loss(params):
    {at["in the loss"]}
    return fun(np, nn, {names})

def manual_gradients(params):
    {at["in the gradients"]}
    return {{{_write_arrays(gradients)}}}

{at["at the end"]}
"""


def _write_arrays(arrays: dict[str, Any]) -> str:
    return ", ".join(
        f'"{name}": np.reshape({np.ravel(a).tolist()}, {np.shape(a)})' for name, a in arrays.items()
    )


# --- watching ----------------------------------------------------------------------------------


@dataclass
class Watched:
    """What came of all files.

    Attributes
    ----------
    statuses : dict
        How often each exit status came after each deed.
    complaints : list of str
        What should not have been, with the file.
    """

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def note(self, written: Written, status: int, said: str, orphans: int) -> None:
        """Note how a check ended, and complain where it should not have ended so."""
        self.statuses.setdefault(written.deed, Counter())[status] += 1
        wrong = [f"exit status {status}, allowed {sorted(written.allowed)}\n{said}"]
        wrong = wrong if status not in written.allowed else []
        wrong += [f"{orphans} processes are left"] if orphans else []
        self.complaints += [
            f"{written.deed} {written.place}: {each}\n{written.text}" for each in wrong
        ]


def watch(deeds: Iterable[str], seed: int, minutes: float, time_limit: float = 60) -> Watched:
    """Check random files, each deed in its turn, until the time is over."""
    watched, names, runner = Watched(), list(deeds), CliRunner()
    os.environ[MARK] = mark = f"{os.getpid()}-{seed}"
    end = monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir, before, round_ = folder, tempfile.tempdir, 0
        try:
            while monotonic() < end:
                rng = np.random.default_rng([seed, round_])
                deed, round_ = names[round_ % len(names)], round_ + 1
                written = write(rng, deed)
                if written is not None:
                    mutated = deed == "nothing" and rng.integers(3)
                    written = change_character(rng, written) if mutated else written
                    _check(written, Path(folder, "net.py"), runner, watched, mark, time_limit)
        finally:
            tempfile.tempdir = before
            del os.environ[MARK]
    return watched


def _check(
    written: Written, file: Path, runner: Any, watched: Watched, mark: str, time_limit: float
) -> None:
    file.write_text(written.text, encoding="utf-8")
    stops = DEEDS.get(written.deed, DEEDS["nothing"]).ends and "sleep" in written.text
    limit = 2.0 if stops or "while True" in written.text else time_limit
    done = runner.invoke(app, ["check", "--json", "--time-limit", str(limit), str(file)])
    said = done.output
    if done.exception and not isinstance(done.exception, SystemExit):
        said += repr(done.exception)
    try:
        json.loads(done.stdout)
    except ValueError:
        watched.complaints.append(f"{written.deed}: no JSON\n{said}\n{written.text}")
    left = [path.name for path in file.parent.iterdir() if path != file]
    if left:
        watched.complaints.append(f"{written.deed}: files are left: {left}\n{written.text}")
    watched.note(written, done.exit_code, said, end_orphans(mark))


def end_orphans(mark: str) -> int:
    """Return how many other processes carry a mark, on Linux, and end them."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        try:
            marked = f"{MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0")
            if marked and "Z" not in (entry / "stat").read_text().rpartition(")")[2].split()[0]:
                os.kill(int(entry.name), signal.SIGKILL)
                found += 1
        except OSError:  # it has ended, or it is somebody else's
            continue
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print how the checks ended; 1 where one should not have ended so or something is left."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile_files", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=DEEDS, help="may be repeated")
    options = parser.parse_args(arguments)
    deeds = options.only or list(DEEDS)
    first = watch(deeds, options.seed, options.minutes / 5)  # fills caches
    before = _held()
    second = watch(deeds, options.seed + 1, options.minutes * 4 / 5)
    after = _held()
    count = 0
    for deed in {**first.statuses, **second.statuses}:
        statuses = first.statuses.get(deed, Counter()) + second.statuses.get(deed, Counter())
        count += statuses.total()
        print(f"{deed}: " + ", ".join(f"{n} x {status}" for status, n in sorted(statuses.items())))
    complaints = first.complaints + second.complaints
    print(*complaints, sep="\n\n")
    files = sum(sum(each.values()) for each in second.statuses.values())
    blocks = (after["blocks"] - before["blocks"]) / max(files, 1)
    grown = {name: after[name] - before[name] for name in ("threads", "open files")}
    print(f"{count} files, {len(complaints)} complaints; {blocks:.1f} blocks left by each file;")
    print(", ".join(f"{n} {name} more" for name, n in grown.items()))
    return int(bool(complaints) or any(n > 0 for n in grown.values()))


def _held() -> dict[str, int]:
    opened = Path("/proc/self/fd")
    return {
        "blocks": held_memory()[0],
        "threads": threading.active_count(),
        "open files": len(list(opened.iterdir())) if opened.exists() else 0,
    }


if __name__ == "__main__":
    sys.exit(main())
