"""Running a command on a user's file in a process of its own, see `worker`.

Nothing that the file does there, printing, crashing, never ending, can break what is reported
here.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic
from typing import IO, Any

from .files import ScriptError, refuse_missing

#: The version of what `Outcome.to_json` writes; it changes only if a key changes its meaning.
SCHEMA = 1

#: Seconds, and MiB of address space, that a file may take.
TIME_LIMIT, MEMORY_LIMIT = 60.0, 4096

#: How many bytes of what a file prints are kept, how many of an answer are read.
_PRINTED, _ANSWER = 10_000, 1 << 28

#: Seconds for Python and the package to start, before the file is timed, and for it to be stopped
#: by its own process, which knows the line.
_START, _GRACE = 60, 2

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tinygrad_bp.commands.worker import main; "
    "del sys.path[0]; sys.argv[:] = [sys.argv[2]]; main()"
)


@dataclass(frozen=True)
class Outcome:
    """What came of a command.

    Attributes
    ----------
    status : str
        ``"error"`` where it could not be done, else ``"done"``, or what the command says.
    text : str
        What is to be printed, or what went wrong and where.
    output : str
        What the file printed, of both streams; the first 10,000 bytes.
    output_cut : bool
        Whether it printed more.
    answer : dict
        All that the command has answered.
    error : dict or None
        ``kind``, ``cell`` of a notebook, ``line`` and ``message`` of what went wrong.
    """

    status: str
    text: str
    output: str = ""
    output_cut: bool = False
    answer: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    @property
    def credit(self) -> dict[str, int]:
        """1 for each parameter, and each inner Value, whose gradient is right, 0 for the others."""
        rows = (self.answer.get("comparison") or {}).get("rows", ())
        return {row["name"]: int(row["verdict"] == "correct") for row in rows}

    def to_json(self, file: Path) -> str:
        """Write an object for programs; docs/check.md says what is in it."""
        content = {
            "schema": SCHEMA,
            "file": str(file),
            "status": self.status,
            "error": self.error,
            "credit": self.credit,
            "comparison": self.answer.get("comparison"),
            "blind_spots": self.answer.get("blind_spots"),
            "output": self.output,
            "output_cut": self.output_cut,
        }
        return json.dumps(content, allow_nan=False)


def run_command(
    command: str,
    file: Path,
    *,
    time_limit: float = TIME_LIMIT,
    memory_limit: int = MEMORY_LIMIT,
    reference: Path | None = None,
    out: Path | None = None,
    **options: Any,
) -> Outcome:
    """Run a command on a user's file, in a process of its own.

    Parameters
    ----------
    command : str
        Its name: ``"check"`` is done by `check_file`.
    file : Path
        The file.
    time_limit : float
        How many seconds the file may take.
    memory_limit : int
        How many MiB of address space its process may have, on Linux.
    reference, out : Path, optional
        Another file that runs, and the one that is written, for commands that have such.
    **options
        For the command, as plain data.

    Returns
    -------
    Outcome
        Whatever the file does.
    """
    try:
        for path in (file, reference):
            if path is not None:
                refuse_missing(path)
    except ScriptError as error:
        return report_failure(error)
    given = {"file": file.resolve(), "reference": reference and reference.resolve()}
    files = {key: path for key, path in {**given, "out": out and out.absolute()}.items() if path}
    with TemporaryDirectory(prefix="tinygrad-bp-", ignore_cleanup_errors=True) as folder:
        answer, trace = Path(folder, "answer"), Path(folder, "trace")
        token = secrets.token_hex(16)
        job = {
            "command": command,
            "token": token,
            "files": {key: str(path) for key, path in files.items()},
            "options": options,
            "time_limit": time_limit,
            "memory_limit": memory_limit,
            "answer": str(answer),
            "trace": str(trace),
        }
        ended = _run(job)
        content = _read_answer(answer, token)
        if content is None:
            return report_failure(_reason(file, ended, _read(trace, 1 << 20)), ended)
    if content.get("error") is None:
        status = content.get("status", "done")
        return Outcome(status, content["text"], ended.output, ended.output_cut, content)
    shown = {str(given[key]): path for key, path in (("reference", reference), ("file", file))}
    return report_failure(_as_error(content["error"], shown), ended)


@dataclass(frozen=True)
class _Ended:
    """How the process ended: its exit status, None where it had to be stopped."""

    status: int | None
    output: str
    output_cut: bool


def _run(job: dict[str, Any]) -> _Ended:
    process = _start(job["files"]["file"])
    assert process.stdin is not None
    assert process.stdout is not None
    printed = _Printed(process.stdout)
    try:
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.close()
        except OSError:  # it has ended already, which is seen below
            pass
        status = _wait(process, Path(job["answer"]), job["time_limit"] + _GRACE)
    finally:
        _stop(process)
    output, cut = printed.so_far()
    return _Ended(status, output, cut)


def _start(file: str) -> subprocess.Popen[bytes]:
    """Start the process for a file, which then waits for its job."""
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, root, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    # one thread for linear algebra: others reserve address space, and time each other
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return single | os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _wait(process: subprocess.Popen[bytes], answer: Path, limit: float) -> int | None:
    """Wait for the exit status; None if that takes too long.

    That the file for the answer is there says that the process has started.
    """
    began, started = monotonic(), False
    while True:
        try:
            return process.wait(0.02 if not started else limit)
        except subprocess.TimeoutExpired:
            if started or monotonic() - began > _START:
                return None
            started = answer.exists()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


class _Printed:
    """Reads all that a process prints, so that it is never kept waiting, and keeps the start."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept, self._cut = bytearray(), False
        self._stream = stream
        # a daemon: a process that got away may keep the stream open for ever
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream as stream:
            while chunk := os.read(stream.fileno(), 1 << 16):
                room = _PRINTED - len(self._kept)
                self._kept += chunk[:room]
                self._cut = self._cut or len(chunk) > room

    def so_far(self) -> tuple[str, bool]:
        self._thread.join(timeout=1)
        return bytes(self._kept).decode("utf-8", "replace"), self._cut


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError:
        return b""


