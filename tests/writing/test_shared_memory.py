"""What a derived source returns is memory of its own, though NumPy gives views on the way."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.forms import FORMS, matrices, parts


def function_of(derivation):
    """Run the text as somebody does who has it without this package."""
    namespace = {}
    exec(derivation.source, namespace)
    return namespace["value_and_gradients"]


@pytest.mark.parametrize("name", FORMS)
def test_results_are_memory_of_their_own(name):
    form = FORMS[name]

    def fun(a):
        return [*parts(form(a)), *parts(form(a * 2)), a]

    run = function_of(bp.derive(lambda a: fun(a), matrices()[0]))
    for a in matrices():
        expected, pull_back = bp.vjp(fun, a)
        seeds = [np.full(np.shape(each), k + 1.5) for k, each in enumerate(expected)]
        found, gradient = run(a, seeds)
        for one, wanted in zip([*found, gradient], [*expected, *pull_back(seeds)], strict=True):
            np.testing.assert_allclose(one, wanted, rtol=1e-6 if "float32" in name else 1e-12)
        given = [a, *seeds]
        for one in [each for each in (*found, gradient) if np.ndim(each)]:
            assert one.flags.writeable
            assert not any(np.shares_memory(one, other) for other in given)
            given.append(one)


def test_a_constant_that_is_repeated_can_be_written_to():
    table = bp.Value(np.full(3, 2.0), requires_grad=False)
    run = function_of(bp.derive(lambda a: [a, np.broadcast_to(table, (2, 3))], matrices()[0]))
    run(matrices()[0], [np.ones((3, 3)), np.ones((2, 3))])[0][1][...] = 0


def test_what_is_memory_of_its_own_is_not_copied():
    for fun in (np.sum, lambda a: np.sum(a @ a), lambda a: np.sum(a.T**2), np.max, np.linalg.det):
        returned = bp.derive(lambda a, fun=fun: fun(a), np.eye(3)).source.splitlines()[-1]
        assert "+" not in returned, returned
