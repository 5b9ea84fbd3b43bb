"""How long a folder of submissions takes to grade: python -m benchmarks.grading --count 200.

The submissions are backward passes of a net of two layers with one or two wrong lines each, as
`bp.exercises` plants them. One in ten is right, and one in a hundred never ends.
"""

from __future__ import annotations

import argparse
import os
import resource
import runpy
import subprocess
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import tinygrad_bp as bp

TASK = """
import numpy as np

rng = np.random.default_rng(0)
x, t = rng.normal(size=(20, 4)), np.eye(3)[rng.integers(0, 3, 20)]
shapes = {"w_1": (4, 5), "b_1": (5,), "w_2": (5, 3), "b_2": (3,)}
params = {name: 0.5 * rng.normal(size=shape) for name, shape in shapes.items()}


def loss(params):
    h = np.tanh(x @ params["w_1"] + params["b_1"])
    scores = h @ params["w_2"] + params["b_2"]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(t * np.log(p), axis=1)) + 0.01 * np.sum(params["w_1"] ** 2)
"""
#: What is checked is called so in a submission, and the function of an exercise otherwise.
HANDED_IN = """

def manual_gradients(params):
    return loss_and_gradients(params)[1]
"""
#: So many different mistakes are planted.
MISTAKES = 30


def write_submissions(folder: Path, count: int, mistakes: int = MISTAKES) -> Path:
    """Write a task, and what is handed in for it, into a folder; return the file of the task."""
    task = folder / "task.py"
    task.write_text(TASK)
    given = runpy.run_path(str(task))
    sources = list(_sources(bp.exercises(given["loss"], given["params"], count=mistakes), count))
    for k, source in enumerate(sources):
        Path(folder, f"student_{k:03}.py").write_text(source + HANDED_IN)
    return task


def _sources(planted: list[bp.Exercise], count: int) -> Iterator[str]:
    first = planted[0]
    right = first.source.replace(first.wrong, first.right)
    endless = right.replace("    return", "    while True:\n        pass\n    return", 1)
    pairs = list(combinations(planted, 2))
    Random(0).shuffle(pairs)
    wrong = [each.source for each in planted]
    wrong += [
        one.source.replace(two.right, two.wrong) for one, two in pairs if two.right in one.source
    ]
    for k in range(count):
        yield endless if k % 100 == 99 else right if k % 10 == 9 else wrong[k % len(wrong)]


def main(arguments: list[str] | None = None) -> None:
    """Grade as a teacher does, and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--mistakes", type=int, default=MISTAKES)
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        task = write_submissions(Path(name), asked.count, asked.mistakes)
        start, before = time.perf_counter(), _processor_time()
        command = ["tinygrad-bp", "check", name, "--reference", str(task)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds, used = time.perf_counter() - start, _processor_time() - before
    print(done.stdout.splitlines()[-1])
    print(f"{seconds:.0f} s on {os.cpu_count()} processors, {used:.0f} s of processor time")


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
