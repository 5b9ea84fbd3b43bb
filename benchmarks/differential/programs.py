"""Random programs: drawn line by line, written as Python, made smaller when they fail."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import tinygrad_bp as bp

from .lines import HOLES, LINES, Generator, Line

SHAPES = [(), (1,), (3,), (2, 3), (3, 3), (3, 1), (1, 3), (2, 2, 3), (0,), (2, 0)]
#: How often a shape is drawn: arrays with elements most of all.
_OFTEN = np.array([2, 1, 4, 4, 5, 2, 2, 2, 0.4, 0.4])
LARGEST = 40
_HOLE = re.compile(r"\{(\w+)\}")
_NAME = re.compile(r"\bv\d+\b")


@dataclass(frozen=True)
class Step:
    """One line: of which row it was drawn, its result, what it is written as."""

    row: str
    y: str
    text: str
    functional: str

    def uses(self) -> set[str]:
        """Return the results that the line is computed from."""
        return set(_NAME.findall(self.text)) - {self.y}


@dataclass(frozen=True)
class Generated:
    """A program: arguments of some shapes, and lines.

    Attributes
    ----------
    shapes : tuple
        Those of the arguments, which are called v0, v1 and so on.
    steps : tuple of Step
        The lines. What no line uses is added up, with weights, to the result.
    seed : int
        From which the arguments are drawn.
    """

    shapes: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    seed: int

    def arguments(self, dtype: Any = np.float64) -> list[Any]:
        """Return numbers for the arguments."""
        rng = np.random.default_rng(self.seed)
        return [rng.normal(size=shape).astype(dtype)[()] for shape in self.shapes]

    def source(self, functional: bool = False) -> str:
        """Return the program as a function ``fun(np, nn, v0, ...)``."""
        names = [f"v{k}" for k in range(len(self.shapes))]
        body = [step.functional if functional else step.text for step in self.steps]
        used = {name for step in self.steps for name in step.uses()}
        left = [name for name in [*names, *(s.y for s in self.steps)] if name not in used]
        total = " + ".join(f"weigh(np, {name})" for name in left) or "0.0"
        lines = [f"def fun(np, nn, {', '.join(names)}):", *body, f"return {total}"]
        return "\n    ".join(lines) + "\n"

    def function(self, np_: Any, nn: Any, functional: bool = False) -> Callable[..., Any]:
        """Return the program for a namespace of NumPy's functions."""
        space: dict[str, Any] = {"weigh": weigh}
        exec(self.source(functional), space)
        return lambda *args: space["fun"](np_, nn, *args)

    def smaller(self) -> Iterator[Generated]:
        """Yield programs with one line less, and whatever needs it."""
        for step in reversed(self.steps):
            gone, kept = {step.y}, []
            for each in self.steps:
                if each.y in gone or each.uses() & gone:
                    gone.add(each.y)
                else:
                    kept.append(each)
            yield replace(self, steps=tuple(kept))
        for k in range(len(self.steps)):  # a line's operand instead of its result
            yield from self._without(k)

    def _without(self, k: int) -> Iterator[Generated]:
        step = self.steps[k]
        for operand in sorted(step.uses()):
            after = [
                replace(
                    each,
                    text=re.sub(rf"\b{step.y}\b", operand, each.text),
                    functional=re.sub(rf"\b{step.y}\b", operand, each.functional),
                )
                for each in self.steps[k + 1 :]
            ]
            yield replace(self, steps=(*self.steps[:k], *after))


def weigh(np_: Any, y: Any) -> Any:
    """Add up an array with weights that are all different."""
    shape = tuple(np.shape(y))
    size = int(np.prod(shape))
    weights = np.cos(1.0 + np.arange(size)).reshape(shape)
    return np_.sum(y * (np_.asarray(weights) if shape else 0.7))


def draw(rng: Generator, longest: int = 7, rows: list[str] | None = None) -> Generated:
    """Draw a program of at most so many lines, of some rows of the table or of all."""
    chances = _OFTEN / _OFTEN.sum()
    shapes = tuple(SHAPES[k] for k in rng.choice(len(SHAPES), size=rng.integers(1, 4), p=chances))
    program = Generated(shapes, (), int(rng.integers(2**32)))
    values = dict(zip((f"v{k}" for k in range(len(shapes))), program.arguments(), strict=True))
    names = rows or list(LINES)
    for _ in range(rng.integers(1, longest + 1)):
        step = _draw_step(rng, values, str(rng.choice(names)))
        if step is not None:
            program = replace(program, steps=(*program.steps, step))
    return program


def _draw_step(rng: Generator, values: dict[str, Any], row: str) -> Step | None:
    """Draw a line that runs on the values so far, and add its result to them."""
    for _ in range(12):
        drawn = LINES[row][rng.integers(len(LINES[row]))]
        line = drawn if isinstance(drawn, Line) else Line(f"{{y}} = {drawn}")
        y = f"v{len(values)}"
        filling = _Filling(rng, values, y)
        text = _HOLE.sub(filling, line.text)
        functional = _HOLE.sub(filling, line.functional) if line.functional else text
        if _runs(text, y, values):
            return Step(row, y, text, functional)
    return None


class _Filling:
    """What stands for the braces of one line: the same for the same word."""

    def __init__(self, rng: Generator, values: dict[str, Any], y: str) -> None:
        self.rng, self.values = rng, values
        known = list(values)
        # the latest results are the likeliest operands
        last = known[-min(len(known), 3) :]
        self.filled = {key: str(rng.choice(last if rng.integers(3) else known)) for key in "abc"}
        self.filled["y"] = y

    def __call__(self, match: re.Match[str]) -> str:
        key = match[1]
        if key not in self.filled:
            a = np.asarray(self.values[self.filled["a"]])
            self.filled[key] = HOLES[key](self.rng, a)
        return self.filled[key]


def _runs(text: str, y: str, values: dict[str, Any]) -> bool:
    before = {name: np.array(value) for name, value in values.items()}
    space = {"np": np, "nn": bp, **values}
    try:
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            exec(text, space)
    except Exception:
        return False
    result = np.asarray(space[y])
    untouched = all(np.array_equal(before[name], values[name]) for name in values)
    if result.dtype != np.float64 or not untouched or result.size > LARGEST:
        return False
    if not np.isfinite(result).all() or (result.size and np.abs(result).max() > 1e4):
        return False
    values[y] = space[y]
    return True
