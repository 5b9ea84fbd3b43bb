"""Linear algebra: values of NumPy, gradients, first and second order, and what is refused."""

import contextlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.gradients import assert_right, automatic, complex_step
from tinygrad_bp.ops.decompositions import _half_lower, _svd, _svd_rule

LA = np.linalg
STACKS = [(), (2,), (2, 1)]


def normal(*shape, seed=13):
    return np.random.default_rng(seed).normal(size=shape)


def regular(*shape):
    """Return matrices whose singular values are far from 0 and from each other."""
    u, _, vh = LA.svd(normal(*shape), full_matrices=False)
    k = min(shape[-2:])
    return (u * np.linspace(1, 2, k)[::-1]) @ vh


def symmetric(*shape):
    v = LA.qr(normal(*shape))[0]
    return (v * np.linspace(0.5, 2, shape[-1])) @ v.mT


def check(fun, *arrays, analytic=True, rtol=1e-12):
    """Compare the value with NumPy's, in float32 too, and the derivatives."""
    wanted = fun(*arrays)
    found = fun(*map(bp.Value, arrays))
    assert isinstance(found, bp.Value)
    assert found.shape == np.shape(wanted)
    np.testing.assert_allclose(found.data, wanted, rtol=rtol, atol=1e-13)
    single = [bp.Value(a.astype(np.float32)) for a in arrays]
    y = fun(*single)
    assert y.dtype == np.float32
    y.backward(np.ones(y.shape), retain_grads=True)
    for node in bp.topological_order(y):
        assert node.grad is None or node.grad.dtype == np.float32, node
    assert_right(fun, *arrays, analytic=analytic)


# --- inverses and systems --------------------------------------------------------------------


@pytest.mark.parametrize("stack", STACKS, ids=str)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_inv_and_det(stack, n):
    a = regular(*stack, n, n)
    check(LA.inv, a)
    check(LA.det, a)
    check(lambda v: LA.slogdet(v).logabsdet, a, analytic=False)


SOLVE = [
    ((2, 2), (2,)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (3, 2)),
    ((2, 3, 3), (3,)),
    ((3, 3), (2, 3, 1)),
    ((2, 1, 2, 2), (3, 2, 2)),
    ((2, 2, 2), (2, 2)),
]


@pytest.mark.parametrize(("left", "right"), SOLVE, ids=str)
def test_solve(left, right):
    check(LA.solve, regular(*left), normal(*right))


@pytest.mark.parametrize(
    "shape", [(3, 2), (2, 3), (2, 2), (2, 3, 2), (3, 1), (2, 1, 1, 2)], ids=str
)
def test_pinv(shape):
    check(LA.pinv, regular(*shape), analytic=False)


def rank_one(u, v):
    return u[:, None] * v[None, :]


def test_pinv_and_lstsq_where_the_rank_is_not_full():
    u, v, b = normal(3), normal(2, seed=1), normal(3, seed=2)
    # NumPy's own cut-off would count the round-off of the second singular value
    assert_right(lambda u, v: LA.pinv(rank_one(u, v), rcond=1e-10), u, v, analytic=False)
    assert_right(lambda u, v: LA.pinv(rank_one(u, v), rtol=1e-10), u, v, analytic=False)
    assert_right(
        lambda u, v, b: LA.lstsq(rank_one(u, v), b, rcond=1e-10)[0], u, v, b, analytic=False
    )


@pytest.mark.parametrize(
    ("left", "right"), [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)), ((2, 2), (2, 1))], ids=str
)
def test_lstsq(left, right):
    a, b = regular(*left), normal(*right)
    check(lambda a, b: LA.lstsq(a, b)[0], a, b, analytic=False)
    found, wanted = LA.lstsq(bp.Value(a), bp.Value(b)), LA.lstsq(a, b)
    np.testing.assert_allclose(getattr(found[1], "data", found[1]), wanted[1], rtol=1e-12)
    assert found[2] == wanted[2]
    np.testing.assert_allclose(found[3].data, wanted[3], rtol=1e-12)
    if left[0] > left[1]:
        assert_right(lambda a, b: LA.lstsq(a, b)[1], a, b, analytic=False)
    assert_right(lambda a: LA.lstsq(a, b)[3], a, analytic=False)


