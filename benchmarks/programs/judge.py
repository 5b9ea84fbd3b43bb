"""Asking for the verdict on a program: as a user does, or in this process."""

import io
import json
import subprocess
import sys
import warnings
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from tinygrad_bp.commands.check_file import answer
from tinygrad_bp.commands.files import UserFile, blame

from .expected import Program

__all__ = ["Answer", "ask", "ask_here"]

_CHECK = "from tinygrad_bp.commands.cli import main; main()"


@dataclass(frozen=True)
class Answer:
    """What was said of a program.

    Attributes
    ----------
    status : str
        ``"correct"``, ``"wrong"`` or ``"error"``.
    wrong : tuple of str
        The parameters whose row is wrong.
    message : str
        Why there is no verdict.
    seconds : float
        How long it took.
    """

    status: str
    wrong: tuple[str, ...] = ()
    message: str = ""
    seconds: float = 0.0

    def is_as_expected(self, program: Program) -> bool:
        return self.status == program.status and set(self.wrong) == set(program.wrong)


def ask(program: Program) -> Answer:
    """Run ``tinygrad-bp check`` on a program."""
    named = ["--params", program.params, "--loss", program.loss, "--manual", program.manual]
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHECK, "check", str(program.path), "--json", *named],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = perf_counter() - began
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return Answer("error", message=done.stderr.strip(), seconds=seconds)
    if report["error"]:
        return Answer("error", message=_located(report["error"]), seconds=seconds)
    return Answer(report["status"], _wrong(report["comparison"]), seconds=seconds)


def ask_here(program: Program) -> Answer:
    """Check a program in this process, without a limit on time or memory."""
    names = {"params": program.params, "loss": program.loss, "manual": program.manual}
    with _undisturbed():
        try:
            comparison = answer(UserFile.run, program.path, **names)["comparison"]
        except Exception as raised:
            error = blame(raised, program.path)
            return Answer("error", message=_located({"line": error.line, "message": error.what}))
    return Answer("correct" if comparison["ok"] else "wrong", _wrong(comparison))


@contextmanager
def _undisturbed() -> Any:
    """Keep what a program prints, warns of and draws at random to itself."""
    state = np.random.get_state()
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)


def _wrong(comparison: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row["name"] for row in comparison["rows"] if row["verdict"] != "correct")


def _located(error: dict[str, Any]) -> str:
    line = f"line {error['line']}: " if error["line"] else ""
    return line + " ".join(error["message"].split())
