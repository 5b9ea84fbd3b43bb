"""The same mistake in every pass of a loop is one; and what never explains anything."""

import numpy as np
import pytest

import tinygrad_bp as bp

_RNG = np.random.default_rng(4)
_X, _Y, _STEPS = _RNG.normal(size=(4, 3, 2)), _RNG.normal(size=(3, 1)), 4


def _loss(p):
    h = np.zeros((3, 3))
    for t in range(_STEPS):
        h = np.tanh(_X[t] @ p["wx"] + h @ p["wh"] + p["b"])
    return np.sum((h @ p["v"] - _Y) ** 2)


def _params():
    rng = np.random.default_rng(5)
    shapes = {"wx": (2, 3), "wh": (3, 3), "b": (3,), "v": (3, 1)}
    return {name: 0.6 * rng.normal(size=shape) for name, shape in shapes.items()}


def _manual(slope=lambda h: 1 - h**2, back=lambda d, wh: d @ wh.T, read=lambda t: t):
    def gradients(p):
        states = [np.zeros((3, 3))]
        for t in range(_STEPS):
            states.append(np.tanh(_X[t] @ p["wx"] + states[-1] @ p["wh"] + p["b"]))
        d_o = 2 * (states[-1] @ p["v"] - _Y)
        found = {name: np.zeros_like(array) for name, array in p.items()}
        found["v"] = states[-1].T @ d_o
        d_h = d_o @ p["v"].T
        for t in reversed(range(_STEPS)):
            d_z = d_h * slope(states[t + 1])
            found["wx"] = found["wx"] + _X[t].T @ d_z
            found["wh"] = found["wh"] + states[read(t)].T @ d_z
            found["b"] = found["b"] + d_z.sum(axis=0)
            d_h = back(d_z, p["wh"])
        return found

    return gradients


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"slope": lambda h: 1.0}, {"missing-activation-derivative"}),
        ({"slope": lambda h: 1 - h}, {"activation-derivative-wrong-argument"}),
        ({"back": lambda d, wh: d @ wh}, {"transposed-weight"}),
        ({"read": lambda t: t + 1}, {"index-shifted", "wrong-matrix"}),
    ],
)
def test_in_every_pass(changed, names):
    (found,) = bp.compare(_loss, _params(), _manual(**changed)).diagnosis
    assert found.mistake in names


def test_right_in_every_pass():
    assert bp.compare(_loss, _params(), _manual()).ok


def test_an_empty_template():
    params = _params()
    zeros = {name: np.zeros_like(array) for name, array in params.items()}
    (found,) = bp.compare(_loss, params, zeros).diagnosis
    assert found.mistake == "all-zero"
    assert {*found.parameters} == {*params}


@pytest.mark.parametrize("convert", [np.float32, np.float16])
def test_numbers_of_less_precision_in_arrays_of_more(convert):
    params = _params()
    wrong = _manual(slope=lambda h: 1.0)(params)
    coarse = {name: convert(g).astype(np.float64) for name, g in wrong.items()}
    (found,) = bp.compare(_loss, params, coarse, tolerance=1e-2).diagnosis
    assert found.mistake == "missing-activation-derivative"


def test_nan_explains_nothing():
    """Where a hypothesis would divide by 0, it gives NaN, which agrees with nothing."""
    mask = np.where(np.tri(3) > 0, 0.0, -np.inf)

    def loss(p):
        return np.sum(bp.softmax(p["s"] + mask, axis=1)[:, 0] * np.arange(1.0, 4.0))

    params = {"s": np.arange(9.0).reshape(3, 3) / 7}
    right = bp.grad(loss)(params)["s"]
    for wrong in (right + 0.1 * np.tri(3), right * np.pi, np.cos(right)):
        found = bp.compare(loss, params, {"s": wrong}).diagnosis
        assert [d.mistake for d in found] == ["unexplained"]


def test_nothing_goes_back_to_the_pass_before():
    data = np.array([0.4, 1.1, -0.3, 0.8])

    def loss(p):
        x, total = 0.5, 0.0
        for wanted in data:
            x = np.tanh(p["k"] * x) + p["c"]
            total = total + (x - wanted) ** 2
        return total

    def gradients(p, carried=0.0):
        states = [0.5]
        for _ in data:
            states.append(np.tanh(p["k"] * states[-1]) + p["c"])
        d_x, found = 0.0, {"k": 0.0, "c": 0.0}
        for t in reversed(range(len(data))):
            d_x = carried * d_x + 2 * (states[t + 1] - data[t])
            found["c"] += d_x
            d_z = d_x * (1 - np.tanh(p["k"] * states[t]) ** 2)
            found["k"] += d_z * states[t]
            d_x = d_z * p["k"]
        return found

    params = {"k": 0.9, "c": 0.3}
    (found,) = bp.compare(loss, params, gradients).diagnosis
    assert found.mistake == "treated-as-constant"
    assert "does not go back" in found.explanation
    assert bp.compare(loss, params, lambda p: gradients(p, 1.0)).ok


def test_a_mistake_in_the_forward_pass_that_is_computed_anew():
    x = _RNG.normal(size=(5, 3))

    def loss(p):
        return np.sum(np.sin(x @ p["w"] + p["offset"]) * p["scale"])

    def gradients(p, offset=0.0):
        z = x @ p["w"] + offset * p["offset"]
        d_z = np.cos(z) * p["scale"]
        return {"w": x.T @ d_z, "offset": d_z.sum(), "scale": np.sin(z).sum()}

    params = {"w": np.array([0.3, -0.2, 0.5]), "offset": 0.4, "scale": 1.3}
    comparison = bp.compare(loss, params, gradients)
    (found,) = comparison.diagnosis
    assert found.mistake == "term-missing"
    assert found.explanation.startswith("In the backward pass x @ w + offset is computed without")
    assert bp.compare(loss, params, lambda p: gradients(p, 1.0)).ok
