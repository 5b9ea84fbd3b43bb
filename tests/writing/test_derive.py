"""What `bp.derive` writes, and that it computes what the engine computes."""

import ast
import gc
import linecache
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_bp as bp

NET = """\
import numpy as np
t = np.array([[0.87503811], [0.83690408]])
x = np.array([[0.4], [-0.2], [0.1], [0.1], [-0.15], [0.6], [-0.9]])

@np.errstate(over="ignore")
def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))

def loss_and_gradients(params):
    w_1, b_1, w_2, b_2, w_3, b_3 = (
        params[k] for k in ("w_1", "b_1", "w_2", "b_2", "w_3", "b_3")
    )
    net_h1 = w_1 @ x + b_1  # layer 1
    out_h1 = np.maximum(net_h1, 0)
    net_h2 = w_2 @ out_h1 + b_2  # layer 2
    out_h2 = sigmoid(net_h2)
    net_o = w_3 @ out_h2 + b_3  # layer 3
    out_o = sigmoid(net_o)
    difference = t - out_o  # loss
    loss = np.sum(difference ** 2) / 2
    d_net_o = -difference * out_o * (1 - out_o)  # layer 3, backward
    d_w_3 = d_net_o @ out_h2.T
    d_net_h2 = (w_3.T @ d_net_o) * out_h2 * (1 - out_h2)  # layer 2, backward
    d_w_2 = d_net_h2 @ out_h1.T
    d_net_h1 = (w_2.T @ d_net_h2) * (net_h1 > 0)  # layer 1, backward
    d_w_1 = d_net_h1 @ x.T
    return loss, dict(
        w_1=d_w_1, b_1=d_net_h1, w_2=d_w_2, b_2=d_net_h2, w_3=d_w_3, b_3=d_net_o
    )
"""


@pytest.fixture(scope="module")
def net():
    return bp.derive(bp.net7652.loss, bp.net7652.initial_parameters())


def body(derivation):
    """Return the lines of the function, without the comments."""
    text = derivation.source.partition("_and_gradients")[2]
    return [line.split("  #")[0].strip() for line in text.splitlines()[1:]]


def assert_equal(found, expected, **tolerance):
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_equal(found[key], expected[key], **tolerance)
    elif isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_equal(one, other, **tolerance)
    else:
        assert np.shape(found) == np.shape(expected)
        assert np.asarray(found).dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(found, expected, **{"rtol": 1e-14, "atol": 1e-14, **tolerance})


def assert_same_as_engine(fun, *traced, others=(), **tolerance):
    """Derive at one place, compute at others."""
    derivation = bp.derive(fun, *traced)
    for args in (traced, *others):
        value, pull_back = bp.vjp(fun, *args)
        rng = np.random.default_rng(0)
        seed = None if np.ndim(value) == 0 else rng.normal(size=np.shape(value)).astype(value.dtype)
        gradients = pull_back(np.asarray(value).dtype.type(1) if seed is None else seed)
        found, d = derivation(*args, seed=seed)
        assert_equal(found, value, **tolerance)
        assert_equal(d, gradients if len(args) > 1 else gradients[0], **tolerance)
    return derivation


# --- the notebook's net ------------------------------------------------------------------------


def test_the_source_of_the_net(net):
    assert net.source == NET
    statements = [n for n in ast.walk(ast.parse(net.source)) if isinstance(n, ast.stmt)]
    assert len(statements) <= 23


def test_the_net_on_other_parameters(net):
    for seed in range(20):
        params = bp.net7652.initial_parameters(seed)
        params = {k: a - 0.5 for k, a in params.items()}  # relu off in places
        value, gradients = bp.value_and_grad(bp.net7652.loss)(params)
        found, d = net(params)
        assert_equal(found, value, rtol=1e-15, atol=0)
        assert_equal(d, gradients, rtol=1e-15, atol=0)


