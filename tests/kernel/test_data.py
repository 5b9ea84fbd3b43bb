"""What counts as numbers: arrays of any class that computes as NumPy's own, and no others."""

import numpy as np
import pytest

import tinygrad_bp as bp
import tinygrad_bp.numpy as bnp
from tinygrad_bp.kernel.data import alone, as_data, as_gradient, as_node, as_numbers, is_weak

X = np.array([1.0, 2.0, 3.0])


class Signal(np.ndarray):
    """Stores something beside its numbers, and computes as NumPy does."""

    __array_priority__ = 5.0

    def __array_finalize__(self, obj):
        self.rate = getattr(obj, "rate", 1)


class Doubled(np.ndarray):
    """Counts twice where a universal function is told to compute with it, as a unit would."""

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        inputs = [np.asarray(a) * 2 if isinstance(a, Doubled) else a for a in inputs]
        return getattr(ufunc, method)(*inputs, **keywords)


class Upset(np.ndarray):
    """Adds where others multiply."""

    def __mul__(self, other):
        return np.asarray(self) + other

    __rmul__ = __mul__


MASKED = np.ma.array([1.0, 5.0, 9.0], mask=[False, True, False])
REFUSED = {
    "masked": (MASKED, "got a masked array, whose mask a graph would lose; multiply by the mask"),
    "matrix": (
        X.view(np.matrix),
        r"got a numpy.matrix, whose \* multiplies matrices.*np.asarray\(m\)",
    ),
    "own ufuncs": (X.view(Doubled), "got a Doubled.*its own __array_ufunc__.*np.asarray"),
    "own operators": (X.view(Upset), "got a Upset.*its own __mul__.*np.asarray"),
}
#: Ways to bring an array `a` into a graph of `x`.
WAYS = {
    "mul: operand 1": lambda x, a: x * a,
    "sub: operand 1": lambda x, a: x - a,
    "maximum: operand 1": lambda x, a: np.maximum(x, a),
    "add: operand 1": lambda x, a: bp.relu(x).__iadd__(a),
    "numpy.dot": lambda x, a: np.dot(a, x),
    "numpy.where": lambda x, a: np.where(a, x, 0),
    "numpy.stack": lambda x, a: np.stack([x, a]),
    "numpy.einsum": lambda x, a: np.einsum("...i,...i", x, a),
    "numpy.clip": lambda x, a: np.clip(x, 0, a),
    "mse: target": lambda x, a: bp.mse(np.reshape(x, np.shape(a)), a),
    "relu": lambda x, a: bp.relu(a),
    "Value": lambda x, a: bp.Value(a),
    "backward: seed": lambda x, a: (x * 1).backward(a),
    "v.index. = element: element": lambda x, a: (x * 1).__setitem__(..., a),
    "grad: argument 0": lambda x, a: bp.grad(np.sum)(a),
    "vjp: a cotangent": lambda x, a: bp.vjp(np.exp, X)[1](a),
    "compile: argument 0": lambda x, a: bp.compile(np.sum)(a),
    "parameter 'params'": lambda x, a: bp.numeric_gradient(np.sum, a),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", REFUSED)
def test_arrays_that_compute_in_their_own_way_are_refused_by_name(kind, way):
    array, said = REFUSED[kind]
    with pytest.raises(TypeError, match=f"{way}.*: expected (real )?numbers, {said}"):
        WAYS[way](bp.Value(X), array)


LEFT = {
    "-": lambda x, a: np.sum((a - x) ** 2),
    "*": lambda x, a: np.sum(a * x),
    "@": lambda x, a: a @ x,
    "dot": lambda x, a: a.dot(x),
    ">": lambda x, a: np.sum(x * (a > x)),
    "maximum": lambda x, a: np.sum(np.maximum(a, x)),
    "ma": lambda x, a: np.ma.multiply(a, x),
    "ma of Values": lambda x, a: np.ma.exp(x),
}


@pytest.mark.parametrize("way", LEFT)
def test_a_masked_array_on_the_left_does_not_lose_the_gradient(way):
    with pytest.raises(TypeError, match="got a masked array, whose mask a graph would lose"):
        bp.grad(lambda x: LEFT[way](x, MASKED))(X)


def test_a_matrix_on_the_left_is_refused():
    for compute in (lambda x, a: a * x, lambda x, a: a - x, lambda x, a: a @ x):
        with pytest.raises(TypeError, match=r"operand 0: .* got a numpy\.matrix"):
            compute(bp.Value(X), X.view(np.matrix))


def test_a_class_with_ufuncs_of_its_own_computes_as_it_wants_on_the_left():
    doubled = X.view(Doubled)
    value, gradient = bp.value_and_grad(lambda x: np.sum(doubled * x))(X)
    assert value == 28
    np.testing.assert_array_equal(gradient, 2 * X)


def test_classes_that_compute_as_numpys_are_arrays(tmp_path):
    mapped = np.memmap(tmp_path / "numbers", dtype=float, shape=(3,), mode="w+")
    mapped[:] = X
    signal = X.view(Signal)
    for array in (mapped, signal, np.rec.array(X)):
        for compute in (
            lambda x, a: np.sum(a * x),
            lambda x, a: np.sum(x * a),
            lambda x, a: np.dot(x, a),
        ):
            value, gradient = bp.value_and_grad(lambda x, a=array, f=compute: f(x, a))(X)
            assert value == 14
            np.testing.assert_array_equal(gradient, X)
        assert type(bp.Value(array).data) is np.ndarray
        assert bp.compare(lambda p: np.sum(p**2), array, 2 * array)
        node = bp.Value(X) * array
        assert type(node.data) is type(node.parents[1].data) is np.ndarray


def test_fields_are_no_numbers():
    pair = np.rec.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)])
    with pytest.raises(TypeError, match=r"mul: operand 1: .* got dtype .*numpy.record"):
        bp.Value(X) * pair
    np.testing.assert_array_equal((bp.Value(X) * pair.a).data, X)


