"""`bp.compile` computes what the engine computes, whatever the arguments are."""

from collections import OrderedDict, namedtuple
from concurrent.futures import ThreadPoolExecutor

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
        assert (np.shape(found), found.dtype) == (np.shape(expected), np.asarray(expected).dtype)
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


def test_functions_without_their_gradient_may_differentiate_inside():
    def adam(state, x, rate):
        p, m, v, t = (state[k] for k in ("p", "m", "v", "t"))
        loss, g = bp.value_and_grad(lambda p: np.sum(np.tanh(x @ p) ** 2))(p)
        t, m, v = t + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return {"p": p - step, "m": m, "v": v, "t": t, "loss": loss}

    state = {"p": A, "m": 0 * A, "v": 0 * A, "t": 0.0, "loss": 0.0}
    compiled, expected = bp.compile(adam, None), state
    mine = state
    for _ in range(5):
        mine, expected = compiled(mine, B, 0.01), adam(expected, B, 0.01)
        assert_same(mine, expected)
    assert_same(compiled.repeat(5)(state, B, 0.01), expected)
    assert compiled.cache_info().misses == 2


# --- what is an input, and what is part of the program -----------------------------------------


def test_numbers_beside_float32_take_its_precision():
    compiled = bp.compile(lambda p, rate: p - rate * np.tanh(p), argnums=None)
    a = A.astype(np.float32)
    for rate in (0.1, 0.2, np.float32(0.3)):
        assert_same(compiled(a, rate), a - rate * np.tanh(a), rtol=1e-6)
    assert compiled.cache_info().currsize == 1
    assert compiled(A, 0.1).dtype == np.float64


def test_options_are_part_of_the_program_and_other_ones_give_another():
    def fun(a, power, mode="sum", shift=None):
        y = (a if shift is None else a + shift) ** power
        return np.sum(y) if mode == "sum" else np.mean(y)

    compiled = bp.compile(fun)
    for _ in range(2):
        for power in (1, 2, 3):
            assert_same(compiled(A, power), bp.value_and_grad(fun)(A, power))
        assert_same(compiled(A, 2, mode="mean"), bp.value_and_grad(fun)(A, 2, mode="mean"))
        assert_same(compiled(A, 2, shift=B), bp.value_and_grad(fun)(A, 2, shift=B))
        assert_same(compiled(A, 2, shift=None), bp.value_and_grad(fun)(A, 2))
        assert_same(compiled(A, True), bp.value_and_grad(fun)(A, True))
    assert compiled.cache_info()[1:] == (7, 16, 7)


def test_arrays_of_whole_numbers_are_inputs():
    fun = lambda w, pixels: np.sum(np.tanh(pixels / 255 @ w))
    compiled = bp.compile(fun)
    for _ in range(3):
        pixels = rng.integers(0, 256, (4, 3)).astype(np.uint8)
        assert_same(compiled(A, pixels), bp.value_and_grad(fun)(A, pixels))
    assert compiled.cache_info().misses == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_inputs(dtype):
    fun = lambda w, x, labels: bp.cross_entropy(x @ w, labels)
    compiled, w = bp.compile(fun, (0, 1)), A.astype(dtype)
    for labels in rng.integers(0, 3, (4, 5)):
        x = rng.normal(size=(5, 3)).astype(dtype)
        expected = bp.value_and_grad(fun, (0, 1))(w, x, labels)
        assert_same(compiled(w, x, labels), expected, rtol=1e-12 if dtype == np.float64 else 1e-5)
    assert compiled.cache_info().misses == 1
    for label in (-1, 3):
        assert np.isnan(compiled(w, x, np.full(5, label))[0])
    with pytest.raises(ValueError, match="classes from 0 to 2"):
        bp.compile(fun)(w, x, np.full(5, 3))