def test_the_net_as_a_program(net):
    params = bp.net7652.initial_parameters(3)
    (value,), gradients = net.program.run(list(params.values()))
    expected, d = bp.value_and_grad(bp.net7652.loss)(params)
    assert_equal(value, expected, rtol=1e-15)
    assert_equal(gradients, list(d.values()), rtol=1e-15)


# --- other sources -----------------------------------------------------------------------------


def test_names_arguments_and_folding():
    def f(a, b):
        y = bp.named(a * b + 1, "y")
        return bp.named(np.sum(np.exp(-y) / y), "total")

    assert body(bp.derive(f, np.ones(3), np.full(3, 2.0))) == [
        "y = a * b + 1",
        "exp = np.exp(-y)",
        "quotient = exp / y",
        "total = np.sum(quotient)",
        "d_y = -quotient / y - 1 / y * exp",
        "d_a = d_y * b",
        "d_b = d_y * a",
        "return total, (d_a, d_b)",
    ]


def test_a_sum_of_squares():
    assert body(bp.derive(lambda w: np.sum(w**2), np.ones(3))) == [
        "total = np.sum(w ** 2)",
        "d_w = 2 * w",
        "return total, d_w",
    ]


def test_broadcasting_is_undone_in_the_text():
    def f(a, b):
        return np.sum(np.tanh(a + b))

    assert body(bp.derive(f, np.ones((2, 3)), np.ones(3))) == [
        "tanh = np.tanh(a + b)",
        "f = np.sum(tanh)",
        "d_total = 1 - tanh ** 2",
        "d_b = np.sum(d_total, axis=0)",
        "return f, (d_total, d_b)",
    ]


def test_nested_containers():
    def f(tree):
        return np.sum(tree["layers"][0]["w"] * tree["layers"][1]) + tree["x y"]

    tree = {"layers": [{"w": np.ones(2)}, np.full(2, 3.0)], "x y": 1.0}
    derivation = bp.derive(f, tree)
    assert 'tree["layers"][0]["w"]' in derivation.source
    value, d = derivation(tree)
    assert value == 7.0
    assert_equal(d, {"layers": [{"w": np.full(2, 3.0)}, np.ones(2)], "x y": np.float64(1)})


def test_second_derivatives():
    def f(a):
        return a**3 + np.tanh(a)

    derivation = bp.derive(bp.grad(f), 0.7)
    value, second = derivation(0.3)
    np.testing.assert_allclose(value, bp.grad(f)(0.3), rtol=1e-15)
    np.testing.assert_allclose(second, bp.grad(bp.grad(f))(0.3), rtol=1e-14)


def test_a_gradient_as_the_function_takes_a_seed():
    def f(params):
        return np.sum(np.tanh(params["x"] @ params["w"]) ** 2)

    rng = np.random.default_rng(1)
    params = {"x": rng.normal(size=(2, 3)), "w": rng.normal(size=3)}
    seed = {"x": rng.normal(size=(2, 3)), "w": rng.normal(size=3)}
    derivation = bp.derive(bp.grad(f), params)
    with pytest.raises(ValueError, match="seed="):
        derivation(params)
    value, product = derivation(params, seed=seed)
    assert_equal(value, bp.grad(f)(params))
    _, pull_back = bp.vjp(bp.grad(f), params)
    assert_equal(product, pull_back(seed)[0])


# --- masks are not baked in --------------------------------------------------------------------

rng = np.random.default_rng(5)
A, B = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
MASKED = {
    "relu": lambda a, b: np.sum(bp.relu(a) * b),
    "maximum": lambda a, b: np.sum(np.maximum(a, b) ** 2),
    "minimum": lambda a, b: np.sum(np.minimum(a, b) * a),
    "max": lambda a, b: np.sum(np.max(a, axis=1) * b[:, 0]),
    "min": lambda a, b: np.min(a * b),
    "abs": lambda a, b: np.sum(abs(a) * b),
    "where": lambda a, b: np.sum(np.where(a > b, a * b, np.exp(a))),
    "where on abs": lambda a, b: np.sum(np.where(abs(a) > 0.5, a, b * b)),
    "clip": lambda a, b: np.sum(np.clip(a, -0.5, 0.5) * b),
    "power": lambda a, b: np.sum(abs(a) ** b),
    "mask as a factor": lambda a, b: np.sum((a > 0) * b),
    "sign": lambda a, b: np.sum(np.sign(a) * b * a),
}


