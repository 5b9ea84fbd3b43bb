"""Formulas: the chain rule along the paths of a graph, and its vector form."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..programs.program import Kind
from ..programs.trace import Traced
from .latex_text import latex
from .lines import Lines
from .notation import Formula, Layout, formula, gradient_of, number, symbol
from .paths import MOST, Paths, Place


class Formulas:
    """The formulas of one derivation.

    A step has a symbol where it has a line in the source: the user's name, a delta for the
    derivative by an inner node, a fraction for that by a parameter.
    """

    def __init__(self, traced: Traced, lines: Lines) -> None:
        self._program = traced.program
        self._steps = traced.program.instructions
        self._lines = lines
        self._paths = Paths(traced.program)
        self._symbols: dict[int, Layout] = {}
        self._expressions: dict[int, Formula] = {}
        for position in range(len(self._steps)):
            self._write(position)
        program = traced.program
        self._gradients = {
            lines.variables[program.inputs[k]]: (program.inputs[k], gradient)
            for k, gradient in zip(program.wanted, program.gradients, strict=True)
        }
        for k in program.inputs:  # by the user's name too
            name = self._steps[k].name
            if name and lines.variables[k] in self._gradients:
                self._gradients.setdefault(name, self._gradients[lines.variables[k]])

    # --- symbols ---------------------------------------------------------------------------

    def _write(self, position: int) -> None:
        step = self._steps[position]
        if step.op is not None:
            parts = [self._read(k) for k in step.operands]
            shapes = [self._steps[k].shape for k in step.operands]
            self._expressions[position] = formula(step, parts, shapes)
        elif step.kind is Kind.CONSTANT and step.shape == ():
            self._expressions[position] = number(step.data)
        elif position not in self._lines.variables:
            self._expressions[position] = number(np.asarray(step.data).flat[0])
        if position in self._lines.variables:
            self._symbols[position] = self._symbol(position)

    def _symbol(self, position: int) -> Layout:
        step = self._steps[position]
        if position == self._paths.output and step.shape == ():
            return _L
        if step.kind is Kind.BACKWARD and step.of is not None:
            of = self._steps[step.of]
            name = self._symbols.get(step.of) or symbol(of.name or of.op_name)
            if of.kind is Kind.INPUT:
                return _fraction(_L, name)
            return gradient_of(name)
        return symbol(self._lines.variables[position])

    def _read(self, position: int) -> Formula:
        if position in self._symbols:
            return Formula(self._symbols[position])
        return self._expressions[position]

    # --- texts -----------------------------------------------------------------------------

    def of(self, parameter: str | tuple[str, Any]) -> str:
        """Return the formulas of one gradient."""
        name, index = parameter if isinstance(parameter, tuple) else (parameter, None)
        if name not in self._gradients:
            raise KeyError(
                f"latex_for: there is no parameter {name!r}, expected one of "
                f"{', '.join(self._gradients)}"
            )
        position, gradient = self._gradients[name]
        place = position, _entry(name, index, self._steps[position].shape)
        rows = self._chain(place)
        if rows is None:
            raise ValueError(
                f"latex_for: more than {MOST} paths lead from {latex(self._at(place))} to the "
                "output, which nobody would read; ask for a later node's parameter, or for the "
                "vector form in .latex"
            )
        if index is None:
            rows.append(f"&= {latex(self._vector_form(gradient).layout)}")
        return _align(rows)

    def all(self) -> str:
        """Return the chain rule of each parameter, then all steps in vector form."""
        rows: list[str] = []
        for position, _ in dict.fromkeys(self._gradients.values()):
            rows += self._chain((position, None)) or []
        positions = {name: position for position, name in self._lines.variables.items()}
        for line in self._lines.assignments:
            position = positions[line.name]
            rows.append(_equation(self._symbols[position], self._expressions[position]))
        for position, gradient in dict.fromkeys(self._gradients.values()):
            name = _fraction(_L, self._symbols[position])
            if self._symbols.get(gradient) != name:
                rows.append(_equation(name, self._read(gradient)))
        return _align(rows)

    def _vector_form(self, gradient: int) -> Formula:
        """Write a gradient by what its line says, unless that is the line of a delta."""
        of = self._steps[gradient].of
        if of is not None and self._steps[of].kind is Kind.INPUT:
            return self._expressions[gradient]
        return self._read(gradient)

    def _chain(self, place: Place) -> list[str] | None:
        """Write the sum over the paths from a place, one to a row; None if they are too many."""
        paths = self._paths.all(place)
        if paths is None:
            return None
        products = [self._product(path) for path in paths] or ["0"]
        first = f"{latex(_fraction(_L, self._at(place)))} &= {products[0]}"
        return [first, *(rf"&\quad + {product}" for product in products[1:])]

    def _product(self, path: list[Place]) -> str:
        """Multiply the derivatives along a path, from the output back."""
        stations = [self._at(place) for place in path]
        factors = [_fraction(b, a) for a, b in pairwise(stations)]
        if stations[-1] != _L:
            factors.append(_fraction(_L, stations[-1]))
        return r" \, ".join(map(latex, reversed(factors)))

    def _at(self, place: Place) -> Layout:
        position, entry = place
        if not entry:
            return self._symbols[position]
        return "row", self._symbols[position], ("plain", f"[{','.join(map(str, entry))}]")


#: What the output is called where it is a scalar.
_L: Layout = ("name", "L")


def _fraction(above: Layout, below: Layout) -> Layout:
    return "frac", ("row", ("plain", "∂"), above), ("row", ("plain", "∂"), below)


def _equation(name: Layout, found: Formula) -> str:
    return f"{latex(name)} &= {latex(found.layout)}"


def _align(rows: list[str]) -> str:
    text = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{text}\n\\end{{aligned}}"


def _entry(name: str, index: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return an index with one integer from 0 per axis."""
    if index is None:
        return None
    entry = index if isinstance(index, tuple) else (index,)
    if len(entry) != len(shape) or any(not -n <= k < n for k, n in zip(entry, shape, strict=True)):
        raise IndexError(f"latex_for: {name} of shape {shape} has no entry {index}")
    return tuple(int(k) % n for k, n in zip(entry, shape, strict=True))
