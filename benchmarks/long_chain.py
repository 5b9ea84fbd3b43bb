"""A chain y = y * 0.999 + x of scalars: two op nodes each time round."""

import json
import sys
import tracemalloc
from pathlib import Path
from time import process_time
from typing import Any

import tinygrad_bp as bp

from .report import OURS, Row, time_rows
from .timing import Builder, Program, built, in_subprocess, interleaved, one_thread

TITLE = "chain y*0.999 + x"
NODES = 1_000_000
BYTES = 350
# Linear; a quadratic chain would have 10. Caches and the garbage collector take their part.
GROWTH = 2
PYTORCH = "PyTorch"


def ours(nodes: int) -> Program:
    gradient: list[Any] = []

    def run() -> None:
        x = bp.Value(0.5)
        y = x
        for _ in range(nodes // 2):
            y = y * 0.999 + x
        y.backward()
        gradient[:] = [y.item(), x.grad.item()]

    return Program(run, lambda: gradient)


def pytorch(nodes: int) -> Program:
    torch = one_thread()
    gradient: list[Any] = []

    def run() -> None:
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(nodes // 2):
            y = y * 0.999 + x
        y.backward()
        gradient[:] = [y.item(), x.grad.item()]

    return Program(run, lambda: gradient)


def builders(nodes: int) -> dict[str, Builder]:
    return {OURS: lambda: ours(nodes), PYTORCH: lambda: pytorch(nodes)}


def rows(quick: bool) -> list[Row]:
    nodes = 1_000 if quick else NODES
    seconds = interleaved(built(builders(nodes)), 1 if quick else 3, clock=process_time)
    title = f"{TITLE}, {nodes:,} nodes"
    return [
        *time_rows(title, seconds, {PYTORCH: 0.5}),
        *_growth(title, nodes, 3),
        *_memory(title, nodes),
    ]


def _growth(title: str, nodes: int, repetitions: int) -> list[Row]:
    """Is the time for a node the same in a chain of a tenth the length?"""
    programs = {"long": ours(nodes), "short": ours(nodes // 10)}
    seconds = interleaved(programs, repetitions, clock=process_time)
    ratio = seconds["long"] / seconds["short"] / 10
    program = f"{OURS}: time per node / that at {nodes // 10:,}"
    return [Row(title, program, f"{ratio:.2f}", target=f"≤ {GROWTH}", met=ratio <= GROWTH)]


def _memory(title: str, nodes: int) -> list[Row]:
    """Peak memory per node of forward and backward, each measured in a fresh process."""
    code = "from benchmarks.long_chain import {0}; print({0}({1}))"
    found = {
        "traced": in_subprocess(code.format("traced_bytes", nodes)),
        "resident": in_subprocess(code.format("resident_bytes", nodes)),
    }
    return [
        Row(title, f"{OURS}: memory, {kind}", "not known on this system")
        if (peak := json.loads(text)) is None
        else _bytes_row(title, f"{OURS}: memory, {kind}", peak / nodes)
        for kind, text in found.items()
    ]


def _bytes_row(title: str, program: str, size: float) -> Row:
    return Row(title, program, f"{size:.0f} B/node", target=f"≤ {BYTES} B", met=size <= BYTES)


def traced_bytes(nodes: int) -> int:
    """Return how much memory Python and NumPy have asked for at the peak."""
    run = ours(nodes).run
    tracemalloc.start()
    run()
    return tracemalloc.get_traced_memory()[1]


def resident_bytes(nodes: int) -> str:
    """Return by how much the resident memory has grown at its peak, in JSON."""
    before = _resident("VmRSS")
    ours(nodes).run()
    peak = _resident("VmHWM")
    return json.dumps(None if before is None or peak is None else peak - before)


def _resident(field: str) -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
