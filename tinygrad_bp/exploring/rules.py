"""Ops and their derivative rules as a reader sees them: lines of code and a formula.

A rule is run once on nodes, which record what it does; the parts of `tinygrad_bp.writing` make
of that the text which a derived backward pass has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..kernel import Value
from ..kernel.backward import sum_to_shape
from ..kernel.value import constant
from ..programs.between import program_between
from ..programs.program import Instruction, Program
from ..programs.simplify import simplify
from ..programs.witnesses import recorded_in_full
from ..transforms.running import recorded
from ..viewing.graph import Node, Role
from ..viewing.plain_text import printable, summary
from ..writing.lines import Lines
from ..writing.literals import INLINE, array_text
from ..writing.names import Names, as_identifier
from ..writing.notation import Formula, Layout, formula, gradient_of, number, symbol
from ..writing.numpy_text import Spelling, entry_for, from_template


class Term(NamedTuple):
    """What a node is called: for readers, in code and in formulas.

    A lone constant without a name is a number in all three, and `is_number`.
    """

    text: str
    code: str
    math: Layout
    is_number: bool = False

    @property
    def gradient(self) -> Term:
        """What the gradient by the node is called."""
        return Term(f"gradient of {self.text}", f"d_{self.code}", gradient_of(self.math))


class Written(NamedTuple):
    """A computation as text.

    Attributes
    ----------
    code : tuple of str
        Lines of NumPy; the last is an expression.
    math : Layout
        The same as one formula.
    factors : tuple of int
        Which inputs it reads, by their position.
    """

    code: tuple[str, ...]
    math: Layout
    factors: tuple[int, ...]


def name_terms(nodes: Sequence[Node]) -> dict[Value, Term]:
    """Name each node: by its own name, a number as such, or by what its op gives.

    Those that share a name are numbered, as in ``h_0``, ``h_1``. Without a name a sum is called
    ``total`` and a product ``product``, as in a derived backward pass.
    """
    names = [printable(node.value.name or "") for node in nodes]
    counts, used = Counter(names), Counter(_begins_before(nodes, names))
    identifiers = Names({"np"})
    terms: dict[Value, Term] = {}
    for node, name in sorted(zip(nodes, names, strict=True), key=lambda pair: not pair[1]):
        value, text = node.value, name
        if not name and node.role is Role.CONSTANT and value.ndim == 0:
            written = summary(value.data)
            terms[value] = Term(written, written, number(value.data).layout, is_number=True)
            continue
        while name and (counts[text] > 1 or (text != name and text in counts)):
            text = f"{name}_{used[name] + 1}"
            used[name] += 1
        code = identifiers(text or _word(node), node.id)
        is_word = text or value.op is None or value.op.word
        terms[value] = Term(text or code, code, symbol(text or code) if is_word else ("name", code))
    return terms


def _begins_before(nodes: Sequence[Node], names: Sequence[str]) -> dict[str, int]:
    """Return -1 for the names of states that begin with what is given, which is number 0."""
    kinds: dict[str, list[bool]] = {}
    for node, name in zip(nodes, names, strict=True):
        kinds.setdefault(name, []).append(node.value.op is None)
    return {name: -1 for name, given in kinds.items() if given[0] and not any(given[1:])}


def _word(node: Node) -> str:
    """Say what a node is; the result of ``tanh`` is not called like the function."""
    op = node.value.op
    return str(node.role) if op is None else op.word or f"{printable(op.name)}_out"


def write_op(node: Value, terms: Mapping[Value, Term]) -> Written:
    """Write how a node is computed of its operands; the inputs are these, each once."""
    operands = list(dict.fromkeys(node.parents))
    inputs = [terms[each] for each in operands]
    leaves = _leaves([each._data for each in operands], inputs)
    at = dict(zip(operands, leaves, strict=True))
    try:
        output = apply_op(node, [at[parent] for parent in node.parents])
        return _write_out(output, leaves, inputs)
    except Exception:  # a user's op that cannot be written out
        return _by_name(node.op.name, inputs)


def write_rule(node: Value, position: int, upstream: Any, terms: Mapping[Value, Term]) -> Written:
    """Write the derivative rule for an operand, with broadcasting undone.

    Parameters
    ----------
    node : Value
        The result of the op.
    position : int
        Which operand.
    upstream : array
        The gradient of the node.
    terms : dict of Value to Term
        What nodes are called.

    Returns
    -------
    Written
        Its inputs are the upstream gradient, the node, then the operands, each once.
    """
    operands = list(dict.fromkeys(node.parents))
    inputs = [terms[node].gradient, *(terms[each] for each in (node, *operands))]
    leaves = _leaves([upstream, node._data, *(each._data for each in operands)], inputs)
    at = dict(zip(operands, leaves[2:], strict=True))
    shape = node.parents[position].shape
    try:
        output = apply_rule(node, position, *leaves[:2], *[at[parent] for parent in node.parents])
        if output.shape != shape:
            with recorded():
                output = sum_to_shape(output, shape)
        return _write_out(output, leaves, inputs)
    except Exception:  # a user's rule that runs on arrays alone
        return _by_name(f"{node.op.name}_vjp_{position}", inputs)


def apply_op(node: Value, operands: Sequence[Any]) -> Any:
    """Compute a node of other operands, and record what is computed."""
    with recorded(), recorded_in_full(), np.errstate(all="ignore"):
        return node.op(*operands, **node.metadata)


def apply_rule(node: Value, position: int, g: Any, y: Any, *operands: Any) -> Any:
    """Compute a derivative rule of a node, and record what is computed."""
    with recorded(), recorded_in_full(), np.errstate(all="ignore"):
        return node.op.rule(position)(g, y, *operands, **node.metadata)


def _by_name(name: str, inputs: Sequence[Term]) -> Written:
    """Write a call of what cannot be written out."""
    code = f"{as_identifier(name, 'op')}({', '.join(each.code for each in inputs)})"
    math = ("call", symbol(name), *(each.math for each in inputs))
    return Written((code,), math, tuple(range(len(inputs))))


def _leaves(data: Sequence[Any], inputs: Sequence[Term]) -> list[Any]:
    return [
        each if term.is_number else Value(each) for each, term in zip(data, inputs, strict=True)
    ]


def _write_out(output: Any, leaves: Sequence[Any], inputs: Sequence[Term]) -> Written:
    numbers = {leaf: k for k, leaf in enumerate(leaves) if not inputs[k].is_number}
    output = output if isinstance(output, Value) else constant(output)
    program, reached = program_between(numbers, output)
    program = simplify(program)
    at = {k: numbers[leaf] for k, leaf in zip(program.inputs, reached, strict=True)}
    variables = {position: inputs[k].code for position, k in at.items()}
    entries = {k: _entry(s) for k, s in enumerate(program.instructions) if s.op is not None}
    lines = Lines(program, entries, Names({"np", *(each.code for each in inputs)}), variables)
    (result,) = program.outputs
    code = [f"{name} = {_constant(array)}" for name, array in lines.constants.items()]
    code += [f"{line.name} = {line.text}" for line in lines.assignments]
    if lines.assignments and result not in at:
        code[-1] = lines.assignments[-1].text
    else:
        code.append(lines.expression(result).text)
    symbols = {position: inputs[k].math for position, k in at.items()}
    used = {k for step in program.instructions for k in step.operands} | {result}
    factors = tuple(sorted(k for position, k in at.items() if position in used))
    return Written(tuple(code), _formula(program, symbols), factors)


def _entry(step: Instruction) -> Spelling:
    """Find how an op is written; a user's own is written as a call."""
    found = entry_for(step, {})
    if found is not None:
        return found
    operands = ", ".join(f"{{{k}}}" for k in range(len(step.operands)))
    return from_template(f"{as_identifier(step.op_name, 'op')}({operands})")


def _constant(array: Any) -> str:
    return array_text(array) if array.size <= INLINE else f"...  # constants of shape {array.shape}"


def _formula(program: Program, symbols: Mapping[int, Layout]) -> Layout:
    expressions: list[Formula] = []
    steps = program.instructions
    for position, step in enumerate(steps):
        if position in symbols:
            expressions.append(Formula(symbols[position]))
        elif step.op is None:
            expressions.append(number(np.asarray(step.data).ravel()[:1].sum()))
        else:
            parts = [expressions[k] for k in step.operands]
            expressions.append(formula(step, parts, [steps[k].shape for k in step.operands]))
    return expressions[program.outputs[0]].layout