@pytest.mark.parametrize("name", MASKED)
def test_masks_follow_the_data(name):
    others = [(-A, B), (B, A), (A[::-1] * 3, -B)]
    assert_same_as_engine(MASKED[name], A, B, others=others)


@pytest.mark.parametrize(
    ("fun", "match"),
    [
        (lambda a: a[0] if a[0] > 0 else a[1], "bool"),
        (lambda a: np.sum(a * (a.data > 0)), "no part of the graph"),
        (lambda a: np.sum(a * a.data.max()), "no part of the graph"),
        (lambda a: np.sum(a) * a[0].item(), "no part of the graph"),
        (lambda a: np.sum(a * a.detach()), "no part of the graph"),
        (lambda a: np.sum(a) * float(a[0]), "float"),
        (lambda a: np.sum(a * np.random.rand(2)), "at random"),
        (lambda a: a[int(np.argmax(a.data))], "computed from data"),
        (lambda a: np.sum(a) if a.data[0] > 0 else np.sum(a * a), "other steps"),
        (lambda a: np.sum(a[np.nonzero(a)]), "nonzero"),
    ],
)
def test_what_cannot_be_written_out_is_refused(fun, match):
    with pytest.raises(TypeError, match=match):
        bp.derive(fun, np.array([0.5, 2.0]))


def test_a_function_runs_three_times():
    runs = []

    def positive(a):
        runs.append(a)
        if np.any(a.data < 0):
            raise ValueError("defined for positive numbers alone")
        return np.sum(np.sqrt(a))

    def everywhere(a):
        runs.append(a)
        return np.sum(a)

    bp.derive(everywhere, np.ones(2))
    assert len(runs) == 3
    runs.clear()
    bp.derive(positive, np.ones(2))
    assert 3 <= len(runs) <= 5  # other points stand in for those where it is not defined


def test_comparisons_give_arrays_again_afterwards():
    bp.derive(lambda a: np.sum(bp.relu(a)), np.ones(2))
    with pytest.raises(TypeError):
        bp.derive(lambda a: bool(a > 0), 1.0)
    assert isinstance(bp.Value(np.ones(2)) > 0, np.ndarray)
    assert isinstance(np.sign(bp.Value(np.ones(2))), np.ndarray)


# --- options -----------------------------------------------------------------------------------


def test_other_arguments_are_inputs_or_stay():
    def loss(w, x, labels):
        return bp.cross_entropy(x @ w, labels)

    w, x, labels = rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0])
    derivation = bp.derive(loss, w, x, labels, argnums=0)
    value, d = derivation(w * 2, x - 1, labels)
    expected, d_w = bp.value_and_grad(loss)(w * 2, x - 1, labels)
    assert_equal(value, expected)
    assert_equal(d, d_w)
    with pytest.raises(ValueError, match="labels is not what it was"):
        derivation(w, x, labels[::-1])
    labels[0] = 1  # the derivation has its own copy
    with pytest.raises(ValueError, match="labels is not what it was"):
        derivation(w, x, labels)


