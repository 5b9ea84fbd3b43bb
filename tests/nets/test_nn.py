"""Layers and nets: what they compute, how they start, what they learn, what they refuse."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.nn import ACTIVATIONS, MLP, Linear, Module


def samples(n=5, n_in=3, dtype=np.float64):
    return np.random.default_rng(1).standard_normal((n, n_in)).astype(dtype)


# --- Linear ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_x_times_weight_plus_bias(bias):
    layer, x = Linear(3, 2, bias=bias, rng=0), samples()
    expected = x @ layer.weight.data.T
    if bias:
        layer.bias.data = [0.5, -2.0]
        expected = expected + np.array([0.5, -2.0])
    else:
        assert layer.bias is None
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-14)
    np.testing.assert_allclose(layer(bp.Value(x)).data, expected, rtol=1e-14)
    np.testing.assert_allclose(layer(x[0]).data, expected[0], rtol=1e-14)
    np.testing.assert_allclose(layer(list(x[0])).data, expected[0], rtol=1e-14)
    assert layer(x[:0]).shape == (0, 2)


def test_gradients_of_linear():
    layer, x = Linear(3, 2, rng=0), bp.Value(samples())
    g = samples(5, 2)
    layer(x).backward(g)
    np.testing.assert_allclose(layer.weight.grad, g.T @ x.data, rtol=1e-14)
    np.testing.assert_allclose(layer.bias.grad, g.sum(axis=0), rtol=1e-14)
    np.testing.assert_allclose(x.grad, g @ layer.weight.data, rtol=1e-14)
    assert layer.weight.grad.flags.c_contiguous  # updates beside C-ordered data are fast


def test_initialisation():
    he = Linear(400, 300, initialization="he", rng=0).weight.data
    assert he.mean() == pytest.approx(0, abs=1e-3)
    assert he.std() == pytest.approx(np.sqrt(2 / 400), rel=1e-2)
    glorot = Linear(400, 300, rng=0).weight.data
    limit = np.sqrt(6 / 700)
    assert np.abs(glorot).max() <= limit
    assert np.abs(glorot).max() == pytest.approx(limit, rel=1e-3)
    assert glorot.std() == pytest.approx(limit / np.sqrt(3), rel=1e-2)
    np.testing.assert_array_equal(Linear(3, 2, rng=0).bias.data, [0, 0])


def test_seeds():
    def weight(rng):
        return Linear(3, 2, rng=rng).weight.data

    np.testing.assert_array_equal(weight(4), weight(4))
    np.testing.assert_array_equal(weight(4), weight(np.random.default_rng(4)))
    assert not np.array_equal(weight(4), weight(5))
    assert not np.array_equal(weight(None), weight(None))
    generator = np.random.default_rng(4)
    assert not np.array_equal(weight(generator), weight(generator))


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    MLP([3, 4, 2])
    MLP([3, 4, 2], rng=0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


# --- MLP ---------------------------------------------------------------------------------------


def test_mlp_composes_layers_and_activations():
    net, x = MLP([3, 4, 5, 2], rng=0), samples()
    h = x
    for k, layer in enumerate(net.layers):
        h = h @ layer.weight.data.T + layer.bias.data
        h = np.maximum(h, 0) if k < 2 else h
    np.testing.assert_allclose(net(x).data, h, rtol=1e-12)
    assert net.activations[:2] == [bp.relu, bp.relu]
    assert net(x[0]).shape == (2,)


@pytest.mark.parametrize(
    ("activations", "first", "last"),
    [
        ("tanh", np.tanh, lambda a: a),
        (bp.sigmoid, bp.sigmoid, lambda a: a),
        (["relu", "softmax"], lambda a: np.maximum(a, 0), bp.softmax),
        (("linear", np.exp), lambda a: a, np.exp),
    ],
)
def test_activations(activations, first, last):
    net, x = MLP([3, 4, 2], activations, rng=0), samples()
    w, v = (layer.weight.data for layer in net.layers)
    np.testing.assert_allclose(net(x).data, last(first(x @ w.T) @ v.T), rtol=1e-12)


def test_layers_before_a_relu_start_from_he():
    relu, tanh = MLP([100, 100, 100], rng=0), MLP([100, 100, 100], "tanh", rng=0)
    limit = np.sqrt(6 / 200)
    assert np.abs(relu.layers[0].weight.data).max() > limit
    for layer in (relu.layers[1], *tanh.layers):
        assert np.abs(layer.weight.data).max() <= limit


def test_names_and_scopes():
    net = MLP([3, 4, 2], rng=0)
    names = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    assert list(net.named_parameters()) == names
    assert [parameter.name for parameter in net.parameters()] == names
    assert [p.shape for p in net.parameters()] == [(4, 3), (4,), (2, 4), (2,)]
    scopes = [node.scope for node in bp.topological_order(net(samples())) if node.op]
    assert list(dict.fromkeys(scopes)) == [("layer 1",), ("layer 2",)]
    assert repr(net).startswith("MLP(layers.0.weight (4, 3), layers.0.bias (4,)")
    assert list(MLP([3, 2], bias=False).named_parameters()) == ["layers.0.weight"]


def test_no_grad():
    with bp.no_grad():
        y = MLP([3, 4, 2], rng=0)(samples())
    assert not y.requires_grad
    assert y.parents == ()


def test_gradients_of_an_mlp_against_the_complex_step():
    net, x, t = MLP([3, 4, 2], "tanh", rng=0), samples(), samples(5, 2)
    bp.mse(net(x), t).backward()
    data = [p.data for p in net.parameters()]

    def fun(w_1, b_1, w_2, b_2):
        return np.mean((np.tanh(x @ w_1.T + b_1) @ w_2.T + b_2 - t) ** 2)

    for k, parameter in enumerate(net.parameters()):
        numeric = np.empty(parameter.shape)
        for index in np.ndindex(parameter.shape):
            moved = [array.astype(complex) for array in data]
            moved[k][index] += 1e-20j
            numeric[index] = fun(*moved).imag / 1e-20
        np.testing.assert_allclose(parameter.grad, numeric, rtol=1e-11, atol=1e-15)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.001 * parameter.grad, numeric, rtol=1e-11, atol=1e-15)


def spirals(n=100, seed=0):
    """Two arms that no straight line separates."""
    rng = np.random.default_rng(seed)
    angle = np.sqrt(rng.random(n)) * 2 * np.pi
    arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / (2 * np.pi)
    return np.concatenate([arm, -arm]), np.repeat([0, 1], n)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_mlp_learns_what_a_line_cannot(dtype):
    x, labels = spirals()
    x = x.astype(dtype)

    def fit(net):
        optimizer = bp.optim.Adam(net.parameters(), 0.02)
        for _ in range(300):
            optimizer.zero_grad()
            loss = bp.cross_entropy(net(x), labels)
            loss.backward()
            optimizer.step()
        assert loss.dtype == dtype
        assert {p.dtype for p in net.parameters()} == {np.dtype(dtype)}
        assert {p.grad.dtype for p in net.parameters()} == {np.dtype(dtype)}
        return (net(x).data.argmax(axis=1) == labels).mean(), loss.item()

    accuracy, loss = fit(MLP([2, 32, 32, 2], rng=0, dtype=dtype))
    assert accuracy > 0.97
    assert loss < 0.1
    assert fit(MLP([2, 2], rng=0, dtype=dtype))[0] < 0.8


# --- Module ------------------------------------------------------------------------------------


class Tied(Module):
    """Holds the same layer twice, a constant, a computed Value, and containers."""

    def __init__(self):
        self.first = Linear(2, 2, rng=0)
        self.parts = {"again": self.first, "pair": (bp.Value(1.0), [bp.Value([2.0])])}
        self.scale = bp.Value(3.0, requires_grad=False)
        self.computed = self.scale * 2
        self.note = "not a parameter"
        self.me = self

    def forward(self, x):
        return self.first(x) * self.scale


def test_a_module_finds_each_leaf_once():
    module = Tied()
    assert list(module.named_parameters()) == [
        "first.weight",
        "first.bias",
        "parts.pair.0",
        "parts.pair.1.0",
    ]
    assert module.scale not in set(module.parameters())
    assert module(np.ones(2)).shape == (2,)


def test_zero_grad():
    net = MLP([3, 2], rng=0)
    net(samples()).sum().backward()
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None, None]


def test_forward_has_to_be_said():
    with pytest.raises(NotImplementedError, match="Module does not say what forward computes"):
        Module()(1.0)


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 4), (4,), (), (5, 3, 3), (3, 5)])
def test_inputs_of_another_shape(shape):
    x = np.ones(shape)
    expected = r": expected x of shape \(N, 3\) or \(3,\), got " + f"{shape}".replace(
        "(", r"\("
    ).replace(")", r"\)")
    with pytest.raises(ValueError, match=r"Linear\(3, 2\)" + expected):
        Linear(3, 2)(x)
    with pytest.raises(ValueError, match=r"Linear\(3, 4\) at layers.0" + expected):
        MLP([3, 4, 2])(bp.Value(x))


def test_the_layer_that_does_not_fit_is_named():
    net = MLP([3, 4, 2], [lambda a: a[:, :3], "linear"])
    with pytest.raises(ValueError, match=r"Linear\(4, 2\) at layers.1: .* got \(5, 3\)"):
        net(samples())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Linear(0, 2), ValueError, "n_in must be at least 1, got 0"),
        (lambda: Linear(2, -1), ValueError, "n_out must be at least 1, got -1"),
        (lambda: Linear(2.0, 1), TypeError, "n_in must be an int, got float 2.0"),
        (lambda: Linear(2, True), TypeError, "n_out must be an int, got bool"),
        (
            lambda: Linear(2, 2, initialization="zeros"),
            ValueError,
            "unknown initialization 'zeros'; expected 'he' or 'glorot'",
        ),
        (lambda: Linear(2, 2, dtype=int), ValueError, "dtype must be float32 or float64, got int"),
        (lambda: MLP([3]), ValueError, r"at least two sizes, input and output, got \[3\]"),
        (lambda: MLP([]), ValueError, "at least two sizes"),
        (lambda: MLP(3), TypeError, "sizes must be a list of ints, got int 3"),
        (lambda: MLP("32"), TypeError, "sizes must be a list of ints, got str '32'"),
        (lambda: MLP([3, 0, 2]), ValueError, r"sizes\[1\] must be at least 1"),
        (
            lambda: MLP([3, 2], "swish"),
            ValueError,
            f"unknown activation 'swish'; .* one of {', '.join(ACTIVATIONS)}",
        ),
        (lambda: MLP([3, 4, 2], ["relu", "ReLU"]), ValueError, "unknown activation 'ReLU'"),
        (lambda: MLP([3, 4, 2], ["relu", ["relu"]]), ValueError, "unknown activation"),
        (lambda: MLP([3, 4, 2], ["relu"]), ValueError, "expected 2 activations, .* got 1"),
        (lambda: MLP([3, 4, 2], None), TypeError, "activations must be a name"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
