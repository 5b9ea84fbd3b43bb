"""Layers by the formulas of textbooks: found by their Jacobians, rewritten, and edited."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.structure import Structure
from tinygrad_bp.diagnosing.textbook import find_layers, rewrite_layers
from tinygrad_bp.programs.labelled import record_lines

_RNG = np.random.default_rng(3)
_X, _T = _RNG.normal(size=(4, 3)), _RNG.normal(size=(4, 3))
_W = {"w": _RNG.normal(size=(3, 3))}


def _softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def _normal(z, axis):
    centred = z - np.mean(z, axis=axis, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + 1e-3)


LAYERS = {
    "softmax": _softmax,
    "log-softmax": lambda z: z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)),
    "normalisation": lambda z: _normal(z, 0),
    "normalisation by the root mean square": lambda z: (
        z * (np.mean(z**2, axis=1, keepdims=True) + 1e-3) ** -0.5
    ),
    "normalisation to length 1": lambda z: z / np.sqrt(np.sum(z * z, axis=1, keepdims=True)),
}


def _lines(layer):
    return record_lines(lambda p: np.sum((layer(_X @ p["w"]) - _T) ** 2), _W, {})


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_rewritten_without_a_change_of_numbers(name):
    lines = _lines(LAYERS[name])
    programs = find_layers(Structure(lines))
    assert [layer.name for layer in programs[0]] == [name]
    for layers in programs:
        new = rewrite_layers(lines, layers)
        steps = new.steps
        values = new.program.evaluate(
            [steps[k].data for k in new.program.inputs], [steps[k].data for k in new.program.seeds]
        )
        (place,), (right,) = new.program.gradients, lines.program.gradients
        np.testing.assert_allclose(values[place], lines.values[right], rtol=1e-9)
        assert not any(step.op_name == "exp" for step in steps if step.kind == "backward")


def test_what_is_no_layer_is_left_alone():
    for layer in (np.tanh, lambda z: 1 / (1 + np.exp(-z)), lambda z: np.cumsum(z, axis=1)):
        assert find_layers(Structure(_lines(layer))) == []


def _attention(change):
    def gradients(p):
        y = _softmax(_X @ p["w"])
        return {"w": _X.T @ change(y, 2 * (y - _T))}

    return gradients


def _sum(a, axis=1):
    return np.sum(a, axis=axis, keepdims=True)


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (lambda y, g: y * (g - _sum(y * g, axis=0)), "axis"),
        (lambda y, g: y * (g + _sum(y * g)), "second-operand-sign"),
        (lambda y, g: y * (g - _sum(g)), "factor-missing"),
        (lambda y, g: g - _sum(y * g), "factor-missing"),
        (lambda y, g: y * (g - _sum(y * g) / 3), "constant-factor"),
        (lambda y, g: y * g, "treated-as-constant"),
    ],
)
def test_an_edit_of_the_softmax(change, mistake):
    def loss(p):
        return np.sum((_softmax(_X @ p["w"]) - _T) ** 2)

    comparison = bp.compare(loss, _W, _attention(change))
    (found,) = comparison.diagnosis
    assert mistake in (found.mistake, *found.alternatives)
    other = {"w": _W["w"] * 1.1 + 0.2}
    _, wrong = comparison.reconstruction(other)
    np.testing.assert_allclose(wrong["w"], _attention(change)(other)["w"])


def _normalised(change, axis=0):
    def gradients(p):
        z = _X @ p["w"]
        y = _normal(z, axis)
        r = 1 / np.sqrt(np.var(z, axis=axis, keepdims=True) + 1e-3)
        return {"w": _X.T @ change(2 * (y - _T), y, r)}

    return gradients


def _mean(a, axis=0):
    return np.mean(a, axis=axis, keepdims=True)


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (lambda g, y, r: r * (g - _mean(g, 1) - y * _mean(g * y, 1)), "axis"),
        (lambda g, y, r: r * g - _mean(g) - y * _mean(g * y), "factor-missing"),
        (lambda g, y, r: g - _mean(g) - y * _mean(g * y), "factor-missing"),
        (lambda g, y, r: r * (g - _sum(g, 0) - y * _mean(g * y)), "constant-factor"),
        (lambda g, y, r: r**2 * (g - _mean(g) - y * _mean(g * y)), "factor-replaced"),
    ],
)
def test_an_edit_of_a_normalisation(change, mistake):
    def loss(p):
        return np.sum((_normal(_X @ p["w"], 0) - _T) ** 2)

    comparison = bp.compare(loss, _W, _normalised(change))
    (found,) = comparison.diagnosis
    assert mistake in (found.mistake, *found.alternatives)
    assert bp.compare(
        loss, _W, _normalised(lambda g, y, r: r * (g - _mean(g) - y * _mean(g * y)))
    ).ok


_SEEN = np.tri(4, 4, dtype=bool)
_QKV = {name: _RNG.normal(size=(4, 2)) for name in "qkv"}
_UP = _RNG.normal(size=(4, 2))


def _causal(p):
    s = np.where(_SEEN, p["q"] @ p["k"].T, -np.inf)
    return np.sum(_softmax(s) @ p["v"] * _UP)


def _kernel(seen=_SEEN, delta=lambda p, o: _sum(o * _UP)):
    """Return the backward pass of kernels: the sum over the keys from what came out."""

    def gradients(p):
        s = p["q"] @ p["k"].T
        total = np.where(_SEEN, np.exp(s), 0).sum(axis=1, keepdims=True)
        a = np.where(seen, np.exp(s) / total, 0)
        d_s = a * (_UP @ p["v"].T - delta(p, a @ p["v"]))
        return {"q": d_s @ p["k"], "k": d_s.T @ p["q"], "v": a.T @ _UP}

    return gradients


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"seen": True}, "mask-missing"),
        ({"seen": np.tri(4, k=-1, dtype=bool)}, "mask-replaced"),
        ({"seen": np.tri(4, k=1, dtype=bool)}, "mask-replaced"),
        ({"delta": lambda p, o: _sum(p["v"] * _UP)}, "factor-replaced"),
        ({"delta": lambda p, o: _sum(o * _UP)[:1]}, "index-shifted"),
    ],
)
def test_a_kernel_of_causal_attention(change, mistake):
    comparison = bp.compare(_causal, _QKV, _kernel(**change))
    (found,) = comparison.diagnosis
    assert found.mistake == mistake
    other = {name: value + 0.3 for name, value in _QKV.items()}
    _, wrong = comparison.reconstruction(other)
    for name, gradient in _kernel(**change)(other).items():
        np.testing.assert_allclose(wrong[name], gradient, err_msg=name)
    assert bp.compare(_causal, _QKV, _kernel()).ok


def test_a_saved_deviation_is_taken_for_the_variance():
    params = _W | {"gamma": np.array([0.5, 1.5, 2.0])}

    def loss(p):
        z = _X @ p["w"]
        deviation = np.sqrt(np.mean((z - np.mean(z, 0)) ** 2, 0) + 1e-3)
        return np.sum(np.sin((z - np.mean(z, 0)) / deviation * p["gamma"]) * _T)

    def gradients(again):
        def by_hand(p):
            z = _X @ p["w"]
            centred, deviation = z - z.mean(axis=0), np.sqrt(z.var(axis=0) + 1e-3)
            d_y = np.cos(centred / deviation * p["gamma"]) * _T
            if again:
                deviation = np.sqrt(deviation + 1e-3)
            y, g = centred / deviation, d_y * p["gamma"]
            d_z = (g - _mean(g) - y * _mean(g * y)) / deviation
            return {"w": _X.T @ d_z, "gamma": (d_y * y).sum(axis=0)}

        return by_hand

    assert bp.compare(loss, params, gradients(False)).ok
    (found,) = bp.compare(loss, params, gradients(True)).diagnosis
    assert found.mistake == "factor-replaced"
    assert "made of it once more" in found.explanation


def test_a_normalisation_in_every_pass_of_a_loop():
    """Each pass ends in the next one's layer: what uses a step may be no step of its own."""
    matrix = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 0.5]])

    def loss(p):
        v = p["v"]
        for _ in range(2):
            u = (matrix * p["s"]) @ v
            v = u / np.sqrt(np.sum(u**2))
        return v @ matrix @ v

    def manual(p):
        scaled = matrix * p["s"]
        vs, us = [p["v"]], []
        for _ in range(2):
            us.append(scaled @ vs[-1])
            vs.append(us[-1] / np.linalg.norm(us[-1]))
        dv, ds = 2 * matrix @ vs[-1], 0
        for v, u in zip(vs[-2::-1], us[::-1], strict=True):
            du = dv / np.linalg.norm(u)  # the length is no constant
            ds = ds + np.sum(np.outer(du, v) * matrix, axis=0)
            dv = scaled.T @ du
        return {"s": ds, "v": dv}

    params = {"s": np.array([1.1, 0.8, 0.9]), "v": np.array([0.5, -0.3, 0.8])}
    (found,) = bp.compare(loss, params, manual).diagnosis
    assert found.mistake == "treated-as-constant"
    assert found.line_number is not None
    assert found.yours != found.line
