"""Programs as people write them: how the loss and the gradients are called, and what they give."""

from functools import wraps

import numpy as np
import pytest

import tinygrad_bp as bp

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))
W, B = RNG.normal(size=(3, 2)), np.array([0.1, 0.2])
PARAMS = {"W": W, "b": B}


def loss(p):
    return np.sum((X @ p["W"] + p["b"] - Y) ** 2)


def gradients(p):
    d = 2 * (X @ p["W"] + p["b"] - Y)
    return {"dW": X.T @ d, "db": d.sum(axis=0)}


def verdicts(comparison):
    return {row.name: row.verdict for row in comparison.rows}


def halved(manual):
    """Make the first of the gradients wrong."""

    @wraps(manual)
    def wrong(*args, **kwargs):
        given = manual(*args, **kwargs)
        if isinstance(given, dict):
            first = next(iter(given))
            return given | {first: given[first] / 2}
        return (given[0] / 2, *given[1:])

    return wrong


# --- what the loss gives -------------------------------------------------------------------------


def test_a_loss_that_gives_its_gradients():
    comparison = bp.compare(lambda p: (loss(p), gradients(p)), PARAMS)
    assert comparison
    assert comparison.manual is not None
    assert comparison.notes[:2] == [
        "fun gives 2 things; the first of them is the loss",
        "what fun gives beside the loss are the gradients",
    ]
    wrong = bp.compare(lambda p: (loss(p), halved(gradients)(p)), PARAMS)
    assert verdicts(wrong) == {"W": "wrong", "b": "correct"}


def test_a_loss_that_gives_a_cache():
    for cache in (X, (X, Y, "h"), {"h": X}, (W, B), {"W": W, "b": B}):
        assert bp.compare(lambda p, c=cache: (loss(p), c), PARAMS).manual is None
        assert bp.compare(lambda p, c=cache: (loss(p), c), PARAMS, gradients)
    # the parameters themselves, on their way through a cache, are no gradients
    assert bp.compare(lambda p: (loss(p), p), PARAMS).manual is None


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_one_element_is_a_number(shape):
    comparison = bp.compare(lambda p: np.reshape(loss(p), shape), PARAMS, gradients)
    assert comparison
    assert f"the loss has shape {shape}; its one element is taken" in comparison.notes
    assert bp.compare(lambda p: [loss(p)], PARAMS, gradients)


def test_more_elements_are_none():
    with pytest.raises(ValueError, match=r"must return a scalar, got shape \(5, 2\)"):
        bp.compare(lambda p: X @ p["W"], PARAMS, gradients)
    with pytest.raises(ValueError, match=r"must return a scalar, got shape \(5, 2\)"):
        bp.compare(lambda p: (X @ p["W"], X), PARAMS, gradients)


# --- how the functions take the parameters -------------------------------------------------------


def forward(x, w, b):
    return x @ w + b, (x, w, b)