def test_indices_are_inputs_of_the_program():
    fun = lambda a, rows, n: np.sum(a[rows] ** 2) * n
    compiled = bp.compile(fun)
    for rows in ([0, 1], [2, 2], [0, 1]):
        args = A, np.array(rows), np.int64(2)
        assert_same(compiled(*args), bp.value_and_grad(fun)(*args))
    assert compiled.cache_info() == (2, 1, 16, 1)


def test_kinds_of_numbers():
    square = bp.compile(lambda a: a * a)
    for given in (3, 3.0, np.float64(3), np.array(3.0), np.int8(3), True):
        assert_same(square(given), bp.value_and_grad(lambda a: a * a)(given))
    assert square.cache_info().misses == 1
    assert square(np.float32(3))[1].dtype == np.float32
    with pytest.raises(TypeError, match=r"argument 0, w: .*expected numbers"):
        bp.compile(lambda p: np.sum(p["w"]))({"w": np.array(["a"])})


def test_complex_numbers():
    def loss(z, w):
        return np.sum(np.abs(np.exp(z * 1j) * w) ** 2)

    z, w = np.array([1 + 2j, 0.5j]), np.array([2j, 1])
    for argnums in (0, (0, 1)):
        compiled = bp.compile(loss, argnums)
        for scale in (1, 2):
            given = (z * scale, w)
            assert_same(compiled(*given), bp.value_and_grad(loss, argnums)(*given))
    single = z.astype(np.complex64), w.astype(np.complex64)
    assert bp.compile(loss)(*single)[1].dtype == np.complex64
    for way in (bp.compile(np.sum), lambda z: bp.derive(np.sum, z)):
        with pytest.raises(TypeError, match=r"real number.*complex"):
            way(z)


def test_changed_shapes_types_and_containers_are_traced_again():
    compiled = bp.compile(lambda p: sum(np.sum(a**2) for a in p))
    for p in ([A], [A[0]], [A, B], (A, B), [A.astype(np.float32)], [A]):
        expected = bp.value_and_grad(lambda p: sum(np.sum(a**2) for a in p))(p)
        assert_same(compiled(p), expected, rtol=1e-6)
    assert compiled.cache_info() == (1, 5, 16, 5)


def test_a_dict_in_another_order():
    compiled = bp.compile(lambda p: np.sum(p["a"] * 2 - p["b"]))
    for p in ({"a": A, "b": B}, {"b": B, "a": A}):
        _, g = compiled(p)
        np.testing.assert_array_equal(g["a"], np.full((3, 3), 2.0))
        np.testing.assert_array_equal(g["b"], np.full((3, 3), -1.0))


def test_keys_are_never_run_as_code():
    hostile = "']; raise SystemExit #"
    compiled = bp.compile(lambda p: np.sum(p[hostile] ** 2))
    for _ in range(2):
        assert_same(compiled({hostile: A})[1], {hostile: 2 * A})


def test_constants_are_those_of_the_time_of_tracing():
    scale = np.ones((3, 3))
    compiled = bp.compile(lambda a: np.sum(a * scale))
    compiled(A)
    scale *= 2
    np.testing.assert_array_equal(compiled(A)[1], np.ones((3, 3)))
    compiled.cache_clear()
    np.testing.assert_array_equal(compiled(A)[1], scale)


# --- the cache, threads, Values ----------------------------------------------------------------


def test_the_cache_is_bounded_and_the_least_recently_used_goes():
    compiled = bp.compile(lambda a: np.sum(a**2), cache_size=2)
    for n in (1, 2, 1, 3, 1, 2):
        compiled(np.ones(n))
    assert compiled.cache_info() == (2, 4, 2, 2)
    compiled.cache_clear()
    assert compiled.cache_info() == (0, 0, 2, 0)
    with pytest.raises(RuntimeError, match="call the function first"):
        _ = compiled.source
    with pytest.raises(ValueError, match="at least 1"):
        bp.compile(np.sum, cache_size=0)
    with pytest.raises(TypeError):
        bp.compile(np.sum, cache_size=1.5)


