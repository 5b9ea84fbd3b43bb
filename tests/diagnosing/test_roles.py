"""Which part of an attention, of an LSTM or of a GRU cell a step is."""

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.diagnosing.roles import name_roles
from tinygrad_bp.diagnosing.structure import Structure
from tinygrad_bp.diagnosing.textbook import find_layers
from tinygrad_bp.programs.labelled import record_lines

_RNG = np.random.default_rng(5)
_X, _H, _C = (_RNG.normal(size=(3, 2)) for _ in range(3))
_W = {name: _RNG.normal(size=(2, 2)) for name in ("wf", "wi", "wo", "wg")}


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _lstm(p):
    f, i, o = (_sigmoid(_X @ p[name]) for name in ("wf", "wi", "wo"))
    g = np.tanh(_X @ p["wg"])
    c = i * g + f * _C
    h = np.tanh(c) * o
    return np.sum(h * _H)


def _gru(p):
    z, r = _sigmoid(_X @ p["wf"]), _sigmoid(_X @ p["wi"])
    n = np.tanh(_X @ p["wo"] + (r * _C) @ p["wg"])
    h = (1 - z) * n + z * _C
    return np.sum(h * _H)


def _attention(p):
    q, k, v = (_X @ p[name] for name in ("wf", "wi", "wo"))
    s = q @ k.T
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    a = e / np.sum(e, axis=1, keepdims=True)
    o = a @ v
    return np.sum(o * (_H @ p["wg"]))


def _roles(loss):
    lines = record_lines(loss, _W, {})
    structure = Structure(lines)
    layers = [layer for layers in find_layers(structure)[:1] for layer in layers]
    found = name_roles(structure, layers)
    return {lines.steps[k].name: role for k, role in found.items() if lines.steps[k].name}


def test_an_lstm_cell():
    parts = {"f": "forget gate", "i": "input gate", "o": "output gate", "g": "candidate"}
    parts |= {"c": "state"}
    expected = {name: f"the LSTM cell's {part}" for name, part in parts.items()}
    assert _roles(_lstm) == expected | {"h": "what the LSTM cell gives"}


def test_a_gru_cell():
    parts = {"z": "update gate", "r": "reset gate", "n": "candidate", "h": "state"}
    assert _roles(_gru) == {name: f"the GRU cell's {part}" for name, part in parts.items()}


def test_an_attention():
    assert _roles(_attention) == {
        "s": "attention's scores",
        "e": "a part of attention's softmax",
        "a": "attention's softmax",
        "o": "what attention gives for its values",
    }


def test_what_only_looks_like_one():
    def gated(p):  # two gates that do not add up to 1
        z, r = _sigmoid(_X @ p["wf"]), _sigmoid(_X @ p["wi"])
        return np.sum(z * np.tanh(_X @ p["wo"]) + r * _C)

    def classified(p):
        e = np.exp(_X @ p["wf"])
        return np.sum(e / np.sum(e, axis=1, keepdims=True) * _H)

    assert _roles(gated) == _roles(classified) == {}


def test_explanations_say_it():
    def by_hand(p):
        f, i, o = (_sigmoid(_X @ p[name]) for name in ("wf", "wi", "wo"))
        g = np.tanh(_X @ p["wg"])
        c = i * g + f * _C
        d_c = _H * o * (1 - np.tanh(c) ** 2)
        wrong = {"wf": d_c * _C * f, "wi": d_c * g * i * (1 - i)}
        wrong |= {"wg": d_c * i * (1 - g**2), "wo": _H * np.tanh(c) * o * (1 - o)}
        return {name: _X.T @ d for name, d in wrong.items()}

    (found,) = bp.compare(_lstm, _W, by_hand).diagnosis
    assert found.parameters == ("wf",)
    assert "the LSTM cell's forget gate. " in found.explanation
