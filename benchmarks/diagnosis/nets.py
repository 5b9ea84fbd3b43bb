"""The nets whose backward passes are written by hand: forward and backward lines, as text."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

import tinygrad_bp as bp

from .conventions import COLUMNS, ROWS, VECTOR
from .lines import (
    Line,
    Wrong,
    cross_entropy,
    factors,
    half_squares,
    joined,
    mean_squares,
    relu,
    sigmoid,
    softmax,
    tanh,
)

__all__ = ["NETS", "Net", "Params"]

Params = dict[str, np.ndarray]


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _softmax(z: Any, axis: int) -> Any:
    return np.exp(z) / np.sum(np.exp(z), axis=axis, keepdims=True)


#: What the text of a backward pass finds: a learner's own functions, plain NumPy.
BY_HAND = {"np": np, "sigmoid": _sigmoid, "softmax": _softmax}
#: What the loss is computed with.
TRACED = {"np": np, "sigmoid": bp.sigmoid, "softmax": bp.softmax, "named": bp.named}


@dataclass(frozen=True)
class Net:
    """A net, its loss and the right backward pass.

    Attributes
    ----------
    name, about : str
        What it is called, and what is special about it.
    shapes : dict
        Of the parameters.
    data : dict
        Samples and targets.
    forward : tuple of str
        Lines ``name = expression``; the last one computes ``loss``.
    lines : tuple of Line
        The backward pass, in the order in which it runs.
    own_functions : bool
        Whether the loss, too, is computed with the learner's own sigmoid and softmax.
    """

    name: str
    about: str
    shapes: dict[str, tuple[int, ...]]
    data: Params
    forward: tuple[str, ...]
    lines: tuple[Line, ...]
    own_functions: bool = False

    @cached_property
    def intermediates(self) -> list[str]:
        """The names of what the forward pass computes."""
        return [line.split(" = ")[0] for line in self.forward]

    @cached_property
    def loss(self) -> Callable[[Any], Any]:
        """The loss as a function of the parameters, with its intermediates named."""
        lines = []
        for line in self.forward:
            name, expression = line.split(" = ", 1)
            lines.append(f"{name} = named({expression}, {name!r})")
        space = TRACED | (BY_HAND if self.own_functions else {})
        return self._function([*lines, "return loss"], space)

    def backward(self, replaced: dict[str, str] | None = None) -> Callable[[Params], Params]:
        """Compile the backward pass, with other expressions for some of its variables.

        What it returns has the gradients of the parameters and of the intermediates that it
        has a variable for.
        """
        return self._function([*self.body(replaced), "return dict(locals())"], BY_HAND)

    def body(self, replaced: dict[str, str] | None = None) -> list[str]:
        """The lines of forward and backward pass."""
        texts = {line.target: line.right for line in self.lines} | (replaced or {})
        return [*self.forward[:-1], *(f"{name} = {text}" for name, text in texts.items())]

    def _function(self, lines: list[str], space: dict[str, Any]) -> Callable[[Any], Any]:
        names = ", ".join(self.shapes)
        head = f"def program(params):\n    {names} = (params[name] for name in {list(self.shapes)})"
        source = "\n    ".join([head, *lines])
        scope = {**space, **self.data}
        exec(source, scope)
        return scope["program"]


def _numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).round(2)


def _one_hot(samples: int, classes: int) -> np.ndarray:
    return np.eye(classes)[np.random.default_rng(5).integers(classes, size=samples)]


def _notebook(samples: int) -> Net:
    sizes, c = [4, 6, 5, 2], COLUMNS
    return Net(
        f"relu-sigmoid, batch {samples}",
        "columns; relu, sigmoid, sigmoid; half the sum of squares",
        _columns(sizes),
        {"x": _numbers(1, 4, samples), "t": abs(_numbers(2, 2, samples)) % 1},
        (
            f"z_1 = {c.net('w_1', 'x', 'b_1')}",
            "h_1 = np.maximum(z_1, 0)",
            f"z_2 = {c.net('w_2', 'h_1', 'b_2')}",
            "h_2 = sigmoid(z_2)",
            f"z_3 = {c.net('w_3', 'h_2', 'b_3')}",
            "o = sigmoid(z_3)",
            "loss = np.sum((t - o) ** 2) / 2",
        ),
        (
            half_squares("o", samples, 2),
            sigmoid("o", "z_3"),
            *c.layer("z_3", "w_3", "h_2", "b_3", samples=samples, out="o", before="z_2"),
            sigmoid("h_2", "z_2"),
            *c.layer("z_2", "w_2", "h_1", "b_2", samples=samples, out="h_2", before="z_1"),
            relu("h_1", "z_1", "w_1 @ x"),
            *c.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False),
        ),
    )


def _square_tanh(samples: int) -> Net:
    c = COLUMNS
    return Net(
        f"square tanh, batch {samples}",
        "columns; all layers 3 by 3; tanh, tanh, linear; mean of squares",
        _columns([3, 3, 3, 3]),
        {"x": _numbers(3, 3, samples), "t": _numbers(4, 3, samples)},
        (
            f"z_1 = {c.net('w_1', 'x', 'b_1')}",
            "h_1 = np.tanh(z_1)",
            f"z_2 = {c.net('w_2', 'h_1', 'b_2')}",
            "h_2 = np.tanh(z_2)",
            f"o = {c.net('w_3', 'h_2', 'b_3')}",
            "loss = np.mean((o - t) ** 2)",
        ),
        (
            mean_squares("o", samples, 3),
            *c.layer(
                "o", "w_3", "h_2", "b_3", samples=samples, before="z_2", square=True, like="w_2"
            ),
            tanh("h_2", "z_2"),
            *c.layer(
                "z_2", "w_2", "h_1", "b_2", samples=samples, out="h_2", before="z_1", square=True,
                like="w_3",
            ),
            tanh("h_1", "z_1"),
            *c.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False),
        ),
    )  # fmt: skip


def _classifier(samples: int) -> Net:
    r = ROWS
    return Net(
        f"relu classifier, batch {samples}",
        "rows; relu, then softmax and cross-entropy in one step",
        {"w_1": (4, 5), "b_1": (5,), "w_2": (5, 3), "b_2": (3,)},
        {"x": _numbers(6, samples, 4), "y": _one_hot(samples, 3)},
        (
            f"z_1 = {r.net('w_1', 'x', 'b_1')}",
            "h_1 = np.maximum(z_1, 0)",
            f"z_2 = {r.net('w_2', 'h_1', 'b_2')}",
            "p = softmax(z_2, axis=1)",
            f"loss = -np.sum(y * np.log(p)) / {samples}",
        ),
        (
            cross_entropy("z_2", "p", samples),
            *r.layer("z_2", "w_2", "h_1", "b_2", samples=samples, before="z_1"),
            relu("h_1", "z_1", "x @ w_1"),
            *r.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False),
        ),
    )


def _softmax_steps() -> Net:
    samples, r = 3, ROWS
    d_p = f"-y / p / {samples}"
    first = Line(
        "d_p",
        d_p,
        ("p", "z_2", "loss"),
        (
            *factors(d_p, -1, 2, 3),
            Wrong("cross-entropy-twice", f"(p - y) / {samples}"),
            Wrong("upstream-dropped", "1 / p"),
        ),
        (f"-(y / ({samples} * p))", f"np.where(y == 1, -1 / p, 0) / {samples}"),
    )
    return Net(
        "softmax in steps, batch 3",
        "rows; tanh, softmax, cross-entropy, one step each",
        {"w_1": (2, 5), "b_1": (5,), "w_2": (5, 4), "b_2": (4,)},
        {"x": _numbers(8, samples, 2), "y": _one_hot(samples, 4)},
        (
            f"z_1 = {r.net('w_1', 'x', 'b_1')}",
            "h_1 = np.tanh(z_1)",
            f"z_2 = {r.net('w_2', 'h_1', 'b_2')}",
            "p = softmax(z_2, axis=1)",
            f"loss = -np.sum(y * np.log(p)) / {samples}",
        ),
        (
            first,
            softmax("p", "z_2", axis=1),
            *r.layer("z_2", "w_2", "h_1", "b_2", samples=samples, out="p", before="z_1"),
            tanh("h_1", "z_1"),
            *r.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False),
        ),
    )


def _softmax_squares(samples: int) -> Net:
    c = COLUMNS
    return Net(
        f"softmax and squares, batch {samples}",
        "columns; sigmoid, softmax over units; mean of squares; the learner's own functions",
        _columns([3, 4, 3]),
        {"x": _numbers(9, 3, samples), "t": _one_hot(samples, 3).T},
        (
            f"z_1 = {c.net('w_1', 'x', 'b_1')}",
            "h_1 = sigmoid(z_1)",
            f"z_2 = {c.net('w_2', 'h_1', 'b_2')}",
            "o = softmax(z_2, axis=0)",
            "loss = np.mean((o - t) ** 2)",
        ),
        (
            mean_squares("o", samples, 3),
            softmax("o", "z_2", axis=0),
            *c.layer("z_2", "w_2", "h_1", "b_2", samples=samples, out="o", before="z_1"),
            sigmoid("h_1", "z_1"),
            *c.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False),
        ),
        own_functions=True,
    )


def _tied() -> Net:
    samples, c = 3, COLUMNS
    return Net(
        "tied autoencoder, batch 3",
        "columns; the decoder uses the encoder's weights, transposed",
        {"w": (3, 5), "b_1": (3, 1), "b_2": (5, 1)},
        {"x": _numbers(10, 5, samples)},
        (
            f"z = {c.net('w', 'x', 'b_1')}",
            "h = sigmoid(z)",
            "o = w.T @ h + b_2",
            "loss = np.sum((x - o) ** 2) / 2",
        ),
        (
            _renamed(half_squares("o", samples, 5), "t", "x"),
            c.bias_line("o", "b_2", samples),
            Line(
                "d_h", "w @ d_o", ("h", "o", "w"), (Wrong("upstream-dropped", "w @ (d_o * 0 + 1)"),)
            ).with_factors(-1, 0.5),
            sigmoid("h", "z"),
            c.bias_line("z", "b_1", samples, "h"),
            joined("d_w", ("w",), "d_z @ x.T", "h @ d_o.T").with_factors(-1, 0.5),
        ),
    )


def _renamed(line: Line, old: str, new: str) -> Line:
    """Use another variable in the expressions of a line."""

    def text(expression: str) -> str:
        return expression.replace(f" {old}", f" {new}").replace(f"{old} ", f"{new} ")

    wrong = tuple(Wrong(w.mistake, text(w.text), w.factor, also=w.also) for w in line.wrong)
    same = tuple(f"-({new} - o)" for _ in line.same)
    return Line(line.target, text(line.right), line.nodes, wrong, same)


def _residual() -> Net:
    samples, r = 7, ROWS
    return Net(
        "residual, batch 7",
        "rows; a square tanh block with a connection around it",
        {"w_1": (3, 4), "b_1": (4,), "w_2": (4, 4), "b_2": (4,), "w_3": (4, 2), "b_3": (2,)},
        {"x": _numbers(12, samples, 3), "t": _numbers(13, samples, 2)},
        (
            f"z_1 = {r.net('w_1', 'x', 'b_1')}",
            "h_1 = np.maximum(z_1, 0)",
            f"z_2 = {r.net('w_2', 'h_1', 'b_2')}",
            "u = np.tanh(z_2)",
            "h_2 = h_1 + u",
            f"o = {r.net('w_3', 'h_2', 'b_3')}",
            "loss = np.mean((o - t) ** 2)",
        ),
        (
            mean_squares("o", samples, 2),
            *r.layer("o", "w_3", "h_2", "b_3", samples=samples, below=True),
            Line("d_u", "d_h_2", ("u", "h_2"), factors("d_h_2", -1, 2)),
            tanh("u", "z_2"),
            *r.layer(
                "z_2", "w_2", "h_1", "b_2", samples=samples, out="u", before="z_1", square=True,
                target="d_h_1_through",
            ),
            joined("d_h_1", ("h_1",), "d_h_2", "d_h_1_through"),
            relu("h_1", "z_1", "x @ w_1"),
            *r.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False),
        ),
    )  # fmt: skip


def _decay() -> Net:
    samples, r = 3, ROWS
    return Net(
        "weight decay, batch 3",
        "rows; tanh, linear; half the sum of squares plus 0.05 / 2 of the squared weights",
        {"w_1": (2, 4), "b_1": (4,), "w_2": (4, 2), "b_2": (2,)},
        {"x": _numbers(14, samples, 2), "t": _numbers(15, samples, 2)},
        (
            f"z_1 = {r.net('w_1', 'x', 'b_1')}",
            "h_1 = np.tanh(z_1)",
            f"o = {r.net('w_2', 'h_1', 'b_2')}",
            "fit = np.sum((t - o) ** 2) / 2",
            "loss = fit + 0.05 / 2 * (np.sum(w_1 ** 2) + np.sum(w_2 ** 2))",
        ),
        (
            half_squares("o", samples, 2),
            *r.layer("o", "w_2", "h_1", "b_2", samples=samples, before="z_1", decay=0.05),
            tanh("h_1", "z_1"),
            *r.layer("z_1", "w_1", "x", "b_1", samples=samples, out="h_1", below=False, decay=0.05),
        ),
    )


def _recurrent() -> Net:
    samples, c = 3, COLUMNS
    return Net(
        "recurrent, batch 3",
        "columns; two steps in time with the same square weights, input weights and biases",
        {"w_x": (3, 2), "w_h": (3, 3), "b": (3, 1), "w_o": (2, 3), "b_o": (2, 1)},
        {"x_1": _numbers(16, 2, samples), "x_2": _numbers(17, 2, samples),
         "t": _numbers(18, 2, samples)},
        (
            "z_1 = w_x @ x_1 + b",
            "h_1 = np.tanh(z_1)",
            "z_2 = w_x @ x_2 + w_h @ h_1 + b",
            "h_2 = np.tanh(z_2)",
            f"o = {c.net('w_o', 'h_2', 'b_o')}",
            "loss = np.mean((o - t) ** 2)",
        ),
        (
            mean_squares("o", samples, 2),
            *c.layer("o", "w_o", "h_2", "b_o", samples=samples, before="z_2"),
            tanh("h_2", "z_2"),
            c.weight_line("z_2", "w_h", "h_1", samples, "h_2", "z_1"),
            c.below_line("z_2", "w_h", "h_1", square=True),
            tanh("h_1", "z_1"),
            joined("d_w_x", ("w_x",), "d_z_2 @ x_2.T", "d_z_1 @ x_1.T").with_factors(-1, 0.5),
            joined(
                "d_b",
                ("b",),
                "d_z_2.sum(axis=1, keepdims=True)",
                "d_z_1.sum(axis=1, keepdims=True)",
            ),
        ),
    )  # fmt: skip


def _gates() -> Net:
    """A vector net with a difference, a quotient and a product."""
    c = VECTOR
    return Net(
        "gates, one vector",
        "one sample as a vector; a product of gates, a difference and a quotient",
        {"w_1": (3, 3), "b_1": (3,), "w_2": (3, 3), "b_2": (3,), "w_3": (2, 3), "b_3": (2,)},
        {"x": _numbers(19, 3), "t": _numbers(20, 2)},
        (
            f"z_1 = {c.net('w_1', 'x', 'b_1')}",
            "u = np.tanh(z_1)",
            f"z_2 = {c.net('w_2', 'x', 'b_2')}",
            "v = sigmoid(z_2)",
            "s = u * v",
            "r = s - v",
            "q = r / (1 + v)",
            f"o = {c.net('w_3', 'q', 'b_3')}",
            "loss = np.sum((t - o) ** 2) / 2",
        ),
        (
            half_squares("o", 1, 2),
            *c.layer("o", "w_3", "q", "b_3", samples=1),
            Line(
                "d_r", "d_q / (1 + v)", ("r", "q"),
                (Wrong("upstream-dropped", "1 / (1 + v)"), *factors("d_q / (1 + v)", -1)),
            ),
            Line(
                "d_v_q", "-d_q * r / (1 + v) ** 2", ("v", "q"),
                (Wrong("second-operand-sign", "d_q * r / (1 + v) ** 2",
                       also=("constant-factor",)),),
                ("-d_q * q / (1 + v)",),
            ),
            Line("d_s", "d_r", ("s", "r"), factors("d_r", -1, 2)),
            Line(
                "d_v_r", "-d_r", ("v", "r"),
                (Wrong("second-operand-sign", "d_r", also=("constant-factor",)),),
            ),
            Line(
                "d_u", "d_s * v", ("u", "s"),
                (Wrong("upstream-dropped", "v"), *factors("d_s * v", -1, 2)), ("v * d_s",),
            ),
            joined("d_v", ("v",), "d_s * u", "(d_v_q + d_v_r)"),
            tanh("u", "z_1"),
            *c.layer("z_1", "w_1", "x", "b_1", samples=1, out="u", below=False),
            sigmoid("v", "z_2"),
            *c.layer("z_2", "w_2", "x", "b_2", samples=1, out="v", below=False),
        ),
    )  # fmt: skip


def _columns(sizes: list[int]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for k, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        shapes |= {f"w_{k}": (n_out, n_in), f"b_{k}": (n_out, 1)}
    return shapes


NETS = {
    net.name: net
    for net in (
        _notebook(1),
        _notebook(3),
        _square_tanh(1),
        _square_tanh(7),
        _classifier(1),
        _classifier(7),
        _softmax_steps(),
        _softmax_squares(3),
        _tied(),
        _residual(),
        _decay(),
        _recurrent(),
        _gates(),
    )
}