def test_wrong_arguments_are_refused(net):
    params = bp.net7652.initial_parameters()
    with pytest.raises(ValueError, match=r"params w_1 of shape \(6, 7\)"):
        net({**params, "w_1": np.ones((6, 8))})
    with pytest.raises(ValueError, match="expected params with"):
        net({"w_1": params["w_1"]})
    with pytest.raises(TypeError, match="expected 1 arguments"):
        net(params, 2)
    with pytest.raises(TypeError, match="takes no seed"):
        net(params, seed=1.0)
    with pytest.raises(TypeError, match="expected a function"):
        bp.derive(3, 1.0)
    with pytest.raises(TypeError, match="expected the arguments"):
        bp.derive(np.exp)


def test_a_users_own_op():
    softplus = bp.Op("softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * bp.sigmoid(a))
    for text in ({}, {"softplus": "np.log1p(np.exp({0}))"}):
        derivation = bp.derive(lambda a: np.sum(softplus(a)), A, text=text)
        value, d = derivation(B)
        np.testing.assert_allclose(value, np.logaddexp(0, B).sum(), rtol=1e-15)
        np.testing.assert_allclose(d, bp.sigmoid(B), rtol=1e-15)
        assert ("logaddexp" in derivation.source) is not bool(text)


def test_a_users_own_op_with_options_in_a_chain():
    def gelu(a, slope):
        return a * bp.sigmoid(slope * a)

    def rule(g, y, a, slope):
        s = bp.sigmoid(slope * a)
        return g * (s + slope * a * s * (1 - s))

    op = bp.Op("gelu", gelu, rule)
    derivation = bp.derive(lambda a, b: np.sum(op(a @ b, slope=1.702) ** 2), A, B.T)
    value, gradients = derivation(B, A.T)
    expected = bp.value_and_grad(lambda a, b: np.sum(gelu(a @ b, 1.702) ** 2), (0, 1))(B, A.T)
    np.testing.assert_allclose(value, expected[0], rtol=1e-14)
    for one, other in zip(gradients, expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_a_number_that_a_helper_is_given_has_a_dtype():
    derivation = bp.derive(lambda a: a[np.argmax(a)] * 2, np.array([1.0, 2.0]))
    value, d = derivation(np.array([5.0, 1.0]))
    assert value == 10
    np.testing.assert_array_equal(d, [2, 0])


def test_an_op_that_runs_on_arrays_alone_needs_a_text():
    opaque = bp.Op("opaque", lambda a: np.asarray(a) ** 2, lambda g, y, a: 2 * g * a)
    with pytest.raises(TypeError, match=r"'opaque' has no text in NumPy; pass text="):
        bp.derive(lambda a: np.sum(opaque(a)), A)
    derivation = bp.derive(lambda a: np.sum(opaque(a)), A, text={"opaque": "{0} ** 2"})
    np.testing.assert_array_equal(derivation(B)[1], 2 * B)


def test_what_depends_on_its_numbers_is_not_taken_apart():
    """Its steps at one point would be wrong at another."""
    sided = bp.Op("sided", lambda a: a * float(np.sum(a.data) > 0), lambda g, y, a: g)
    with pytest.raises(TypeError, match=r"'sided' has no text in NumPy; pass text="):
        bp.derive(lambda a: np.sum(sided(a)), A)


def test_a_users_op_with_the_name_of_another_is_not_taken_for_it():
    double = bp.Op("mul", lambda a, b: 2 * a * b, lambda g, y, a, b: 2 * g * b, None)
    _, d = bp.derive(lambda a: np.sum(double(a, 1.0)), A)(B)
    np.testing.assert_array_equal(d, np.full_like(B, 2))


def test_results_are_memory_of_their_own():
    derivation = bp.derive(lambda a, b: (np.sum(a * b), a.T), np.ones((2, 2)), np.ones((2, 2)))
    a, b = np.eye(2), np.full((2, 2), 2.0)
    (_, transposed), (d_a, d_b) = derivation(a, b, seed=(1.0, np.zeros((2, 2))))
    for one in (transposed, d_a, d_b):
        assert one.flags.writeable
        for other in (a, b, transposed, d_a, d_b):
            assert one is other or not np.shares_memory(one, other)


def test_unused_parameters_have_zeros():
    _, d = bp.derive(lambda p: np.sum(p["a"]), {"a": np.ones(2), "b": np.ones((2, 3))})(
        {"a": np.ones(2), "b": np.ones((2, 3))}
    )
    assert_equal(d, {"a": np.ones(2), "b": np.zeros((2, 3))})


def test_float32():
    def f(a, b):
        return np.sum(np.tanh(a @ b) ** 2 / 3) + np.mean(np.max(a, axis=0)) * 0.1

    a, b = A.astype(np.float32), B.T.astype(np.float32)
    derivation = assert_same_as_engine(f, a, b, others=[(-a, b)], rtol=1e-5, atol=1e-6)
    value, (d_a, _) = derivation(a, b)
    assert value.dtype == d_a.dtype == np.float32


# --- hostile names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "class",
        "np",
        "sigmoid",
        "loss_and_gradients",
        "x); import os; os.system('x'",
        "a\n    raise SystemExit",
        "#",
        "",
        " ",
        "ﬁ",
        "params",
        "print",
        "None",
        "__import__",
        "δ",
        "w" * 500,
        "\u202e",
        '"""',
        "d_a",
    ],
)
def test_hostile_names(name):
    def loss(params):
        with bp.scope(name):
            y = bp.named(bp.sigmoid(params[name] * params["a"]), name)
            return bp.named(np.sum(y * y), name)

    params = {name: np.array([0.5, 1.0]), "a": np.array([2.0, 3.0])}
    derivation = bp.derive(loss, params)
    value, d = derivation(params)
    expected, gradients = bp.value_and_grad(loss)(params)
    assert_equal(value, expected)
    assert_equal(d, gradients)
    assert "\\begin{aligned}" in derivation.latex