def test_manual_gradients_are_numbers_alone_but_a_mask_is_lost():
    def loss(p):
        return np.sum(p**2)

    assert bp.compare(loss, X, (2 * X).view(np.matrix))
    assert bp.compare(loss, X, (2 * X).view(Doubled))
    comparison = bp.compare(loss, X, np.ma.array(2 * X, mask=[False, True, False]))
    assert comparison.rows[0].verdict == "not read"
    assert "got a masked array" in str(comparison)


def test_where_a_masked_array_is_captured_the_numeric_side_stands_alone():
    comparison = bp.compare(lambda p: np.sum((MASKED - p) ** 2), X, [0.0, 0.0, -12.0])
    assert comparison
    assert "got a masked array" in str(comparison.refusal)


class Series:
    """Has its numbers elsewhere, and `_data` that are none, as a pandas.Series does."""

    _data = "blocks"

    def __array__(self, dtype=None, copy=None):
        return np.array(X, dtype)


def test_what_has_data_is_not_always_a_value():
    for array in (bp.Value(Series()), bp.Value(X) * Series(), Series() * bp.Value(X)):
        assert array.shape == (3,)
    np.testing.assert_array_equal(bp.grad(lambda x: np.sum(x[x >= Series()]))(X), [1, 1, 1])


class Tensor:
    """An array of another library, as PyTorch's: NumPy asks it for numbers, and wraps results."""

    __array_priority__ = 1000

    def __init__(self, tracked=False):
        self.tracked = tracked

    def __array__(self, dtype=None, copy=None):
        if self.tracked:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return np.array(X, dtype)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        raise AssertionError("NumPy's result was wrapped")

    def __mul__(self, other):
        return NotImplemented

    __add__ = __sub__ = __mul__


def test_arrays_of_other_libraries_are_constants():
    for compute in (lambda a, x: a * x, lambda a, x: x * a, np.multiply):
        x = bp.Value(X)
        y = compute(Tensor(), x)
        assert type(y.data) is type(y.parents[0].data) is np.ndarray
        y.backward(np.ones(3))
        np.testing.assert_array_equal(x.grad, X)