def test_lstsq_counts_the_rank_as_numpy_does():
    a = rank_one(normal(4), normal(3))
    b = normal(4)
    for rcond in (None, 1e-3, 0.9):
        found, wanted = LA.lstsq(bp.Value(a), b, rcond=rcond), LA.lstsq(a, b, rcond=rcond)
        assert found[2] == wanted[2] == 1
        assert found[1].size == wanted[1].size == 0
        np.testing.assert_allclose(found[0].data, wanted[0], rtol=1e-10)


def test_tensorinv_and_tensorsolve():
    a = regular(6, 6)
    check(lambda v: LA.tensorinv(v, ind=1), a.reshape(6, 2, 3))
    check(LA.tensorinv, a.reshape(2, 3, 3, 2))
    check(LA.tensorsolve, a.reshape(2, 3, 6), normal(2, 3))
    check(lambda v, b: LA.tensorsolve(v, b, axes=(0,)), a.reshape(6, 2, 3), normal(2, 3))
    with pytest.raises(ValueError, match="tensorinv: expected ind at least 1"):
        LA.tensorinv(bp.Value(a), ind=0)


# --- determinants ----------------------------------------------------------------------------

SINGULAR = {
    "rank 1 of 2": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "rank 2 of 3": np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [2.0, 0.5, 1.0]]),
    "rank 1 of 3": np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [2.0, 4.0, 6.0]]),
    "zeros": np.zeros((3, 3)),
    "0 of 1": np.zeros((1, 1)),
    "one of a stack": np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]]]),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_det_of_singular_matrices(name):
    a = SINGULAR[name]
    assert 0 in np.atleast_1d(LA.det(a))
    assert_right(lambda v: LA.det(v), a, analytic=False)  # a polynomial: nothing is singular


def test_slogdet():
    a = np.stack([regular(3, 3), -regular(3, 3)])
    sign, logarithm = LA.slogdet(bp.Value(a))
    assert type(sign) is np.ndarray
    np.testing.assert_array_equal(sign, LA.slogdet(a).sign)
    np.testing.assert_allclose(logarithm.data, LA.slogdet(a).logabsdet, rtol=1e-12)
    assert type(LA.slogdet(bp.Value(a))) is type(LA.slogdet(a))
    singular = LA.slogdet(bp.Value(np.zeros((2, 2))))
    assert (singular.sign, singular.logabsdet.data) == (0, -np.inf)
    with pytest.raises(LA.LinAlgError, match="Singular"):
        singular.logabsdet.backward()


# --- powers and chains -----------------------------------------------------------------------


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 6, 7])
def test_matrix_power(n):
    check(lambda v: LA.matrix_power(v, n), regular(2, 2, 2))


@given(st.lists(st.integers(1, 4), min_size=3, max_size=6), st.booleans(), st.booleans())
def test_multi_dot(sizes, row, column):
    chain = [normal(m, n, seed=m + n) for m, n in pairwise(sizes)]
    chain[0] = chain[0][0] if row else chain[0]
    chain[-1] = chain[-1][:, 0] if column else chain[-1]
    check(lambda *a: LA.multi_dot(a), *chain)


def test_multi_dot_takes_the_cheapest_order():
    a, b, c = (bp.Value(normal(*s)) for s in ((2, 30), (30, 30), (30, 1)))
    assert LA.multi_dot([a, b, c]).parents[0] is a
    assert LA.multi_dot([c.T, b, a.T]).parents[0].parents[1] is b
    assert LA.multi_dot([a, c, a[:1]]).parents[1] is not c


def test_linalg_names_of_other_functions():
    a = normal(2, 3, 4)
    check(LA.matrix_transpose, a)
    check(LA.diagonal, a)
    check(lambda v: LA.diagonal(v, offset=1), a)
    check(LA.trace, a)
    check(lambda v: LA.trace(v, offset=-1), a)
    assert LA.matrix_rank(bp.Value(np.eye(3))) == 3


