"""Run random programs: ``python -m benchmarks.differential --graphs 1000 --seed 1``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

import numpy as np
from rich.progress import track

from .judging import BACKENDS, judge, shrink
from .peers import PEERS, installed
from .programs import draw


def main() -> int:
    """Judge as many programs as asked for, and print what anybody disagrees about."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="default: all that are installed")
    parser.add_argument("--backends", nargs="*", choices=BACKENDS, default=["numpy"])
    parser.add_argument("--lines", type=int, default=7, help="at most so many in a program")
    chosen = parser.parse_args()
    peers = installed(chosen.peers) if chosen.peers != [] else {}
    backends = tuple(chosen.backends)
    asked: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    kinks = wrong = 0
    seeds = range(chosen.seed, chosen.seed + chosen.graphs)
    for seed in track(seeds, "programs", disable=not sys.stderr.isatty()):
        program = draw(np.random.default_rng(seed), chosen.lines)
        judged = judge(program, peers, backends)
        rows.update({step.row for step in program.steps})
        kinks += judged.at_a_kink
        asked.update(list(judged.said))
        if not judged.disagreements:
            alone.update(name for name, said in judged.said.items() if said)
        if judged.disagreements:
            wrong += 1
            smallest, found = shrink(program, peers, backends)
            print(f"seed {seed}, arguments of shapes {smallest.shapes}")
            print(smallest.source())
            print(*found, sep="\n", end="\n\n", flush=True)
    print(f"{chosen.graphs} programs, {len(rows)} rows, {kinks} at a kink")
    print("judged by:", ", ".join(f"{name} {n}" for name, n in asked.items()) or "NumPy alone")
    for name, count in alone.items():
        print(f"{name} alone has other numbers in {count}, and another peer has the engine's")
    print(f"{wrong} programs somebody disagrees about")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