def test_a_tensor_that_another_library_differentiates_is_refused():
    for compute in (lambda a, x: a - x, lambda a, x: x + a):
        with pytest.raises(TypeError, match=r"operand [01]: expected numbers.*requires grad"):
            compute(Tensor(tracked=True), bp.Value(X))


def test_a_long_double_becomes_float64():
    x = bp.Value(X)
    for y in (x * np.longdouble(2), np.longdouble(2) * x, x * np.full(3, 2, np.longdouble)):
        assert y.dtype == np.float64
        y.backward(X)
    np.testing.assert_array_equal(x.grad, 6 * X)
    assert (bp.Value(X.astype(np.float32)) * np.longdouble(2)).dtype == np.float64


def test_data_are_copied_as_float64_unless_they_are_float32():
    for dtype in (np.float16, np.int64, np.bool_, np.float64, np.longdouble):
        assert as_data(np.ones(2, dtype)).dtype == np.float64
    assert as_data(np.ones(2, np.float32)).dtype == np.float32
    assert as_data(X, np.float32).dtype == np.float32
    assert not np.shares_memory(as_data(X), X)
    assert type(as_data(np.array(2.0))) is np.float64
    assert as_numbers(X) is X
    assert type(as_numbers([1.0])) is np.ndarray
    with pytest.raises(TypeError, match="Value: expected numbers, got another Value"):
        as_numbers(bp.Value(X))


@pytest.mark.parametrize(("length", "cut"), [(77, False), (78, True)])
def test_what_is_refused_is_shown_up_to_a_length(length, cut):
    with pytest.raises(TypeError) as caught:
        as_numbers("a" * length)
    shown = str(caught.value).partition(": ")[2].partition(": ")[2]
    assert shown == ("'" + "a" * 76 + "..." if cut else repr("a" * length))


def test_numbers_that_take_the_precision_of_what_they_meet():
    assert all(map(is_weak, (1, 1.0, True, np.True_)))
    assert not any(map(is_weak, (np.float64(1), np.float32(1), np.int64(1), X)))


def test_a_value_can_be_put_into_a_node_alone():
    value = bp.Value(X)
    assert as_node("np.copyto", value) is value
    buffer = bnp.zeros(2)
    assert isinstance(as_node("np.copyto", buffer), bp.Value)
    with pytest.raises(TypeError, match=r"np\.copyto: a Value cannot be put"):
        as_node("np.copyto", X)


def test_gradients_have_the_dtype_of_their_leaf_and_are_copied_unless_nobody_else_has_them():
    value, double, single = bp.Value(X), np.dtype(np.float64), np.dtype(np.float32)
    assert as_gradient(value, double) is value
    assert as_gradient(value, single).dtype == single
    assert not np.shares_memory(as_gradient(X, double), X)
    assert as_gradient(X, double, copied=False) is X
    assert as_gradient(X, single, copied=False).dtype == single
    np.testing.assert_array_equal(as_gradient(X + 1j, double), X, strict=True)


def test_large_cotangents_that_nobody_else_holds_are_found():
    size = 1 << 13  # of float64: 64 KiB
    large, small = np.ones(size), np.ones(size - 1)
    held, part, twice = np.ones(size), np.ones(2 * size)[:size], np.ones(size)
    node = bp.Value(X) * 1
    node.parents[0]._data = held
    arrived = [(node, c) for c in (large, small, held, part, twice, twice[:], node.data)]
    seed = np.ones(size)
    assert set(alone([node], arrived, seed)) == {id(large)}
    assert set(alone([node], [(node, seed)], seed)) == set()
    assert set(alone([node], [(node, small)], seed)) == set()
    row = np.ones((1, size))[0]  # all of its memory, though a view
    assert set(alone([node], [(node, row)], X)) == {id(row)}


def test_complex_numbers_are_no_data_of_a_real_leaf():
    with pytest.raises(TypeError, match=r"expected real numbers, got complex ones; take \.real"):
        as_data(X * 1j, np.float64)
    assert as_data(X, np.complex128).dtype == np.complex128
