"""The corpus: programs with one mistake, with two, with an unknown one, and with none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np

from .lines import Line, Wrong
from .nets import NETS, Net, Params

__all__ = ["POINTS", "Mistake", "Program", "correct", "doubles", "equal", "singles", "unknown"]

Kind = Literal["single", "double", "unknown", "correct"]

#: Where a net is looked at. The last two hide mistakes: without biases a relu mask may come from
#: the product alone, and where every unit is active it may be forgotten.
POINTS = ("random 1", "random 2", "random 3", "biases 0", "all active")


def parameters(net: Net, point: str) -> Params:
    """The parameters of a net at a point, the same in every run."""
    generator = np.random.default_rng([POINTS.index(point), *net.name.encode()])
    params = {name: 0.7 * generator.normal(size=shape) for name, shape in net.shapes.items()}
    for name in params:
        if name.startswith("b") and point == "biases 0":
            params[name][...] = 0
        if name == "b_1" and point == "all active":
            params[name] += 6
    return params


def equal(one: Params, other: Params) -> bool:
    """Whether two gradients have the same numbers, to 1e-7 of each."""
    return all(
        np.shape(one[name]) == np.shape(other[name])
        and np.allclose(one[name], other[name], rtol=1e-7, atol=1e-13 * _size(other[name]))
        for name in other
    )


def _size(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))


@dataclass(frozen=True)
class Mistake:
    """A mistake, made in one line of one net."""

    line: Line
    wrong: Wrong

    @property
    def accepted(self) -> tuple[str, ...]:
        """The identifiers that describe it."""
        return (self.wrong.mistake, *self.wrong.also)

    def __str__(self) -> str:
        return f"{self.line.target} = {self.wrong.text}"


@dataclass(frozen=True)
class Program:
    """A backward pass that somebody wrote, and the truth about it.

    `rewritten` are the lines that are right in another way; `garble` is what happens to the
    gradients in the end, for mistakes that nobody has a name for. The gradients of the parameters
    `kept` are not set to zero between the calls, of which there have been `calls`.
    """

    kind: Kind
    net: Net
    point: str
    mistakes: tuple[Mistake, ...] = ()
    rewritten: tuple[tuple[str, str], ...] = ()
    garble: Callable[[Params], Params] | None = None
    label: str = ""
    kept: tuple[str, ...] = ()
    calls: int = 1

    def __str__(self) -> str:
        what = "; ".join(map(str, self.mistakes)) or self.label
        return f"[{self.kind}] {self.net.name} | {what} | {self.point}"

    @property
    def loss(self) -> Callable[[Any], Any]:
        return self.net.loss

    @cached_property
    def params(self) -> Params:
        return parameters(self.net, self.point)

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The expressions that are not those of the net."""
        wrong = {m.line.target: m.wrong.text for m in self.mistakes if m.line.right}
        return wrong | dict(self.rewritten)

    @cached_property
    def _all(self) -> Callable[[Params], Params]:
        return self.net.backward(self._texts)

    def function(self) -> Callable[[Params], Params]:
        """The gradients of the parameters as a function of them, fresh after earlier calls."""
        total: Params = {}

        def manual(params: Params) -> Params:
            found = self._all(params)
            gradients = {name: found[f"d_{name}"] for name in params}
            for name in self.kept:
                total[name] = gradients[name] = total.get(name, 0) + gradients[name]
            return self.garble(gradients) if self.garble else gradients

        for _ in range(1, self.calls):
            manual(self.params)
        return manual

    @cached_property
    def gradients(self) -> Params:
        return self.function()(self.params)

    @cached_property
    def with_intermediates(self) -> Params:
        """The gradients, and those of all intermediate results that have a variable."""
        found = self._all(self.params)
        inner = {
            name: found[f"d_{name}"] for name in self.net.intermediates if f"d_{name}" in found
        }
        return inner | self.gradients

    @cached_property
    def right(self) -> Params:
        found = self.net.backward()(self.params)
        return {name: found[f"d_{name}"] for name in self.params}

    @cached_property
    def visible(self) -> bool:
        return not equal(self.gradients, self.right)

    @cached_property
    def affected(self) -> frozenset[str]:
        """The parameters whose gradients are wrong."""
        return frozenset(
            name
            for name, gradient in self.right.items()
            if not equal({name: self.gradients[name]}, {name: gradient})
        )

    @property
    def source(self) -> str:
        """The lines of the program, for reading."""
        wrong = {m.line.target for m in self.mistakes}
        lines = self.net.body(self._texts)
        return "\n".join(
            line + ("  # WRONG" if line.split(" = ")[0] in wrong else "") for line in lines
        )


def singles(nets: Sequence[str] = (), points: Sequence[str] = POINTS) -> Iterator[Program]:
    """Every mistake, at every place, in every net, at every point."""
    for net in _chosen(nets):
        for mistake in _mistakes(net):
            for point in points:
                yield Program("single", net, point, (mistake,))
        for kept in (tuple(net.shapes), *((name,) for name in net.shapes)):
            for point in points:
                yield Program("single", net, point, (_not_zeroed(kept),), kept=kept, calls=2)


