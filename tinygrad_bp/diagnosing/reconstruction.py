"""The backward pass as it was written: with the mistake in it, beside the right one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher, unified_diff
from functools import cached_property
from typing import Any

import numpy as np

from .. import ops
from ..programs.labelled import Labelled, lower
from ..programs.program import Instruction, Kind, Program
from ..programs.simplify import simplify
from ..programs.trace import Traced, parameters_of
from ..trees import flatten, rebuild
from ..writing import Derivation
from ..writing.numpy_text import make_readable
from .edits import OWN, RESULT, Call, Expr, Number, Own, Ref, Slot, evaluate
from .machine import fits
from .quoting import align, find_variables, in_full, put_in

_MARK = "  # <- "
#: What is appended to the name of a variable that is another in the right text.
_MINE = "mine"


class Reconstruction(Derivation):
    """A backward pass with a mistake in it, written out; made by `compare`.

    It is called like the function, and returns ``(value, gradients)`` with the wrong gradients.

    Attributes
    ----------
    right : Derivation
        The backward pass without the mistake.
    """

    def __init__(self, wrong: Traced, right: Derivation) -> None:
        super().__init__(wrong, {}, right)
        self.right = right

    @cached_property
    def source(self) -> str:
        """NumPy text of a module with one function, whose wrong lines are marked."""
        mine, right = self._texts
        marked = list(mine)
        for tag, start, stop, _, _ in SequenceMatcher(
            None, mine, right, autojunk=False
        ).get_opcodes():
            if tag in ("replace", "delete"):
                for k in range(start, stop):
                    marked[k] += (
                        f"{'' if '#' in marked[k] else _MARK.removesuffix('<- ')}<- differs"
                    )
        return "\n".join(marked) + "\n"

    @property
    def diff(self) -> str:
        """What to change: a unified diff from these lines to the right ones."""
        mine, right = self._texts
        return "\n".join(unified_diff(mine, right, "yours", "right", lineterm="", n=1))

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The lines that differ, each beside the right one for the same variable.

        What the user does not know by name is put in, as far as it stays short.
        """
        known = self._known
        return [
            (f"{n} = {_full(n, mine, known)}", f"{n} = {_full(n, right, known)}")
            for mine, right in [self._sides]
            for n in right
            if n in mine and mine[n] != right[n] and n.startswith("d_")
        ]

    @cached_property
    def quotes(self) -> list[tuple[str, str]]:
        """The lines that differ, to be read: what is long and the same in both is left out."""
        (mine, right), known = self._sides, self._known
        apart = {n: f"{n}_{_MINE}" for n in _differing(mine, right) - known}
        mine = {apart.get(n, n): put_in(text, apart) for n, text in mine.items()}
        helpers = (
            {n: text for n, text in mine.items() if n not in known},
            {n: text for n, text in right.items() if n not in known},
        )
        found = []
        for name in right:
            if name.startswith("d_") and name in mine and mine[name] != right[name]:
                one, other = align(mine[name], right[name], helpers)
                if one != other:
                    found.append((f"{name} = {one}", f"{name} = {other}"))
        return found

    @cached_property
    def _sides(self) -> tuple[dict[str, str], dict[str, str]]:
        """What each variable is, here and in the right text."""
        mine, right = _assignments(self), _assignments(self.right)
        return mine | {
            n: what for n in right if n not in mine and (what := _instead(n, mine, right))
        }, right

    @cached_property
    def _known(self) -> set[str]:
        """The variables that stay: those that the user knows, and gradients in the right text."""
        gradients = {n for n in _assignments(self.right) if n.startswith("d_")}
        return _find_known(self) | _find_known(self.right) | gradients

    @property
    def changed(self) -> dict[int, tuple[str, str]]:
        """The `pairs` by the instruction of `program` that each is the line of."""
        places = {name: k for k, name in self.lines.variables.items()}
        pairs = ((yours.partition(" = ")[0], yours, right) for yours, right in self.pairs)
        return {places[name]: (yours, right) for name, yours, right in pairs if name in places}

    @cached_property
    def _texts(self) -> tuple[list[str], list[str]]:
        return self._source.text().splitlines(), self.right.source.splitlines()


