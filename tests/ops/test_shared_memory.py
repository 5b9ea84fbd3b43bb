"""What every op of the table returns: a view of an operand, a copy, or either."""

from contextlib import nullcontext

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.forms import FORMS, matrices, parts
from tests.samples import rows
from tests.views import kinds


def test_an_op_that_gives_a_view_says_so():
    assert kinds().keys() >= set(rows().values())
    for op, kind in kinds().items():
        assert op.shares or kind == {"copy"}, op


def test_views_are_seen():
    seen = {op.name for op, kind in kinds().items() if kind != {"copy"}}
    assert seen >= {"reshape", "transpose", "getitem", "einsum", "flip", "diagonal", "broadcast_to"}


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


def test_what_an_op_does_not_say_is_asked():
    part = bp.Op("part", lambda a: a[:1], lambda g, y, a: np.concatenate([g, 0 * g]))
    copied = bp.Op("copied", lambda a: a.copy(), lambda g, y, a: g)
    wrong = bp.Op("wrong", part.forward, part.rules[0], shares=False)
    right = bp.Op("right", copied.forward, copied.rules[0], shares=False)
    for op, expected in ((part, True), (copied, True), (wrong, True), (right, False)):
        program = bp.derive(lambda a, op=op: op(a), np.ones(2), text={op.name: "f({0})"}).program
        (step,) = (each for each in program.instructions if each.op is op)
        assert step.shares is expected
