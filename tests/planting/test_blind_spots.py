"""`blind_spots`: what hides a mistake is said, and what is drawn instead shows it."""

import json
import re

import numpy as np
import pytest

import tinygrad_bp as bp

rng = np.random.default_rng(0)
X, T = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
U, W, V = (rng.standard_normal(shape) for shape in ((3, 3), (3, 4), (4, 2)))
ONES, LABELS, ONCE = np.ones((5, 4)), np.array([1, 0, 1, 1, 0]), np.array([3, 0, 1, 2])


def normalized(h):
    mu = h.mean(axis=1, keepdims=True)
    centred = h - mu
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)


def scaled(p):
    return np.mean((np.tanh(p["gamma"] * normalized(X @ p["w"])) @ p["v"] - T) ** 2)


def masked(p, mask=ONES):
    return np.mean((mask * np.tanh(X @ p["w"]) @ p["v"] - T) ** 2)


def kept(p, keep=1.0):
    return np.sum(np.tanh(np.tanh(X @ p["w"]) / keep @ p["v"]) ** 2)


def rectified(p):
    return np.mean((np.maximum(X @ p["w"] + p["b"], 0) @ p["v"] - T) ** 2)


def squared(p):
    target = X @ U
    return np.sum((X @ p["w"] - target) ** 2)


def deep(p):
    return np.sum((np.tanh(X @ U) @ p["w"] - np.tanh(X @ p["u"]) @ p["w"]) ** 2)


def looked_up(p):
    return np.sum(np.tanh(p["E"][ONCE] @ p["w"]) ** 2)


def recurrent(p):
    h = np.zeros((5, 3))
    for k in range(3):
        h = np.tanh(X * (k + 1) @ p["w"] + h @ p["u"])
    return np.mean((h - X) ** 2)


def one_sample(p):
    return np.sum((np.tanh(X[:1] @ p["w"] + p["b"]) - T[:1, :1]) ** 2)


def pooled(p):
    h = np.reshape(X @ p["w"], (5, 2, 2))
    return np.sum(np.tanh(h.mean(axis=1)) ** 2)


def only_added_up(p):
    return np.sum(normalized(X @ p["w"]))


def classified(p):
    return bp.cross_entropy(np.tanh(X @ p["w"]) @ p["v"], LABELS)


