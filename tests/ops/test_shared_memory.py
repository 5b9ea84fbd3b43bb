"""What every op of the table returns: a view of an operand, a copy, or either."""

from collections import defaultdict
from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest

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
    """Find out for each op whether its output is a view of an operand, a copy, or either."""
    found = defaultdict(set)
    steps = [each for form in FORMS.values() for a in matrices() for each in in_graphs(form, a)]
    steps += [each for name in rows() for each in in_programs(SAMPLES[name])]
    for op, value, operands in steps:
        shared = any(np.shares_memory(value, each) for each in operands)
        found[op].add("view" if shared else "copy")
    return {op: kind.pop() if len(kind) == 1 else "either" for op, kind in found.items()}


@pytest.mark.parametrize("name", rows())
def test_an_op_that_gives_a_view_says_so(name):
    op = rows()[name]
    assert op.shares or kinds()[op] == "copy"


#: Of `copy=False` they make copies; a factor has another last bit than NumPy's in another layout.
UNLIKE_NUMPY = ("meshgrid of views", "upper cholesky")


@pytest.mark.parametrize("recorded", [True, False])
def test_a_view_sees_what_is_assigned_to_its_base_and_a_copy_does_not(recorded):
    def run(form, a):
        base = a * 1
        with nullcontext() if recorded else bp.no_grad():
            found = parts(form(base))
        base[...] = 5.0
        return [each.data if isinstance(each, bp.Value) else each for each in found]

    for name in FORMS.keys() - UNLIKE_NUMPY:
        for a in matrices():
            for found, wanted in zip(run(FORMS[name], bp.Value(a)), run(FORMS[name], a)):
                np.testing.assert_array_equal(found, wanted, err_msg=name)


def test_an_einsum_that_is_a_view_is_written_through():
    a = bp.Value(np.arange(6.0).reshape(2, 3))
    b = a * 1
    np.einsum("ij->ji", b)[0] = [7, 8]
    np.testing.assert_array_equal(b.data, [[7, 1, 2], [8, 4, 5]])
    np.sum(b * b).backward()
    np.testing.assert_array_equal(a.grad, [[0, 2, 4], [0, 8, 10]])


def test_views_are_seen():
    seen = {op.name for op, kind in kinds().items() if kind != "copy"}
    assert seen >= {"reshape", "transpose", "getitem", "einsum", "flip", "diagonal"}


def test_what_an_op_does_not_say_is_asked():
    part = bp.Op("part", lambda a: a[:1], lambda g, y, a: np.concatenate([g, 0 * g]))
    copied = bp.Op("copied", lambda a: a.copy(), lambda g, y, a: g)
    wrong = bp.Op("wrong", part.forward, part.rules[0], shares=False)
    right = bp.Op("right", copied.forward, copied.rules[0], shares=False)
    for op, expected in ((part, True), (copied, True), (wrong, True), (right, False)):
        program = bp.derive(lambda a, op=op: op(a), np.ones(2), text={op.name: "f({0})"}).program
        (step,) = (each for each in program.instructions if each.op is op)
        assert step.shares is expected
