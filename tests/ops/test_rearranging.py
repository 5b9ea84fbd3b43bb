"""Functions that move elements: numbers as NumPy's, gradients against numeric derivatives."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_bp as bp
from tests.gradients import assert_right
from tinygrad_bp.ops.rearranging import move_places


def inputs(*shapes, dtype=float):
    rng = np.random.default_rng(8)
    return [
        (rng.permutation(int(np.prod(shape))) / 8 - 1.0625).reshape(shape).astype(dtype)
        for shape in shapes
    ]


def one(result):
    """Join the arrays that some functions give several of."""
    if not isinstance(result, tuple | list):
        return result
    return np.concatenate([np.ravel(part) for part in result])


def call(function, *arguments, **keywords):
    """Make a form: the function of one array, with arguments behind it."""
    return lambda a: function(a, *arguments, **keywords)


def on_list(function, *arguments, **keywords):
    return lambda *arrays: function(list(arrays), *arguments, **keywords)


S, V, M, C = (), (5,), (3, 4), (2, 3, 4)
MASK = np.array([[True, False, True, True], [False] * 4, [True] * 4])
ORDER = np.array([[2, 0, 1, 1], [0, 0, 2, 1]])

# For each function the forms that it is called in, and the shapes of its operands.
FORMS = {
    "reshape": [
        (call(np.reshape, (4, 3)), M),
        (call(np.reshape, -1), M),
        (call(np.reshape, (2, -1), order="F"), M),
        (call(np.reshape, 12, "F"), M),
        (call(np.reshape, (4, 3, 2), order="F"), C),
        (call(np.reshape, ()), (1, 1)),
        (call(np.reshape, (1, 1)), S),
        (call(np.reshape, (0, 5)), (3, 0)),
        (lambda a: a.reshape(4, 3, order="F"), M),
        (lambda a: a.reshape(2, 6), M),
    ],
    "ravel": [
        (np.ravel, M),
        (np.ravel, S),
        (np.ravel, (0, 2)),
        (call(np.ravel, "F"), C),
        (lambda a: a.ravel("F"), M),
        (lambda a: a.flatten(), M),
    ],
    "squeeze": [
        (np.squeeze, (1, 3, 1)),
        (np.squeeze, (1, 1)),
        (np.squeeze, S),
        (call(np.squeeze, 0), (1, 3, 1)),
        (call(np.squeeze, axis=-1), (1, 3, 1)),
        (call(np.squeeze, axis=(0, -1)), (1, 3, 1)),
        (call(np.squeeze, 1), (0, 1)),
        (lambda a: a.squeeze(0), (1, 3)),
    ],
    "expand_dims": [
        (call(np.expand_dims, 0), M),
        (call(np.expand_dims, axis=-1), S),
        (call(np.expand_dims, (0, 2, -1)), M),
        (call(np.expand_dims, 1), (0,)),
    ],
    "transpose": [
        (np.transpose, C),
        (np.transpose, S),
        (call(np.transpose, (2, 0, 1)), C),
        (call(np.transpose, axes=(-1, 0, -2)), C),
        (call(np.permute_dims, (1, 0)), (0, 2)),
        (np.matrix_transpose, C),
        (lambda a: a.transpose(1, 0, 2), C),
        (lambda a: a.T, M),
        (lambda a: a.mT, C),
    ],
    "swapaxes": [
        (call(np.swapaxes, 0, -1), C),
        (call(np.swapaxes, axis1=1, axis2=1), M),
        (lambda a: a.swapaxes(0, 1), M),
    ],
    "moveaxis": [
        (call(np.moveaxis, 0, -1), C),
        (call(np.moveaxis, (0, -1), (1, 0)), C),
        (call(np.moveaxis, source=[2], destination=[0]), C),
        (call(np.moveaxis, 0, 0), (0,)),
    ],
    "rollaxis": [
        (call(np.rollaxis, 2), C),
        (call(np.rollaxis, -1, start=1), C),
        (call(np.rollaxis, 0, 3), C),
    ],
    "roll": [
        (call(np.roll, 2), M),
        (call(np.roll, -1, axis=1), M),
        (call(np.roll, shift=(1, 2), axis=(0, -1)), M),
        (call(np.roll, (1, 1), 0), M),
        (call(np.roll, 7), V),
        (call(np.roll, 1), S),
        (call(np.roll, 1), (0, 2)),
    ],
    "rot90": [
        (np.rot90, M),
        (call(np.rot90, -1), M),
        (call(np.rot90, k=2, axes=(0, 2)), C),
        (call(np.rot90, 3, (-1, 0)), C),
        (call(np.rot90, 4), (0, 2)),
    ],
    "flip": [
        (np.flip, C),
        (np.flip, S),
        (np.flip, (0,)),
        (call(np.flip, -1), M),
        (call(np.flip, axis=(0, 2)), C),
        (np.flipud, V),
        (np.flipud, M),
        (np.fliplr, C),
    ],
    "tile": [
        (call(np.tile, 2), S),
        (call(np.tile, (2, 1, 3)), V),
        (call(np.tile, reps=[2]), M),
        (call(np.tile, (1, 1)), M),
        (call(np.tile, 0), V),
        (call(np.tile, 2), (0, 2)),
    ],
    "repeat": [
        (call(np.repeat, 2), M),
        (call(np.repeat, 3), S),
        (call(np.repeat, [0, 2, 1], axis=0), M),
        (call(np.repeat, repeats=2, axis=-1), M),
        (call(np.repeat, 0), V),
        (call(np.repeat, 2, 1), (2, 0)),
        (lambda a: a.repeat(2, axis=1), M),
    ],
    "pad": [
        *[
            (call(np.pad, width, mode), shape)
            for mode in ("constant", "edge", "reflect", "symmetric", "wrap")
            for width, shape in [(1, V), (((2, 1), (0, 5)), M), ((1, 0), C), (7, V), (2, (1, 3))]
        ],
        (call(np.pad, 2), M),
        (call(np.pad, 0), S),
        (call(np.pad, 2), (0,)),
        (call(np.pad, 1, constant_values=2.5), M),
        (call(np.pad, 1, "constant", constant_values=(1, 2)), V),
        (call(np.pad, 1, constant_values=((1, 2), (3, 4))), M),
        (call(np.pad, 1, mode="reflect", reflect_type="even"), M),
        (lambda a, b: np.pad(a, 1, constant_values=b), M, S),
        (lambda a, b: np.pad(a, 2, constant_values=(b, 1.5)), V, S),
        (lambda a, b: np.pad(a, 1, constant_values=((b * b, 1), (2, b))), M, S),
    ],
    "broadcast_to": [
        (call(np.broadcast_to, (2, 3, 4)), M),
        (call(np.broadcast_to, 3), S),
        (call(np.broadcast_to, shape=(3, 4)), (3, 1)),
        (call(np.broadcast_to, (0, 3)), (1, 3)),
    ],
    "broadcast_arrays": [
        (np.broadcast_arrays, (3, 1), (4,)),
        (np.broadcast_arrays, S, M, (1, 4)),
        (np.broadcast_arrays, V),
        (lambda a: np.broadcast_arrays(a, [[1.0], [2.0]]), V),
    ],
    "atleast": [
        (function, shape)
        for function in (np.atleast_1d, np.atleast_2d, np.atleast_3d)
        for shape in (S, V, M, C, (0,))
    ]
    + [(np.atleast_2d, S, V), (lambda a: np.atleast_3d(a, 2.0, [1.0]), M)],
    "concatenate": [
        (on_list(np.concatenate), M, (1, 4)),
        (on_list(np.concatenate, axis=-1), M, (3, 0), (3, 2)),
        (on_list(np.concat, axis=None), M, V, S),
        (lambda a: np.concatenate((a, np.ones((2, 4)), a)), M),
        (lambda a: np.concatenate([a, [1, 2]]), V),
        (np.concatenate, C),
    ],
    "stack": [
        (on_list(np.stack), M, M),
        (on_list(np.stack, axis=-1), V, V, V),
        (on_list(np.stack), S, S),
        (lambda a: np.stack([a, np.ones(5)], 1), V),
        (np.stack, C),
    ],
    "vstack": [(on_list(np.vstack), *shapes) for shapes in [(V, V), (M, (4,)), (S, S), (C, C)]],
    "hstack": [(on_list(np.hstack), *shapes) for shapes in [(V, S), (M, (3, 1)), (S, S), (C, C)]],
    "dstack": [
        (on_list(np.dstack), V, V),
        (on_list(np.dstack), M, M),
        (on_list(np.dstack), S, S),
        (on_list(np.dstack), C, (2, 3)),
        (lambda a: np.dstack([a, np.zeros((3, 4))]), M),
    ],
    "column_stack": [
        (on_list(np.column_stack), V, (5, 2)),
        (on_list(np.column_stack), S, S),
        (lambda a: np.column_stack((a, np.arange(5))), V),
    ],
    "append": [
        (call(np.append, 1.0), V),
        (call(np.append, [[1.0, 2.0]]), M),
        (call(np.append, np.ones((3, 1)), axis=1), M),
        (lambda a: np.append([1.0, 2.0], a), S),
        (partial(np.append, axis=0), M, (2, 4)),
    ],
    "block": [
        (lambda a, b: np.block([[a, b], [b * b, np.zeros((3, 4))]]), M, M),
        (lambda a, b: np.block([a, b, 1.0]), V, S),
        (lambda a: np.block(a), M),
        (lambda a, b: np.block([[a], [b]]), (2,), (3, 2)),
        (lambda a, b: np.block([[[a]], [[b]]]), V, (1, 5)),
    ],
    "split": [
        (call(np.split, 2), (4, 3)),
        (call(np.split, [1, 2], axis=-1), M),
        (call(np.split, [3, 1, -1, 9]), V),
        (call(np.array_split, 3), V),
        (call(np.array_split, 3, axis=1), M),
        (call(np.array_split, 7, 0), V),
        (call(np.array_split, indices_or_sections=2), (0, 2)),
        (call(np.vsplit, 3), M),
        (call(np.hsplit, 2), M),
        (call(np.hsplit, [2]), V),
        (call(np.dsplit, [1, 3]), C),
    ],
    "diag": [
        (np.diag, V),
        (np.diag, M),
        (call(np.diag, -1), M),
        (call(np.diag, k=2), V),
        (call(np.diag, k=9), M),
        (np.diagflat, M),
        (call(np.diagflat, -1), S),
    ],
    "diagonal": [
        (np.diagonal, M),
        (call(np.diagonal, 1), M),
        (call(np.diagonal, -1, 2, 1), C),
        (call(np.diagonal, offset=1, axis1=-1, axis2=0), C),
        (lambda a: a.diagonal(axis1=1, axis2=2), C),
        (np.diagonal, (0, 3)),
    ],
    "trace": [
        (np.trace, M),
        (np.trace, C),
        (call(np.trace, -1, 1, 2), C),
        (call(np.trace, offset=1, axis1=-1, axis2=0), C),
        (lambda a: a.trace(1), M),
        (np.trace, (0, 3)),
    ],
    "tril triu": [
        (call(function, k), shape)
        for function in (np.tril, np.triu)
        for k in (-1, 0, 2)
        for shape in (M, C, (3,), (0, 2))
    ],
    "sort": [
        (np.sort, V),
        (np.sort, C),
        (call(np.sort, 0), M),
        (call(np.sort, axis=None), M),
        (call(np.sort, axis=1, kind="stable"), C),
        (call(np.sort, stable=True), V),
        (np.sort, (0,)),
        (np.sort, (2, 1)),
    ],
    "partition": [  # NumPy leaves the order of the rest open
        (lambda a: np.partition(a, 2)[2], V),
        (lambda a: np.partition(a, kth=(1, 2), axis=0)[1:], M),
        (lambda a: np.partition(a, -1, axis=None)[-1], M),
        (lambda a: np.sort(np.partition(a, 2)[..., :2]), M),
    ],
    "take": [
        (call(np.take, 3), M),
        (call(np.take, [[0, 0], [5, -1]]), M),
        (call(np.take, [0, 2, 2], axis=0), M),
        (call(np.take, indices=-1, axis=-1), C),
        (call(np.take, [7, -9], mode="wrap"), V),
        (call(np.take, [7, -9], 0, None, "clip"), V),
        (call(np.take, 0), S),
        (call(np.take, np.array([], int)), V),
        (lambda a: a.take([1, 1], axis=1), M),
    ],
    "take_along_axis": [
        (call(np.take_along_axis, ORDER, 0), (3, 4)),
        (call(np.take_along_axis, indices=ORDER, axis=-1), (2, 3)),
        (call(np.take_along_axis, ORDER[0], None), M),
    ],
    "where": [
        (partial(np.where, MASK), M, M),
        (lambda a: np.where(MASK, a, 0), M),
        (lambda a: np.where(a > 0, a, -1.5 * a), C),
        (lambda a, b: np.where([True, False], a, b), (3, 1), S),
        (lambda a, b: np.where(np.empty((0, 1), bool), a, b), V, S),
    ],
    "select": [
        (lambda a: np.select([a > 0, a > -0.5], [a, a * a]), M),
        (lambda a: np.select([a > 0, a > -0.5], [2 * a, 3.0], default=-1), M),
        (lambda a, b: np.select([MASK, ~MASK[:, :1]], [a, b], default=7), M, S),
        (lambda a, b: np.select([MASK], [b], a[0, 0]), M, S),
    ],
    "choose": [
        (lambda a, b: np.choose([0, 1, 1, 0, 1], [a, b]), V, V),
        (lambda a, b: np.choose([[0], [2]], (a, b, 3.0), mode="clip"), V, S),
    ],
    "compress extract": [
        (lambda a: np.compress([True, False, True], a, axis=0), M),
        (lambda a: np.compress([False, True], a), M),
        (lambda a: np.extract(MASK, a), M),
        (lambda a: a.compress([True, False, True], 0), M),
    ],
    "delete": [
        (call(np.delete, 1), V),
        (call(np.delete, [0, -1], axis=1), M),
        (call(np.delete, slice(None, None, 2), 0), M),
        (call(np.delete, [0, 5]), M),
    ],
    "insert": [
        (call(np.insert, 1, 7.5), V),
        (call(np.insert, [0, 2], [1.0, 2.0], axis=1), M),
        (lambda a, b: np.insert(a, 1, b, axis=0), M, (4,)),
        (lambda a, b: np.insert(a, [1, 1, 3], b), V, (3,)),
        (lambda a: np.insert(a * np.arange(5.0), 1, a), V),
        (lambda a, b: np.insert(a, [1, 2], [b, 2 * b]), V, S),
    ],
    "resize": [
        (call(np.resize, (2, 4)), V),
        (call(np.resize, (3, 5)), M),
        (call(np.resize, 2), V),
        (call(np.resize, 3), (0,)),
    ],
    "unique": [
        (np.unique, V),
        (call(np.unique, axis=0), M),
        (lambda a: np.unique(a, return_index=True)[0], M),
        (lambda a: np.unique(a, return_inverse=True, return_counts=True)[0], M),
    ],
    "meshgrid": [
        (np.meshgrid, V, (3,)),
        (partial(np.meshgrid, indexing="ij"), (2,), S, (3,)),
        (partial(np.meshgrid, sparse=True), V, (2,)),
        (lambda a: np.meshgrid(a, [1.0, 2.0]), V),
    ],
    "bincount": [
        (lambda a: np.bincount([0, 2, 2, 1, 0], weights=a), V),
        (lambda a: np.bincount([0, 2, 2, 1, 0], a, 5), V),
    ],
    "copy astype real": [
        (np.copy, M),
        (lambda a: a.copy(), S),
        (np.real, M),
        (lambda a: a.astype(np.float64), M),
    ],
}
if hasattr(np, "unstack"):
    FORMS["unstack"] = [(np.unstack, M), (call(np.unstack, axis=-1), C)]

CASES = [
    pytest.param(fun, shapes, id=f"{name} {k}")
    for name, forms in FORMS.items()
    for k, (fun, *shapes) in enumerate(forms)
]


@pytest.mark.parametrize(("fun", "shapes"), CASES)
def test_values_and_types_as_in_numpy(fun, shapes):
    for dtype in (np.float64, np.float32):
        arrays = inputs(*shapes, dtype=dtype)
        kept = [a.copy() for a in arrays]
        wanted, found = fun(*arrays), fun(*map(bp.Value, arrays))
        assert type(found) is type(wanted) or not isinstance(wanted, tuple | list)
        several = isinstance(wanted, tuple | list)
        pairs = list(zip(found, wanted, strict=True)) if several else [(found, wanted)]
        for value, array in pairs:
            data = value.data if isinstance(value, bp.Value) else value
            np.testing.assert_array_equal(data, array, strict=not np.isscalar(array))
            assert np.dtype(data.dtype) == np.asarray(array).dtype
            assert data.shape != () or isinstance(data, np.generic | np.ndarray)
        assert any(isinstance(value, bp.Value) and value.requires_grad for value, _ in pairs)
        for before, after in zip(kept, arrays, strict=True):
            np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(("fun", "shapes"), CASES)
def test_gradients(fun, shapes):
    def squared(*arrays):
        moved = one(fun(*arrays))
        return moved * moved

    arrays = inputs(*shapes)
    try:
        fun(*(a.astype(complex) for a in arrays))
        analytic = fun is not np.real
    except (TypeError, np.exceptions.ComplexWarning):
        analytic = False
    assert_right(squared, *arrays, analytic=analytic)


@pytest.mark.parametrize(("fun", "shapes"), CASES)
def test_float32_gradients(fun, shapes):
    leaves = [bp.Value(a) for a in inputs(*shapes, dtype=np.float32)]
    y = one(fun(*leaves))
    (y * y).sum().backward(retain_grads=True)
    for leaf in leaves:
        assert leaf.grad is None or leaf.grad.dtype == np.float32


@given(data=st.data())
def test_any_shape_and_argument(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=3))
    axes = st.integers(-len(shape), len(shape) - 1)
    axis, other = data.draw(axes), data.draw(axes)
    count = data.draw(st.integers(-3, 4))
    several = data.draw(st.lists(axes, max_size=3, unique_by=lambda k: k % len(shape)))
    fun = data.draw(
        st.sampled_from(
            [
                call(np.roll, count),
                call(np.roll, count, axis),
                call(np.flip, tuple(several)),
                call(np.swapaxes, axis, other),
                call(np.moveaxis, axis, other),
                call(np.rollaxis, axis, abs(other)),
                call(np.repeat, abs(count), axis),
                call(np.tile, (abs(count), 2)),
                call(np.sort, axis),
                call(np.expand_dims, axis),
                call(np.array_split, abs(count) + 1, axis),
                call(np.reshape, shape[::-1], order="F"),
                call(np.pad, abs(count)),
                call(np.resize, (2, abs(count))),
                on_list(np.concatenate, axis=axis),
                on_list(np.stack, axis=axis),
                *([call(np.diagonal, count, axis, other)] if (axis - other) % len(shape) else []),
                *([call(np.rot90, count, (axis, other))] if (axis - other) % len(shape) else []),
                *([call(np.tril, count), call(np.triu, count)] if len(shape) > 1 else []),
                *([call(np.pad, abs(count), "wrap")] if 0 not in shape else []),
                *([call(np.pad, abs(count), "reflect")] if 0 not in shape else []),
            ]
        )
    )
    (a,) = inputs(shape)
    value, wanted = one(fun(bp.Value(a))), one(fun(a))
    np.testing.assert_array_equal(value.data, wanted)
    weights = np.cos(np.arange(wanted.size)).reshape(wanted.shape)
    x = bp.Value(a)
    (one(fun(x)) * weights).sum().backward()
    # a linear map's gradient is its transpose applied to the weights: <Ax, w> = <x, A'w>
    probe = np.random.default_rng(9).normal(size=shape)
    np.testing.assert_allclose(
        (x.grad * probe).sum(),
        (one(fun_at(fun, a, probe)) * weights).sum(),
        atol=1e-12,
    )


def fun_at(fun, a, direction):
    """Apply the linear map that moves `direction` as `fun` moves the elements of `a`."""
    moved = one(fun(a + 1j * 1e-30 * direction))
    return moved.imag * 1e30


def test_sort_gives_equal_elements_the_gradient_in_order():
    x = bp.Value([2.0, 1.0, 2.0, 1.0])
    (np.sort(x) * [1, 2, 3, 4]).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 1, 4, 2])


def test_unique_gives_the_gradient_to_the_first():
    x = bp.Value([2.0, 1.0, 2.0])
    values, counts = np.unique(x, return_counts=True)
    (values * [10, 20]).sum().backward()
    np.testing.assert_array_equal(counts, [1, 2])
    np.testing.assert_array_equal(x.grad, [20, 10, 0])


def test_partition_orders_around_the_places_asked_for():
    (a,) = inputs((4, 50))
    found = np.partition(bp.Value(a), (10, 30)).data
    np.testing.assert_array_equal(found[:, [10, 30]], np.sort(a)[:, [10, 30]])
    np.testing.assert_array_equal(np.sort(found), np.sort(a))


def test_a_wrong_map_of_places_is_caught():
    """The checker of this file fails where elements are said to come from elsewhere."""

    def turned(a):
        return np.roll(a, 1) if a.dtype.kind == "i" else np.flip(a)  # places are integers

    wrong = move_places(turned, "a")
    (a,) = inputs(V)
    np.testing.assert_array_equal(wrong(a), a[::-1])
    with pytest.raises(AssertionError):
        assert_right(lambda v: wrong(v) ** 2 if isinstance(v, bp.Value) else v[::-1] ** 2, a)


def test_plain_results():
    x = bp.Value([[3.0, 1.0], [2.0, 0.0]])
    for found, wanted in [
        (np.zeros_like(x), np.zeros((2, 2))),
        (np.ones_like(x), np.ones((2, 2))),
        (np.full_like(x, 2), np.full((2, 2), 2.0)),
        (np.full_like(x, 2, shape=3), [2, 2, 2]),
        (np.argwhere(x), [[0, 0], [0, 1], [1, 0]]),
        (np.flatnonzero(x), [0, 1, 2]),
        (np.where(x)[0], [0, 0, 1]),
        (np.searchsorted([1.0, 2.0], x), [[2, 0], [1, 0]]),
        (np.digitize(x, [1.0, 2.0]), [[2, 1], [2, 0]]),
        (np.isin(x, [1, 2]), [[False, True], [True, False]]),
        (np.histogram(x, 2)[0], [2, 2]),
        (np.argpartition(x[0], 1), [1, 0]),
    ]:
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, wanted)
    assert np.empty_like(x).shape == (2, 2)


def test_full_of_a_value():
    x, w = bp.Value(np.ones((2, 2), np.float32)), bp.Value(3.0)
    for filled, dtype in [
        (np.full_like(x, w), np.float32),
        (np.full_like(x, w, dtype=float), np.float64),
        (np.full((2, 2), w, like=w), np.float64),
    ]:
        w.zero_grad()
        filled.sum().backward()
        assert (filled.dtype, filled.shape, w.grad) == (dtype, (2, 2), 4)


@pytest.mark.parametrize(
    ("fun", "said"),
    [
        (lambda v: np.full((2, 2), v[0]), "silently lose its graph.*broadcast_to"),
        (lambda v: np.full((2, 2), v[0], dtype=float), "copyto.*broadcast_to"),
        (lambda v: np.full_like(np.ones(3), v[0]), "copyto.*broadcast_to"),
        (lambda v: np.put(v, 0, 1.0), "which has a gradient.*copy"),
        (lambda v: np.put(np.ones(3), 0, v[0]), "put: a Value cannot be put into a plain array"),
        (lambda v: np.copyto(np.ones(3), v), "import tinygrad_bp.numpy as np"),
        (lambda v: np.pad(v, 1, "mean"), "mode 'mean' is not supported.*constant, edge"),
        (lambda v: np.pad(v, 1, np.sum), "not supported"),
        (lambda v: np.pad(v, 1, "reflect", reflect_type="odd"), "reflect_type='odd'"),
        (lambda v: np.take(v, v), "an index must be integers or booleans, got a Value"),
        (lambda v: np.insert(v, v, 1.0), "insert: obj must be plain"),
        (lambda v: np.take(v, 0, out=np.empty(())), "take: out=: a Value cannot"),
        (lambda v: np.roll(v, v[0]), "roll: shift must be plain"),
        (lambda v: np.split(v, v), "split: sections must be integers"),
        (lambda v: np.concatenate([v, v], out=np.empty(6)), "concatenate: out=: a Value cannot"),
        (lambda v: np.histogram([1.0], weights=v[:1]), "histogram: weights"),
        (lambda v: v.astype(int), "expected float32, .*got int64"),
    ],
)
def test_refusals(fun, said):
    with pytest.raises(TypeError, match=said):
        fun(bp.Value([1.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    ("fun", "said"),
    [
        (lambda v: np.transpose(v, (0, 2)), "transpose"),
        (lambda v: np.flip(v, 2), r"axis 2.*|flip"),
        (lambda v: np.moveaxis(v, 5, 0), "5"),
        (lambda v: np.squeeze(v, 0), "squeeze"),
        (lambda v: np.split(v, 3), "equal division"),
        (lambda v: np.dsplit(v, 1), "3 or more"),
        (lambda v: np.take(v, 9), "out of bounds"),
        (lambda v: np.reshape(v, -1, order="A"), "order must be 'C' or 'F'"),
        (lambda v: np.ravel(v, "K"), "order must be 'C' or 'F'"),
        (lambda v: np.select([v > 0], [v, v]), "same length"),
        (lambda v: np.broadcast_to(v, (3, 4)), "broadcast"),
    ],
)
def test_arguments_that_do_not_fit(fun, said):
    with pytest.raises((ValueError, IndexError), match=said):
        fun(bp.Value(np.ones((2, 2))))


def test_as_autograd():
    pytest.importorskip("autograd")
    import autograd
    import autograd.numpy as anp

    for name, fun, shape in [
        ("roll", lambda m, a: m.roll(a, 2, axis=1), M),
        ("rot90", lambda m, a: m.rot90(a, 3), M),
        ("flip", lambda m, a: m.fliplr(a), M),
        ("tile", lambda m, a: m.tile(a, (2, 3)), M),
        ("repeat", lambda m, a: m.repeat(a, 2, axis=0), M),
        ("pad", lambda m, a: m.pad(a, ((1, 2), (0, 1)), "constant"), M),
        ("diag", lambda m, a: m.diag(a), V),
        ("diagonal", lambda m, a: m.diagonal(a, 0, -1, -2), (2, 3, 3)),
        ("trace", lambda m, a: m.trace(a, offset=-1), M),
        ("tril", lambda m, a: m.tril(a, 1) + m.triu(a), M),
        ("sort", lambda m, a: m.sort(a), V),
        ("stack", lambda m, a: m.vstack([a, m.hstack([a[:, 1:], a[:, :1]])]), M),
        ("append", lambda m, a: m.append(a, a[:1], axis=0), M),
        ("where", lambda m, a: m.where(MASK, a, a * a), M),
        ("select", lambda m, a: m.select([MASK, ~MASK], [a, 3 * a]), M),
        ("moveaxis", lambda m, a: m.swapaxes(m.moveaxis(a, 0, 2), 0, 1), C),
        ("concatenate", lambda m, a: m.concatenate(m.split(a, [1, 3], axis=1)[::-1], axis=1), M),
        ("squeeze", lambda m, a: m.squeeze(m.expand_dims(a, 1), axis=1), M),
        ("reshape", lambda m, a: m.reshape(m.ravel(a), (4, 3), order="F"), M),
    ]:
        (a,) = inputs(shape)
        weights = np.cos(np.arange(np.size(fun(np, a)))).reshape(np.shape(fun(np, a)))

        def scalar(m, v, fun=fun, weights=weights):
            return m.sum(fun(m, v) ** 3 * weights)

        np.testing.assert_allclose(
            bp.grad(lambda v, scalar=scalar: scalar(np, v))(a),
            autograd.grad(lambda v, scalar=scalar: scalar(anp, v))(a),
            rtol=1e-12,
            atol=1e-13,
            err_msg=name,
        )
