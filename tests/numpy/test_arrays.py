"""Arrays that take Values: NumPy's until one is written into them, nodes from then on."""

import copy
import pickle

import numpy
import pytest

import tinygrad_bp as bp
import tinygrad_bp.numpy as np
from tests.gradients import complex_step

X = numpy.array([0.7, 0.25, 1.4])
W = numpy.array([[0.3, -0.8, 0.5], [0.9, 0.2, -0.4]])


def assert_as_numpy(fun, *given):
    """Compare value and gradient of a function of (namespace, arrays) with NumPy's own."""
    arrays = [numpy.array(a) for a in given]
    wanted = fun(numpy, *[a.copy() for a in arrays])
    assert fun(np, *[a.copy() for a in arrays]) == pytest.approx(wanted, rel=1e-14)
    places = tuple(range(len(arrays)))
    value, gradients = bp.value_and_grad(lambda *a: fun(np, *a), places)(*arrays)
    assert value == pytest.approx(wanted, rel=1e-14)
    for found, place in zip(gradients, places, strict=True):
        numpy.testing.assert_allclose(found, slopes(fun, arrays, place), rtol=1e-7, atol=1e-9)


def slopes(fun, arrays, place):
    """Differentiate with NumPy alone."""
    h, gradient = 1e-3, numpy.zeros(arrays[place].shape)
    for i in numpy.ndindex(gradient.shape):
        f = []
        for k in (-2, -1, 1, 2):
            moved = [a.copy() for a in arrays]
            moved[place][i] += k * h
            f.append(fun(numpy, *moved))
        gradient[i] = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
    return gradient


def fill(np, x):
    out = np.zeros(3)
    for k in range(3):
        out[k] = x[k] ** 2 + (out[k - 1] if k else 1.0)
    return np.sum(out * out)


def rows(np, w, b):
    h = np.zeros((3, 3))
    for t in range(2):
        h[t + 1] = np.tanh(h[t] * 0.5 + w[t] + b)
    return np.sum(h[1:] ** 2)


def views_of_a_buffer(np, x):
    out = np.zeros((2, 3))
    first, corner = out[0], out.T[1:, 1]
    out[1] = x * x
    first[1:] = x[1:]
    corner += x[0]
    return np.sum(out**3) + np.sum(first * corner.sum())


def accumulate(np, w):
    total = np.zeros(3)
    for row in w:
        total += row * row
    counts = np.zeros(3)
    np.add.at(counts, [0, 0, 2], total)
    return np.dot(counts, total)


def scalars(np, x):
    state = np.array(0.0)
    for k in range(3):
        state += x[k] * x[k - 1]
    return np.sum(state**2)


def build(np, x):
    c, s = np.cos(x[0]), np.sin(x[0])
    turn = np.array([[c, -s], [s, c]])
    both = np.c_[x, x * x].T.dot(np.ones(3))
    return np.sum(turn.dot(both) ** 2) + np.mean([x[1], x[2] ** 2]) + np.r_[x, 1.0].sum()


def into(np, w):
    h, buffer = w * 2, np.empty((2, 3))
    np.exp(h, out=h)
    np.add(h, 1.0, out=buffer)
    safe = np.log(h, where=h > 1, out=np.zeros_like(h))
    np.dot(w, np.eye(3), out=buffer[:])
    return np.sum(buffer**2) + np.sum(safe)


def elementwise(np, x):
    f = np.vectorize(lambda a, b: a * b if a > 0.5 else b)
    return np.sum(f(x, np.arange(3) + 1.0) ** 2)


def drawn(np, x):
    np.random.seed(5)
    rng = np.random.default_rng(3)
    noise = np.random.normal(x[0], x[1], size=4)
    return np.sum(noise**2) + np.sum(rng.uniform(x, x + 1) ** 2) + np.random.randn(2).dot(x[:2])


@pytest.mark.parametrize(
    ("fun", "given"),
    [
        (fill, [X]),
        (rows, [W, X]),
        (views_of_a_buffer, [X]),
        (accumulate, [W]),
        (scalars, [X]),
        (build, [X]),
        (into, [W]),
        (elementwise, [X]),
        (drawn, [X]),
    ],
)
def test_programs_run_as_they_are(fun, given):
    assert_as_numpy(fun, *given)


def test_a_program_that_is_wrong_would_be_seen():
    def wrong(np, x):
        return np.sum(x * (x if isinstance(x, numpy.ndarray) else x.detach()))

    with pytest.raises(AssertionError):
        assert_as_numpy(wrong, X)


def test_whoever_holds_a_buffer_sees_the_node():
    x, out = bp.Value(X), np.zeros(3)
    other, part = out, out[1:]
    assert not isinstance(out, bp.Value)
    out[0] = x[0]
    assert other is out
    assert isinstance(out, bp.Value)
    assert isinstance(out, numpy.ndarray)
    assert isinstance(part + 0, bp.Value)
    part[1] = x[2]
    bp.mse(out, numpy.zeros(3)).backward()
    numpy.testing.assert_allclose(x.grad, 2 / 3 * X * [1, 0, 1])