def _assignments(derivation: Derivation) -> dict[str, str]:
    """Return what each variable is, and of which array with a name an array is a multiple."""
    arrays, known = derivation.lines.constants, _find_known(derivation)
    multiples = {
        name: text
        for name, array in arrays.items()
        if name not in known
        for text in [_multiple(array, {n: arrays[n] for n in arrays if n in known})]
        if text
    }
    return multiples | {line.name: line.text for line in derivation.lines.assignments}


def _multiple(array: Any, others: Mapping[str, Any]) -> str:
    for name, other in others.items():
        if np.shape(other) != np.shape(array) or np.asarray(array).dtype.kind != "f":
            continue
        factor = np.vdot(other, array) / (np.vdot(other, other) or 1.0)
        if factor and np.allclose(factor * other, array, rtol=1e-12, atol=0.0):
            return f"-{name}" if factor == -1.0 else f"{float(factor)!r} * {name}"
    return ""


def _differing(mine: Mapping[str, str], right: Mapping[str, str]) -> set[str]:
    """Return the variables that are not the same in both texts, or are made of such."""
    found: set[str] = set()
    for name, text in mine.items():
        if text != right.get(name, text) or not found.isdisjoint(find_variables(text)):
            found.add(name)
    return found


def _find_known(derivation: Derivation) -> set[str]:
    """Return the variables that the user knows by name, or that are gradients of such."""
    steps, variables = derivation.program.instructions, derivation.lines.variables
    places = {k: k if steps[k].of is None else steps[k].of for k in variables}
    return {name for k, name in variables.items() if steps[k].name or steps[places[k] or 0].name}


def _instead(name: str, mine: Mapping[str, str], right: Mapping[str, str]) -> str:
    """Return the variable that stands in lines where a right one does; "" where there is none."""
    for line, text in right.items():
        before, found, after = text.partition(name)
        other = mine.get(line, "").removeprefix(before).removesuffix(after)
        if (
            found
            and other != name
            and other.isidentifier()
            and f"{before}{other}{after}" == mine.get(line)
        ):
            return other
    return ""


def _full(name: str, texts: Mapping[str, str], known: set[str]) -> str:
    helpers = {n: t for n, t in texts.items() if n not in known}
    return in_full(texts[name], helpers)


def derivation_of(lines: Labelled, changes: Mapping[Slot, Expr]) -> Traced:
    """Write a program with changes as one that can be written out."""
    program = _Writer(lines, changes).program()
    inputs = [program.instructions[k].data for k in program.inputs]
    with np.errstate(all="ignore"):
        plain = lower(program).infer_types(inputs, [])
        small = make_readable(simplify(plain), {})
    params = lines.params
    data = [np.asarray(leaf)[()] for _, leaf in flatten(params)]
    return Traced(
        small,
        lines.fun,
        (rebuild(params, iter(data)),),
        lines.values[lines.root],
        parameters_of(lines.fun, 1),
        (0,),
        (0,),
        True,
        (),
    )


