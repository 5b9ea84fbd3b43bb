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
from tinygrad_bp.kernel import Op
from tinygrad_bp.kernel.dispatch import read_all

PAGE = Path(__file__).parent / "ops_backends.md"
YES = "yes"

#: The function of `a`, shape (3, 3) with elements between 0 and 1, in which an op is met. An op
#: without a sample is a function of its name, in NumPy or in tinygrad_bp, of its operands.
SAMPLES: dict[str, Callable[[Any], Any]] = {
    "add": lambda a: a + a.T,
    "sub": lambda a: a - a.T,
    "mul": lambda a: a * a.T,
    "div": lambda a: a / a.T,
    "neg": lambda a: -a,
    "pow": lambda a: a**a.T,
    "abs": lambda a: abs(a - 0.5),
    "matmul": lambda a: a @ a,
    "remainder": lambda a: a % (a.T + 0.1),
    "fmod": lambda a: np.fmod(a, a.T + 0.1),
    "arccosh": lambda a: np.arccosh(a + 1),
    "relu": lambda a: bp.relu(a - 0.5),
    "concatenate": lambda a: np.concatenate([a, a[:1]]),
    "reshape": lambda a: np.reshape(a, 9) ** 2,
    "transpose": lambda a: a.T * [1.0, 2.0, 3.0],
    "broadcast_to": lambda a: np.broadcast_to(a[0], (3, 3)) @ a,
    "astype": lambda a: np.astype(np.astype(a, np.float32), np.float64),
    "getitem": lambda a: a[1:, 0],
    "scatter_add": lambda a: a[[0, 0, 2]] ** 2,
    "where": lambda a: np.where(a > 0.5, a, a.T),
    "gather": lambda a: np.insert(a, 1, a[0], axis=0),
    "scatter": lambda a: np.roll(a, 1) ** 2,
    "along": lambda a: np.sort(a, axis=0)[0],
    "add_along": lambda a: np.sort(a, axis=0)[1] ** 2,
    "einsum": lambda a: np.einsum("ij,kj->ik", a, a),
    "cumsum": lambda a: np.cumsum(a, axis=0) ** 2,
    "cross": lambda a: np.cross(a, a[::-1]),
    "convolve": lambda a: np.convolve(a[0], a[1]),
    "inv": lambda a: np.linalg.inv(a + 3 * np.eye(3)),
    "pinv": lambda a: np.linalg.pinv(a[:2]),
    "solve": lambda a: np.linalg.solve(a + 3 * np.eye(3), a),
    "lstsq": lambda a: np.linalg.lstsq(a[:, :2], a[:, 2], rcond=None)[0],
    "det": np.linalg.det,
    "logabsdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)),
    "qr": lambda a: np.linalg.qr(a).R,
    "eigh": lambda a: np.linalg.eigh(a + a.T).eigenvalues,
    "eigvalsh": lambda a: np.linalg.eigvalsh(a + a.T),
    "svd": lambda a: np.linalg.svd(a).S,
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
    "root": lambda a: np.linalg.norm(a, axis=0),
}


@cache
def ops() -> dict[str, Op]:
    """Return the ops of the table by name, in the order of its files."""
    read_all()
    modules = [name for name in sorted(sys.modules) if name.startswith("tinygrad_bp.ops.")]
    found: dict[str, Op] = {}
    for name in modules:
        for each in vars(sys.modules[name]).values():
            if type(each) is Op:
                found.setdefault(each.name, each)
    return found


def function_of(name: str) -> Callable[[Any], Any]:
    """Return a function of a matrix with an op in it, whose value is one number."""
    sample, op = SAMPLES.get(name), ops()[name]
    if sample is None:
        by_name = getattr(np, name, None) or getattr(bp, name)
        sample = by_name if op.arity == 1 else lambda a: by_name(a, a.T)
    computed = sample

    def function(a: Any) -> Any:
        y = computed(a)
        return np.sum(y * (y + 1.5))  # neither even nor linear in y, and quickly compiled

    return function


def matrices() -> Iterator[Any]:
    """Yield what to trace with, and what to compare on."""
    rng = np.random.default_rng(7)
    while True:
        yield rng.uniform(0.1, 0.9, (3, 3))


def is_met(name: str) -> bool:
    """Say whether an op is part of its function, or of what derive makes of the gradient."""
    fun, a = function_of(name), next(matrices())
    used = [node.op for node in bp.topological_order(fun(bp.Value(a)))]
    used += [step.op for step in bp.derive(fun, a).program.instructions]
    return ops()[name] in used


# --- the ways to compute it ----------------------------------------------------------------------


def ways() -> dict[str, Callable[[Callable[..., Any]], Callable[..., Any] | None]]:
    """Return what makes a function of value and gradient, by the title of its column.

    A backend whose module or whose package is not there has no column.
    """
    columns: dict[str, Any] = {"source": _source, "LaTeX": _latex}
    for name in NAMES:
        there = find_spec(f"tinygrad_bp.compiling.{name}_backend")
        if there and find_spec(name):
            columns[name] = lambda fun, name=name: bp.compile(fun, backend=name)
    return columns


def _source(fun: Callable[..., Any]) -> Callable[..., Any]:
    return bp.derive(fun, next(matrices()))


def _latex(fun: Callable[..., Any]) -> None:
    if "partial" not in bp.derive(fun, next(matrices())).latex:
        raise ValueError("formulas without a derivative")


@cache
def cell(name: str, way: str) -> str:
    """Say that an op can be computed in a way, or why not."""
    fun, samples = function_of(name), matrices()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compute = ways()[way](fun)
            if compute is None:
                return YES
            compute(next(samples))
            found = [compute(a) for a in (next(samples), next(samples))]
    except Exception as error:
        return _reason(error)
    rest = matrices()
    next(rest)
    for value, gradient in found:
        expected = bp.value_and_grad(fun)(next(rest))
        if not np.allclose(value, expected[0], rtol=1e-10, atol=1e-12):
            return "wrong value"
        if not np.allclose(gradient, expected[1], rtol=1e-9, atol=1e-11):
            return "wrong gradient"
    return YES


def _reason(error: Exception) -> str:
    text = " ".join(str(error).partition(";")[0].split())
    text = text.removeprefix("derive: ").removeprefix("compile: ")
    return text.replace("|", "\\|") if len(text) <= 120 else text[:117] + "..."


# --- the page ------------------------------------------------------------------------------------

INTRODUCTION = """\
# What every op can do

For each op of the table: whether [derive](derive.md) writes it and its derivative as NumPy source
and as formulas, and whether [compile](compile.md) runs them on each backend; otherwise the reason.
The table is made by `python docs/ops_backends.py`, which computes a value and a gradient with each
op in each way and compares them with the engine's; a test holds it true. Functions that are
composed of these ops can do what the ops can.
"""


def page() -> str:
    """Return the text of the page."""
    columns = list(ways())
    lines = [f"| op | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for name in sorted(ops()):
        lines.append(f"| `{name}` | {' | '.join(cell(name, way) for way in columns)} |")
    return f"{INTRODUCTION}\n" + "\n".join(lines) + "\n"


def main(path: Path = PAGE) -> None:
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