# --- norms -----------------------------------------------------------------------------------

VECTOR_ORDERS = [None, 2, 1, 3, 2.5, 0.5, -1, -2.5, np.inf, -np.inf]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@pytest.mark.parametrize("axis", [None, 0, -1, (1,)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("ord", VECTOR_ORDERS)
def test_norms_of_vectors(ord, axis, keepdims):
    a = regular(3, 3)[0] if axis is None else regular(2, 3)
    check(lambda v: LA.norm(v, ord, axis, keepdims), a, analytic=False)


@pytest.mark.parametrize("axis", [None, (-2, -1), (1, 0), (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("ord", MATRIX_ORDERS)
def test_norms_of_matrices(ord, axis, keepdims):
    a = regular(3, 2) if axis is None else normal(2, 3, 2)
    check(lambda v: LA.norm(v, ord, axis, keepdims), a, analytic=False)


@given(st.data())
def test_the_norm_of_everything(data):
    shape = data.draw(st.lists(st.integers(1, 3), max_size=3))
    a = np.random.default_rng(3).permutation(np.arange(1.0, 1 + np.prod(shape))).reshape(shape) / 8
    check(lambda v: LA.norm(v), a, analytic=False)
    order = data.draw(st.sampled_from([2, 1, 3, np.inf]))
    axis = data.draw(st.sampled_from([None, 0, (0, 1), (-1, 0, 1)][: len(shape) + 1]))
    check(lambda v: LA.vector_norm(v, ord=order, axis=axis), a, analytic=False)


def test_matrix_norm_and_cond():
    a = regular(2, 3, 3)
    for order in ("fro", "nuc", 2, 1):
        check(lambda v, ord=order: LA.matrix_norm(v, ord=ord, keepdims=True), a, analytic=False)
    for order in (None, 2, -2, 1, -1, np.inf, "fro"):
        check(lambda v, p=order: LA.cond(v, p), a, analytic=False)
    check(LA.cond, regular(3, 2), analytic=False)
    for singular in (np.zeros((2, 2)), np.diag([1.0, 0.0])):
        assert LA.cond(bp.Value(singular)).data == np.inf
    with pytest.raises(LA.LinAlgError, match="cond: expected matrices"):
        LA.cond(bp.Value(np.ones((0, 2))))


def test_the_order_0_counts():
    found = LA.norm(bp.Value([0.0, 2.0, -1.0]), 0)
    assert not isinstance(found, bp.Value)
    assert found == 2


@pytest.mark.parametrize("ord", [None, 2, 1, 3, 1.5, 0.5, np.inf])
def test_the_norm_of_0_has_the_derivative_0(ord):
    x = bp.Value(np.zeros(3))
    LA.norm(x, ord).backward(create_graph=True)
    np.testing.assert_array_equal(x.grad.data, [0, 0, 0])
    gradient, x.grad = x.grad, None
    if gradient.requires_grad:
        gradient.sum().backward()
        np.testing.assert_array_equal(x.grad if x.grad is not None else 0, 0)
    rows = bp.Value([[0.0, 0.0], [3.0, 4.0]])
    LA.norm(rows, axis=1).sum().backward()
    np.testing.assert_allclose(rows.grad, [[0, 0], [0.6, 0.8]], rtol=1e-15)


def test_elements_of_0_take_no_part():
    for order in (0.5, 1.5, 3):
        (gradient,) = automatic(lambda v, p=order: LA.norm(v, p), [np.array([0.0, 2.0])])
        np.testing.assert_allclose(gradient, [0, 1], rtol=1e-14)


def test_norms_of_nothing_and_refusals():
    nothing = bp.Value(np.empty((0, 2)))
    for order in (None, "nuc", 2, 1, np.inf):
        assert LA.norm(nothing, order).item() == 0
        with contextlib.suppress(ValueError):  # of NumPy 2.2, which has no maximum of nothing
            assert LA.norm(np.empty((0, 2)), order) == 0
    assert LA.norm(bp.Value(np.nan)).data != 0
    a = bp.Value(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="norm: expected one axis or two"):
        LA.norm(a, 2)
    with pytest.raises(ValueError, match="norm: expected one axis or two"):
        LA.norm(a, 2, (0, 0))
    with pytest.raises(ValueError, match="norm: expected 'fro', 'nuc'"):
        LA.norm(a, 3, (0, 1))
    with pytest.raises(ValueError, match="norm: expected 'fro', 'nuc'"):
        LA.norm(a, "other", (0, 1))
    with pytest.raises(ValueError, match="norm: expected a number as the order"):
        LA.norm(a, "fro", 0)


# --- errors and conventions for all ----------------------------------------------------------


def test_errors_are_linalg_errors_that_name_the_op():
    singular, oblong = bp.Value(np.zeros((2, 2))), bp.Value(np.ones((2, 3)))
    for name, call in {
        "inv": lambda: LA.inv(singular),
        "solve": lambda: LA.solve(singular, np.ones(2)),
        "det": lambda: LA.det(oblong),
        "cholesky": lambda: LA.cholesky(-np.eye(2) + singular),
        "eigh": lambda: LA.eigh(oblong),
        "matrix_power": lambda: LA.matrix_power(oblong, 2),
        "multi_dot": lambda: LA.multi_dot([oblong, np.ones((1, 3, 2)), oblong]),
        "svd": lambda: LA.svd(bp.Value(np.ones(2))),
        "lstsq": lambda: LA.lstsq(oblong, np.ones(3)),
    }.items():
        with pytest.raises(LA.LinAlgError) as caught:
            call()
        assert name in str(caught.value) + "".join(getattr(caught.value, "__notes__", ()))


def test_what_is_refused_says_what_to_do():
    a = bp.Value(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"svd: full_matrices=True.*pass full_matrices=False"):
        LA.svd(a)
    with pytest.raises(ValueError, match=r"svd: hermitian=True.*use eigh"):
        LA.svd(a, hermitian=True)
    with pytest.raises(ValueError, match="pinv: hermitian=True"):
        LA.pinv(a, hermitian=True)
    for mode in ("complete", "raw"):
        with pytest.raises(ValueError, match=f"qr: the mode '{mode}'.*use 'reduced' or 'r'"):
            LA.qr(a, mode)
    with pytest.raises(ValueError, match="multi_dot: expected at least two"):
        LA.multi_dot([a])
    with pytest.raises(
        TypeError, match="multi_dot: out=: a Value cannot be put into a plain array"
    ):
        LA.multi_dot([a, a.T], out=np.ones((3, 3)))


@pytest.mark.parametrize(
    "fun",
    [
        LA.inv,
        LA.det,
        LA.cholesky,
        LA.eigvalsh,
        LA.svdvals,
        LA.pinv,
        lambda v: LA.eigh(v)[1],
        lambda v: LA.svd(v)[0],
        lambda v: LA.qr(v)[0],
    ],
)
@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2)])
def test_empty(fun, shape):
    x = bp.Value(np.ones(shape))
    y = fun(x)
    np.testing.assert_array_equal(y.data, fun(np.ones(shape)))
    y.backward(np.ones(y.shape))
    assert x.grad.shape == shape


AUTOGRAD = {
    "inv": lambda xp, a: xp.linalg.inv(a),
    "det": lambda xp, a: xp.linalg.det(a),
    "slogdet": lambda xp, a: xp.linalg.slogdet(a)[1],
    "solve": lambda xp, a: xp.linalg.solve(a, a[:, :2] ** 2),
    "pinv": lambda xp, a: xp.linalg.pinv(a[:, :2]),
    "norm": lambda xp, a: xp.linalg.norm(a),
    "nuclear norm": lambda xp, a: xp.linalg.norm(a, "nuc"),
    "norm 3": lambda xp, a: xp.linalg.norm(a[0], 3),
    "cholesky": lambda xp, a: xp.linalg.cholesky(xp.dot(a, a.T)),
    "eigh": lambda xp, a: xp.linalg.eigh(xp.dot(a, a.T))[1] ** 2,
    "svd": lambda xp, a: xp.linalg.svd(a[:2], full_matrices=False)[2] ** 2,
}


@pytest.mark.parametrize("name", AUTOGRAD)
def test_against_autograd(name):
    pytest.importorskip("autograd")
    import autograd
    import autograd.numpy as anp

    a, fun = regular(3, 3), AUTOGRAD[name]
    (found,) = automatic(lambda v: np.sum(np.cos(fun(np, v))), [a])
    wanted = autograd.grad(lambda v: anp.sum(anp.cos(fun(anp, v))))(a)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_wrong_rules_are_caught():
    without_minus = bp.Op("wrong", LA.inv, lambda g, y, a: y.mT @ g @ y.mT)
    with pytest.raises(AssertionError):
        assert_right(without_minus, regular(3, 3))
    not_transposed = bp.Op("wrong", LA.det, lambda g, y, a: g * y * LA.inv(a))
    with pytest.raises(AssertionError):
        assert_right(not_transposed, regular(3, 3))


# --- factorisations --------------------------------------------------------------------------


def positive(v):
    """Return positive definite matrices made of any."""
    return v @ v.mT + np.eye(v.shape[-1], dtype=v.dtype)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_cholesky(stack, upper):
    check(lambda v: LA.cholesky(positive(v), upper=upper), regular(*stack, 3, 3), analytic=False)
    # of a matrix itself: one triangle is read
    a = positive(regular(*stack, 3, 3))
    check(lambda v: LA.cholesky(v, upper=upper), a, analytic=False)
    (gradient,) = automatic(lambda v: LA.cholesky(v, upper=upper).sum(), [a])
    unread = np.tril(np.ones((3, 3)), -1) if upper else np.triu(np.ones((3, 3)), 1)
    np.testing.assert_array_equal(gradient * unread, 0)


def upright(vectors, by=None):
    """Fix the signs of columns, which LAPACK leaves open, by those of the first row."""
    return vectors * np.sign((vectors if by is None else by)[..., :1, :])


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("uplo", ["L", "U", "l"])
@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_eigh(stack, uplo, part):
    a = symmetric(*stack, 3, 3)
    np.testing.assert_array_equal(LA.eigh(bp.Value(a), uplo)[part].data, LA.eigh(a, uplo)[part])
    check(
        lambda v: (LA.eigh(v, uplo).eigenvalues, upright(LA.eigh(v, uplo)[1]))[part],
        a,
        analytic=False,
    )
    check(lambda v: LA.eigvalsh(v, uplo), a, analytic=False)


def test_functions_of_both_parts_of_eigh():
    def exponential(v):
        w, q = LA.eigh((v + v.mT) / 2)
        return (q * np.exp(w)) @ q.mT

    assert_right(exponential, normal(3, 3), analytic=False)
    assert type(LA.eigh(bp.Value(np.eye(2)))) is type(LA.eigh(np.eye(2)))
    # symmetric: the choice of signs does not matter
    assert_right(lambda v: LA.eigh(v @ v.mT).eigenvectors ** 2, regular(3, 3), analytic=False)


def test_equal_eigenvalues():
    eye = np.eye(3)
    for fun in (lambda v: LA.eigh(v).eigenvalues, LA.eigvalsh):
        (gradient,) = automatic(lambda v, f=fun: (f(v) ** 2).sum(), [eye])
        np.testing.assert_allclose(gradient, 2 * eye, rtol=1e-14)
    with pytest.warns(RuntimeWarning):
        (gradient,) = automatic(lambda v: (LA.eigh(v).eigenvectors * normal(3, 3)).sum(), [eye])
    assert not np.isfinite(gradient).all()
    # a vector whose eigenvalue is its own, beside two equal ones
    a = np.diag([1.0, 2.0, 2.0])
    (gradient,) = automatic(lambda v: (LA.eigh(v).eigenvectors[:, 0] ** 2)[0], [a])
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("shape", [(3, 3), (3, 2), (2, 3), (2, 3, 2), (2, 1, 2, 2)], ids=str)
def test_svd(shape, part):
    a = regular(*shape)
    found, wanted = LA.svd(bp.Value(a), full_matrices=False), LA.svd(a, full_matrices=False)
    np.testing.assert_array_equal(found[part].data, wanted[part])

    def one(v):
        u, s, vh = LA.svd(v, full_matrices=False)
        return (upright(u), s, upright(vh.mT, by=u))[part]

    check(one, a, analytic=False)
    check(LA.svdvals, a, analytic=False)
    check(lambda v: LA.svd(v, compute_uv=False), a, analytic=False)


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (3, 3)])
def test_functions_of_all_parts_of_svd(shape):
    def polar(v):
        u, _, vh = LA.svd(v, full_matrices=False)
        return u @ vh

    def again(v):
        u, s, vh = LA.svd(v, full_matrices=False)
        return (u * s[..., None, :]) @ vh

    a = regular(*shape)
    assert_right(polar, a, analytic=False)
    np.testing.assert_allclose(
        bp.jacobian(again)(a).reshape(a.size, -1), np.eye(a.size), atol=1e-13
    )
    square = LA.svd(bp.Value(regular(3, 3)))
    assert type(square) is type(LA.svd(np.eye(2)))