class _Writer:
    """Steps with changes as a program of its own."""

    def __init__(self, lines: Labelled, changes: Mapping[Slot, Expr]) -> None:
        self._lines, self._changes = lines, changes
        self._steps: list[Instruction] = []
        self._new: dict[int, int] = {}
        gradients = dict(zip(lines.names, lines.program.gradients, strict=True))
        self._handed = {
            place: gradients[name] for name, place in lines.handed.items() if name in gradients
        }
        self._open: set[int] = set()

    def program(self) -> Program:
        """Return the program: gradients of all parameters, zeros where there are none."""
        lines = self._lines
        for k in range(len(lines.steps)):
            self._write(k)
        found = dict(zip(lines.names, lines.program.gradients, strict=True))
        gradients = []
        for path, leaf in flatten(lines.params):
            place = found.get(path or "params")
            if place is None:
                zeros = np.zeros(np.shape(leaf))[()]
                self._steps.append(Instruction(Kind.CONSTANT, data=zeros, shape=np.shape(leaf)))
                gradients.append(len(self._steps) - 1)
            else:
                gradients.append(self._new[place])
        return replace(
            lines.program,
            instructions=tuple(self._steps),
            inputs=tuple(self._new[k] for k in lines.program.inputs),
            seeds=(),
            outputs=tuple(self._new[k] for k in lines.program.outputs),
            gradients=tuple(gradients),
            wanted=tuple(range(len(gradients))),
        )

    def _write(self, k: int) -> int:
        if k in self._new:
            return self._new[k]
        step = self._lines.steps[k]
        handed = self._handed.get(k)
        if handed is not None and handed not in self._open and handed not in self._open:
            below = self._lines.steps[handed]
            if below.kind is Kind.BACKWARD and k not in self._open:
                self._open.add(k)
                self._new[k] = self._write(handed)
                return self._new[k]
        self._open.add(k)
        operands = []
        for j, operand in enumerate(step.operands):
            expr = self._changes.get(Slot(k, j))
            if expr is None:
                operands.append(self._write(operand))
            else:
                operands.append(self._expression(expr, operand, step))
        of = None if step.of is None else self._new.get(step.of)
        self._steps.append(replace(step, operands=tuple(operands), of=of))
        self._new[k] = len(self._steps) - 1
        result = self._changes.get(Slot(k, RESULT))
        if result is not None:
            place = self._expression(result, k, step)
            self._steps[place] = replace(self._steps[place], of=of)
            self._new[k] = place
        made = self._shape(k)
        if made != step.shape and fits(made, step.shape):
            self._steps.append(replace(_spread(step, self._new[k]), of=of))
            self._new[k] = len(self._steps) - 1
        self._open.discard(k)
        return self._new[k]

    def _shape(self, k: int) -> tuple[int, ...]:
        """Return the shape of what is computed with the changes of a step."""
        step, values = self._lines.steps[k], self._lines.values
        own = values[k]
        slots = [Slot(k, j) for j in range(len(step.operands))]
        if step.op is not None and not self._changes.keys().isdisjoint(slots):
            operands = [
                evaluate(self._changes.get(slot, OWN), values.__getitem__, values[o])
                for slot, o in zip(slots, step.operands, strict=True)
            ]
            own = step.op.forward(*operands, **step.metadata)
        return np.shape(evaluate(self._changes.get(Slot(k, RESULT), OWN), values.__getitem__, own))

    def _expression(self, expr: Expr, own: int, like: Instruction) -> int:
        if isinstance(expr, Ref):
            return self._write(expr.place)
        if isinstance(expr, Own):
            return self._new[own] if own in self._new else self._write(own)
        if isinstance(expr, Number):
            step = Instruction(
                Kind.CONSTANT,
                data=np.asarray(expr.number)[()],
                shape=np.shape(expr.number),
                scope=like.scope,
            )
        else:
            assert isinstance(expr, Call)
            operands = tuple(self._expression(e, own, like) for e in expr.operands)
            step = replace(
                like,
                kind=Kind.BACKWARD,
                op=expr.op,
                operands=operands,
                metadata=expr.metadata,
                name=None,
                of=None,
            )
        self._steps.append(step)
        return len(self._steps) - 1


def _spread(step: Instruction, place: int) -> Instruction:
    """Broadcast what stands for the result of a step to its shape."""
    return replace(
        step,
        kind=Kind.BACKWARD,
        op=ops.broadcast_to,
        operands=(place,),
        metadata={"shape": step.shape},
        name=None,
        of=None,
    )


def reconstruct(lines: Labelled, changes: Mapping[Slot, Expr]) -> Reconstruction | None:
    """Write out the backward pass with changes; None where it cannot be written."""
    if not lines.steady:
        return None
    try:
        right = Derivation(derivation_of(lines, {}), {})
        return Reconstruction(derivation_of(lines, changes), right)
    except Exception:  # a text is a courtesy: the verdict stands
        return None
