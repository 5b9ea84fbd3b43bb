"""The engine's gradient of a problem, and how far round-off moves it."""

from __future__ import annotations

from contextlib import nullcontext
from math import isfinite
from typing import Any

import numpy as np

from ..kernel.backward import sweep
from ..kernel.context import recording
from ..kernel.order import leading_to, ordered
from ..kernel.value import Value, clock
from ..transforms.variables import named_after_variables
from ..trees import rebuild
from .branches import any_tie, is_piecewise, noticed
from .problem import Problem, Vector, round_off


class AutomaticGradient:
    """The gradient by the engine's backward pass.

    Attributes
    ----------
    gradient : numpy.ndarray
        A vector over the entries of the parameters.
    reached : list of bool
        For each parameter, whether `fun` computes its result from it.
    """

    def __init__(self, problem: Problem, at: Vector | None = None) -> None:
        names = named_after_variables(problem.names) if at is None else nullcontext()
        with names, noticed() as self._seen:
            self._path, leaves = run(problem, problem.x if at is None else at)
        self._leaves = leaves
        self.reached = [leaf in self._path for leaf in leaves]
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
        return {node: cotangent for node, cotangent in steps if node in wanted}

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
    def tied(self) -> bool:
        """Whether a piecewise op is exactly at its kink: relu at 0, equal maxima."""
        return any_tie(self._path, self._seen)

    @property
    def magnitude(self) -> float:
        """The largest finite number in the forward pass."""
        with np.errstate(all="ignore"):
            largest = [float(np.max(np.abs(node.data), initial=0)) for node in self._path]
        return max(filter(isfinite, largest), default=0.0)

    def noise(self, problem: Problem) -> Vector:
        """Measure how far apart round-off may put two programs for this gradient, by entry.

        Two programs that compute the same in another order differ by their round-off. Where
        terms cancel, at a minimum or for a bias in front of a softmax, that is more than any
        relative tolerance of what is left. Round-off shows at points nearby; where it is the
        same there, as that of ``1 - y**2`` for the tanh of a large number, it shows when the
        numbers of the forward pass are moved by their last bit.
        """
        with np.errstate(all="ignore"):  # what fun has to say, it has said at the parameters
            nearby = [AutomaticGradient(problem, at).gradient for at in problem.nearby()]
            moved = self._moved_by_round_off()
        return limited_noise(np.maximum(round_off(np.array(nearby)), moved), self.magnitude)

    def _moved_by_round_off(self) -> Vector:
        """Return how far the gradient moves, root mean square, with the last bits of the nodes.

        This is Monte Carlo arithmetic (Parker, *Monte Carlo Arithmetic*, 1997) on the backward
        pass. Piecewise ops and their operands stay, for their rules ask whether they are equal.
        """
        rng = np.random.default_rng(0)
        piecewise = [node for node in self._path if is_piecewise(node)]
        fixed = set(self._leaves).union(piecewise, *(node.parents for node in piecewise))
        exact = {node: node._data for node in self._path if node not in fixed}
        moved = []
        try:
            for _ in range(4):
                for node, data in exact.items():
                    bits = np.finfo(node.dtype).eps * rng.choice((-1, 1), node.shape)
                    node._data = (data * (1 + bits)).astype(node.dtype)
                moved.append(self._gradient() - self.gradient)
        finally:
            for node, data in exact.items():
                node._data = data
        rms: Vector = np.nan_to_num(np.sqrt(np.mean(np.square(moved), axis=0)))
        return rms


def limited_noise(deviation: Vector, magnitude: float) -> Vector:
    """Take 16 standard deviations of the round-off, but no more than 1e-10 of the magnitude.

    The other program may lose more digits than this one, hence 16. The limit is for jumps of
    the gradient, at kinks, which are no noise: a factor of 4e5 remains for the round-off of the
    largest number to grow on the way back.
    """
    noise: Vector = np.minimum(16 * deviation, 1e-10 * magnitude)
    return noise


def run(problem: Problem, at: Vector) -> tuple[dict[Value, None], list[Value]]:
    """Run fun on Values; return the nodes between the parameters and the loss, and the parameters.

    The nodes stand in topological order. There are none where the loss is no function of Values.
    """
    leaves = [Value(a, name=name) for name, a in zip(problem.names, problem.arrays(at))]
    token = recording.set(recording.get() or ())  # even inside no_grad
    try:
        loss = problem.fun(rebuild(problem.tree, iter(leaves)))
    except Exception as error:
        error.add_note("while fun ran on Values, for the automatic gradient")
        raise
    finally:
        recording.reset(token)
    return _backward_path(loss, leaves), leaves


def _backward_path(loss: Any, leaves: list[Value]) -> dict[Value, None]:
    """Return the nodes between the leaves and the loss; none where it is no function of them."""
    if not isinstance(loss, Value) or not loss.requires_grad:
        return {}
    if loss.shape != ():
        raise ValueError(f"fun must return a scalar, got shape {loss.shape} when run on Values")
    path = leading_to(dict.fromkeys(leaves), ordered(loss, constants=False))
    return path if loss in path else {}