def test_equal_singular_values():
    eye = np.eye(3)
    (gradient,) = automatic(lambda v: LA.norm(v, "nuc"), [eye])
    np.testing.assert_allclose(gradient, eye, atol=1e-15)
    (gradient,) = automatic(lambda v: (LA.svd(v).S ** 2).sum(), [eye])
    np.testing.assert_allclose(gradient, 2 * eye, atol=1e-15)
    (gradient,) = automatic(lambda v: LA.norm(v, "nuc"), [np.diag([2.0, 0.0, 0.0])])
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("shape", [(3, 3), (3, 2), (2, 3), (2, 3, 2), (2, 1, 2, 3)], ids=str)
def test_qr(shape, part):
    a = regular(*shape)
    check(lambda v: LA.qr(v)[part], a, analytic=False)
    check(lambda v: LA.qr(v, "r"), a, analytic=False)
    if shape[-2] <= shape[-1]:
        check(lambda v: LA.qr(v, "complete")[part], a, analytic=False)
    assert type(LA.qr(bp.Value(a))) is type(LA.qr(a))


@pytest.mark.parametrize("shape", [(3, 2), (2, 3)])
def test_qr_multiplied_again_is_the_matrix(shape):
    a = regular(*shape)
    jacobian = bp.jacobian(lambda v: np.matmul(*LA.qr(v)))(a)
    np.testing.assert_allclose(jacobian.reshape(a.size, -1), np.eye(a.size), atol=1e-13)


def test_wrong_rules_of_factorisations_are_caught():
    def forgets_a_term(g, y, a):
        return _svd_rule(g * (np.arange(y.shape[-2]) < 4)[:, None], y, a)

    wrong = bp.Op("wrong", _svd.forward, forgets_a_term)
    with pytest.raises(AssertionError):
        assert_right(wrong, regular(3, 2), analytic=False)
    full = bp.Op(
        "wrong",
        LA.cholesky,
        lambda g, y, a: LA.inv(y).mT @ _half_lower(y.mT @ g) @ LA.inv(y),
    )
    with pytest.raises(AssertionError):
        assert_right(full, positive(normal(3, 3)), analytic=False)


def test_the_complex_step_agrees_with_the_jacobian():
    """An independent way through the transforms."""
    a = regular(2, 2)
    found = bp.jacobian(LA.inv)(a)
    for i, j in np.ndindex(2, 2):
        (wanted,) = complex_step(lambda v, i=i, j=j: LA.inv(v)[i, j], [a])
        np.testing.assert_allclose(found[i, j], wanted, rtol=1e-12)
