"""Which ops return a view of an operand, found out over every form of their arguments."""

from collections import defaultdict
from functools import cache

import numpy as np

import tinygrad_bp as bp
from tests.forms import FORMS, matrices, parts
from tests.samples import SAMPLES, rows


def in_graphs(fun, a):
    """Return what each node of values and of gradients is computed by, and of."""
    leaf = bp.Value(a)
    ends = [np.sum(np.tanh(each)) for each in parts(fun(leaf)) if isinstance(each, bp.Value)]
    for end in ends:
        nodes = bp.topological_order(end)
        for node in nodes:
            node.retain_grad()
        end.backward(create_graph=True)
        gradients = [node.grad for node in nodes if node.grad is not None]
        for node in [*nodes, *(n for each in gradients for n in bp.topological_order(each))]:
            if node.parents:
                yield node.op, node.data, [each.data for each in node.parents]


def in_programs(sample):
    """Return the same for what is derived, where places and masks are steps as well."""
    args = sample.arguments(0)
    program = bp.derive(lambda *a: np.sum(np.tanh(sample.fun(*a))), *args).program
    for given in (args, [np.asfortranarray(a) for a in args], [a[::-1].copy()[::-1] for a in args]):
        values = program.evaluate(given)
        for step, value in zip(program.instructions, values, strict=True):
            if step.op is not None:
                yield step.op, value, [values[k] for k in step.operands]


@cache
def kinds():
    """Find out for each op what its outputs are: views of an operand, copies, or both."""
    found = defaultdict(set)
    steps = [each for form in FORMS.values() for a in matrices() for each in in_graphs(form, a)]
    steps += [each for name in rows() for each in in_programs(SAMPLES[name])]
    for op, value, operands in steps:
        shared = any(np.shares_memory(value, each) for each in operands)
        found[op].add("view" if shared else "copy")
    return dict(found)


def kind_of(name):
    """Say what ops of a name give: a view of an operand, a copy, or either."""
    kind = set().union(*(each for op, each in kinds().items() if op.name == name))
    return kind.pop() if len(kind) == 1 else "either"
