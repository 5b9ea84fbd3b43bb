"""The suite of autograd can be run on this package: tests that look like its own are."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_bp as bp
from benchmarks.autograd_suite.__main__ import summary
from benchmarks.autograd_suite.checks import check_equivalent, check_grads, combo_check

ROOT = Path(__file__).parent.parent.parent

LIKE_ITS_OWN = """
import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import deriv, elementwise_grad, grad, hessian_tensor_product, jacobian, make_ggnvp
from autograd import grad_and_aux, make_hvp, make_jvp, make_vjp, tensor_jacobian_product
from autograd import value_and_grad
from autograd.extend import defvjp, primitive
from autograd.misc import flatten
from autograd.test_util import check_equivalent, check_grads, combo_check

A, v = npr.randn(3, 3), npr.randn(3)
f = lambda x: np.tanh(np.dot(A, x))
J = jacobian(f)(v)


def test_operators():
    check_equivalent(make_vjp(f)(v)[0](v), np.dot(v, J))
    check_equivalent(make_jvp(f)(v)(v)[1], np.dot(J, v))
    check_equivalent(tensor_jacobian_product(f)(v, v), np.dot(v, J))
    check_equivalent(make_ggnvp(f)(v)(v), np.dot(J.T, np.dot(J, v)))
    g = lambda x: np.sum(f(x) ** 2)
    check_equivalent(value_and_grad(g)(v), (g(v), grad(g)(v)))
    check_equivalent(make_hvp(g)(v)[0](v), hessian_tensor_product(g)(v, v))
    check_equivalent(grad_and_aux(lambda x: (g(x), x**2))(v), (grad(g)(v), v**2))
    check_equivalent(elementwise_grad(np.sin)(v), np.cos(v))
    check_equivalent(deriv(np.sin)(0.3), np.cos(0.3))


def test_both_modes_to_second_order():
    check_grads(lambda x, d: np.sum(x * np.sin(d["a"])), (0, 1))(v, {"a": v})
    combo_check(np.multiply, (0, 1))([v, A], [2.0, v])


def test_flat():
    vector, fold = flatten((1.0, [v, {"a": A}]))
    assert vector.shape == (13,)
    check_equivalent(fold(vector), (1.0, [v, {"a": A}]))


def own(factor):
    twice = primitive(lambda x: 2 * x)
    defvjp(twice, lambda ans, x: lambda g: factor * g)
    return twice


def test_own():
    check_grads(own(2.0), modes=["rev"])(1.5)


def test_wrong():
    check_grads(own(2.5), modes=["rev"])(1.5)


def test_complex():
    check_grads(lambda x: np.real(x))(1 + 2j)
"""


def test_the_table_counts_what_passes_and_says_why_the_rest_does_not(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_like.py").write_text(LIKE_ITS_OWN)
    (tmp_path / "tests" / "test_vspaces.py").write_text("def test_space():\n    assert False\n")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.autograd_suite", str(tmp_path), "--real", "--failures"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    table = done.stdout.partition("passed 4 of 5")[2]
    assert "(80.0 %), skipped 2" in table, done.stdout
    assert "| test_like.py | 4 | 1 | 1 |" in table
    assert "| 1 | skipped | complex numbers are left out |" in table
    assert "| 1 | skipped | vector spaces, an object of autograd's |" in table
    assert "test_wrong: AssertionError: (VJP) check of <lambda> failed" in table


def test_there_has_to_be_such_a_source(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.autograd_suite", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no folder" in done.stderr


def plain(a):
    return a.data if isinstance(a, bp.Value) else a


@pytest.mark.parametrize("modes", [["rev"], ["fwd"]])
def test_wrong_rules_would_be_seen(modes):
    wrong = bp.Op("wrong", lambda a: a * 2, lambda g, y, a: g * 2.001)
    with pytest.raises(AssertionError, match="check of"):
        check_grads(wrong, modes=modes)(np.ones(2))


def test_a_rule_that_is_wrong_to_second_order_would_be_seen():
    frozen = bp.Op("frozen", lambda a: a**2, lambda g, y, a: g * 2 * plain(a))
    check_grads(frozen, modes=["rev"], order=1)(np.ones(2))
    with pytest.raises(AssertionError, match="vjp_"):
        check_grads(frozen, modes=["rev"])(np.ones(2))


def test_combinations_reach_every_argument():
    seen = []

    def fun(a, b, *, c):
        seen.append((float(plain(a)), b, c))
        return a * b + c

    combo_check(fun, 0, order=1)([1.0, 2.0], [3], c=[5, 6])
    assert {(round(a), b, c) for a, b, c in seen} == {(a, 3, c) for a in (1, 2) for c in (5, 6)}


def test_trees_that_differ_are_not_equivalent():
    check_equivalent({"a": [1.0, np.ones(2)]}, {"a": [1.0, np.ones(2)]})
    for other in ({"a": [1.0, np.zeros(2)]}, {"b": [1.0, np.ones(2)]}, {"a": [1.0, np.ones(1)]}):
        with pytest.raises(AssertionError):
            check_equivalent({"a": [1.0, np.ones(2)]}, other)


def test_a_summary_of_nothing():
    assert summary({}).startswith("passed 0 of 0 (none), skipped 0")
