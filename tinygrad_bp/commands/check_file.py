"""Checking what stands in a user's Python file: the work of ``tinygrad-bp check``.

The file runs in a process of its own (`child`). Nothing that it does there, printing, crashing,
never ending, can break what is reported here.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic
from typing import IO, Any

from .files import ScriptError

#: The version of what `Checked.to_json` writes; it changes only if a key changes its meaning.
SCHEMA = 1

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
class Checked:
    """What came of a file.

    Attributes
    ----------
    status : {"correct", "wrong", "error"}
        ``"error"`` where it could not be checked.
    text : str
        The table and the diagnosis, or what went wrong and where.
    comparison : dict or None
        The comparison, as `Comparison.to_json` has it.
    error : dict or None
        ``kind``, ``line`` and ``message`` of what went wrong.
    output : str
        What the file printed, of both streams; the first 10,000 bytes.
    output_cut : bool
        Whether it printed more.
    """

    status: str
    text: str
    comparison: dict[str, Any] | None
    error: dict[str, Any] | None
    output: str
    output_cut: bool

    def to_json(self, file: Path) -> str:
        """Write an object for programs; docs/check.md says what is in it."""
        content = {
            "schema": SCHEMA,
            "file": str(file),
            "status": self.status,
            "error": self.error,
            "comparison": self.comparison,
            "output": self.output,
            "output_cut": self.output_cut,
        }
        return json.dumps(content, allow_nan=False)


def check_file(
    file: Path,
    *,
    reference: Path | None = None,
    params: str = "params",
    loss: str = "loss",
    manual: str = "manual_gradients",
    numeric: str = "auto",
    tolerance: float = 1e-7,
    time_limit: float = 60.0,
    memory_limit: int = 4096,
) -> Checked:
    """Check the manual gradients in a Python file, in a process of its own.

    Parameters
    ----------
    file : Path
        The file.
    reference : Path, optional
        Another file, from which the parameters and the loss are taken instead.
    params, loss, manual : str
        What the parameters (or a function that gives them), the loss and the manual gradients (or
        a function that gives them) are called.
    numeric, tolerance
        As for `compare`.
    time_limit : float
        How many seconds the file may take.
    memory_limit : int
        How many MiB of address space its process may have, on Linux.

    Returns
    -------
    Checked
        Whatever the file does.
    """
    for path in (file, reference):
        if path is not None and not path.is_file():
            return _failed("file", None, f"there is no file {path}", "", False)
    with TemporaryDirectory(prefix="tinygrad-bp-", ignore_cleanup_errors=True) as folder:
        answer, trace = Path(folder, "answer"), Path(folder, "trace")
        token = secrets.token_hex(16)
        job = {
            "token": token,
            "file": str(file.resolve()),
            "reference": reference and str(reference.resolve()),
            "params": params,
            "loss": loss,
            "manual": manual,
            "numeric": numeric,
            "tolerance": tolerance,
            "time_limit": time_limit,
            "memory_limit": memory_limit,
            "answer": str(answer),
            "trace": str(trace),
        }
        ended = _run(job)
        content = _read_answer(answer, token)
        if content is None:
            return _without_answer(file, ended, _read(trace, 1 << 20))
    return _with_answer(file, reference, content, ended)


@dataclass(frozen=True)
class _Ended:
    """How the process ended: its exit status, None where it had to be stopped."""

    status: int | None
    output: str
    output_cut: bool


def _run(job: dict[str, Any]) -> _Ended:
    root = str(Path(__file__).resolve().parents[2])
    # one thread for linear algebra: others reserve address space, and time each other
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, root, job["file"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=single | os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )
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


def _with_answer(
    file: Path, reference: Path | None, content: dict[str, Any], ended: _Ended
) -> Checked:
    error = content.get("error")
    if error is None:
        comparison = content["comparison"]
        status = "correct" if comparison["ok"] else "wrong"
        return Checked(status, content["text"], comparison, None, ended.output, ended.output_cut)
    blamed = reference if error["of_reference"] and reference else file
    return _failed(
        error["kind"], error["line"], error["message"], ended.output, ended.output_cut, blamed
    )


def _without_answer(file: Path, ended: _Ended, trace: bytes) -> Checked:
    """Say why a process ended before it had answered, at the line where it was if that is known."""
    text = trace.decode("utf-8", "replace")
    own = re.search(rf'File "{re.escape(str(file.resolve()))}", line (\d+)', text)
    line = int(own[1]) if own else None
    if ended.status is None or text.startswith("Timeout"):
        kind, what = "time", "it took too long, and was stopped; --time-limit says how long it may"
    elif ended.status < 0:
        name = signal.Signals(-ended.status).name
        kind, what = "crash", f"Python crashed ({name}): out of memory, or an error in C code"
    else:
        kind = "exit"
        what = f"it ended Python with exit status {ended.status}, before there was a result"
    return _failed(kind, line, what, ended.output, ended.output_cut, file)


def _failed(
    kind: str, line: int | None, what: str, output: str, cut: bool, file: Path | None = None
) -> Checked:
    error = {"kind": kind, "line": line, "message": what}
    text = str(ScriptError(what, file=file, line=line, kind=kind))
    return Checked("error", text, None, error, output, cut)
