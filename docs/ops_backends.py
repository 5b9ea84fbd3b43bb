"""Make the table of ops and what writes them out or runs them: python docs/ops_backends.py.

Every cell is found out: the op is part of a function whose value and gradient are computed that
way, on other data than it was traced with, and compared with the engine's.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.compiling.backends import NAMES

sys.path.append(str(Path(__file__).parents[1]))
from tests.samples import SAMPLES
from tests.views import kind_of

PAGE = Path(__file__).parent / "ops_backends.md"
YES = "yes"


def function_of(name: str) -> Callable[..., Any]:
    """Return a function with an op in it, whose value is one number."""
    computed = SAMPLES[name].fun

    def function(*a: Any) -> Any:
        y = computed(*a)
        return np.sum(y * (y + 1.5))  # neither even nor linear in y, and quickly compiled

    return function


def differentiated(name: str) -> tuple[int, ...]:
    """Return by which arguments: by all."""
    return tuple(range(len(SAMPLES[name].shapes)))


def points(name: str) -> Iterator[list[Any]]:
    """Yield arguments to trace with, and to compare on."""
    seed = 0
    while True:
        yield SAMPLES[name].arguments(seed)
        seed += 1


# --- the ways to compute it ----------------------------------------------------------------------


def ways() -> dict[str, Callable[[str], Callable[..., Any] | None]]:
    """Return what makes a function of value and gradients of an op, by the title of its column.

    A backend whose module or whose package is not there has no column.
    """
    columns: dict[str, Any] = {"source": _source, "LaTeX": _latex}
    for name in NAMES:
        there = find_spec(f"tinygrad_bp.compiling.{name}_backend")
        if there and find_spec(name):
            columns[name] = lambda op, name=name: bp.compile(
                function_of(op), differentiated(op), backend=name
            )
    return columns


@cache
def _source(name: str) -> bp.Derivation:
    return bp.derive(function_of(name), *next(points(name)), argnums=differentiated(name))


def _latex(name: str) -> None:
    if "partial" not in _source(name).latex:
        raise ValueError("formulas without a derivative")


@cache
def cell(name: str, way: str) -> str:
    """Say that an op can be computed in a way, or why not."""
    given = points(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compute = ways()[way](name)
            if compute is None:
                return YES
            compute(*next(given))
            found = [(a, compute(*a)) for a in (next(given), next(given))]
    except Exception as error:
        return _reason(error)
    for a, (value, gradients) in found:
        expected = bp.value_and_grad(function_of(name), differentiated(name))(*a)
        if not np.allclose(value, expected[0], rtol=1e-10, atol=1e-12):
            return "wrong value"
        for one, other in zip(gradients, expected[1], strict=True):
            if not np.allclose(one, other, rtol=1e-9, atol=1e-11):
                return "wrong gradient"
    return YES


def _reason(error: Exception) -> str:
    text = " ".join(str(error).partition(";")[0].split())
    text = text.removeprefix("derive: ").removeprefix("compile: ")
    return text.replace("|", "\\|") if len(text) <= 120 else text[:117] + "..."


# --- the page ------------------------------------------------------------------------------------

INTRODUCTION = """\
# What every op can do

For each op: does [derive](derive.md) write it and its derivative as NumPy source and as formulas,
and does [compile](compile.md) run them on each backend? If not, the table has the reason. `python
docs/ops_backends.py` computes a value and a gradient with each op in each way, compares them with
the engine's, and makes this table; a test holds it true. A function that is composed of ops can do
whatever all of them can.

The second column says whose memory a result in a graph is: a view of an operand, a copy, or either,
as the arguments have it; it is found out over many forms of them. Gradients, and what transforms,
compiled programs and derived sources return, are always [memory of their own](conventions.md).
"""


def page() -> str:
    """Return the text of the page."""
    columns = list(ways())
    lines = [f"| op | result | {' | '.join(columns)} |", f"|---|---|{'---|' * len(columns)}"]
    for name in sorted(SAMPLES):
        cells = [kind_of(name), *(cell(name, way) for way in columns)]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return f"{INTRODUCTION}\n" + "\n".join(lines) + "\n"


@cache
def _lines() -> dict[str, list[str]]:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if "|" in line]
    return {row[0].strip("`"): row[1:] for row in rows}


def told(name: str, way: str) -> str:
    """Return what the page says of an op in a way; "" where it does not."""
    told = dict(zip(_lines()["op"], _lines().get(name, []), strict=False))
    return told.get(way, "")


def main(path: Path = PAGE) -> None:
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