@pytest.mark.parametrize("copy", [True, False])
def test_threads_do_not_disturb_each_other(copy):
    def fun(a):
        for _ in range(30):
            a = np.tanh(a) + 1
        return a

    compiled, wrong = bp.compile(fun, None, copy=copy), []

    def work(seed):
        a = np.random.default_rng(seed).normal(size=(40, 40))
        expected = fun(a)
        wrong.extend(seed for _ in range(100) if not np.array_equal(compiled(a), expected))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert not wrong


def test_values_run_the_function_as_it_is():
    square = bp.compile(lambda a: np.sum(a**2), argnums=None)
    x = bp.Value(A)
    square(x).backward()
    np.testing.assert_allclose(x.grad, 2 * A)
    np.testing.assert_allclose(bp.grad(square)(A), 2 * A)
    np.testing.assert_allclose(bp.grad(square.repeat(1))(A), 2 * A)
    slope = bp.compile(np.tanh)
    np.testing.assert_allclose(bp.grad(lambda a: slope(a)[1])(0.5), bp.grad(bp.grad(np.tanh))(0.5))
    again = bp.compile(bp.compile(net_step, None), None)
    params = bp.net7652.initial_parameters()
    assert_same(again(params), net_step(params))


def test_checkpoints_inside_follow_the_data():
    fun = lambda a: np.sum(bp.checkpoint(lambda x: np.tanh(x) ** 2)(a) * a)
    compiled = bp.compile(fun)
    for a in (A, B):
        assert_same(compiled(a), bp.value_and_grad(fun)(a))


def test_inside_no_grad_and_scopes():
    params = bp.net7652.initial_parameters()
    with bp.no_grad(), bp.scope("outside"):
        assert_same(bp.compile(net_step, None)(params), net_step(params))


def test_it_looks_like_the_function():
    compiled = bp.compile(net_step, argnums=None)
    assert compiled.__name__ == "net_step"
    assert repr(compiled) == (
        "<Compiled net_step, argnums=None, backend='numpy', 0 of 16 programs>"
    )
    compiled(bp.net7652.initial_parameters())
    assert "def program(" in compiled.source
    assert "# out_h1" in compiled.source


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fun", "match"),
    [
        (lambda a: np.sum(a) if a[0] > 0 else np.sum(a * 2), "bool"),
        (lambda a: np.sum(a) if a.data[0] > 0 else np.sum(a * a), "other steps"),
        (lambda a: np.sum(a) * float(a[0]), "float"),
        (lambda a: np.sum(a) * a[0].item(), "compile: .*no part of the graph"),
        (lambda a: np.sum(a * a.data), "compile: .*no part of the graph"),
        (lambda a: np.sum(a * np.random.rand(2)), "at random"),
        (lambda a: np.sum(a * bp.Value(np.ones(2))) + KEPT, "Value 'kept' that is not among"),
        (lambda a: np.sum(a[np.argsort(a.data)] * [1.0, 2.0]), "computed from data"),
        (lambda a: np.sum(a[np.nonzero(a)]), "nonzero"),
        (lambda a: np.linalg.svd(a), "svd"),
        (lambda a: "text", "expected numbers"),
    ],
)
def test_what_a_program_cannot_do_is_refused(fun, match):
    compiled = bp.compile(fun)
    for _ in range(2):
        with pytest.raises((TypeError, np.linalg.LinAlgError), match=match):
            compiled(np.array([0.5, 2.0]))
    assert compiled.cache_info().currsize == 0


def test_a_value_that_takes_more_steps_for_other_arguments_is_refused():
    def sines(a):
        for _ in range(1 + int(a.data[0] > 0)):
            a = np.sin(a)
        return a

    with pytest.raises(TypeError, match="another number of steps for other arguments"):
        bp.compile(sines, None)(np.array([0.5, 2.0]))


KEPT = bp.Value(1.0, name="kept")