def test_keys_that_cannot_be_written():
    with pytest.raises(TypeError, match="keys of dicts"):
        bp.derive(lambda p: p[(1, 2)] * 2, {(1, 2): 1.0})
    value, d = bp.derive(lambda p: p[3] * 2, {3: 1.0})({3: 2.0})
    assert (value, d) == (4.0, {3: 2.0})


# --- export ------------------------------------------------------------------------------------


def test_export_runs_without_the_package(net, tmp_path):
    path = net.export(tmp_path / "net.py")
    params = bp.net7652.initial_parameters(7)
    np.savez(tmp_path / "params.npz", **params)
    code = f"""
import runpy, sys, numpy as np
made = runpy.run_path({str(path)!r})
params = dict(np.load({str(tmp_path / "params.npz")!r}))
value, d = made["loss_and_gradients"](params)
assert "tinygrad_bp" not in sys.modules
np.savez({str(tmp_path / "d.npz")!r}, value=value, **d)
"""
    subprocess.run([sys.executable, "-I", "-c", code], check=True, cwd=tmp_path, timeout=60)
    value, gradients = bp.value_and_grad(bp.net7652.loss)(params)
    found = dict(np.load(tmp_path / "d.npz"))
    assert_equal(found.pop("value"), value, rtol=1e-15)
    assert_equal(found, gradients, rtol=1e-15)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.npz", "net.py", "params.npz"]


def test_large_constants_are_arguments_in_the_source_and_written_out_by_export(tmp_path):
    data = np.random.default_rng(0).normal(size=(50, 40)).astype(np.float32)
    derivation = bp.derive(lambda w: np.sum(np.tanh(data @ w)), np.ones(40))
    assert "def value_and_gradients(w, *, data):" in derivation.source
    assert len(derivation.source) < 1000
    value, d = derivation(np.ones(40))
    namespace = {}
    exec(derivation.export(tmp_path / "f.py").read_text(), namespace)
    exported, d_exported = namespace["value_and_gradients"](np.ones(40))
    assert_equal(exported, value, rtol=0, atol=0)
    assert_equal(d_exported, d, rtol=0, atol=0)


