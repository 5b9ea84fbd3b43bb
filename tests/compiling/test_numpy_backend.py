"""The numpy backend: every op, memory that is used again, loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp
from tests.random_graphs import BINARY, STEPS, UNARY, composed
from tests.writing.test_numpy_functions import FUNCTIONS

rng = np.random.default_rng(0)
A, B = rng.normal(size=(2, 3, 3))


def assert_close(found, expected, scale=1.0):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * scale)


@given(STEPS, st.integers(0, 2**32 - 1))
def test_random_graphs(steps, seed):
    fun, rng = composed(steps), np.random.default_rng(seed)
    compiled = bp.compile(fun, (0, 1))
    for args in (rng.normal(size=(2, 3, 3)), 2 * rng.normal(size=(2, 3, 3))):
        value, gradients = bp.value_and_grad(fun, (0, 1))(*args)
        scale = 1 + max(np.abs(g).max() for g in gradients)
        kept = [a.copy() for a in args]
        for _ in range(2):  # buffers that hold the numbers of the last call
            found, d = compiled(*args)
            assert_close(found, value, scale)
            for one, expected in zip(d, gradients, strict=True):
                assert_close(one, expected, scale)
        np.testing.assert_array_equal(args, kept)


@given(STEPS, st.integers(0, 2**32 - 1))
def test_random_loops(steps, seed):
    """Gradients go round, bounded, and one argument stays."""
    fun, rng = composed(steps), np.random.default_rng(seed)

    def step(state, c):
        a, b = state
        d_a, d_b = bp.grad(lambda a, b: fun(a, b) + np.sum(a * c), (0, 1))(a, b)
        return np.tanh(b - d_a / 8), np.tanh(d_b / 8 + a.T)

    state, c = tuple(rng.normal(size=(2, 3, 3))), rng.normal(size=(3, 3))
    loop, expected = bp.compile(step, None), state
    for n in range(4):
        for found, wanted in zip(loop.repeat(n)(state, c), expected, strict=True):
            assert_close(found, wanted, 100)
        expected = step(expected, c)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_each_op_and_its_second_derivative(name):
    fun = composed([(name, 0, 1, None)])
    seeds = np.random.default_rng(4).normal(size=(2, 3, 3))

    def of_gradients(a, b):
        return sum(np.sum(s * g) for s, g in zip(seeds, bp.grad(fun, (0, 1))(a, b)))

    compiled = bp.compile(of_gradients, (0, 1))
    for args in np.random.default_rng(3).normal(size=(2, 2, 3, 3)):
        value, gradients = bp.value_and_grad(of_gradients, (0, 1))(*args)
        found, d = compiled(*args)
        assert_close(found, value)
        for one, expected in zip(d, gradients, strict=True):
            assert_close(one, expected, 10)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_numpy(name):
    def fun(a):
        return np.sum(FUNCTIONS[name](a) * 1.5) + np.sum(FUNCTIONS[name](a) ** 2)

    compiled, rng = bp.compile(fun), np.random.default_rng(2)
    for _ in range(3):
        a = rng.normal(size=(3, 3))
        value, gradient = bp.value_and_grad(fun)(a)
        found, d = compiled(a)
        np.testing.assert_allclose(found, value, rtol=1e-12)
        np.testing.assert_allclose(d, gradient, rtol=1e-10, atol=1e-11)


# --- memory ------------------------------------------------------------------------------------


def test_results_are_memory_of_their_own_and_arguments_stay():
    constant = np.arange(9.0).reshape(3, 3)

    def fun(a):
        y = np.tanh(a)
        return [a, a.T, y, y, y.T, y[0], y.reshape(9), constant, constant.T, y[0, 0], 2.5, y + y.T]

    compiled = bp.compile(fun, argnums=None)
    given, first = A.copy(), compiled(A)
    expected = [np.array(each) for each in fun(A)]
    for result in first:
        if result.ndim:
            result += 1  # must not reach arguments, constants, buffers or other results
    second = compiled(A)
    for one, two, wanted in zip(first, second, expected, strict=True):
        np.testing.assert_array_equal(two, wanted)
        np.testing.assert_array_equal(one, wanted + (wanted.ndim > 0))
    np.testing.assert_array_equal(A, given)
    compiled(B)
    for two, wanted in zip(second, expected, strict=True):
        np.testing.assert_array_equal(two, wanted)


def test_borrowed_results_stay_for_one_more_call():
    compiled = bp.compile(lambda a: np.tanh(a), argnums=None, copy=False)
    one = compiled(A)
    np.testing.assert_array_equal(one, np.tanh(A))
    two = compiled(one)
    np.testing.assert_array_equal(two, np.tanh(np.tanh(A)))
    assert compiled(B) is one


def test_memory_is_used_again():
    def chain(a):
        for k in range(40):
            a = np.sin(a) + k
        return a

    a = np.ones((8, 8))
    compiled = bp.compile(chain, argnums=None)
    np.testing.assert_allclose(compiled(a), chain(a), rtol=1e-14)
    assert compiled.source.count("memory(") == 1


def test_a_buffer_is_not_overwritten_while_a_view_of_it_is_needed():
    def fun(a):
        y = np.tanh(a)
        part, turned = y[1:], y.T
        z = np.exp(y)  # y itself is not used any more
        return z * 2 + turned, part + 1, np.exp(z)

    compiled = bp.compile(fun, argnums=None)
    for a in (A, B):
        for found, wanted in zip(compiled(a), fun(a), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_an_op_of_the_users_that_gives_its_operand_back():
    same = bp.Op("same", lambda a: a, lambda g, y, a: g)
    row = bp.Op("row", lambda a: a[0], lambda g, y, a: np.stack([g, 0 * g, 0 * g]))
    listed = bp.Op("listed", lambda a: a.tolist(), lambda g, y, a: g)

    def fun(a):
        y = np.tanh(a)
        s, r = same(y), row(y)
        z = np.exp(y)
        return np.sum(z * s) + np.sum(r * z[0]) + np.sum(listed(z) * z)

    compiled = bp.compile(fun)
    for a in (A, B, A):
        value, gradient = bp.value_and_grad(fun)(a)
        found, d = compiled(a)
        assert_close(found, value)
        assert_close(d, gradient)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "step",
    [
        lambda s: (s[1], s[0]),
        lambda s: (s[1].T, s[0] + s[1]),
        lambda s: (s[0] + 1, s[0]),
        lambda s: (np.tanh(s[0]), np.tanh(s[0]) * 2),
        lambda s: (s[0] * 2, (s[0] * 2).T),
        lambda s: (s[0], s[0]),
        lambda s: (np.ones((3, 3)), s[0]),
        lambda s: (s[0] - s[1], s[0] + s[1]),
    ],
)
def test_what_goes_round_is_replaced_at_once(step, n):
    expected = A, B
    for _ in range(n):
        expected = step(expected)
    found = bp.compile(step, None).repeat(n)((A, B))
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-14)
        assert not np.shares_memory(one, A)


def test_what_does_not_change_is_computed_before_the_loop():
    compiled = bp.compile(lambda a, b: a + np.exp(b), None)
    np.testing.assert_allclose(compiled.repeat(3)(A, B), A + 3 * np.exp(B), rtol=1e-14)


# --- edges -------------------------------------------------------------------------------------


def test_infinities_overflow_and_nan():
    a = np.array([-1e4, 1e4, np.inf, -np.inf, np.nan, 0.0])
    for fun in (bp.sigmoid, bp.relu, lambda a: np.where(a > 0, a, -1.0), np.abs):
        np.testing.assert_array_equal(bp.compile(fun, None)(a), fun(a))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        bp.compile(lambda a: np.log(a), None)(np.zeros(3))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_arrays_without_elements(shape):
    def fun(a):
        return np.sum(np.tanh(a) @ np.ones((shape[-1], 2))) + np.sum(bp.sigmoid(a) * (a > 0))

    value, gradient = bp.compile(fun)(np.ones(shape))
    assert (value, gradient.shape) == (0.0, shape)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_float32_stays_float32(name):
    args = rng.normal(size=(2, 3, 3)).astype(np.float32)
    fun = composed([(name, 0, 1, None)])
    value, gradients = bp.value_and_grad(fun, (0, 1))(*args)
    found, d = bp.compile(fun, (0, 1))(*args)
    assert found.dtype == value.dtype
    np.testing.assert_allclose(found, value, rtol=1e-5)
    for one, expected in zip(d, gradients, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-4)


def test_layouts_of_memory_and_kinds_of_arguments():
    fun = lambda a: np.sum(np.exp(a) @ a.T)
    compiled = bp.compile(fun)
    for array in (np.asfortranarray(A)[::-1, ::2], np.broadcast_to(A[0], (4, 3)), A[:2]):
        assert_close(compiled(array)[1], bp.grad(fun)(array))
    swapped = compiled(A.astype(">f8"))[1]
    assert_close(swapped, compiled(A)[1])
    assert swapped.dtype == np.float64


def test_the_text_has_the_users_names_where_they_are_names():
    def fun(a):
        y = bp.named(np.tanh(a), "hidden")
        return bp.named(np.sum(y * y), "x\nimport os")

    compiled = bp.compile(fun)
    compiled(A)
    assert "# hidden" in compiled.source
    assert "import" not in compiled.source
