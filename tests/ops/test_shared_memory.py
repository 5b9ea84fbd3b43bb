"""What every op of the table returns: a view of an operand, a copy, or either."""

import numpy as np

import tinygrad_bp as bp
from tests.samples import rows
from tests.views import kinds


def test_an_op_that_gives_a_view_says_so():
    assert kinds().keys() >= set(rows().values())
    for op, kind in kinds().items():
        assert op.shares or kind == {"copy"}, op


def test_views_are_seen():
    seen = {op.name for op, kind in kinds().items() if kind != {"copy"}}
    assert seen >= {"reshape", "transpose", "getitem", "einsum", "flip", "diagonal", "broadcast_to"}


def test_what_an_op_does_not_say_is_asked():
    part = bp.Op("part", lambda a: a[:1], lambda g, y, a: np.concatenate([g, 0 * g]))
    copied = bp.Op("copied", lambda a: a.copy(), lambda g, y, a: g)
    wrong = bp.Op("wrong", part.forward, part.rules[0], shares=False)
    right = bp.Op("right", copied.forward, copied.rules[0], shares=False)
    for op, expected in ((part, True), (copied, True), (wrong, True), (right, False)):
        program = bp.derive(lambda a, op=op: op(a), np.ones(2), text={op.name: "f({0})"}).program
        (step,) = (each for each in program.instructions if each.op is op)
        assert step.shares is expected
