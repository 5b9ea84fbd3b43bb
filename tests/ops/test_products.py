"""Products and functions of samples: values of NumPy, gradients, first and second order."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

import tinygrad_bp as bp
from tests.gradients import assert_right, automatic

RNG = np.random.default_rng(12)


def normal(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


def check(fun, *arrays, analytic=True, rtol=1e-13):
    """Compare the values with NumPy's, each operand alone a Value too, and the derivatives."""
    wanted = fun(*arrays)
    for k in range(len(arrays) + 1):
        mixed = [bp.Value(a) if k in (j, len(arrays)) else a for j, a in enumerate(arrays)]
        found = fun(*mixed)
        assert isinstance(found, bp.Value)
        assert found.shape == np.shape(wanted)
        np.testing.assert_allclose(found.data, wanted, rtol=rtol, atol=1e-14)
    single = [bp.Value(a.astype(np.float32)) for a in arrays]
    y = fun(*single)
    assert y.dtype == np.float32
    y.backward(np.ones(y.shape), retain_grads=True)
    for node in bp.topological_order(y):
        assert node.grad is None or node.grad.dtype == np.float32, node
    assert_right(fun, *arrays, analytic=analytic)


DOT = [
    ((), ()),
    ((), (3,)),
    ((2, 3), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((2, 2, 3), (3,)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((2, 1, 3), (2, 3, 2)),
    ((1, 1), (1, 1)),
]


@pytest.mark.parametrize(("left", "right"), DOT, ids=str)
def test_dot(left, right):
    check(np.dot, *normal(left, right))


INNER = [((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 1, 3), (2, 3)), ((), ())]


@pytest.mark.parametrize(("left", "right"), INNER, ids=str)
def test_inner(left, right):
    check(np.inner, *normal(left, right))


@pytest.mark.parametrize(
    ("left", "right"), [((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (6,))], ids=str
)
def test_vdot(left, right):
    # NumPy's conjugates its first operand, which the complex step cannot look through
    check(np.vdot, *normal(left, right), analytic=False)


@pytest.mark.parametrize(
    ("left", "right"), [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3)), ((1,), (2, 1))], ids=str
)
def test_vecdot(left, right):
    check(np.vecdot, *normal(left, right), analytic=False)
    check(np.linalg.vecdot, *normal(left, right), analytic=False)


def test_vecdot_along_an_axis():
    check(lambda a, b: np.linalg.vecdot(a, b, axis=0), *normal((3, 2), (3, 2)), analytic=False)
    check(lambda a, b: np.vecdot(a, b, axis=0), *normal((3, 2), (3, 2)), analytic=False)
    check(lambda a, b: np.linalg.vecdot(a, b, axis=-2), *normal((3, 2), (4, 3, 1)), analytic=False)
    with pytest.raises(ValueError, match="matmul"):
        np.linalg.vecdot(bp.Value(np.ones(3)), np.ones(1))


def test_matvec_and_vecmat():
    check(np.matvec, *normal((2, 3), (3,)))
    check(np.matvec, *normal((2, 1, 2, 3), (4, 3)))
    check(np.vecmat, *normal((2,), (2, 3)), analytic=False)
    check(np.vecmat, *normal((4, 2), (2, 1, 2, 3)), analytic=False)


@pytest.mark.parametrize(("left", "right"), [((), (2,)), ((2,), (3,)), ((2, 2), (3, 1))], ids=str)
def test_outer(left, right):
    check(np.outer, *normal(left, right))


def test_the_same_names_in_linalg():
    check(np.linalg.outer, *normal((2,), (3,)))
    check(np.linalg.matmul, *normal((2, 2, 3), (3, 2)))
    check(np.linalg.tensordot, *normal((2, 3, 2), (3, 2, 2)))
    check(np.linalg.cross, *normal((2, 3), (3,)))
    check(lambda a, b: np.linalg.cross(a, b, axis=0), *normal((3, 2), (3, 1)))
    with pytest.raises(ValueError, match="outer: expected two vectors"):
        np.linalg.outer(bp.Value(np.ones((2, 2))), np.ones(2))
    with pytest.raises(ValueError, match="cross: expected vectors of 3 elements, got 2 and 3"):
        np.linalg.cross(bp.Value(np.ones(2)), np.ones(3))


@given(st.data())
def test_tensordot(data):
    """Draw what is common, what is not, and in which order the axes come."""
    common = data.draw(array_shapes(min_dims=0, max_dims=2, max_side=3))
    of_a, of_b = (data.draw(array_shapes(min_dims=0, max_dims=1, max_side=3)) for _ in "ab")
    a_order = data.draw(st.permutations(range(len(common + of_a))))
    b_order = data.draw(st.permutations(range(len(common + of_b))))
    a, b = normal(common + of_a, common + of_b)
    axes_a = [a_order.index(k) for k in range(len(common))]
    axes_b = [b_order.index(k) - b.ndim for k in range(len(common))]
    check(
        lambda u, v: np.tensordot(u, v, (axes_a, axes_b)),
        a.transpose(a_order),
        b.transpose(b_order),
    )


def test_tensordot_by_numbers():
    check(np.tensordot, *normal((2, 3, 2), (3, 2, 2)))
    check(lambda a, b: np.tensordot(a, b, 0), *normal((2,), (3,)))
    check(lambda a, b: np.tensordot(a, b, axes=1), *normal((2, 3), (3, 2)))
    check(lambda a, b: np.tensordot(a, b, (0, -1)), *normal((2, 3), (3, 2)))
    a = bp.Value(np.ones((2, 3)))
    with pytest.raises(ValueError, match="tensordot: expected axes of equal lengths"):
        np.tensordot(a, a, 1)
    with pytest.raises(ValueError, match="tensordot: expected each axis once"):
        np.tensordot(a, a, ([0, 0], [0, 1]))


@given(st.data())
def test_kron(data):
    shapes = (data.draw(array_shapes(min_dims=0, max_dims=3, max_side=2)) for _ in "ab")
    check(np.kron, *normal(*shapes))


@given(st.data())
def test_stacks_of_matrices(data):
    stacks = data.draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    n, k, m = data.draw(st.tuples(*[st.integers(1, 3)] * 3))
    left, right = stacks.input_shapes
    check(np.matmul, *normal((*left, n, k), (*right, k, m)))


CROSS = {
    "vectors": ([(3,), (3,)], {}),
    "rows": ([(2, 3), (2, 3)], {}),
    "broadcast": ([(2, 1, 3), (4, 3)], {}),
    "columns": ([(3, 2), (3, 2)], {"axis": 0}),
    "axes": ([(3, 2), (2, 3)], {"axisa": 0, "axisb": 1, "axisc": 0}),
    "2 and 2": ([(4, 2), (2,)], {}),
    "2 and 3": ([(2,), (3,)], {}),
    "3 and 2": ([(2, 3), (2, 2)], {"axisc": 0}),
    "2 and 2, axis 0": ([(2, 3), (2, 3)], {"axis": 0}),
}


@pytest.mark.parametrize("name", CROSS)
@pytest.mark.filterwarnings("ignore:Arrays of 2-dim:DeprecationWarning")
def test_cross(name):
    shapes, axes = CROSS[name]
    arrays = normal(*shapes)
    try:
        np.cross(*arrays, **axes)
    except ValueError:
        pytest.skip("this NumPy has no product of two elements any more")
    check(lambda a, b: np.cross(a, b, **axes), *arrays)


def said(call):
    """Return what is said of a call, as warnings or, by a later release, as an error."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            call()
        except ValueError as error:
            return [str(error)]
    return [str(each.message) for each in found]


def test_cross_refuses_other_lengths_and_passes_on_what_numpy_says():
    with pytest.raises(
        ValueError, match=r"cross: expected vectors of 2 or 3 elements, got \(4, 3\)"
    ):
        np.cross(bp.Value(np.ones(4)), np.ones(3))
    of_numpy = said(lambda: np.cross(np.ones(2), np.ones(3)))
    assert said(lambda: np.cross(bp.Value(np.ones(2)), np.ones(3))) == of_numpy != []


@given(
    n=st.integers(1, 6),
    m=st.integers(1, 6),
    mode=st.sampled_from(["full", "same", "valid", 0, 1, 2]),
)
def test_convolve_and_correlate(n, m, mode):
    a, v = normal((n,), (m,))
    check(lambda x, y: np.convolve(x, y, mode), a, v, rtol=1e-12)
    # np.correlate conjugates
    check(lambda x, y: np.correlate(x, y, mode), a, v, rtol=1e-12, analytic=False)


def test_convolve_of_numbers_and_refusals():
    check(lambda a, v: np.convolve(a, v), *normal((), (3,)))
    a = bp.Value(np.ones(3))
    with pytest.raises(ValueError, match="convolve: expected the mode 'full', 'same' or 'valid'"):
        np.convolve(a, np.ones(2), "other")
    with pytest.raises(ValueError, match="convolve: expected two sequences that are not empty"):
        np.convolve(a, [])
    with pytest.raises(ValueError, match="correlate: expected two sequences"):
        np.correlate(a, np.ones((2, 2)))


def test_trapezoid():
    y, x, steps = normal((3, 4), (4,), (3, 4))
    check(np.trapezoid, y)
    check(lambda a: np.trapezoid(a, axis=0, dx=0.5), y)
    check(np.trapezoid, y, x)
    check(np.trapezoid, y, steps)
    check(lambda a, b: np.trapezoid(a, b, axis=0), y, x[:3])
    check(lambda a, b: np.trapezoid(a, b, axis=-2), y, steps)
    check(lambda a, b: np.trapezoid(a[0], dx=b), y, np.array(0.3))
    assert np.trapezoid(bp.Value(np.empty(0))).item() == 0
    assert np.trapezoid(bp.Value(np.ones((2, 1))), axis=1).shape == (2,)


XP, FP = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([1.0, 3.0, -1.0, 0.5])
X = np.array([[-1.5, -0.7, 0.2], [0.4, 1.2, 2.7]])


def interpolate(x, xp, fp, **options):
    y = np.interp(x, xp, fp, **options)
    if isinstance(y, bp.Value):
        return y
    narrow = all(np.asarray(a).dtype == np.float32 for a in (x, xp, fp))
    return y.astype(np.float32) if narrow else y


@pytest.mark.parametrize(
    "options", [{}, {"left": 7.0, "right": -7.0}, {"period": 4.0}, {"period": -2.5}], ids=str
)
def test_interp(options):
    check(lambda x, xp, fp: interpolate(x, xp, fp, **options), X, XP, FP, analytic=False)


def test_interp_at_and_outside_the_places():
    x = np.concatenate([XP, [-9.0, 9.0]])
    np.testing.assert_array_equal(np.interp(bp.Value(x), XP, FP).data, np.interp(x, XP, FP))
    (at_x,) = automatic(lambda v: np.interp(v, XP, FP).sum(), [x])
    slopes = np.diff(FP) / np.diff(XP)
    np.testing.assert_array_equal(at_x, [*slopes, slopes[-1], 0, 0])
    one = np.interp(bp.Value([0.0, 1.0, 2.0]), bp.Value([1.0]), bp.Value([5.0]), left=0)
    np.testing.assert_array_equal(one.data, [0, 5, 5])
    one.sum().backward()
    assert np.isnan(np.interp(bp.Value(np.nan), XP, FP).data)
    left = bp.Value(2.0)
    np.interp([-5.0, -6.0, 0.1], XP, bp.Value(FP), left=left).sum().backward()
    assert left.grad == 2


def test_interp_refuses():
    with pytest.raises(TypeError, match="interp: the period must be a number"):
        np.interp(bp.Value(1.0), XP, FP, period=bp.Value(2.0))
    with pytest.raises(ValueError, match="interp: expected a finite period other than 0"):
        np.interp(bp.Value(1.0), XP, FP, period=0)
    for xp, fp in ((XP[1:], FP), ([], []), (XP[None], FP[None])):
        with pytest.raises(ValueError, match="interp: expected xp and fp of one shape"):
            np.interp(bp.Value(1.0), xp, fp)


EMPTY = {
    "dot": (np.dot, (2, 0), (0, 3)),
    "vectors": (np.dot, (0,), (0,)),
    "inner": (np.inner, (2, 0), (3, 0)),
    "outer": (np.outer, (0,), (3,)),
    "vdot": (np.vdot, (0,), (0,)),
    "tensordot": (np.tensordot, (2, 0, 3), (0, 3, 2)),
    "kron": (np.kron, (2, 0), (3, 1)),
    "cross": (np.cross, (0, 3), (3,)),
}


@pytest.mark.parametrize("name", EMPTY)
def test_empty(name):
    fun, left, right = EMPTY[name]
    a, b = bp.Value(np.ones(left)), bp.Value(np.ones(right))
    y = fun(a, b)
    np.testing.assert_array_equal(y.data, fun(np.ones(left), np.ones(right)))
    y.backward(np.ones(y.shape))
    assert (a.grad.shape, b.grad.shape) == (left, right)


def test_lists_and_integers_are_constants():
    a = bp.Value(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(np.dot(a, [1, 2, 3]).data, [8, 26])
    np.testing.assert_array_equal(np.tensordot([[1, 2]], a, 1).data, [[6, 9, 12]])
    np.testing.assert_array_equal(np.kron([1, 2], a[0]).data, [0, 1, 2, 0, 2, 4])
    np.testing.assert_array_equal(np.outer([1, 2], a[0, 1:]).data, [[1, 2], [2, 4]])


def test_out_is_refused():
    a = bp.Value(np.ones((2, 2)))
    for fun in (np.dot, np.outer, np.matmul):
        with pytest.raises(TypeError, match="out=: a Value cannot be put into a plain array"):
            fun(a, a, out=np.ones((2, 2)))


AUTOGRAD = {
    "dot": (lambda xp, a, b: xp.dot(a, b), (2, 2, 3), (3, 2)),
    "inner": (lambda xp, a, b: xp.inner(a, b), (2, 3), (2, 3)),
    "outer": (lambda xp, a, b: xp.outer(a, b), (2,), (3,)),
    "tensordot": (lambda xp, a, b: xp.tensordot(a, b, ([0, 2], [1, 0])), (2, 3, 4), (4, 2)),
    "kron": (lambda xp, a, b: xp.kron(a, b), (2, 3), (2, 2)),
    "cross": (lambda xp, a, b: xp.cross(a, b), (2, 3), (2, 3)),
}


@pytest.mark.parametrize("name", AUTOGRAD)
def test_against_autograd(name):
    pytest.importorskip("autograd")
    import autograd
    import autograd.numpy as anp

    fun, *shapes = AUTOGRAD[name]
    arrays = normal(*shapes)
    found = automatic(lambda a, b: np.sum(fun(np, a, b) ** 2), arrays)
    for k in range(2):
        wanted = autograd.grad(lambda a, b: anp.sum(fun(anp, a, b) ** 2), k)(*arrays)
        np.testing.assert_allclose(found[k], wanted, rtol=1e-12)


def test_a_wrong_rule_is_caught():
    wrong = bp.Op(
        "wrong", np.cross, lambda g, y, a, b: np.cross(g, b), lambda g, y, a, b: np.cross(g, a)
    )
    with pytest.raises(AssertionError):
        check(wrong, *normal((3,), (3,)))