def changes_the_array(a, b):
    b += 1
    return np.sum(a * b)


def changes_the_dict(a, b):
    b["x"] = b["x"] * 2
    return np.sum(a * b["x"])


def adds_to_the_list(a, b):
    b.append(a)
    return np.sum(a * b[0])


@pytest.mark.parametrize(
    ("fun", "b"),
    [(changes_the_array, B), (changes_the_dict, {"x": B}), (adds_to_the_list, [B])],
)
@pytest.mark.parametrize("argnums", [0, None])
def test_arguments_that_are_changed_in_place_are_refused(fun, b, argnums):
    before = B.copy()
    with pytest.raises(
        TypeError, match=r"changes (argument 1|a container).* in place|\+= e would change.*copy"
    ):
        bp.compile(fun, argnums)(A, b)
    np.testing.assert_array_equal(B, before)


def test_what_would_be_kept_without_being_seen_is_refused():
    class Settings:
        rate = 0.1

    with pytest.raises(TypeError, match="argument 1 is a Settings"):
        bp.compile(lambda a, s: np.sum(a) * s.rate)(A, Settings())
    with pytest.raises(TypeError, match=r"argument 1, \[0\] is a Linear"):
        bp.compile(lambda a, nets: np.sum(nets[0](a)))(A, [bp.nn.Linear(3, 2)])
    assert bp.compile(lambda a, f: np.sum(f(a)))(A, np.tanh)[0] == np.sum(np.tanh(A))


@pytest.mark.parametrize("value", [lambda a: a, lambda a: (np.sum(a),), lambda a: {"x": np.sum(a)}])
def test_a_value_that_is_no_scalar(value):
    with pytest.raises((TypeError, ValueError), match="argnums=None"):
        bp.compile(value)(A)
    compiled = bp.compile(value, argnums=None)
    assert_same(compiled(A), value(A))


def test_what_cannot_go_round():
    with pytest.raises(TypeError, match=r"expected leaves \['a'\], got \['b'\]"):
        bp.compile(lambda p: {"b": p["a"]}, None).repeat(2)({"a": A})
    with pytest.raises(TypeError, match="containers of other kinds"):
        bp.compile(lambda p: tuple(p), None).repeat(2)([A])
    with pytest.raises(ValueError, match=r"expected w of shape \(3, 3\) and dtype float64, got"):
        bp.compile(lambda p: {"w": np.sum(p["w"])}, None).repeat(2)({"w": A})
    with pytest.raises(ValueError, match="dtype float32"):
        bp.compile(lambda p: p * A, None).repeat(2)(A.astype(np.float32))
    with pytest.raises(TypeError, match="argument 0, n cannot go through a loop"):
        bp.compile(lambda p: p, None).repeat(2)({"a": A, "n": 3})
    with pytest.raises(TypeError, match="first argument"):
        bp.compile(lambda: 1.0, None).repeat(2)()
    with pytest.raises(ValueError, match="0 or more"):
        bp.compile(np.tanh, None).repeat(-1)
    with pytest.raises(TypeError):
        bp.compile(np.tanh, None).repeat(1.5)


def test_wrong_options_and_missing_backends(monkeypatch):
    with pytest.raises(TypeError, match="expected a function, got int"):
        bp.compile(3)
    with pytest.raises(ValueError, match="one of numpy, numba, jax, got 'cuda'"):
        bp.compile(np.sum, backend="cuda")
    monkeypatch.setattr("tinygrad_bp.compiling.backends.find_spec", lambda package: None)
    for name in ("numba", "jax"):
        with pytest.raises(ImportError, match=rf"pip install tinygrad-bp\[{name}\]"):
            bp.compile(np.sum, backend=name)


def test_errors_of_the_function_itself_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        bp.compile(lambda a: 1 / 0)(A)
    with pytest.raises(TypeError, match="missing 1 required"):
        bp.compile(lambda a, b: a)(A)