def test_a_loop_makes_one_node():
    x, out = bp.Value(numpy.linspace(0.1, 1, 50)), np.empty(50)
    for k in range(50):
        out[k] = x[k] * x[k]
    node = np.sum(out).parents[0]
    assert node.op.name == "put"
    assert len(node.parents) == 51
    assert [n.op.name for n in bp.topological_order(node) if n.op].count("put") == 1


def test_filling_costs_no_copy_for_each_element(monkeypatch):
    from tinygrad_bp.ops import assigning

    calls = []
    real = assigning._put.forward
    monkeypatch.setattr(assigning._put, "forward", lambda *a, **k: calls.append(1) or real(*a, **k))
    x, out = bp.Value(numpy.ones(100)), np.zeros(100)
    for k in range(1, 100):
        out[k] = out[k - 1] * 0.5 + x[k]
    np.sum(out).backward()
    assert len(calls) == 1


def test_earlier_uses_keep_the_earlier_numbers():
    x, mask = bp.Value(X), np.ones(3)
    y = x * mask
    mask[0] = 0.0
    mask *= 2
    z = x * mask
    (y + z).sum().backward()
    numpy.testing.assert_array_equal(x.grad, [1, 3, 3])


@pytest.mark.parametrize(
    ("write", "error", "said"),
    [
        (lambda x: put(np.zeros(3, int), 0, x[0]), TypeError, "whole number.*floats"),
        (lambda x: put(np.zeros(3), 5, x[0]), IndexError, "index 5 is out of bounds"),
        (
            lambda x: put(np.zeros(3), slice(2), x),
            ValueError,
            r"expected an element of shape \(2,\)",
        ),
        (
            lambda x: put(np.broadcast_to(np.zeros(3), (2, 3)), 0, x),
            (TypeError, ValueError),
            "copy",
        ),
        (lambda x: put(np.broadcast_to(x * 1, (2, 3)), 0, x), ValueError, "view.*copy"),
        (lambda x: put(x * 1, 0, 1j), TypeError, "complex numbers"),
        (lambda x: put(np.asarray(W), 0, x), TypeError, "made elsewhere.*copy"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_changed(write, error, said):
    before = W.copy()
    with pytest.raises(error, match=said):
        write(bp.Value(X))
    numpy.testing.assert_array_equal(W, before)


def put(array, index, element):
    before = numpy.array(array.data if isinstance(array, bp.Value) else array)
    try:
        array[index] = element
    finally:
        after = array.data if isinstance(array, bp.Value) else array
        numpy.testing.assert_array_equal(numpy.asarray(after), before)


CACHE = np.zeros(3)


def test_what_stands_outside_of_a_function_takes_no_values_inside():
    def loss(x):
        CACHE[0] = x[0]
        return np.sum(CACHE)

    with pytest.raises(TypeError, match=r"made outside of the function.*copy"):
        bp.grad(loss)(X)
    with pytest.raises(TypeError, match=r"made outside of the function.*copy"):
        bp.compare(loss, X)
    assert not isinstance(CACHE, bp.Value)


def test_numpys_own_behaviour_stays():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert type(a.sum()) is numpy.float64
    assert type(np.sum(a)) is numpy.float64
    assert type(np.exp(a[0, 0])) is numpy.float64
    assert isinstance(a, np.ndarray)
    assert repr(numpy.asarray(a)) == repr(numpy.array([[1.0, 2.0], [3.0, 4.0]]))
    for mine, theirs in ((np.exp, numpy.exp), (np.float64, numpy.float64), (np.pi, numpy.pi)):
        assert mine is theirs
    values, vectors = np.linalg.eigh(a + a.T)
    assert np.allclose((vectors * values) @ vectors.T, a + a.T)
    b = copy.deepcopy(a)
    b[0] = 9
    assert a[0, 0] == 1
    assert np.array([1, 2]).dtype == int
    assert [*np.flatnonzero(a > 2)] == [2, 3]
    np.copyto(b, a)
    a.sort(axis=0)
    numpy.testing.assert_array_equal(b, [[1, 2], [3, 4]])
    assert isinstance(np.random.default_rng(1), numpy.random.Generator)


def test_numbers_of_an_older_generator_take_values():
    rng, theirs = np.random.RandomState(3), numpy.random.RandomState(3)
    drawn = rng.randn(4, 2)
    numpy.testing.assert_array_equal(drawn, theirs.randn(4, 2))
    w = bp.Value([[1.0], [2.0]])
    np.sum(drawn.dot(w)).backward()
    numpy.testing.assert_allclose(w.grad[:, 0], numpy.sum(drawn, axis=0))
    assert rng.get_state()[0] == "MT19937"


def test_values_are_arrays_for_a_program():
    x = bp.Value(X)
    assert isinstance(x, np.ndarray)
    assert not isinstance([1.0], np.ndarray)
    assert np.isscalar(x[0])
    assert not np.isscalar(x)
    assert np.asarray(x) is x
    assert np.array(x) is not x
    assert np.array([x[0], 2.0], ndmin=2).shape == (1, 2)


def test_second_derivatives_through_buffers():
    def loss(x):
        out = np.zeros(3)
        for k in range(3):
            out[k] = x[k] ** 2 * x[k - 1]
        out[1:] *= out[:-1]
        return np.sum(out)

    hessian = bp.hessian(loss)(X)
    for i in range(3):
        (numeric,) = complex_step(
            lambda a, i=i: bp.hessian(lambda b: loss(b))(a.real)[i] @ (a - a.real) + 0j, [X]
        )
        numpy.testing.assert_allclose(hessian[i], numeric, rtol=1e-12)
    h = 1e-5
    for i in range(3):
        step = h * numpy.eye(3)[i]
        slope = (bp.grad(loss)(X + step) - bp.grad(loss)(X - step)) / (2 * h)
        numpy.testing.assert_allclose(hessian[i], slope, rtol=1e-7, atol=1e-9)


# --- views of an array that becomes a node, and what writes into memory -------------------------

_NAMES = ["argmax", "argmin", "argsort", "copy", "flatten", "nonzero", "tolist", "sum", "cumsum"]
_NAMES += ["mean", "max", "prod", "round", "ravel", "squeeze", "sort", "any"]
METHODS = {
    **dict.fromkeys(_NAMES, ()),
    "partition": (1,),
    "repeat": (2,),
    "reshape": (3, 1),
    "take": ([0, 2],),
    "compress": ([1, 0, 1],),
    "astype": (float,),
    "searchsorted": (3.0,),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_view_that_was_taken_before_asks_the_node(name):
    """Of its memory nothing can be read any more."""
    buffer = np.array([1.0, 5.0, 2.0, 9.0])
    row = buffer[1:]
    buffer[1] = bp.Value(7.0)
    expected = numpy.array([7.0, 2.0, 9.0])
    found, wanted = (getattr(a, name)(*METHODS[name]) for a in (row, expected))
    if wanted is None:  # it is changed in place
        found, wanted = row, expected
    found = found.data if isinstance(found, bp.Value) else found
    numpy.testing.assert_array_equal(found, wanted)


def test_a_view_that_was_taken_before_as_python_asks():
    for ask in (list, lambda a: [*a.flat], lambda a: sum(a), str, lambda a: copy.deepcopy(a)):
        buffer = np.array([1.0, 5.0, 2.0])
        row = buffer[1:]
        buffer[1] = bp.Value(7.0)
        assert "nan" not in str(ask(row))
        assert "7" in str(ask(row)) or ask(row).data == 9
    row = np.zeros(3)[1:]
    assert pickle.loads(pickle.dumps(row)).tolist() == [0, 0]
    row.base[1] = bp.Value(7.0)
    assert pickle.loads(pickle.dumps(row)).data.tolist() == [7, 0]


VIEWS = [np.s_[::-1], np.s_[:, 1:], np.s_[1], np.s_[::2, ::-1], np.s_[None, :, 2], np.s_[1:, None]]


@pytest.mark.parametrize("index", VIEWS)
def test_a_view_of_a_view_is_one_where_numpy_has_one(index):
    def fill(np, number):
        h = np.arange(9.0).reshape(3, 3).copy()
        view = h[index]
        h[1, 1] = number
        row = view.reshape(-1)
        h[...] = number * 2
        return h * 1, view * 1, row * 1

    for found, expected in zip(fill(np, bp.Value(3.0)), fill(numpy, 3.0), strict=True):
        numpy.testing.assert_array_equal(found.data, expected)


def sorted_in_place(a, k):
    a[...] = [k, 3.0 - k]
    a.sort()


def through_its_iterator(a, k):
    a.flat[:] = [k, 2.0]


FILLING = {
    "put": lambda a, k: a.put([0, 1], [k, 3.0]),
    "np.put": lambda a, k: np.put(a, [0, 1], [k, 3.0]),
    "flat": lambda a, k: setattr(a, "flat", [k, 2.0]),
    "an iterator": through_its_iterator,
    "sort": sorted_in_place,
    "fill": lambda a, k: a.fill(k),
    "out": lambda a, k: np.add(k, [1.0, 2.0], out=a),
    "copyto": lambda a, k: numpy.copyto(a, [k, 3.0]),
    "setfield": lambda a, k: a.setfield(k, float),
    "a view": lambda a, k: a[1:].put([0], [k]),
}


@pytest.mark.parametrize("way", FILLING)
def test_an_op_keeps_its_numbers_when_a_buffer_is_filled_anew(way):
    def loss(x):
        buffer, total = np.zeros(2), 0.0
        for k in range(3):
            FILLING[way](buffer, float(k))
            total = total + np.sum(x * buffer) * (k + 1)
        return total

    x = numpy.array([0.3, 0.7])
    numpy.testing.assert_allclose(bp.grad(loss)(x), loss_gradient(loss, x), rtol=1e-12)


def loss_gradient(loss, x):
    """Differentiate what is linear."""
    return [loss(x + e) - loss(x) for e in numpy.eye(2)]
