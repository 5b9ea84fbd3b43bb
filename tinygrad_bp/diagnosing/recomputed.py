"""A program whose backward pass computes the forward pass anew, as hand-written ones do.

A mistake in that recomputation is an edit of a forward line which the backward pass alone reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..programs.labelled import Labelled
from ..programs.program import Instruction, Kind
from .edits import OWN, RESULT, Call, Edit, Expr, Ref, Slot, together
from .facts import additive, elementwise, product, reduces, scatters, selects
from .proposals.parts import other_indices
from .proposals.passes import repeat
from .structure import LAYER, Structure

#: How many steps may be left out at once.
_FAR = 3


def recompute_forward(
    lines: Labelled, within: Container[int] | None = None
) -> tuple[Labelled, dict[int, int]]:
    """Return the program in which the backward pass reads copies of the forward steps.

    Parameters
    ----------
    lines : Labelled
        The program.
    within : collection of int, optional
        Which steps have copies; all, if not said otherwise.

    Returns
    -------
    (Labelled, dict of int to int)
        The program, and for each forward step where its copy is.
    """
    steps, values = [*lines.steps], [*lines.values]
    first = next(k for k, step in enumerate(steps) if step.kind is Kind.BACKWARD)
    copied = [k for k in range(first) if steps[k].kind is Kind.FORWARD]
    copied = [k for k in copied if within is None or k in within]
    moved = {k: k if k < first else k + len(copied) for k in range(len(steps))}
    copies = {k: first + at for at, k in enumerate(copied)}
    read = {**moved, **copies}
    new = [*steps[:first], *(_copy(steps[k], read) for k in copied)]
    new += [_read_copies(step, read) for step in steps[first:]]
    return replace(
        lines,
        program=lines.program.renumber(new, moved),
        values=[*values[:first], *(values[k] for k in copied), *values[first:]],
        edges={moved[k]: edge for k, edge in lines.edges.items()},
        handed={name: moved[k] for name, k in lines.handed.items()},
    ), copies


def inside_layers(lines: Labelled) -> frozenset[int]:
    """Return the steps of a program that layers are computed with, beside what goes in."""
    found: set[int] = set()
    for layer, step in enumerate(lines.steps):
        if step.op is LAYER:
            made = {step.operands[0]}
            for k in range(step.operands[0] + 1, layer + 1):
                if not made.isdisjoint(lines.steps[k].operands):
                    made.add(k)
            needed = {layer}
            for k in range(layer, step.operands[0], -1):
                if k in needed and k in made:
                    needed.update(lines.steps[k].operands)
            found |= (made & needed) - {step.operands[0]}
    return frozenset(found)


def _copy(step: Instruction, read: dict[int, int]) -> Instruction:
    operands = tuple(read[o] for o in step.operands)
    return replace(step, kind=Kind.BACKWARD, operands=operands, name=None, key=None)


def _read_copies(step: Instruction, read: dict[int, int]) -> Instruction:
    return replace(step, operands=tuple(read[o] for o in step.operands))


def mistakes_in_forward(structure: Structure, copies: dict[int, int]) -> Iterator[Edit]:
    """Yield edits of the recomputed forward pass: a step left out, a sum along another axis.

    Each in one step, and in all steps of one line.
    """
    originals = {copy: k for k, copy in copies.items()}
    by_line: dict[Hashable, list[Edit]] = defaultdict(list)
    for k in sorted(copies, reverse=True):
        for number, edit in enumerate(_mistakes_in(structure, copies, originals, k)):
            yield edit
            by_line[structure.line(k), number].append(edit)
    for edits in by_line.values():
        if len(edits) > 1:
            yield repeat(edits[0], together(edits))


def _mistakes_in(
    structure: Structure, copies: dict[int, int], originals: dict[int, int], k: int
) -> Iterator[Edit]:
    """Yield edits of one step."""
    steps, values = structure.steps, structure.values
    step, copy = steps[k], copies[k]
    if (reduces(step.op) or selects(step.op)) and "axis" in step.metadata:
        yield from _other_axes(structure, k, copy)
    if "index" in step.metadata and step.op is not None and len(step.operands) == 1:
        yield from _other_elements(structure, k, copy)
    for far, below in _below(structure, copy):
        mistake, what = _leave_out(step, [values[o] for o in step.operands])
        what = f"in the backward pass {{node}} is computed {what}"
        others = [o for o in step.operands if copies.get(o, o) != below]
        refers = {"other": others[0] if others else step.operands[0]}
        also = ("factor-replaced", "activation-derivative-wrong-argument")
        cost = 2.0 + 0.2 * far
        yield Edit(mistake, {Slot(copy, RESULT): Ref(below)}, k, what, refers, cost, also=also)
        other = originals.get(below, below)
        yield _once_more(structure, copy, below, {"node": k, "other": other}, cost + 0.3)
    if step.op is LAYER:
        yield from _other_layers(structure, k, copies)


def _below(structure: Structure, copy: int) -> Iterator[tuple[int, int]]:
    """Yield what a step is computed of that has its shape, and how many steps before."""
    steps = structure.steps
    shape, level, seen = steps[copy].shape, [copy], {copy}
    for far in range(1, _FAR + 1):
        level = [o for k in level for o in steps[k].operands if o not in seen]
        seen |= {*level}
        for operand in dict.fromkeys(level):
            own = np.asarray(structure.values[operand])
            if own.shape == shape and own.dtype.kind == "f":
                yield far, operand


def _once_more(
    structure: Structure, copy: int, below: int, refers: dict[str, int], cost: float
) -> Edit:
    """Describe that what was made of another value is made of the result once more."""
    steps = structure.steps

    def again(place: int, far: int) -> Expr:
        step = steps[place]
        if place == below:
            return OWN
        if not far or place < below or step.op is None:
            return Ref(place)
        return Call(step.op, tuple(again(o, far - 1) for o in step.operands), step.metadata)

    what = "in the backward pass {node} is taken for {other}, and made of it once more"
    changes: dict[Slot, Expr] = {Slot(copy, RESULT): again(copy, _FAR)}
    also = ("exponent", "factor-twice")
    return Edit("factor-replaced", changes, refers["node"], what, refers, cost, also=also)


def _other_layers(structure: Structure, k: int, copies: dict[int, int]) -> Iterator[Edit]:
    """Yield a softmax along another axis, without its mask, or with another one."""
    _, high, *beside = structure.steps[k].operands
    right = np.asarray(structure.values[high])
    for other in beside:
        number = np.asarray(structure.values[other])
        if other == high or number.shape != right.shape:
            continue
        mistake, what = "axis", "along another axis"
        if not right.all():
            mistake, what = "mask-replaced", "with another mask"
            if number.all():
                mistake, what = "mask-missing", "without its mask"
        what = f"in the backward pass {{node}} is computed {what}"
        changes: dict[Slot, Expr] = {Slot(copies[high], RESULT): Ref(copies[other])}
        yield Edit(mistake, changes, high, what, {}, 2.0, also=("factor-missing",))


def _other_elements(structure: Structure, k: int, copy: int) -> Iterator[Edit]:
    """Yield that other elements are taken, and their gradients handed back to them."""
    steps = structure.steps
    step = steps[copy]
    back = [j for j, edge in structure.lines.edges.items() if edge == (k, 0) and scatters(steps[j])]
    for kind, index in other_indices(structure.indices, step.metadata["index"]):
        changes: dict[Slot, Expr] = {}
        for j in (copy, *back):
            op = steps[j].op
            assert op is not None
            metadata = {**steps[j].metadata, "index": index}
            changes[Slot(j, RESULT)] = Call(op, (Ref(steps[j].operands[0]),), metadata)
        what = f"in the backward pass {{node}} takes other elements: {kind}"
        also = ("factor-replaced", "target-missing")
        yield Edit("index-shifted", changes, k, what, {}, 2.0, also=also)


def _leave_out(step: Instruction, numbers: list[Any]) -> tuple[str, str]:
    if product(step, numbers):
        return "factor-missing", "without the factor {other}"
    if additive(step, numbers):
        return "term-missing", "without the term {other}"
    if len(numbers) == 3:
        return "mask-missing", "without its mask"
    if elementwise(step.op):
        return "missing-activation-derivative", "without its last step"
    return "factor-replaced", "without its last step"


def _other_axes(structure: Structure, k: int, copy: int) -> Iterator[Edit]:
    step = structure.steps[copy]
    (operand,) = step.operands
    for axis in (*range(len(structure.steps[operand].shape)), None):
        if axis != step.metadata["axis"] and step.op is not None:
            expr = Call(step.op, (Ref(operand),), {"axis": axis, "keepdims": True})
            what = "in the backward pass {node} is computed along another axis"
            yield Edit("axis", {Slot(copy, RESULT): expr}, k, what, {}, 2.0)
