"""Does memory stay flat over many rounds, and do threads stay apart?  ``python -m benchmarks.soak``

Each job is repeated until its caches are full, and then as often again. The blocks of memory that
Python has given out are counted before and after; one that is left over per round is a leak. See
docs/robustness.md.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import tinygrad_bp as bp
import tinygrad_bp.numpy as bnp

RATE = 0.1
THREADS = 8
#: So many blocks left over per round are a leak: a round that loses an object loses one.
LOST = 1.0

Round = Callable[[], object]
_off = bp.no_grad()


class Kept(NamedTuple):
    """What is left over of the rounds of a job: blocks and bytes of memory per round."""

    job: str
    rounds: int
    blocks: float
    resident: float | None
    seconds: float

    @property
    def leaks(self) -> bool:
        """Whether each round leaves something behind."""
        return self.blocks >= LOST


# --- jobs: each makes what is repeated ---------------------------------------------------------


def eager() -> Round:
    """Steps of the 7-6-5-2 net, recorded anew each time."""
    params = {name: bp.Value(a) for name, a in bp.net7652.initial_parameters().items()}
    optimizer = bp.optim.Adam(params.values(), 0.01)

    def step() -> None:
        optimizer.zero_grad()
        bp.net7652.loss(params).backward()
        optimizer.step()
        with _off:
            bp.net7652.loss(params)

    return step


def compiled() -> Round:
    """The same with a compiled gradient."""
    params = bp.net7652.initial_parameters()
    gradients = bp.compile(bp.net7652.loss)

    def step() -> None:
        _, found = gradients(params)
        for name, gradient in found.items():
            params[name] = params[name] - RATE * gradient

    return step


def programs() -> Round:
    """A program of a new function, compiled, run and forgotten."""
    x = np.linspace(-1, 1, 5)

    def compile_one() -> None:
        k = next(numbers)
        value, _ = bp.compile(lambda a: np.sum(np.tanh(a * k) * a))(x)
        assert np.isfinite(value)

    numbers = iter(range(1, sys.maxsize))
    return compile_one


def derivations() -> Round:
    """The same, written out."""
    x = np.linspace(-1, 1, 5)

    def derive_one() -> None:
        k = next(numbers)
        bp.derive(lambda a: np.sum(np.tanh(a * k) * a), x)(x)

    numbers = iter(range(1, sys.maxsize))
    return derive_one


def assignments() -> Round:
    """A loop that fills a buffer, through rows and in place."""
    x = np.linspace(-1, 1, 5)

    def loss(a: Any) -> Any:
        h = bnp.zeros((4, 5))
        h[0] = a
        for k in range(1, 4):
            h[k] = np.tanh(h[k - 1] * a)
            row = h[k]
            row *= 2
        return np.sum(h**2)

    return lambda: bp.grad(loss)(x)


def comparisons() -> Round:
    """A wrong gradient, compared and explained."""
    x = np.linspace(0.5, 1, 3)
    return lambda: bp.compare(lambda a: np.sum(np.tanh(a) ** 2), x, lambda a: 2 * np.tanh(a))


def higher() -> Round:
    """Hessians, directional derivatives, checkpoints."""
    x = np.linspace(0.5, 1, 3)
    inner = bp.checkpoint(lambda a: np.exp(np.sin(a)))

    def transform() -> None:
        bp.hessian(lambda a: np.sum(inner(a)))(x)
        bp.jvp(lambda a: inner(a) * a, (x,), (x,))

    return transform


#: The jobs, and how many rounds each is given, times the size.
JOBS: dict[str, tuple[Callable[[], Round], int]] = {
    "eager": (eager, 5_000),
    "compiled": (compiled, 5_000),
    "programs": (programs, 300),
    "derivations": (derivations, 200),
    "assignments": (assignments, 500),
    "comparisons": (comparisons, 200),
    "higher": (higher, 300),
}


# --- watching ----------------------------------------------------------------------------------


def watch(job: str, step: Round, rounds: int) -> Kept:
    """Repeat a job, and say what each round leaves behind; as many fill caches before."""
    begin = perf_counter()
    _repeat(step, rounds)
    blocks, resident = held_memory()
    _repeat(step, rounds)
    blocks_after, resident_after = held_memory()
    grown = None
    if resident is not None and resident_after is not None:
        grown = (resident_after - resident) / rounds
    return Kept(job, rounds, (blocks_after - blocks) / rounds, grown, perf_counter() - begin)


def _repeat(step: Round, rounds: int) -> None:
    for _ in range(rounds):
        step()


def held_memory() -> tuple[int, int | None]:
    """Return the blocks that Python has given out, and the resident memory where it is known."""
    gc.collect()
    blocks = sys.getallocatedblocks()
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return blocks, int(file.read().split()[1]) * 4096
    except OSError:
        return blocks, None


def thread_results(rounds: int, threads: int) -> list[list[Any]]:
    """Run the same training in several threads at once, and return what each has come to.

    They share a compiled function and one `no_grad` object.
    """
    gradients = bp.compile(bp.net7652.loss)

    def train(_: int) -> list[Any]:
        params = {name: bp.Value(a) for name, a in bp.net7652.initial_parameters().items()}
        for _ in range(rounds):
            loss = bp.net7652.loss(params)
            loss.backward()
            _, found = gradients({name: p.data for name, p in params.items()})
            for name, parameter in params.items():
                if not np.allclose(parameter.grad, found[name], rtol=1e-12):
                    raise AssertionError(f"{name}: eager and compiled gradients differ")
                parameter.data = parameter.data - RATE * parameter.grad
                parameter.zero_grad()
            with _off:
                if bp.net7652.loss(params).requires_grad:
                    raise AssertionError("no_grad records in a thread")
        return [p.data for p in params.values()]

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(train, range(threads)))


def main(arguments: list[str] | None = None) -> int:
    """Print what is left over; 1 where something is, or where threads disturb each other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--size", type=float, default=1.0, help="times the rounds; 20 is a night")
    parser.add_argument("--only", action="append", choices=JOBS, help="may be repeated")
    options = parser.parse_args(arguments)
    print("| job | rounds | blocks left per round | bytes left per round | seconds | flat |")
    print("|---|---|---|---|---|---|")
    failed = False
    for job in options.only or JOBS:
        make, rounds = JOBS[job]
        kept = watch(job, make(), max(int(rounds * options.size), 5))
        resident = "" if kept.resident is None else f"{kept.resident:.0f}"
        flat = "NO" if kept.leaks else "yes"
        print(
            f"| {job} | {kept.rounds:,} | {kept.blocks:.3f} | {resident} | {kept.seconds:.0f} "
            f"| {flat} |",
            flush=True,
        )
        failed |= kept.leaks
    rounds = max(int(1_000 * options.size), 5)
    alone, *together = thread_results(rounds, 1) + thread_results(rounds, THREADS)
    same = all(np.array_equal(a, b) for other in together for a, b in zip(alone, other))
    print(f"\n{THREADS} threads, {rounds:,} steps each: {'the same' if same else 'NOT the same'}")
    return int(failed or not same)


if __name__ == "__main__":
    sys.exit(main())
