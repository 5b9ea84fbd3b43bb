"""Linear layers of a backward pass, in the three ways in which samples are laid out."""

from collections.abc import Iterator
from dataclasses import dataclass

from .lines import Line, Wrong

__all__ = ["COLUMNS", "ROWS", "VECTOR", "Convention"]

#: Names a linear layer ``net = weight, a, bias``; `out` is what its activation gives.


@dataclass(frozen=True)
class Convention:
    """How the expressions of a linear layer are written; the rest is common to all of them."""

    forward: str
    weight: str
    same_weight: tuple[str, ...]
    bias: str
    same_bias: tuple[str, ...]
    mean: str
    one_sample: str
    unsummed: str
    below: str
    same_below: tuple[str, ...]
    transposed: str

    def net(self, w: str, a: str, b: str) -> str:
        return self.forward.format(w=w, a=a) + f" + {b}"

    def product(self, w: str, a: str) -> str:
        return self.forward.format(w=w, a=a)

    def layer(
        self,
        net: str,
        w: str,
        a: str,
        b: str,
        *,
        samples: int,
        out: str = "",
        before: str = "",
        below: bool = True,
        square: bool = False,
        like: str = "",
        decay: float = 0.0,
        target: str = "",
    ) -> Iterator[Line]:
        """Yield the lines of ``net = linear(a)``.

        `out` is the activation's result, where its gradient has a variable; `before` what came
        into the activation that gave `a`; `like` another weight of the shape of `w`; `decay` the
        factor of ``w`` that the loss adds to its gradient; `target` the name of the gradient of
        `a`, where it is only a part of it.
        """
        yield self.weight_line(net, w, a, samples, out, before, decay)
        yield self.bias_line(net, b, samples, out)
        if below:
            yield self.below_line(net, w, a, square, like, target)

    def weight_line(
        self,
        net: str,
        w: str,
        a: str,
        samples: int,
        out: str = "",
        before: str = "",
        decay: float = 0.0,
    ) -> Line:
        def times(delta: str, given: str) -> str:
            return self.weight.format(d=delta, a=given)

        plus = f" + {decay} * {w}" if decay else ""
        right = times(f"d_{net}", a)
        extra = "" if decay else f" + 0.01 * {w}"
        wrong = [Wrong("weight-decay-missing-or-extra", right + extra)]
        if decay:
            wrong.append(Wrong("weight-decay-missing-or-extra", f"{right} + {decay / 2} * {w}"))
        if before:
            wrong.append(Wrong("weight-from-preactivation", times(f"d_{net}", before) + plus))
        if out:
            wrong.append(Wrong("leaf-without-activation-derivative", times(f"d_{out}", a) + plus))
        same = tuple(text.format(d=f"d_{net}", a=a) + plus for text in self.same_weight)
        values = (-1, 0.5, 3, 0.1, *([1 / samples] if samples > 2 else []))
        return Line(f"d_{w}", right + plus, (w, net), tuple(wrong), same).with_factors(*values)

    def bias_line(self, net: str, b: str, samples: int, out: str = "") -> Line:
        delta = f"d_{net}"
        right = self.bias.format(d=delta)
        wrong = [Wrong("bias-summed-over-units", f"np.full({b}.shape, np.sum({delta}))")]
        if self.mean:
            wrong += [
                Wrong("bias-mean", self.mean.format(d=delta), factor=1 / samples),
                # the last sample alone is also what `=` for `+=` in a loop over samples leaves
                Wrong(
                    "bias-not-summed",
                    self.one_sample.format(d=delta),
                    also=("fan-out-overwritten",),
                ),
                Wrong("bias-not-summed", self.unsummed.format(d=delta)),
            ]
        if out:
            text = self.bias.format(d=f"d_{out}")
            wrong.append(Wrong("leaf-without-activation-derivative", text))
        same = tuple(text.format(d=delta) for text in self.same_bias)
        return Line(f"d_{b}", right, (b, net), tuple(wrong), same).with_factors(-1, 2)

    def below_line(
        self, net: str, w: str, a: str, square: bool = False, like: str = "", target: str = ""
    ) -> Line:
        def through(matrix: str) -> str:
            return self.below.format(w=matrix, d=f"d_{net}")

        def updated(step: str) -> str:
            return through(f"({w} - {step})")

        wrong = [
            Wrong("update-before-propagate", updated(f"{rate} * d_{w}"), learning_rate=rate)
            for rate in (0.1, 0.03)
        ]
        adam = f"0.01 * d_{w} / (np.abs(d_{w}) + 1e-8)"
        wrong.append(Wrong("update-before-propagate", updated(adam), learning_rate=0.01))
        wrong.append(Wrong("wrong-matrix", through(f"d_{w}")))
        if like:
            wrong.append(Wrong("wrong-matrix", through(like)))
        if square:
            text = self.transposed.format(w=w, d=f"d_{net}")
            wrong.append(Wrong("transposed-weight", text))
        wrong.append(Wrong("upstream-dropped", self.below.format(w=w, d=f"np.ones_like(d_{net})")))
        same = tuple(text.format(w=w, d=f"d_{net}") for text in self.same_below)
        line = Line(target or f"d_{a}", through(w), (a, net, w), tuple(wrong), same)
        return line.with_factors(-1, 0.5)


#: Samples are columns: ``w (out, in) @ a (in, N) + b (out, 1)``.
COLUMNS = Convention(
    forward="{w} @ {a}",
    weight="{d} @ {a}.T",
    same_weight=("({a} @ {d}.T).T", "np.einsum('in,jn->ij', {d}, {a})"),
    bias="np.sum({d}, axis=1, keepdims=True)",
    same_bias=("{d} @ np.ones(({d}.shape[1], 1))", "{d}.mean(axis=1)[:, None] * {d}.shape[1]"),
    mean="np.mean({d}, axis=1, keepdims=True)",
    one_sample="{d}[:, -1:]",
    unsummed="{d}",
    below="{w}.T @ {d}",
    same_below=("({d}.T @ {w}).T", "np.einsum('ij,in->jn', {w}, {d})"),
    transposed="{w} @ {d}",
)

#: Samples are rows: ``a (N, in) @ w (in, out) + b (out,)``.
ROWS = Convention(
    forward="{a} @ {w}",
    weight="{a}.T @ {d}",
    same_weight=("({d}.T @ {a}).T", "sum(np.outer(r, s) for r, s in zip({a}, {d}))"),
    bias="np.sum({d}, axis=0)",
    same_bias=("np.ones(len({d})) @ {d}", "sum({d})"),
    mean="np.mean({d}, axis=0)",
    one_sample="{d}[-1]",
    unsummed="{d}",
    below="{d} @ {w}.T",
    same_below=("({w} @ {d}.T).T", "np.dot({d}, np.transpose({w}))"),
    transposed="{d} @ {w}",
)

#: One sample, a vector: ``w (out, in) @ a (in,) + b (out,)``.
VECTOR = Convention(
    forward="{w} @ {a}",
    weight="np.outer({d}, {a})",
    same_weight=("{d}[:, None] * {a}", "np.outer({a}, {d}).T"),
    bias="{d}",
    same_bias=("1 * {d}",),
    mean="",
    one_sample="",
    unsummed="",
    below="{w}.T @ {d}",
    same_below=("{d} @ {w}", "np.dot({w}.T, {d})"),
    transposed="{w} @ {d}",
)