SAMPLES = np.array([[0.5, -1.0], [2.0, 0.25]])


def hidden(w):
    return np.tanh(SAMPLES @ w)


def test_constants_of_functions_that_are_called_have_their_names():
    source = bp.derive(lambda w: np.sum(hidden(w)), np.ones(2)).source
    assert "\nSAMPLES = np.array([[0.5, -1.0], [2.0, 0.25]])\n" in source
    assert "SAMPLES @ w" in source


def test_constants_come_back_exactly():
    data = np.array([0.1, 1e-310, -0.0, np.inf, np.nan, 1 / 3, 1e300])
    namespace = {}
    exec(bp.derive(lambda w: np.sum(data * w), 1.0).source, namespace)
    assert namespace["data"].tobytes() == data.tobytes()


def test_export_into_a_missing_folder_changes_nothing(net, tmp_path):
    with pytest.raises(OSError, match="missing"):
        net.export(tmp_path / "missing" / "net.py")
    assert list(tmp_path.iterdir()) == []


# --- size --------------------------------------------------------------------------------------


def test_ten_thousand_ops():
    def chain(a):
        for _ in range(2500):
            a = np.tanh(a * 1.001 + 0.001) - a * 0.5
        return np.sum(a)

    derivation = bp.derive(chain, np.linspace(-1, 1, 3))
    assert len(derivation.program.instructions) > 10_000
    assert max(map(len, derivation.source.splitlines())) < 200
    _, d = derivation(np.linspace(0, 2, 3))
    np.testing.assert_allclose(d, bp.grad(chain)(np.linspace(0, 2, 3)), rtol=1e-12)
    with pytest.raises(ValueError, match="paths"):
        bp.derive(named_chain, 0.01).latex_for("a")


def named_chain(a):
    for k in range(12):
        a = bp.named(bp.named(a * 0.2, f"l{k}") * bp.named(a + 0.1, f"r{k}"), f"a{k}")
    return a


# --- in a notebook -----------------------------------------------------------------------------


def test_representations(net):
    bundle = net._repr_mimebundle_()
    assert "&lt;" in bundle["text/html"] or "net_h1 &gt; 0" in bundle["text/html"]
    assert bundle["text/latex"].startswith("$$")
    assert bundle["text/plain"] == str(net) == net.source
    assert repr(net) == "<Derivation of loss>"


@pytest.mark.parametrize("write", [bp.derive, lambda f, a: bp.compile(f)])
def test_lines_are_kept_for_tracebacks_as_long_as_the_function(write):
    before = set(linecache.cache)
    written = write(lambda a: np.sum(np.exp(a)), 1.0)
    written(1.0)
    (file,) = set(linecache.cache) - before
    assert "exp(" in "".join(linecache.getlines(file))
    del written
    gc.collect()
    assert set(linecache.cache) <= before


@pytest.mark.parametrize("write", [bp.derive, lambda f, a: bp.compile(f)(a)])
def test_a_buffer_that_is_filled_anew_is_refused(write):
    def loss(x, buffer):
        total = 0.0
        for k in range(3):
            buffer[:] = k + 1
            total = total + np.sum(x * buffer)
        return total

    with pytest.raises(TypeError, match=r"mul: operand 1 .* was changed after it had been used"):
        write(lambda x: loss(x, np.zeros(2)), np.ones(2))
    write(lambda x: np.sum(x * np.array([np.nan, 1.0])), np.ones(2))


def test_what_is_taken_apart_and_returned_is_broken_into_short_lines():
    params = {f"a_long_name_{k}": np.array([0.1 * k, 1.0]) for k in range(6)}
    derivation = bp.derive(lambda p: sum(np.sum(v**2) for v in p.values()), params)
    assert max(map(len, derivation.source.splitlines())) <= 80
    _, gradients = derivation(params)
    assert all(np.array_equal(gradients[name], 2 * each) for name, each in params.items())
