"""Lines of hand-written backward passes: each as it should be, and with every mistake in it.

A line is ``target = right``; a mistake puts another expression in the place of the right one.
Everything is NumPy text as a learner writes it. The gradient of ``h`` is called ``d_h``.
"""

from dataclasses import dataclass, replace

__all__ = [
    "Line",
    "Wrong",
    "cross_entropy",
    "factors",
    "half_squares",
    "joined",
    "mean_squares",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


@dataclass(frozen=True)
class Wrong:
    """A mistake in a line.

    `also` names other identifiers that describe the very same text, so that either is right: a
    forgotten relu mask is a forgotten derivative of an activation.
    """

    mistake: str
    text: str
    factor: float | None = None
    learning_rate: float | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line: its variable, the nodes whose backward step it is, and what may stand there.

    `same` has other ways to write the right expression.
    """

    target: str
    right: str
    nodes: tuple[str, ...]
    wrong: tuple[Wrong, ...] = ()
    same: tuple[str, ...] = ()

    def with_factors(self, *values: float) -> "Line":
        """Add mistakes that scale the whole line."""
        return replace(self, wrong=(*self.wrong, *factors(self.right, *values)))


def factors(text: str, *values: float) -> tuple[Wrong, ...]:
    return tuple(
        Wrong("constant-factor", f"{value:.15g} * ({text})" if value != -1 else f"-({text})", value)
        for value in values
    )


def _activation(kind: str, out: str, net: str, slope: str, others: dict[str, str]) -> Line:
    """``d_net = d_out * slope``, and what is common to the mistakes of all activations."""
    up = f"d_{out}"
    wrong = [
        Wrong("missing-activation-derivative", up),
        Wrong("activation-derivative-twice", f"{up} * {slope} * {slope}"),
        Wrong("upstream-dropped", f"1.0 * {slope}"),
        *(Wrong("activation-derivative-wrong-argument", f"{up} * {s}") for s in others.values()),
    ]
    return Line(f"d_{net}", f"{up} * {slope}", (out, net), tuple(wrong)).with_factors(-1, 2)


def sigmoid(out: str, net: str) -> Line:
    others = {
        "of what goes in": f"{net} * (1 - {net})",
        "sigmoid twice": f"sigmoid({out}) * (1 - sigmoid({out}))",
        "the rule of tanh": f"(1 - {out} ** 2)",
        "the first half": out,
        "the second half": f"(1 - {out})",
    }
    line = _activation("sigmoid", out, net, f"{out} * (1 - {out})", others)
    up = f"d_{out}"
    return replace(
        line,
        same=(
            f"{up} * ({out} - {out} ** 2)",
            f"{up} * {out} / (1 + np.exp({net}))",
            f"{up} / (2 + np.exp({net}) + np.exp(-{net}))",
        ),
    )


def tanh(out: str, net: str) -> Line:
    others = {
        "of what goes in": f"(1 - {net} ** 2)",
        "tanh twice": f"(1 - np.tanh({out}) ** 2)",
        "the rule of sigmoid": f"{out} * (1 - {out})",
        "without the square": f"(1 - {out})",
    }
    line = _activation("tanh", out, net, f"(1 - {out} ** 2)", others)
    up = f"d_{out}"
    return replace(
        line,
        same=(
            f"{up} / np.cosh({net}) ** 2",
            f"{up} - {up} * {out} * {out}",
            f"(1 - {out}) * (1 + {out}) * {up}",
        ),
    )


def relu(out: str, net: str, without_bias: str) -> Line:
    up, mask = f"d_{out}", f"({net} > 0)"
    wrong = (
        Wrong("relu-mask-missing", up, also=("missing-activation-derivative",)),
        Wrong("relu-mask-inverted", f"{up} * ({net} <= 0)"),
        Wrong("relu-mask-wrong-source", f"{up} * ({up} > 0)"),
        Wrong("relu-mask-wrong-source", f"{up} * ({without_bias} > 0)"),
        Wrong("upstream-dropped", f"1.0 * {mask}"),
    )
    same = (
        f"np.where({net} > 0, {up}, 0)",
        f"{up} * ({out} > 0)",
        f"{up} * {mask} * {mask}",
        f"np.heaviside({net}, 0) * {up}",
    )
    return Line(f"d_{net}", f"{up} * {mask}", (out, net), wrong, same).with_factors(-1, 2)


def softmax(out: str, net: str, axis: int) -> Line:
    up = f"d_{out}"
    along = f"axis={axis}, keepdims=True"
    right = f"{out} * ({up} - np.sum({up} * {out}, {along}))"
    wrong = (
        Wrong("softmax-diagonal-only", f"{up} * {out} * (1 - {out})"),
        Wrong("softmax-copied", up, also=("missing-activation-derivative",)),
        Wrong("upstream-dropped", f"{out} * (1 - np.sum({out} * {out}, {along}))"),
    )
    same = (
        f"{out} * {up} - {out} * np.sum({out} * {up}, {along})",
        f"{up} * {out} - np.mean({up} * {out}, {along}) * {out} * {out}.shape[{axis}]",
    )
    return Line(f"d_{net}", right, (out, net), wrong, same).with_factors(-1, 2)


def half_squares(out: str, samples: int, units: int) -> Line:
    """Of ``np.sum((t - out) ** 2) / 2``."""
    wrong = [
        Wrong("constant-factor", f"t - {out}", -1.0, also=("second-operand-sign",)),
        Wrong("constant-factor", f"2 * ({out} - t)", 2.0),
        Wrong("constant-factor", f"0.5 * ({out} - t)", 0.5),
    ]
    for count in sorted({samples, units} - {1, 2}):
        wrong.append(Wrong("constant-factor", f"({out} - t) / {count}", 1 / count))
    return Line(f"d_{out}", f"{out} - t", _loss_nodes(out), tuple(wrong), (f"-(t - {out})",))


def mean_squares(out: str, samples: int, units: int) -> Line:
    """Of ``np.mean((out - t) ** 2)``."""
    size = samples * units
    wrong = [
        Wrong("constant-factor", f"2 * (t - {out}) / {size}", -1.0, also=("second-operand-sign",)),
        Wrong("constant-factor", f"({out} - t) / {size}", 0.5),
        Wrong("constant-factor", f"2 * ({out} - t) / {size} / {size}", 1 / size),
        Wrong(
            "upstream-dropped",
            f"np.full({out}.shape, 1 / {size})",
            also=("missing-activation-derivative",),
        ),
    ]
    for divisor in sorted({1, samples, units} - {size}):
        wrong.append(
            Wrong("constant-factor", f"2 * ({out} - t) / {divisor}", float(size / divisor))
        )
    same = (f"2 / {size} * ({out} - t)", f"-(2 * t - 2 * {out}) / {out}.size")
    return Line(f"d_{out}", f"2 * ({out} - t) / {size}", _loss_nodes(out), tuple(wrong), same)


def cross_entropy(logits: str, p: str, samples: int) -> Line:
    """Of softmax and ``-np.sum(y * np.log(p)) / samples`` together, rows of logits."""
    right = f"({p} - y) / {samples}"
    twice = f"{p} * ({right} - np.sum({right} * {p}, axis=1, keepdims=True))"
    wrong = [
        Wrong("constant-factor", f"(y - {p}) / {samples}", -1.0),
        Wrong("constant-factor", f"2 * {right}", 2.0),
        Wrong("cross-entropy-twice", twice),
    ]
    if samples > 1:
        wrong.append(Wrong("constant-factor", f"{p} - y", float(samples)))
        wrong.append(Wrong("constant-factor", f"{right} / {samples}", 1 / samples))
    same = (f"{p} / {samples} - y / {samples}", f"-(y - {p}) / len(y)")
    return Line(f"d_{logits}", right, (logits, p, "log_p", "loss"), tuple(wrong), same)


def _loss_nodes(out: str) -> tuple[str, ...]:
    return (out, "difference", "squares", "loss")


def joined(target: str, nodes: tuple[str, ...], first: str, second: str) -> Line:
    """``target = first + second``: the gradients that come back along two paths."""
    wrong = (
        Wrong("fan-out-overwritten", second),
        Wrong("fan-out-overwritten", first),
        Wrong("fan-out-counted-twice", f"{first} + {second} + {second}"),
        Wrong("fan-out-counted-twice", f"{first} + {first} + {second}"),
    )
    return Line(target, f"{first} + {second}", nodes, wrong, (f"{second} + {first}",))
