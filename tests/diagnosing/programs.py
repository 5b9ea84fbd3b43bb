"""Backward passes as learners write them: NumPy lines, of which a test replaces one or two.

They are independent of the package: what a mistake does is computed by the program that has it.
"""

import numpy as np

import tinygrad_bp as bp


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _softmax(a, axis):
    e = np.exp(a - a.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


class Program:
    """A loss, and the lines of its backward pass."""

    def __init__(self, loss, shapes, data, lines):
        self.loss, self.shapes, self.data, self.lines = loss, shapes, data, lines

    def params(self, seed=1):
        generator = np.random.default_rng(seed)
        return {name: 0.8 * generator.normal(size=shape) for name, shape in self.shapes.items()}

    def by_hand(self, **replaced):
        """The backward pass as a function, with other right-hand sides for some variables."""
        assert {*replaced} <= {line.split(" = ")[0] for line in self.lines}

        def gradients(params, inner=()):
            space = {"np": np, "sigmoid": _sigmoid, "softmax": _softmax, **self.data, **params}
            for line in self.lines:
                name, text = line.split(" = ", 1)
                space[name] = eval(replaced.get(name, text), space)
            return {name: np.asarray(space[f"d_{name}"]) for name in (*params, *inner)}

        return gradients

    def compare(self, *, inner=(), function=False, seed=1, **replaced):
        params = self.params(seed)
        manual = self.by_hand(**replaced)
        return bp.compare(self.loss, params, manual if function else manual(params, inner))

    def diagnosis(self, **options):
        return self.compare(**options).diagnosis


def _numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


# --- columns: relu, sigmoid, linear; half the sum of squares ---------------------------------

_X, _T = _numbers(1, 4, 3), _numbers(2, 2, 3)


def _columns_loss(p):
    z_1 = bp.named(p["w_1"] @ _X + p["b_1"], "z_1")
    h_1 = bp.named(bp.relu(z_1), "h_1")
    z_2 = bp.named(p["w_2"] @ h_1 + p["b_2"], "z_2")
    h_2 = bp.named(bp.sigmoid(z_2), "h_2")
    o = bp.named(p["w_3"] @ h_2 + p["b_3"], "o")
    return np.sum((o - _T) ** 2) / 2


COLUMNS = Program(
    _columns_loss,
    {"w_1": (5, 4), "b_1": (5, 1), "w_2": (5, 5), "b_2": (5, 1), "w_3": (2, 5), "b_3": (2, 1)},
    {"x": _X, "t": _T},
    [
        "z_1 = w_1 @ x + b_1",
        "h_1 = np.maximum(z_1, 0)",
        "z_2 = w_2 @ h_1 + b_2",
        "h_2 = sigmoid(z_2)",
        "o = w_3 @ h_2 + b_3",
        "d_o = o - t",
        "d_w_3 = d_o @ h_2.T",
        "d_b_3 = d_o.sum(axis=1, keepdims=True)",
        "d_h_2 = w_3.T @ d_o",
        "d_z_2 = d_h_2 * h_2 * (1 - h_2)",
        "d_w_2 = d_z_2 @ h_1.T",
        "d_b_2 = d_z_2.sum(axis=1, keepdims=True)",
        "d_h_1 = w_2.T @ d_z_2",
        "d_z_1 = d_h_1 * (z_1 > 0)",
        "d_w_1 = d_z_1 @ x.T",
        "d_b_1 = d_z_1.sum(axis=1, keepdims=True)",
    ],
)

# --- rows: tanh, relu (np.maximum), softmax and cross-entropy, written out --------------------

_U, _Y = _numbers(3, 7, 4), np.eye(3)[[0, 2, 1, 1, 0, 2, 2]]


def _rows_loss(p):
    z_1 = _U @ p["w_1"] + p["b_1"]
    h_1 = bp.named(np.tanh(z_1), "h_1")
    z_2 = h_1 @ p["w_2"] + p["b_2"]
    h_2 = bp.named(np.maximum(z_2, 0), "h_2")
    logits = h_2 @ p["w_3"] + p["b_3"]
    s = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    return -np.mean(np.sum(_Y * np.log(bp.named(s, "s")), axis=1))


ROWS = Program(
    _rows_loss,
    {"w_1": (4, 4), "b_1": (4,), "w_2": (4, 4), "b_2": (4,), "w_3": (4, 3), "b_3": (3,)},
    {"x": _U, "y": _Y},
    [
        "z_1 = x @ w_1 + b_1",
        "h_1 = np.tanh(z_1)",
        "z_2 = h_1 @ w_2 + b_2",
        "h_2 = np.maximum(z_2, 0)",
        "logits = h_2 @ w_3 + b_3",
        "s = softmax(logits, 1)",
        "d_s = -y / s / 7",
        "d_logits = s * (d_s - (d_s * s).sum(axis=1, keepdims=True))",
        "d_w_3 = h_2.T @ d_logits",
        "d_b_3 = d_logits.sum(axis=0)",
        "d_h_2 = d_logits @ w_3.T",
        "d_z_2 = d_h_2 * (z_2 > 0)",
        "d_w_2 = h_1.T @ d_z_2",
        "d_b_2 = d_z_2.sum(axis=0)",
        "d_h_1 = d_z_2 @ w_2.T",
        "d_z_1 = d_h_1 * (1 - h_1**2)",
        "d_w_1 = x.T @ d_z_1",
        "d_b_1 = d_z_1.sum(axis=0)",
    ],
)

# --- a connection around a block, a shared weight, weight decay, a difference and a quotient ---

_V, _R = _numbers(5, 4, 3), _numbers(6, 4, 3)


def _paths_loss(p):
    h = bp.named(np.tanh(np.einsum("ni,ij->nj", _V, p["w"]) + p["b"]), "h")
    r = bp.named(h + bp.sigmoid(h @ p["w"]), "r")
    q = bp.named((r - p["c"]) / (2 + h**2), "q")
    return np.mean((q - _R) ** 2) + 0.01 * np.sum(p["w"] ** 2)


PATHS = Program(
    _paths_loss,
    {"w": (3, 3), "b": (3,), "c": (3,)},
    {"x": _V, "t": _R},
    [
        "h = np.tanh(x @ w + b)",
        "k = sigmoid(h @ w)",
        "r = h + k",
        "n = 2 + h**2",
        "q = (r - c) / n",
        "d_q = 2 * (q - t) / 12",
        "d_r = d_q / n",
        "d_n = -d_q * q / n",
        "d_c = -d_r.sum(axis=0)",
        "d_m = d_r * k * (1 - k)",
        "d_h = d_r + d_n * 2 * h + d_m @ w.T",
        "d_a = d_h * (1 - h**2)",
        "d_w = x.T @ d_a + h.T @ d_m + 0.02 * w",
        "d_b = d_a.sum(axis=0)",
    ],
)

PROGRAMS = {"columns": COLUMNS, "rows": ROWS, "paths": PATHS}
