"""`bp.compile` computes what the engine computes, whatever the arguments are."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import tinygrad_bp as bp

rng = np.random.default_rng(0)
A, B = rng.normal(size=(2, 3, 3))


def assert_same(found, expected, rtol=1e-12, atol=1e-14):
    """Compare trees: structure, types of containers, shapes, dtypes and numbers."""
    if isinstance(expected, dict | list | tuple):
        assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key], rtol, atol)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other, rtol, atol)
    else:
        assert (np.shape(found), found.dtype) == (np.shape(expected), expected.dtype)
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def net_step(params):
    g = bp.grad(bp.net7652.loss)(params)
    return {k: params[k] - 0.1 * g[k] for k in params}


# --- values and gradients ----------------------------------------------------------------------


def test_the_net():
    compiled = bp.compile(bp.net7652.loss)
    for seed in range(5):
        params = {k: a - 0.5 for k, a in bp.net7652.initial_parameters(seed).items()}
        assert_same(compiled(params), bp.value_and_grad(bp.net7652.loss)(params))
    assert compiled.cache_info() == (4, 1, 16, 1)


@pytest.mark.parametrize("copy", [True, False])
def test_a_training_step(copy):
    compiled, params = bp.compile(net_step, argnums=None, copy=copy), None
    mine = expected = bp.net7652.initial_parameters()
    for _ in range(6):
        mine, expected = compiled(mine), net_step(expected)
        assert_same(mine, expected)
    assert params is None


def test_argnums_and_structures():
    Pair = namedtuple("Pair", "w b")

    def loss(p, x, scale=1.0):
        return np.sum(np.tanh(x @ p["layer"][0].w + p["layer"][0].b)) * scale + p["c"]

    p = {"layer": [Pair(A, B[0])], "c": 0.5}
    for argnums in (0, 1, -1, (0, 1), (1, 0), [0], []):
        compiled = bp.compile(loss, argnums)
        assert_same(compiled(p, B), bp.value_and_grad(loss, argnums)(p, B))
        assert_same(compiled(p, B), bp.value_and_grad(loss, argnums)(p, B))
    compiled = bp.compile(loss, (0, 1))
    expected = bp.value_and_grad(loss, (0, 1))(p, B, scale=2.0)
    for _ in range(2):
        assert_same(compiled(p, B, scale=2.0), expected)
    with pytest.raises(ValueError, match="argnums has 2"):
        bp.compile(loss, 2)(p, B)


def test_any_tree_without_argnums():
    def fun(a, others):
        return {"sum": a + others[0], "more": [(np.sum(a), a), OrderedDict(t=others[1].T)]}

    compiled = bp.compile(fun, argnums=None)
    for _ in range(2):
        assert_same(
            compiled(A, (B, A)), fun(A, (B, A)) | {"more": [(np.sum(A), A), OrderedDict(t=A.T)]}
        )


def test_second_derivatives():
    f = lambda p: np.sum(np.tanh(p) ** 3)
    fun = lambda p: np.sum(bp.grad(f)(p) ** 2)
    assert_same(bp.compile(fun)(A), bp.value_and_grad(fun)(A))
    hessian = bp.compile(lambda p: bp.hessian(f)(p), argnums=None)
    assert_same(hessian(A[0]), bp.hessian(f)(A[0]), atol=1e-13)
    product = bp.compile(lambda p, v: bp.hvp(f, (p,), (v,)), argnums=None)
    assert_same(product(A, B), bp.hvp(f, (A,), (B,)))