def _not_zeroed(kept: tuple[str, ...]) -> Mistake:
    """The second call adds to what the first one has left."""
    text = f"what the last call has left of {', '.join(kept)}, and more"
    return Mistake(Line("+=", "", kept), Wrong("not-zeroed", text, factor=2.0))


def _chosen(names: Sequence[str]) -> list[Net]:
    return [NETS[name] for name in names or NETS]


def _mistakes(net: Net) -> list[Mistake]:
    return [Mistake(line, wrong) for line in net.lines for wrong in line.wrong]


def doubles(count: int, nets: Sequence[str] = ()) -> Iterator[Program]:
    """As many pairs of mistakes in different lines, drawn without replacement, at one point each.

    Gradients whose shape is wrong are left out.
    """
    pairs = [
        (net, pair)
        for net in _chosen(nets)
        for pair in combinations(_mistakes(net), 2)
        if pair[0].line.target != pair[1].line.target
        and not any(m.wrong.text == m.line.target.replace("d_b", "d_z") for m in pair)
    ]
    generator = np.random.default_rng(2)
    for i in generator.permutation(len(pairs))[:count]:
        net, pair = pairs[i]
        yield Program("double", net, POINTS[generator.integers(3)], pair)


def _each(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Params], Params]:
    return lambda gradients: {name: change(g) for name, g in gradients.items()}


def _one(change: Callable[[np.ndarray], np.ndarray], which: int) -> Callable[[Params], Params]:
    def garble(gradients: Params) -> Params:
        name = list(gradients)[which % len(gradients)]
        return gradients | {name: change(gradients[name])}

    return garble


def _noise(seed: int, size: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(g: np.ndarray) -> np.ndarray:
        return g + size * np.random.default_rng(seed).normal(size=g.shape)

    return change


def _entry(change: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    def changed(g: np.ndarray) -> np.ndarray:
        g = g.copy()
        place = np.unravel_index(np.argmax(np.abs(g)), g.shape)
        g[place] = change(float(g[place]))
        return g

    return changed


def _permuted(seed: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(g: np.ndarray) -> np.ndarray:
        return np.random.default_rng(seed).permutation(g.ravel()).reshape(g.shape)

    return change


#: What no catalogue has a name for. No factors, and nothing that a factor could make.
UNKNOWN: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "random numbers": lambda g: np.random.default_rng(1).normal(size=g.shape),
    "random numbers of the right size": lambda g: (
        np.random.default_rng(2).normal(size=g.shape) * np.std(g)
    ),
    "noise of 1e-3": _noise(3, 1e-3),
    "noise of 1e-6": _noise(4, 1e-6),
    "permuted entries": _permuted(5),
    "absolute values": np.abs,
    "squares": lambda g: g * np.abs(g),
    "square roots": lambda g: np.sign(g) * np.sqrt(np.abs(g)),
    "clipped": lambda g: np.clip(g, -0.5 * np.max(np.abs(g)), 0.5 * np.max(np.abs(g))),
    "rounded to 2 digits": lambda g: np.round(g, 2),
    "0.01 too much": lambda g: g + 0.01,
    "one entry doubled": _entry(lambda e: 2 * e),
    "one entry of the other sign": _entry(lambda e: -e),
    "one entry 0": _entry(lambda e: 0.0),
    "reversed": lambda g: g.ravel()[::-1].reshape(g.shape),
    "cumulated": lambda g: np.cumsum(g).reshape(g.shape),
    "minus the mean": lambda g: g - np.mean(g),
    "tanh of it": np.tanh,
}


def unknown(nets: Sequence[str] = (), points: Sequence[str] = POINTS[:3]) -> Iterator[Program]:
    """Mistakes without a name: in all parameters, in the first and in the last one."""
    for net in _chosen(nets):
        for label, change in UNKNOWN.items():
            for where, garble in (
                ("all", _each(change)),
                ("first", _one(change, 0)),
                ("last", _one(change, -1)),
            ):
                for point in points:
                    text = f"{label}, {where}"
                    yield Program("unknown", net, point, garble=garble, label=text)


def correct(nets: Sequence[str] = (), points: Sequence[str] = POINTS) -> Iterator[Program]:
    """Right backward passes: as they are, each line in other words, and every line in others."""
    for net in _chosen(nets):
        one = [((line.target, text),) for line in net.lines for text in line.same]
        every = [
            tuple((line.target, line.same[k % len(line.same)]) for line in net.lines if line.same)
            for k in range(3)
        ]
        for rewritten in [(), *one, *every]:
            label = "; ".join(" = ".join(pair) for pair in rewritten) or "as it should be"
            for point in points:
                yield Program("correct", net, point, rewritten=rewritten, label=label)