def _read_answer(path: Path, token: str) -> dict[str, Any] | None:
    """Return an answer that is whole and has the token, or None."""
    try:
        content = json.loads(_read(path, _ANSWER))
    except ValueError:
        return None
    own = isinstance(content, dict) and secrets.compare_digest(str(content.get("token")), token)
    return content if own else None


def _as_error(error: dict[str, Any], shown: dict[str, Path | None]) -> ScriptError:
    """Make the error that the process tells of, with the file as it was given."""
    file = shown.get(error["file"])
    return ScriptError(error["message"], file=file, line=error["line"], kind=error["kind"])


def _reason(file: Path, ended: _Ended, trace: bytes) -> ScriptError:
    """Say why a process ended before it had answered, at the line where it was if that is known."""
    text = trace.decode("utf-8", "replace")
    own = re.search(rf'File "{re.escape(str(file.resolve()))}", line (\d+)', text)
    if ended.status is None or text.startswith("Timeout"):
        kind, what = "time", "it took too long and was stopped; --time-limit gives it more seconds"
    elif ended.status < 0:
        name = signal.Signals(-ended.status).name
        kind, what = "crash", f"Python crashed ({name}): out of memory, or an error in C code"
    else:
        kind = "exit"
        what = f"it ended Python with exit status {ended.status}, before there was a result"
    return ScriptError(what, file=file, line=int(own[1]) if own else None, kind=kind)


def report_failure(error: ScriptError, ended: _Ended | None = None) -> Outcome:
    """Make the outcome of what could not be done."""
    cell, line = error.place
    about = {"kind": error.kind, "cell": cell, "line": line, "message": error.what}
    output = (ended.output, ended.output_cut) if ended else ("", False)
    return Outcome("error", str(error), *output, error=about)
