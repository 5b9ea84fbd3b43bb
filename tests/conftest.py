"""Graphs that many tests draw or read."""

import numpy as np
import pytest

import tinygrad_bp as bp


@pytest.fixture
def net():
    """The 7-6-5-2 net with a scope for each layer, differentiated."""
    return layered_net()


@pytest.fixture
def another_net():
    """The same, made again."""
    return layered_net()


@pytest.fixture
def chain():
    """Make a chain of so many steps; each is two ops and two constants."""

    def make(steps):
        y = bp.Value(1.0, name="x")
        for _ in range(steps):
            y = y * 0.999 + 0.1
        return y

    return make


@pytest.fixture
def no_programs(monkeypatch):
    """A machine on which no program is found by its name."""
    monkeypatch.setenv("PATH", "")


def layered_net():
    rng = np.random.default_rng(12)
    h = bp.Value(rng.normal(size=(7, 1)), name="x", requires_grad=False)
    target = bp.Value(rng.random((2, 1)), name="t", requires_grad=False)
    sizes = [(6, 7, bp.relu), (5, 6, bp.sigmoid), (2, 5, bp.sigmoid)]
    for layer, (n, m, activation) in enumerate(sizes, 1):
        w = bp.Value(rng.random((n, m)), name=f"w_{layer}")
        b = bp.Value(rng.random((n, 1)), name=f"b_{layer}")
        with bp.scope(f"layer {layer}"):
            h = bp.named(activation(bp.named(w @ h + b, f"z_{layer}")), f"h_{layer}")
    with bp.scope("loss"):
        loss = bp.named(((target - h) ** 2).sum() / 2, "loss")
    loss.backward(retain_grads=True)
    return loss
