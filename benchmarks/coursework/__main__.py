"""Ask about every backward pass of the corpus, and print what came of it."""

import os

# Read when NumPy is first imported, so it stands before the imports.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tinygrad_bp.numpy.serving import SERVED

from .asking import LIMIT, ask
from .corpus import load, names
from .judge import judge
from .report import Result, as_json, from_json, report


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.results:
        found = [r for file in options.results for r in from_json(file.read_text(encoding="utf-8"))]
        return _write(found, options)
    chosen = [name for name in names() if _wanted(name, options.only)]
    if not chosen:
        print(f"no program is called {' or '.join(options.only)}", file=sys.stderr)
        return 2
    ask_about = partial(results_of, limit=options.limit, numpy=options.numpy)
    results: list[Result] = []
    for some in _each(ask_about, chosen, options.jobs):
        results += _noted(some)
        if options.json:  # after each program, so that a run that is stopped leaves what it has
            options.json.write_text(as_json(results) + "\n", encoding="utf-8")
    return _write(results, options)


def _write(results: list[Result], options: argparse.Namespace) -> int:
    text = report(results, options.limit)
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    return 0


def _each(
    ask_about: Callable[[str], list[Result]], chosen: list[str], jobs: int
) -> Iterator[list[Result]]:
    if jobs == 1:
        yield from map(ask_about, chosen)
    else:
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(ask_about, chosen)


def results_of(name: str, limit: float = LIMIT, numpy: str = SERVED["numpy"]) -> list[Result]:
    """Ask about all cases of one program."""
    program = load(name, numpy)
    results = []
    for case in program.cases:
        answer = ask(program, case, limit)
        outcome = judge(program, case, answer)
        results.append(Result(name, case.mistake, case.names, outcome, answer))
    return results


def _noted(results: list[Result]) -> list[Result]:
    named = sum(result.outcome in ("named", "reworded") for result in results)
    wrong = sum(result.wrong for result in results)
    print(f"{results[0].program}: {named} of {wrong}", file=sys.stderr, flush=True)
    return results


def _wanted(name: str, only: list[str]) -> bool:
    folder, _, short = name.partition("/")
    return not only or any(text in (name, folder, short) for text in only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coursework", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="a program (lstm, public/lstm) or a folder; may be repeated",
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for each case")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every answer here")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page here too")
    parser.add_argument(
        "--results",
        type=Path,
        action="append",
        metavar="FILE",
        help="write the page of what --json wrote before, and ask nothing; may be repeated",
    )
    parser.add_argument(
        "--numpy",
        default=SERVED["numpy"],
        metavar="MODULE",
        help="what the programs get for their `import numpy`; that of `tinygrad-bp check`, if not "
        "said otherwise",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
