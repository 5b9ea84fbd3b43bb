"""einsum: every form of its subscripts, against NumPy and against numeric derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.gradients import assert_right, automatic
from tinygrad_bp.ops.einsum import _einsum, _einsum_rule

RNG = np.random.default_rng(11)


def normal(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


FORMS = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "ba": [(2, 3)],
    "ij->ji": [(2, 3)],
    "ij->": [(2, 3)],
    "ij->j": [(2, 3)],
    "ii": [(3, 3)],
    "ii->i": [(3, 3)],
    "iii->i": [(2, 2, 2)],
    "iij->j": [(2, 2, 3)],
    "iji->j": [(2, 3, 2)],
    "ijij->ij": [(2, 3, 2, 3)],
    "ii,i->i": [(1, 1), (3,)],
    "i,i": [(3,), (3,)],
    "i,j->ij": [(3,), (2,)],
    "i,j": [(3,), (2,)],
    ",i->i": [(), (3,)],
    ",->": [(), ()],
    "i->": [(3,)],
    "i,i,i->i": [(3,), (3,), (3,)],
    "ij,jk,kl->il": [(2, 3), (3, 2), (2, 4)],
    "ij,kj,j->": [(2, 3), (4, 3), (3,)],
    "ij,kl->i": [(2, 3), (2, 2)],
    "bij,bjk->bik": [(2, 2, 3), (2, 3, 2)],
    " i j , j -> i ": [(2, 3), (3,)],
    "ij,ij->j": [(1, 3), (2, 3)],
    "ij,ij->ij": [(1, 3), (2, 1)],
    "ij,ij": [(1, 3), (1, 3)],
    "...ij,...jk->...ik": [(2, 1, 2, 3), (3, 3, 2)],
    "...ij,...jk": [(2, 2, 3), (3, 2)],
    "...ii->...i": [(2, 3, 3)],
    "...i,...i": [(2, 3), (4, 2, 3)],
    "...,...": [(2, 3), (3,)],
    "i...": [(2, 3)],
    "ab...,b...": [(2, 3, 2), (3, 2)],
    "...": [(2, 3)],
    "i...->...": [(2, 3)],
    "...a,a->...": [(3,), (3,)],
    "aB,Bc->ca": [(2, 3), (3, 2)],
}


@pytest.mark.parametrize("optimize", [False, True, "greedy"])
@pytest.mark.parametrize("form", FORMS)
def test_forms(form, optimize):
    given_arrays = normal(*FORMS[form])
    found = np.einsum(form, *map(bp.Value, given_arrays), optimize=optimize)
    np.testing.assert_allclose(found.data, np.einsum(form, *given_arrays), rtol=1e-13, atol=1e-14)
    if optimize is not True or len(given_arrays) > 1:
        assert_right(lambda *a: np.einsum(form, *a, optimize=optimize), *given_arrays)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_have_the_shape_of_the_operands_and_float32_stays(form):
    leaves = [bp.Value(a.astype(np.float32)) for a in normal(*FORMS[form])]
    y = np.einsum(form, *leaves)
    assert y.dtype == np.float32
    y.backward(np.ones(y.shape))
    for position, node in enumerate(leaves):
        assert node.grad.shape == node.shape
        contribution = _einsum_rule(
            np.ones(y.shape, np.float32),
            y.data,
            *(leaf.data for leaf in leaves),
            position=position,
            subscripts=form,
            optimize=False,
        )
        assert contribution.dtype == np.float32


def test_an_ellipsis_that_only_the_optimized_einsum_adds_up():
    (a,) = normal((2, 3))
    np.testing.assert_allclose(
        np.einsum("...i->i", bp.Value(a), optimize=True).data, a.sum(axis=0), rtol=1e-14
    )
    assert_right(lambda v: np.einsum("...i->i", v, optimize=True) ** 2, a)


def test_a_path_serves_the_product_that_it_was_made_for():
    a, b, c = normal((2, 3), (3, 4), (4, 2))
    path = np.einsum_path("ij,jk,kl->il", a, b, bp.Value(c), optimize="optimal")[0]
    assert_right(lambda *v: np.einsum("ij,jk,kl->il", *v, optimize=path), a, b, c)


LISTS = {
    "matmul": lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [0, 2]),
    "implicit": lambda a, b: np.einsum(a, [3, 1], b, [1, 30]),
    "implicit and reversed": lambda a, b: np.einsum(a, [1, 0]) * b[:, :2].T[:, :1].sum(),
    "ellipsis": lambda a, b: np.einsum(a, [..., 51], b, [51, ...], [..., 51]) * 2,
    "scalar": lambda a, b: np.einsum(a, [0, 1], b, [1, 2], []),
    "tuples": lambda a, b: np.einsum(a, (0, 1), b, (1, 2), (2, 0)),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_labels(name):
    a, b = normal((2, 3), (3, 3) if name == "ellipsis" else (3, 4))
    if name == "ellipsis":
        a = a[:1]
    np.testing.assert_allclose(LISTS[name](bp.Value(a), b).data, LISTS[name](a, b), rtol=1e-13)
    assert_right(LISTS[name], a, b)


def test_empty_axes():
    a, b = np.empty((2, 0)), np.ones((0, 3))
    x = bp.Value(a)
    y = np.einsum("ij,jk->ik", x, b)
    np.testing.assert_array_equal(y.data, np.zeros((2, 3)))
    y.backward(np.ones((2, 3)))
    assert x.grad.shape == (2, 0)
    z = bp.Value(b)
    np.einsum("jk->k", z).sum().backward()
    assert z.grad.shape == (0, 3)


def test_the_same_value_twice():
    (a,) = normal((3, 3))
    assert_right(lambda v: np.einsum("ij,ji->i", v, v), a)


@given(st.data())
def test_any_subscripts(data):
    """Draw terms, an output and lengths, with repeats, lone axes and axes of length 1."""
    lengths = dict(zip("ijkl", data.draw(st.tuples(*[st.integers(1, 3)] * 4))))
    label = st.sampled_from("ijkl")
    terms = data.draw(st.lists(st.text(label, max_size=3), min_size=1, max_size=3))
    present = sorted(set("".join(terms)))
    if data.draw(st.booleans()) and present:
        chosen = data.draw(st.lists(st.sampled_from(present), unique=True, max_size=3))
        subscripts = ",".join(terms) + "->" + "".join(chosen)
    else:
        subscripts = ",".join(terms)
    shapes = []
    for term in terms:
        shape = [lengths[c] for c in term]
        if len(set(term)) == len(term):  # an axis of length 1 is broadcast
            shape = [data.draw(st.sampled_from([n, 1])) for n in shape]
        shapes.append(shape)
    a = normal(*shapes)
    optimize = data.draw(st.booleans())
    if not any(c in term for term in terms for c in term):
        optimize = False
    found = np.einsum(subscripts, *map(bp.Value, a), optimize=optimize)
    np.testing.assert_allclose(found.data, np.einsum(subscripts, *a), rtol=1e-12, atol=1e-13)
    assert_right(lambda *v: np.einsum(subscripts, *v, optimize=optimize), *a)


def test_refusals():
    a = bp.Value(np.ones((2, 2)))
    with pytest.raises(TypeError, match="einsum: out=: a Value cannot be put into a plain array"):
        np.einsum("ij->ji", a, out=np.ones((2, 2)))
    with pytest.raises(TypeError, match="einsum: dtype= is not supported"):
        np.einsum("ij->ji", a, dtype=np.float32)
    with pytest.raises(ValueError, match="labels from 0 to 51 or an ellipsis, got 52"):
        np.einsum(a, [0, 52])
    with pytest.raises(ValueError, match=r"einsum: .*operand 0 of shape \(2, 2\)"):
        np.einsum("ijk", a)
    with pytest.raises(ValueError, match="einsum: "):
        np.einsum("ij,jk", a, np.ones((3, 2)))


@pytest.mark.parametrize("form", ["ij,jk->ik", "...ij,...jk->...ik", "ij,jk,kl->il", "ij->j"])
def test_against_autograd(form):
    pytest.importorskip("autograd")
    import autograd
    import autograd.numpy as anp

    arrays = normal(*FORMS[form])
    found = automatic(lambda *a: np.sum(np.einsum(form, *a) ** 2), arrays)
    for k in range(len(arrays)):
        wanted = autograd.grad(lambda *a: anp.sum(anp.einsum(form, *a) ** 2), k)(*arrays)
        np.testing.assert_allclose(found[k], wanted, rtol=1e-12)


def test_a_wrong_rule_is_caught():
    def without_the_diagonal(g, y, a, position, **metadata):
        right = _einsum_rule(g, y, a, position=position, **metadata)
        return right + 0.001 * np.sum(g)

    wrong = bp.Op("wrong", _einsum.forward, variadic=without_the_diagonal)
    with pytest.raises(AssertionError):
        assert_right(lambda a: wrong(a, subscripts="ii->i", optimize=False), np.ones((3, 3)))


@pytest.mark.parametrize("shapes", [[(2, 0), (1, 3)], [(2, 1), (0, 3)], [(2, 0), (0, 3)]])
@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,jk->", "ij,jk->ijk"])
def test_an_axis_without_elements_beside_one_that_is_repeated(subscripts, shapes):
    arrays = normal(*shapes)
    gradients = bp.grad(lambda a, b: np.sum(np.einsum(subscripts, a, b)), (0, 1))(*arrays)
    for gradient, shape in zip(gradients, shapes, strict=True):
        np.testing.assert_array_equal(gradient, np.zeros(shape), strict=True)
