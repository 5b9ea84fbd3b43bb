"""Activations and softmaxes are found by what they compute, however they are written."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.graph import trace
from tinygrad_bp.diagnosing.places import activations, softmaxes

Z = np.random.default_rng(0).normal(size=(4, 3))
W = np.random.default_rng(1).normal(size=(3, 2))

softplus = bp.Op("softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * bp.sigmoid(a))


def found(activation, finder=activations):
    def loss(z):
        return np.sum((bp.named(activation(bp.named(z * 1.5, "z")), "a") @ W) ** 2)

    graph = trace(loss, Z)
    inner = dict(graph.named())
    places = finder(graph)
    return graph, [p for p in places if (p.low, p.high) == (inner["z"], inner["a"])]


@pytest.mark.parametrize(
    ("activation", "known", "mask"),
    [
        (bp.sigmoid, "sigmoid", False),
        (lambda z: 1 / (1 + np.exp(-z)), "sigmoid", False),
        (lambda z: np.exp(z) / (1 + np.exp(z)), "sigmoid", False),
        (np.tanh, "tanh", False),
        (lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), "tanh", False),
        (bp.relu, "relu", True),
        (lambda z: np.maximum(z, 0), "relu", True),
        (lambda z: np.where(z > 0, z, 0), "relu", True),
        (lambda z: z * (z > 0), "relu", True),
        (lambda z: np.where(z > 0, z, 0.1 * z), None, True),
        (softplus, "softplus", False),
        (lambda z: z * bp.sigmoid(z), None, False),
    ],
)
def test_activations(activation, known, mask):
    graph, places = found(activation)
    (place,) = places
    assert (place.op.name if place.op else None) == known
    assert place.mask == mask
    slope = bp.grad(lambda z: np.sum(activation(z)))(1.5 * Z)
    np.testing.assert_allclose(place.slope(graph), slope, rtol=1e-12)
    elsewhere = bp.grad(lambda z: np.sum(activation(z)))(np.abs(Z) + 1)
    if known not in ("relu", None):
        np.testing.assert_allclose(place.slope(graph, np.abs(Z) + 1), elsewhere, rtol=1e-12)


@pytest.mark.parametrize(
    "linear", [lambda z: z + 1, lambda z: -2 * z, lambda z: z - Z, lambda z: z / 3]
)
def test_what_is_linear_is_no_activation(linear):
    assert found(linear)[1] == []


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    "softmax",
    [
        lambda z, axis: bp.softmax(z, axis=axis),
        lambda z, axis: np.exp(z) / np.sum(np.exp(z), axis=axis, keepdims=True),
        lambda z, axis: np.exp(bp.log_softmax(z, axis=axis)),
        lambda z, axis: (
            np.exp(z - np.max(z, axis=axis, keepdims=True))
            / np.sum(np.exp(z - np.max(z, axis=axis, keepdims=True)), axis=axis, keepdims=True)
        ),
    ],
)
def test_softmaxes(softmax, axis):
    graph, places = found(lambda z: softmax(z, axis), lambda graph: list(softmaxes(graph)))
    (place,) = places
    assert place.axis % 2 == axis
    np.testing.assert_allclose(place.probabilities(graph), bp.softmax(1.5 * Z, axis=axis))


def test_what_is_no_softmax():
    _, places = found(lambda z: np.exp(z) / np.sum(np.exp(z)), lambda graph: list(softmaxes(graph)))
    assert places == []
