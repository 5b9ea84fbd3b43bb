"""The engine's gradient of a problem, and how far round-off moves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from ..kernel.backward import sweep
from ..kernel.data import as_gradient
from ..kernel.leaving import Left, noting
from ..kernel.order import keep_leading_to, sort_topologically
from ..kernel.value import Value, clock
from ..programs.program import compute
from ..programs.steadiness import are_same, find_overwritten
from ..transforms.running import Trace, path_between
from .problem import Problem, Vector, round_off
from .quotients import FIRST_STEP
from .signatures import Decision, Way, any_tie, is_piecewise, noticed, ways_of


class AutomaticGradient:
    """The gradient by the engine's backward pass, at the parameters and at other points.

    `fun` runs on Values once. What its graph gives at another point is computed by the ops of the
    graph; but `fun` runs again wherever it might take other steps there (see `is_steady`).

    Attributes
    ----------
    gradient : numpy.ndarray
        A vector over the entries of the parameters.
    reached : list of bool
        For each parameter, whether `fun` computes its result from it.
    left : list of Left
        Where `fun` took numbers out of the graph, as by ``float()``.
    """

    gradient: Vector
    reached: list[bool]
    left: list[Left]

    def __init__(self, problem: Problem, at: Vector | None = None) -> None:
        self._problem = problem
        with noticed() as self._calls, noting() as self.left:
            self._loss, self._leaves = _run(problem, at)
        self._path = _backward_path(self._loss, self._leaves)
        self.reached = [leaf in self._path for leaf in self._leaves]
        self.gradient = self._gradient()

    def _gradient(self) -> Vector:
        cotangents = self.cotangents(dict.fromkeys(self._leaves))
        gradient: Vector = np.concatenate(
            [np.ravel(cotangents.get(leaf, np.zeros(leaf.shape))) for leaf in self._leaves],
            dtype=np.float64,
        )
        return gradient

    def cotangents(self, wanted: dict[Value, None]) -> dict[Value, Any]:
        """Compute the derivatives by nodes between the parameters and the result."""
        # The loop itself, not Value.backward: that would also add to the gradients of Values
        # which fun brings along, and those are the user's.
        if not self._path:
            return {}
        seed = next(reversed(self._path)).dtype.type(1)
        steps = sweep(self._path, seed, create_graph=False, version=clock[0])
        return {
            node: as_gradient(cotangent, node._data.dtype, copied=False)
            for node, cotangent in steps
            if node in wanted
        }

    @cached_property
    def why_wrong(self) -> str:
        """Say what in `fun` makes this gradient wrong, where it is known, or ""."""
        if self.left:
            places = [f"{x.what} in line {x.line} of {Path(x.file).name}" for x in self.left[:3]]
            lost = " or ".join(places)
            return f"the gradient is lost by {lost}; compute with the Value itself there"
        if not any(self.reached):
            return "the graph of fun reaches no parameter: .detach() or no_grad() in fun?"
        return find_overwritten(self._path)

    @property
    def inner(self) -> dict[str, Value]:
        """The nodes that are no leaves and have a name, by name: of several the last."""
        return {node.name: node for node in self._path if node.name and node.op is not None}

    def broadcast_to(self, name: str) -> set[tuple[int, ...]]:
        """Find the larger shapes that a parameter takes on where something is added to it."""
        (leaf,) = (leaf for leaf in self._leaves if leaf.name == name)
        return {
            node.shape
            for node in self._path
            if node.op is not None and node.op.symbol in ("+", "-")
            if any(parent is leaf for parent in node.parents)
        }

    @property
    def is_complex(self) -> bool:
        """Whether there are complex numbers in the forward pass."""
        return any(np.iscomplexobj(node._data) for node in self._path)

    @property
    def tied(self) -> bool:
        """Whether a piecewise op is exactly at its kink: relu at 0, equal maxima."""
        return any_tie(self._path, self._calls)

    @property
    def magnitude(self) -> float:
        """The largest finite number in the forward pass."""
        with np.errstate(all="ignore"):
            largest = [float(np.max(np.abs(node.data), initial=0)) for node in self._path]
        return max(filter(isfinite, largest), default=0.0)

    # --- at other points -------------------------------------------------------------------

    def ways_at(self, point: Vector) -> list[Way]:
        """Find which way the piecewise parts go at a point."""
        with self._moved_to(point) as there:
            return ways_of(there._path, there._calls)

    def gradient_at(self, point: Vector) -> Vector:
        """Compute the gradient at a point."""
        with self._moved_to(point) as there:
            return there._gradient()

    @contextmanager
    def _moved_to(self, point: Vector) -> Iterator[AutomaticGradient]:
        """Give the nodes the numbers that they have at another point, while the block lasts."""
        if not self.is_steady:
            yield AutomaticGradient(self._problem, point)
            return
        with _restored([*self._depending, *self._answers]):
            for leaf, data in zip(self._leaves, self._problem.arrays(point), strict=True):
                leaf._data = data
            for node in self._depending:
                if node.op is None:
                    continue
                for parent in node.parents:
                    if parent in self._answers:
                        parent._data = self._answers[parent].result
                operands = [parent._data for parent in node.parents]
                node._data = compute(node.op, operands, node.metadata)
            yield self

    @cached_property
    def _depending(self) -> dict[Value, None]:
        """The nodes that are computed from the parameters, those that only steer `fun` too."""
        asked = [arg for call in self._calls for arg in call.args if isinstance(arg, Value)]
        nodes: dict[Value, None] = {}
        for last in (*asked, *self._path):
            if last not in nodes:
                nodes |= sort_topologically(last)
        return keep_leading_to(dict.fromkeys(self._leaves), nodes)

    @cached_property
    def _answers(self) -> dict[Value, Decision]:
        """The constants that a comparison gave, such as masks."""
        given = {id(call.given): call for call in self._calls}
        used = {parent for node in self._depending for parent in node.parents}
        return {each: given[id(each._data)] for each in used if id(each._data) in given}

    @cached_property
    def is_steady(self) -> bool:
        """Whether `fun` takes the same steps beside the parameters, as one more run shows.

        It does not where it branches, where it computes with numbers that the graph does not
        show (``.data``, a checkpoint), or where it raises.
        """
        problem = self._problem
        signs = np.random.default_rng(3).choice((-1.0, 1.0), problem.x.size)
        try:
            with np.errstate(all="ignore"):
                steps = FIRST_STEP * signs * np.maximum(1, np.abs(problem.x))
                other = AutomaticGradient(problem, problem.x + steps)
        except Exception:  # not defined there
            return False
        return self._steps() == other._steps() and all(
            map(are_same, self._constants(), other._constants())
        )

    def _steps(self) -> list[Any]:
        """List the ops in their order, each with the numbers of its operands."""
        number = {node: k for k, node in enumerate(self._depending)}
        place = {id(call): k for k, call in enumerate(self._calls)}
        answer = {node: place[id(call)] for node, call in self._answers.items()}
        return [
            (node.op, [(number.get(p), answer.get(p)) for p in node.parents]) for node in number
        ]

    def _constants(self) -> Iterator[Any]:
        """Yield what goes into the ops beside what is computed from the parameters."""
        for node in self._depending:
            yield dict(node.metadata)
            for parent in node.parents:
                if parent not in self._depending and parent not in self._answers:
                    yield parent._data

    def noise(self) -> Vector:
        """Measure how far apart round-off may put two programs for this gradient, by entry.

        Two programs that compute the same in another order differ by their round-off. Where
        terms cancel, at a minimum or for a bias in front of a softmax, that is more than any
        relative tolerance of what is left. Round-off shows at points nearby; where it is the
        same there, as that of ``1 - y**2`` for the tanh of a large number, it shows when the
        numbers of the forward pass are moved by their last bit. An entry that is 0 here, as the
        logits of a softmax over one key have it, need not cancel to the last bit elsewhere.
        """
        with np.errstate(all="ignore"):  # what fun has to say, it has said at the parameters
            nearby = [self.gradient_at(point) for point in self._problem.nearby()]
            moved = self._move_by_round_off()
        moved = np.maximum(round_off(np.array(nearby)), moved)
        eps = float(np.finfo(np.float64).eps)
        last_bit = eps * float(np.nanmax(np.abs(self.gradient), initial=0.0) or self.magnitude)
        cancelled = np.abs(self.gradient) <= eps * last_bit
        return limit_noise(np.where(cancelled, np.maximum(moved, last_bit), moved), self.magnitude)

    def _move_by_round_off(self) -> Vector:
        """Return how far the gradient moves, root mean square, with the last bits of the nodes.

        This is Monte Carlo arithmetic (Parker, *Monte Carlo Arithmetic*, 1997) on the backward
        pass. Piecewise ops and their operands stay, for their rules ask whether they are equal.
        """
        rng = np.random.default_rng(0)
        piecewise = [node for node in self._path if is_piecewise(node)]
        fixed = set(self._leaves).union(piecewise, *(node.parents for node in piecewise))
        exact = {node: node._data for node in self._path if node not in fixed}
        moved = []
        with _restored(exact):
            for _ in range(4):
                for node, data in exact.items():
                    bits = np.finfo(node.dtype).eps * rng.choice((-1, 1), node.shape)
                    node._data = (data * (1 + bits)).astype(node.dtype)
                moved.append(self._gradient() - self.gradient)
        rms: Vector = np.nan_to_num(np.sqrt(np.mean(np.square(moved), axis=0)))
        return rms


@contextmanager
def _restored(nodes: Iterable[Value]) -> Iterator[None]:
    """Give the nodes back, after the block, the numbers that they had before it."""
    before = {node: node._data for node in nodes}
    try:
        yield
    finally:
        for node, data in before.items():
            node._data = data


def limit_noise(deviation: Vector, magnitude: float) -> Vector:
    """Take 16 standard deviations of the round-off, but no more than 1e-10 of the magnitude.

    The other program may lose more digits than this one, hence 16. The limit is for jumps of
    the gradient, at kinks, which are no noise: a factor of 4e5 remains for the round-off of the
    largest number to grow on the way back.
    """
    noise: Vector = np.minimum(16 * deviation, 1e-10 * magnitude)
    return noise


def _run(problem: Problem, at: Vector | None) -> tuple[Any, list[Value]]:
    """Run fun on Values; return the loss and the parameters. Names are for the first run."""
    params = problem.structure(problem.x if at is None else at)
    try:
        trace = Trace("compare", problem.fun, [params], {}, [0], naming=at is None)
    except Exception as error:
        error.add_note("while fun ran on Values, for the automatic gradient")
        raise
    (leaves,) = trace.leaves
    return trace.value, leaves


def _backward_path(loss: Any, leaves: list[Value]) -> dict[Value, None]:
    """Return the nodes between the leaves and the loss; none where it is no function of them."""
    if not isinstance(loss, Value):
        return {}
    if loss.requires_grad and loss.shape != ():
        raise ValueError(f"fun must return a scalar, got shape {loss.shape} when run on Values")
    return path_between(dict.fromkeys(leaves), loss)