def backward(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@pytest.mark.parametrize("params", [[X, W, B], {"x": X, "w": W, "b": B}, {"b": B, "w": W, "x": X}])
def test_a_layer_with_forward_and_backward(params):
    right = backward
    if isinstance(params, dict):
        names = ("x", "w", "b")
        right = lambda dout, cache: dict(zip(names, backward(dout, cache), strict=True))
    comparison = bp.compare(forward, params, right)
    assert comparison, str(comparison)
    assert any("upstream gradient is drawn" in note for note in comparison.notes)
    wrong = bp.compare(forward, params, halved(right))
    assert list(verdicts(wrong).values()).count("wrong") == 1


def test_a_backward_that_works_for_a_uniform_upstream_gradient_alone_is_wrong():
    def careless(dout, cache):
        _, dw, db = backward(dout, cache)
        return np.mean(dout) * np.ones((5, 2)) @ cache[1].T, dw, db

    assert verdicts(bp.compare(forward, [X, W, B], careless))["[0]"] == "wrong"


def test_a_scalar_with_a_cache_is_pulled_back_from_1():
    def scalar(x, w):
        return np.sum(x @ w), (x, w)

    def back(dout, cache):
        x, w = cache
        return dout * np.ones((5, 2)) @ w.T, dout * x.T @ np.ones((5, 2))

    assert bp.compare(scalar, [X, W], back)
    assert not bp.compare(scalar, [X, W], halved(back))


def test_functions_that_take_each_parameter():
    def by_each(W, b):
        return loss({"W": W, "b": b})

    def back(W, b):
        return gradients({"W": W, "b": b})

    assert bp.compare(by_each, PARAMS, back)
    assert not bp.compare(by_each, PARAMS, halved(back))
    assert bp.compare(by_each, [W, B], back)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        bp.compare(by_each, {"other": W}, back)


def test_gradients_that_come_with_the_loss_again():
    comparison = bp.compare(loss, PARAMS, lambda p: (loss(p), {**gradients(p), "dX": X}))
    # two things for two parameters are read as their gradients, in order
    assert verdicts(comparison)["W"] == "wrong"
    three = PARAMS | {"c": 1.0}
    cubed = lambda p: loss(p) + p["c"] ** 3
    assert bp.compare(cubed, three, lambda p: (cubed(p), gradients(p) | {"dc": 3.0}))


# --- parameters in objects -----------------------------------------------------------------------


class Net:
    """A net as they are written: data and settings are attributes, too."""

    def __init__(self):
        self.W1, self.b1 = W.copy(), B.copy()
        self.X, self.lr, self.history = X, 0.1, []

    def forward(self):
        self.z = self.X @ self.W1 + self.b1
        self.a = np.tanh(self.z)
        return self.a

    def loss(self):
        value = np.sum((self.forward() - Y) ** 2)
        self.history.append(1)
        return value

    def backward(self, factor=2):
        self.forward()
        d = factor * (self.a - Y) * (1 - self.a**2)
        self.dW1, self.db1 = self.X.T @ d, d.sum(axis=0)

    def grads(self):
        self.backward()
        return {"W1": self.dW1, "b1": self.db1}


WAYS = {
    "methods": lambda net: (net.loss, net.backward),
    "methods, gradients given": lambda net: (net.loss, net.grads),
    "functions": lambda net: (lambda n: n.loss(), lambda n: n.backward()),
    "functions, gradients given": lambda net: (lambda n: n.loss(), lambda n: n.grads()),
    "the net given": lambda net: (lambda n: n.loss(), lambda n: n.backward() or n),
    "with the loss": lambda net: (lambda n: (n.loss(), n.grads()), None),
    "no argument": lambda net: (lambda: net.loss(), lambda: net.grads()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trained", [False, True])
def test_a_net_with_attributes(way, trained):
    net = Net()
    if trained:  # what is left of an earlier run is no parameter
        net.backward()
    before = dict(vars(net))
    comparison = bp.compare(*_placed(way, net))
    assert comparison, str(comparison)
    assert verdicts(comparison) == {"W1": "correct", "b1": "correct"}
    assert "the parameters are W1, b1" in comparison.notes
    assert any(
        note.startswith("without a gradient, and so not compared: X") for note in comparison.notes
    )
    assert all(vars(net)[name] is item for name, item in before.items())
    assert vars(net).keys() == before.keys()


@pytest.mark.parametrize("way", [way for way in WAYS if way != "with the loss"])
def test_a_net_with_attributes_that_is_wrong(way):
    net = Net()
    net.backward = lambda: Net.backward(net, factor=1)
    assert set(verdicts(bp.compare(*_placed(way, net))).values()) == {"wrong"}


def _placed(way, net):
    fun, manual = WAYS[way](net)
    return fun, net, manual


def test_a_net_without_gradients_has_the_arrays_that_a_run_leaves_alone():
    net = Net()
    net.forward()
    comparison = bp.compare(lambda n: n.loss(), net)
    assert comparison
    assert list(verdicts(comparison)) == ["W1", "b1", "X"]  # and not z and a


class Layer:
    def __init__(self, n, m):
        self.W, self.b = RNG.normal(size=(n, m)), np.zeros(m)

    def forward(self, x):
        self.x = x
        self.a = np.tanh(x @ self.W + self.b)
        return self.a

    def backward(self, d):
        d = d * (1 - self.a**2)
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T


def layered_loss(layers):
    h = X
    for layer in layers:
        h = layer.forward(h)
    return np.sum((h - Y) ** 2)


def layered_backward(layers):
    h = X
    for layer in layers:
        h = layer.forward(h)
    d = 2 * (h - Y)
    for layer in reversed(layers):
        d = layer.backward(d)


@pytest.mark.parametrize(
    "given",
    [
        lambda layers: None,
        lambda layers: layers,
        lambda layers: [{"dW": each.dW, "db": each.db} for each in layers],
        lambda layers: [(each.dW, each.db) for each in layers],
        lambda layers: [g for each in layers for g in (each.dW, each.db)],
    ],
)
def test_a_list_of_layers(given):
    layers = [Layer(3, 4), Layer(4, 2)]

    def manual(layers, factor=1):
        layered_backward(layers)
        layers[1].dW = factor * layers[1].dW
        return given(layers)

    comparison = bp.compare(layered_loss, layers, manual)
    assert comparison, str(comparison)
    assert list(verdicts(comparison)) == ["[0].W", "[0].b", "[1].W", "[1].b"]
    wrong = verdicts(bp.compare(layered_loss, layers, lambda each: manual(each, 2)))
    assert [name for name, verdict in wrong.items() if verdict == "wrong"] == ["[1].W"]


def test_an_array_that_is_held_in_two_places_is_one_parameter():
    class Tied:
        def __init__(self):
            self.first = Layer(3, 2)
            self.params = [self.first.W, self.first.b]

    def loss_of(net):
        return np.sum((X @ net.first.W + net.params[1]) ** 2)

    def manual(net):
        d = 2 * (X @ net.params[0] + net.first.b)
        return {"first": {"dW": X.T @ d, "db": d.sum(axis=0)}}

    comparison = bp.compare(loss_of, Tied(), manual)
    assert comparison, str(comparison)
    assert list(verdicts(comparison)) == ["first.W", "first.b"]


def test_gradients_in_a_dictionary_of_the_net():
    class Model:
        def __init__(self):
            self.params = {"W": W.copy(), "b": B.copy()}

        def backward(self):
            self.grads = {"W": gradients(self.params)["dW"], "b": gradients(self.params)["db"]}

    comparison = bp.compare(lambda m: loss(m.params), Model(), lambda m: m.backward())
    assert comparison, str(comparison)
    assert list(verdicts(comparison)) == ["params.W", "params.b"]


def test_parameters_of_a_function_without_arguments():
    params = {"W": W.copy(), "b": B.copy()}
    assert bp.compare(lambda: loss(params), params, lambda: gradients(params))
    assert not bp.compare(lambda: loss(params), params, lambda: halved(gradients)(params))
    assert isinstance(params["W"], np.ndarray)
    np.testing.assert_array_equal(params["W"], W)


def test_objects_are_put_back_after_an_error():
    net = Net()

    def failing(n):
        if isinstance(n.W1, np.ndarray) and n.W1[0, 0] == W[0, 0]:
            return n.loss()
        raise RuntimeError("elsewhere")

    with pytest.raises(RuntimeError, match="elsewhere"):
        bp.compare(failing, net, numeric="central")
    np.testing.assert_array_equal(net.W1, W)
    assert isinstance(net.W1, np.ndarray)


# --- other numbers -------------------------------------------------------------------------------


class Tensor:
    """Behaves as a torch.Tensor that requires a gradient."""

    def __init__(self, array):
        self._array = np.asarray(array)

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self):
        return self._array


def test_tensors_that_require_a_gradient():
    given = {name: Tensor(array) for name, array in gradients(PARAMS).items()}
    assert bp.compare(loss, {name: Tensor(array) for name, array in PARAMS.items()}, given)
    assert not bp.compare(loss, PARAMS, given | {"dW": Tensor(W)})


def test_a_program_that_is_plain_has_no_notes():
    plain = lambda p: {"W": gradients(p)["dW"], "b": gradients(p)["db"]}
    assert bp.compare(loss, PARAMS, plain).notes == []
