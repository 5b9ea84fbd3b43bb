"""Timing programs against each other: interleaved, so that they share what else happens."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

__all__ = ["Builder", "Program", "built", "in_subprocess", "interleaved", "one_thread"]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Program:
    """One competitor, ready to run: what is timed, and the numbers it has come to."""

    run: Callable[[], Any]
    result: Callable[[], Any]


#: Makes a program; raises ImportError where its library is not installed.
Builder = Callable[[], Program]


def built(builders: Mapping[str, Builder]) -> dict[str, Program | None]:
    """Make the programs; None for one whose library is not installed."""
    return {name: _built(builder) for name, builder in builders.items()}


def _built(builder: Builder) -> Program | None:
    try:
        return builder()
    except ImportError:
        return None


def interleaved(
    programs: Mapping[str, Program | None],
    repetitions: int,
    calls: int = 1,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, float | None]:
    """Return the least time in seconds of one run of each program: A B C A B C ...

    What else a machine does makes a run longer, never shorter. Where all use one thread the clock
    may be that of the processor, which stands while others run.
    """
    present = {name: program.run for name, program in programs.items() if program}
    times: dict[str, list[float]] = {name: [] for name in present}
    for run in present.values():
        run()
    for _ in range(repetitions):
        for name, run in present.items():
            times[name].append(_time(run, calls, clock))
    return {name: min(times[name]) if name in times else None for name in programs}


def _time(run: Callable[[], Any], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        run()
    return (clock() - start) / calls


def in_subprocess(code: str) -> str:
    """Run Python code in a fresh interpreter and return what it prints.

    It may keep compiled modules, as a user's interpreter does: peers came with theirs.
    """
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env)
    return done.stdout


def one_thread() -> Any:
    """Return PyTorch, held to one thread."""
    import torch

    torch.set_num_threads(1)
    return torch
