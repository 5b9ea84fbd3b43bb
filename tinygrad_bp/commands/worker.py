"""The process in which a user's file runs for a command; see `process` for the other side."""

from __future__ import annotations

import builtins
import faulthandler
import json
import math
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..numpy.serving import SERVED
from .files import ScriptError, UserFile, blame
from .pictures import show_no_pictures


def main() -> None:
    """Read a job from standard input, do it, and write the answer into the job's file.

    The answer carries the job's token, which the user's code is not told: text that it prints or
    writes somewhere is no answer. It is no secret from code that goes looking for it.
    """
    job = json.loads(sys.stdin.readline())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    import rich.console  # noqa: F401 - for the table; what the file does shall not hinder it

    command = import_module(f".{job['command']}_file", __package__)
    trace = open(job["trace"], "wb", buffering=0)  # noqa: SIM115 - until the process ends
    answer_file = open(job["answer"], "wb", buffering=0)  # noqa: SIM115 - from now it is timed

    # bound before the user's code runs, which may put something else in their places
    process, dumps, leave = os.getpid(), json.dumps, os._exit
    own_pid, write, encode = os.getpid, answer_file.write, str.encode
    faulthandler.enable(trace)
    faulthandler.dump_traceback_later(job["time_limit"], exit=True, file=trace)
    _limit_memory(job["memory_limit"])
    show_no_pictures()
    try:
        answer = _answer(command.answer, job)
    except ScriptError as error:
        answer = {"error": {"kind": error.kind, "line": error.line, "message": error.what}}
        answer["error"]["file"] = error.file and str(error.file)
    except BaseException as error:  # whatever it is: the report shall say so
        message = f"{type(error).__name__}: {error}"
        answer = {"error": {"kind": "exception", "line": None, "message": message}}
        answer["error"]["file"] = job["file"]
    text = dumps(answer | {"token": job["token"]})
    if own_pid() == process:  # and not a copy that the file has forked
        write(encode(text))
    leave(0)  # without what the file may have left to be done at the end


def _answer(command: Callable[..., dict[str, Any]], job: dict[str, Any]) -> dict[str, Any]:
    """Do the work of a command, and refuse what replaces the functions that it is made of."""
    intact = _remember()
    files = {key: Path(path) for key, path in job["files"].items()}
    sources = [files[key] for key in ("file", "reference") if key in files]

    def run(path: Path) -> UserFile:
        file = UserFile.run(path)
        _refuse_changes(intact, path)
        return file

    try:
        answer = command(run, **files, **job["options"])
    except BaseException as error:
        raise blame(error, *sources) from error
    _refuse_changes(intact, files["file"])
    return answer


def _limit_memory(mebibytes: int) -> None:
    """Limit the memory of this process, where the system can: on Linux, hardly on macOS."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = mebibytes * 2**20
    for limit, most in ((resource.RLIMIT_AS, wanted), (resource.RLIMIT_CORE, 0)):
        try:
            _, hard = resource.getrlimit(limit)
            within = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (within, hard))
        except (OSError, ValueError):  # the system does not let it be set
            continue


# --- what a command is made of must stay as it is ----------------------------------------------


def _places() -> dict[str, Any]:
    """Return the namespaces that a command relies on, and their classes', by name."""
    places: dict[str, Any] = {"builtins": vars(builtins), "json": vars(json), "math": vars(math)}
    places |= {"numpy": vars(np), "numpy.linalg": vars(np.linalg)}
    package = __package__.partition(".")[0]
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] == package:
            places[name] = vars(module)
            for key, thing in vars(module).items():
                if isinstance(thing, type) and thing.__module__.partition(".")[0] == package:
                    places[f"{name}.{key}"] = vars(thing)
    return places


def _remember() -> Callable[[], str]:
    """Remember what functions there are; return what finds the first that was replaced."""
    import_module(f"{SERVED['numpy']}.random")  # which would be an attribute only once it is used
    served = [(name, vars(import_module(SERVED[name]))) for name in ("numpy", "math")]
    given = [(name, place, set(vars(import_module(name))) - set(place)) for name, place in served]
    before = [(name, place, dict(place)) for name, place in _places().items()]

    def find_replaced() -> str:
        for name, place, passed_on in given:  # a name of the file's own would hide these
            if hidden := sorted(each for each in passed_on.intersection(place) if each[0] != "_"):
                return f"{name}.{hidden[0]}"
        for name, place, old in before:
            for key, thing in old.items():
                if not key.startswith("__warning") and place.get(key, None) is not thing:
                    return f"{name}.{key}"
        return ""

    return find_replaced


def _refuse_changes(find_replaced: Callable[[], str], file: Path) -> None:
    found = find_replaced()
    if found:
        raise ScriptError(
            f"it replaces {found}, which the command itself uses", file=file, kind="replaced"
        )