HIDDEN = {
    "a factor of 1": (
        scaled,
        {"gamma": np.ones(4), "w": W, "v": V},
        "factor-missing",
        "gamma is 1 everywhere",
    ),
    "a mask of ones": (masked, {"w": W, "v": V}, "factor-missing", "mask is 1 everywhere"),
    "a divisor of 1": (
        kept,
        {"w": W, "v": V},
        "factor-missing",
        "the 1 beside .* is 1: draw the 1 beside .* at random",
    ),
    "dead units": (
        rectified,
        {"w": W, "b": np.full(4, -99.0), "v": V},
        "all-zero",
        r"the gradient of X @ w is 0 everywhere",
    ),
    "only live units": (
        rectified,
        {"w": W, "b": np.full(4, 99.0), "v": V},
        "relu-mask-missing",
        "mask of .* is 1 everywhere",
    ),
    "a minimum": (squared, {"w": U}, "missing-activation", "is 0 everywhere"),
    "a symmetric matrix": (
        deep,
        {"u": W[:, :3], "w": U + U.T},
        "transposed-weight",
        "w is symmetric",
    ),
    "no place twice": (looked_up, {"E": W.T, "w": W}, "index-overwritten", "has no place twice"),
    "a state of 0": (recurrent, {"w": U, "u": U.T}, "fan-out-overwritten", "is 0 everywhere"),
    "one sample": (one_sample, {"w": W, "b": np.ones(4)}, "bias-not-summed", "has one term"),
    "equal sizes": (pooled, {"w": W}, "constant-factor", "two axes have the same length, 2"),
    "a plain sum": (
        only_added_up,
        {"w": W},
        "factor-missing",
        "the loss only adds up",
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_the_reason_is_named(name):
    fun, params, mistake, reason = HIDDEN[name]
    spots = bp.blind_spots(fun, params)
    because = re.compile(reason)
    said = [spot for spot in spots if because.search(f"{spot.reason}: {spot.remedy}")]
    assert any(spot.mistake.startswith(mistake) for spot in said), spots


@pytest.mark.parametrize("name", ["a factor of 1", "dead units", "only live units", "a minimum"])
def test_parameters_that_show_them_hide_nothing(name):
    fun, params, _, _ = HIDDEN[name]
    assert not bp.blind_spots(fun, bp.blind_spots(fun, params).params)


GENERIC = {
    "scaled": (scaled, {"gamma": rng.uniform(0.5, 1.5, 4), "w": W, "v": V}),
    "masked": (lambda p: masked(p, rng_mask), {"w": W, "v": V}),
    "rectified": (rectified, {"w": W, "b": np.array([0.1, -0.2, 0.3, -0.4]), "v": V}),
    "squared": (squared, {"w": U + W[:, :3]}),
    "classified": (classified, {"w": W, "v": V}),
    "one number": (lambda x: np.exp(x) * np.sin(x) / (1 + x**2), 0.7),
}
rng_mask = np.random.default_rng(1).uniform(0.5, 1.5, (5, 4))


@pytest.mark.parametrize("name", GENERIC)
def test_nothing_is_hidden_at_inputs_in_general(name):
    spots = bp.blind_spots(*GENERIC[name])
    assert not spots, spots
    assert spots.tried > 3
    assert str(spots) == f"each of {spots.tried} likely mistakes shows at these inputs"


def test_a_check_does_not_see_it_before_and_sees_it_afterwards():
    def loss(p):
        return np.sum((p["gamma"] * np.tanh(X @ p["w"])) ** 2)

    def forgets_gamma(p):
        y = np.tanh(X @ p["w"])
        d = 2 * p["gamma"] * y
        return {"gamma": np.sum(d * y, axis=0), "w": X.T @ (d * (1 - y**2))}

    params = {"gamma": np.ones(4), "w": W}
    assert bp.compare(loss, params, forgets_gamma)
    (spot,) = bp.blind_spots(loss, params)
    assert spot.inputs.keys() == {"gamma"}
    assert not bp.compare(loss, params | spot.inputs, forgets_gamma)
    assert not bp.compare(loss, bp.blind_spots(loss, params).params, forgets_gamma)
    assert spot.line.count("gamma") == spot.yours.count("gamma") + 1
    assert spot.parameters == ("w",)


def test_the_same_function_is_no_mistake():
    """The upstream gradient of a plain sum is 1: who leaves it out makes no mistake."""
    spots = bp.blind_spots(lambda p: np.sum(np.tanh(X @ p) ** 2), W)
    assert not spots


def test_it_is_deterministic_and_changes_nothing():
    fun, params, _, _ = HIDDEN["a factor of 1"]
    before = {name: array.copy() for name, array in params.items()}
    state = np.random.get_state()[1].copy()
    one, two = bp.blind_spots(fun, params), bp.blind_spots(fun, params)
    assert list(one) == list(two)
    assert one.to_json() == two.to_json()
    assert all(np.array_equal(params[name], before[name]) for name in params)
    assert np.array_equal(np.random.get_state()[1], state)


def test_results_are_read_as_text_as_html_and_as_data():
    fun, params, _, _ = HIDDEN["a factor of 1"]
    spots = bp.blind_spots(fun, params)
    text = str(spots)
    assert f"{len(spots)} of {spots.tried} likely mistakes" in text
    assert "gamma is 1 everywhere: draw gamma at random" in text
    assert text.count("    right:  ") == len(spots)
    assert "<td>gamma is 1 everywhere</td>" in spots._repr_html_()
    data = json.loads(spots.to_json())
    assert data["tried"] == spots.tried
    assert data["spots"][0]["reason"] == spots[0].reason
    assert repr(spots).startswith("<BlindSpots: 1 of ")
    assert list(spots[:1]) == [spots[0]]


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="does not depend on params"):
        bp.blind_spots(lambda p: np.sum(X), W)
    with pytest.raises(ValueError, match="must return a scalar"):
        bp.blind_spots(lambda p: X @ p, W)
    with pytest.raises(TypeError, match="expected real numbers"):
        bp.blind_spots(lambda p: p, "text")
    with pytest.raises(TypeError, match="fun computes with complex numbers"):
        bp.blind_spots(lambda p: np.sum(np.abs(p * 1j) ** 2), W)
    for fun in (lambda p: np.sum(p) * np.nan, lambda p: np.sum(np.sqrt(p * p * 0))):
        with np.errstate(all="ignore"), pytest.raises(ValueError, match="is not finite at params"):
            bp.blind_spots(fun, W)
